using FloworxPurge.Planning;
using FloworxPurge.Schema;

namespace FloworxPurge.Execution;

/// <summary>Says what has changed between a plan and the facts of now.</summary>
internal static class PlanDifference
{
    public static string Describe(PurgePlan plan, PurgePlan now)
    {
        if (plan.Database with { ServerVersion = string.Empty, Role = null } != now.Database with { ServerVersion = string.Empty, Role = null })
        {
            return $"the plan was made for database \"{plan.Database.Database}\" on {plan.Database.Server} ({plan.Database.Engine}), and the connection is open to \"{now.Database.Database}\" on {now.Database.Server} ({now.Database.Engine}).";
        }

        List<string> changes =
        [
            .. Changed("purged", plan.Tables.Select(table => table.Table), now.Tables.Select(table => table.Table)),
            .. Changed("skipped", plan.Skips.Select(skip => skip.Table), now.Skips.Select(skip => skip.Table)),
            .. Changed("kept", plan.Kept.Select(kept => kept.Table), now.Kept.Select(kept => kept.Table)),
        ];
        if (plan.Mode != now.Mode)
        {
            changes.Add($"the plan's mode is {plan.Mode}, and this purger's is {now.Mode}");
        }

        if (!string.Equals(plan.StructureHash, now.StructureHash, StringComparison.Ordinal))
        {
            changes.Add("tables, columns, foreign keys or triggers of the database are not what they were");
        }

        if (changes.Count == 0)
        {
            changes.Add("the statements are not what they were; the purger's options or the dialect have changed");
        }

        return string.Join("; ", changes) + ".";
    }

    private static IEnumerable<string> Changed(string fate, IEnumerable<TableName> then, IEnumerable<TableName> now)
    {
        string added = string.Join(", ", now.Except(then).Order());
        string gone = string.Join(", ", then.Except(now).Order());
        if (added.Length > 0)
        {
            yield return $"now {fate}: {added}";
        }

        if (gone.Length > 0)
        {
            yield return $"no longer {fate}: {gone}";
        }
    }
}
