using System.Globalization;
using FloworxPurge.Planning;

namespace FloworxPurge.Execution;

/// <summary>Says what has changed between a plan and the facts of now.</summary>
internal static class PlanDifference
{
    private const int MostSentences = 5;

    public static string Describe(PurgePlan plan, PurgePlan now)
    {
        if (plan.FormatVersion != now.FormatVersion)
        {
            return string.Create(
                CultureInfo.InvariantCulture,
                $"the plan has format {plan.FormatVersion}, and this version runs format {now.FormatVersion}.");
        }

        if (OtherDatabase(plan.Database, now.Database) is { } other)
        {
            return other;
        }

        List<string> changes =
        [
            .. Changed("purged", plan.Tables.Select(table => table.Table), now.Tables.Select(table => table.Table), now),
            .. Changed("skipped", plan.Skips.Select(skip => skip.Table), now.Skips.Select(skip => skip.Table), now),
            .. Changed("kept", plan.Kept.Select(kept => kept.Table), now.Kept.Select(kept => kept.Table), now),
            .. Changed("allowed to grow (AllowInserts)", Growing(plan), Growing(now), now),
            .. Sentences("new: ", now.Notes.Except(plan.Notes)),
            .. Sentences("no longer so: ", plan.Notes.Except(now.Notes)),
        ];
        Dictionary<TableName, string?> ids = now.Tables.ToDictionary(table => table.Table, table => table.ObjectId);
        string replaced = string.Join(", ", plan.Tables
            .Where(table => ids.TryGetValue(table.Table, out string? id) && !string.Equals(id, table.ObjectId, StringComparison.Ordinal))
            .Select(table => table.Table)
            .Order()
            .Select(table => table.ToQuotedString()));
        if (replaced.Length > 0)
        {
            changes.Add($"another object has the name of {replaced}: it was created, renamed or moved there since the plan was made");
        }

        if (!string.Equals(PlanText.Mode(plan), PlanText.Mode(now), StringComparison.Ordinal))
        {
            changes.Add($"the plan's mode is {PlanText.Mode(plan)}, and this purger's is {PlanText.Mode(now)}");
        }

        if (plan.Archive is null != now.Archive is null)
        {
            changes.Add(plan.Archive is null
                ? "the plan has no archive, and this purger writes one (ArchiveTo)"
                : "the plan writes an archive, and this purger has none (ArchiveTo)");
        }
        else if (plan.Archive is { } then && now.Archive is { } archive
            && !string.Equals(then.Schema, archive.Schema, StringComparison.Ordinal))
        {
            changes.Add($"the plan writes its archive to {PlanText.PlaceOf(then)}, and this purger to {PlanText.PlaceOf(archive)}");
        }

        if (plan.Scope?.OtherQueries("the plan", now.Scope) is { } queries)
        {
            changes.Add($"the queries are others: {queries}");
        }

        if (changes.Count == 0)
        {
            changes.Add(string.Equals(plan.StructureHash, now.StructureHash, StringComparison.Ordinal)
                ? "the statements are not what they were; the purger's options or the dialect have changed"
                : "tables, columns, foreign keys or triggers of the database are not what they were, or tables were created anew");
        }

        return string.Join("; ", changes) + ".";
    }

    private static string? OtherDatabase(DatabaseIdentity then, DatabaseIdentity now)
    {
        if (then with { ServerVersion = string.Empty, Role = null, DefaultSchema = null } != now with
        {
            ServerVersion = string.Empty,
            Role = null,
            DefaultSchema = null,
        })
        {
            // A database that was dropped and created again has its name and server, and another id.
            bool hasOtherId = !string.Equals(then.DatabaseId, now.DatabaseId, StringComparison.Ordinal);
            string Describe(DatabaseIdentity database)
                => $"\"{database.Database}\" on {database.Server} "
                    + $"({database.Engine}{(database.DatabaseId is { } id && hasOtherId ? ", database id " + id : string.Empty)})";
            return $"the plan was made for database {Describe(then)}, and the connection is open to {Describe(now)}.";
        }

        return string.Equals(then.DefaultSchema, now.DefaultSchema, StringComparison.Ordinal) ? null
            : $"the plan was made with the default schema {Schema(then)}, and the connection's is {Schema(now)}.";
    }

    private static string Schema(DatabaseIdentity database) => database.DefaultSchema is { } schema ? $"\"{schema}\"" : "none";

    private static IEnumerable<string> Changed(string disposition, IEnumerable<TableName> then, IEnumerable<TableName> now, PurgePlan plan)
    {
        // Why a table is skipped is what the reader asks next; a long list would hide the answer.
        Dictionary<TableName, PlanTable> skips = plan.Skips.ToDictionary(skip => skip.Table);
        string added = string.Join(
            ", ",
            now.Except(then).Order()
                .Select((table, i) => i < MostSentences && skips.TryGetValue(table, out PlanTable? skip)
                        ? $"{table} ({Sentence(skip.Explanation)})"
                        : table.ToString()));
        string removed = string.Join(", ", then.Except(now).Order());
        if (added.Length > 0)
        {
            yield return $"now {disposition}: {added}";
        }

        if (removed.Length > 0)
        {
            yield return $"no longer {disposition}: {removed}";
        }
    }

    private static IEnumerable<TableName> Growing(PurgePlan plan) => plan.Kept.Where(kept => kept.AllowsInserts).Select(kept => kept.Table);

    private static IEnumerable<string> Sentences(string prefix, IEnumerable<PlanNote> notes)
        => notes
            .Where(note => note.Table is not null)
            .Take(MostSentences)
            .Select(note =>
                $"{prefix}{note.Table}: {Sentence(note.Text.Replace(PlanNotes.DriftPrefix, string.Empty, StringComparison.Ordinal))}");

    private static string Sentence(string text) => text.TrimEnd('.');
}
