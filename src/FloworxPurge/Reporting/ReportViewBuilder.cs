using FloworxPurge.Execution;
using FloworxPurge.Planning;
using FloworxPurge.Schema;
using static FloworxPurge.Reporting.ReportText;

namespace FloworxPurge.Reporting;

/// <summary>Puts a report into words, and decides what of it may be shown for its verdict.</summary>
internal static class ReportViewBuilder
{
    public static ReportView Build(PurgeReport report)
    {
        bool isPlan = report.Verdict is PurgeVerdict.Planned;
        bool hasEffect = report.Verdict is PurgeVerdict.Complete or PurgeVerdict.CompleteWithSkips or PurgeVerdict.Partial;
        TableReport[] failed = isPlan ? [] : [.. report.Tables.Where(table => table.Error is not null)];
        TableReport[] others = [.. report.Tables.Where(table => isPlan || table.Error is null)];
        TableReport[] purged = hasEffect ? others : [];

        return new ReportView
        {
            Words = ReportWording.For(report),
            Title = $"{ReportWording.For(report).Title}: {InTitle(report)}",
            Verdict = Of(report),
            Summary = report.Summary,
            Remarks = [.. Remarks(report, isPlan, hasEffect)],
            Error = report.Error ?? "",
            Facts = isPlan ? [.. PlanFacts(report)] : [.. RunFacts(report, hasEffect, purged.Length, failed.Length)],
            Target = [.. Target(report, isPlan)],
            Skips = [.. report.Skips.Select(Skip)],
            Purged = Array.ConvertAll(purged, Table),
            HasCascades = purged.Any(table => table.RowsDeletedByCascade != 0),
            Pending = hasEffect ? [] : Array.ConvertAll(others, Table),
            Failed = Array.ConvertAll(failed, Table),
            Cycles = [.. report.Cycles.Select(Cycle)],
            Kept = [.. report.Kept.Select(kept => new FactView(kept.Table.ToString(), Of(kept.Reason)))],
            Warnings = Notes(report, NoteGrade.Warning),
            Notes = Notes(report, NoteGrade.Information),
            Identities = isPlan || hasEffect ? [.. report.IdentitiesReset.Select(table => table.ToString())] : [],
            Verifications = isPlan ? [] : Verifications(report, hasEffect),
            SchemaObjects = isPlan ? [] : [.. report.SchemaObjects.Select(SchemaObject)],
            Evidence =
            [
                new FactView("Fingerprint", report.PlanFingerprint),
                new FactView("Mode", Of(report.Mode)),
                new FactView(isPlan ? "Planned at" : "Started at", Time(report.StartedAt)),
            ],
        };
    }

    private static IEnumerable<string> Remarks(PurgeReport report, bool isPlan, bool hasEffect)
    {
        if (isPlan)
        {
            yield return "Nothing has been run and nothing has been deleted: this is what a run would do.";
        }

        if (hasEffect && report.JoinedTransaction)
        {
            yield return "The purge worked inside a transaction that the caller opened: it is final only once the caller commits.";
        }
    }

    private static IEnumerable<FactView> PlanFacts(PurgeReport report)
    {
        long?[] rows = [.. report.Tables.Select(table => table.RowsBefore)];
        int uncounted = rows.Count(count => count is null);
        string sum = Number(rows.Sum() ?? 0);
        yield return new FactView("Verdict", Of(report.Verdict));
        yield return new FactView("Tables that will be purged", Number(rows.Length));
        yield return new FactView(
            "Rows in them",
            uncounted == 0 ? sum : uncounted == rows.Length ? NotCounted : $"{sum}, and those of {Number(uncounted)} not counted");
        yield return new FactView("Tables that will be skipped", Number(report.Skips.Count));
        yield return new FactView("Tables that will be kept", Number(report.Kept.Count));
    }

    private static IEnumerable<FactView> RunFacts(PurgeReport report, bool hasEffect, int purged, int failed)
    {
        yield return new FactView("Verdict", Of(report));
        yield return new FactView("Rows deleted", hasEffect ? Number(report.RowsDeleted) : RowsWithoutEffect(report));
        yield return new FactView("Tables purged", report.Transaction is TransactionOutcome.Unknown ? "not known" : Number(purged));
        yield return new FactView(hasEffect ? "Tables skipped" : "Tables the plan skips", Number(report.Skips.Count));
        yield return new FactView("Tables failed", Number(failed));
        yield return new FactView(hasEffect ? "Tables kept" : "Tables the plan keeps", Number(report.Kept.Count));
        yield return new FactView("Duration", Seconds(report.Duration));
    }

    private static IEnumerable<FactView> Target(PurgeReport report, bool isPlan)
    {
        if (report.Database is { } database)
        {
            yield return new FactView("Engine", database.Engine);
            yield return new FactView("Version", database.ServerVersion);
            yield return new FactView("Server", database.Server);
            yield return new FactView("Database", database.DatabaseId is { } id ? $"{database.Database} (id {id})" : database.Database);
            foreach (FactView fact in Optional(("Role", database.Role), ("Default schema", database.DefaultSchema)))
            {
                yield return fact;
            }

            yield return new FactView("Provider", database.Provider);
        }
        else
        {
            yield return new FactView("Database", "not read");
        }

        yield return new FactView("Dialect", report.Dialect);
        if (!isPlan && report.JoinedTransaction)
        {
            yield return new FactView("Transaction", "the caller's");
        }

        if (report.Attempts > 1)
        {
            yield return new FactView("Attempts", Number(report.Attempts));
        }
    }

    private static IEnumerable<FactView> Optional(params (string Label, string? Value)[] facts)
        => facts.Where(fact => fact.Value is not null).Select(fact => new FactView(fact.Label, fact.Value!));

    private static SkipView Skip(PurgeSkip skip) => new(
        skip.Table.ToString(),
        List(skip.EntityTypes),
        Of(skip.Reason),
        skip.Explanation,
        [.. skip.ForeignKeys.Select(key => key.ToString())]);

    private static TableView Table(TableReport table) => new()
    {
        Level = Number(table.Level),
        Table = table.Table.ToString(),
        EntityTypes = List(table.EntityTypes),
        Before = Number(table.RowsBefore),
        Deleted = Number(table.RowsDeleted),
        ByCascade = Number(table.RowsDeletedByCascade),
        After = Number(table.RowsAfter),
        Milliseconds = Milliseconds(table.Duration),
        Error = table.Error ?? "",
    };

    private static CycleView Cycle(PlanCycle cycle) => new(
        [.. cycle.Tables.Select(table => table.ToString())],
        [.. cycle.ForeignKeys.Select(key => key.ToString())],
        cycle.BrokenBy);

    private static FactView[] Notes(PurgeReport report, NoteGrade grade)
        => [.. report.Notes.Where(note => note.Grade == grade).Select(note => new FactView(note.Table?.ToString() ?? "", note.Text))];

    // What passed inside a transaction that was rolled back is true no longer.
    private static CheckView[] Verifications(PurgeReport report, bool hasEffect)
        => [.. report.Verifications
            .Where(check => hasEffect || check.Outcome is not VerificationOutcome.Passed)
            .Select(check => new CheckView(check.Name, check.Expected, check.Actual, Of(check.Outcome)))];

    private static SchemaObjectView SchemaObject(SchemaObjectReport item) => new(
        item.Kind,
        Number(item.Before),
        Number(item.After),
        item.Unchanged ? "unchanged" : "changed");

    private static string InTitle(PurgeReport report)
        => report.Verdict is PurgeVerdict.Planned ? "nothing has been run" : Of(report).ToLowerInvariant();

    private static string List(IReadOnlyList<string> values) => string.Join(", ", values);
}
