using FloworxPurge.Planning;
using FloworxPurge.Schema;
using Microsoft.Extensions.Logging;

namespace FloworxPurge.Execution;

/// <summary>
/// Kept tables within reach of a trigger whose storage has no transactions: what is written there stays after a rollback.
/// </summary>
internal static class KeptStorage
{
    /// <summary>Why these facts must not be purged or reset, or <see langword="null"/>.</summary>
    public static string? Refusal(FreshFacts facts)
    {
        List<SchemaFact> refused = [.. Find(facts).Where(fact => !facts.AllowsInserts(fact.Table))];
        return refused.Count == 0 ? null
            : $"a trigger that is fired ({Triggers(facts)}) could write to "
                + $"{string.Join(", ", refused.Select(fact => $"kept table {fact.Table.ToQuotedString()} (storage {fact.Name})"))}, whose "
                + $"storage has no transactions, so that a rollback would not undo it. "
                + "Give that table a storage with transactions, exclude the tables that have these triggers, drop the triggers for the "
                + "run, or, where they only add rows there, allow it: "
                + $"{string.Join(", ", refused.Select(fact => $"AllowInserts(\"{RuleMatcher.Pattern(fact.Table)}\")"))}. Rows that are "
                + $"added there stay after a rollback.";
    }

    /// <summary>What the run says about those that may grow.</summary>
    public static IEnumerable<PlanNote> Notes(FreshFacts facts)
        => Find(facts).Where(fact => facts.AllowsInserts(fact.Table)).Select(fact => new PlanNote
        {
            Grade = LogLevel.Warning,
            Table = fact.Table,
            Text = $"Its storage ({fact.Name}) has no transactions: rows that triggers ({Triggers(facts)}) add to it stay, even if this "
                + $"run is rolled back.",
        });

    private static IEnumerable<SchemaFact> Find(FreshFacts facts)
    {
        HashSet<TableName> kept = facts.FiresTriggers ? [.. facts.ReachableKept().Select(table => table.Name)] : [];
        return facts.Schema.Live.Facts.Where(
            fact => fact.Kind is SchemaFact.NoTransaction && kept.Contains(fact.Table)).OrderBy(fact => fact.Table);
    }

    private static string Triggers(FreshFacts facts)
        => string.Join(", ", facts.Triggers().Select(trigger => $"\"{trigger.Name}\" on {trigger.Table}"));
}
