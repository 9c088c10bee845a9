using System.Globalization;
using FloworxPurge.Schema;

namespace FloworxPurge.Execution;

/// <summary>What a reset goes by: a plan that was made once, and the mark of the structure it was made for.</summary>
/// <param name="Facts">The plan and the facts under it.</param>
/// <param name="StructureMark">The answer of the dialect's query for it, read before the facts; <see langword="null"/> when it has none.</param>
internal sealed record ResetPlan(FreshFacts Facts, string? StructureMark)
{
    /// <summary>The tables that are emptied, dependents first.</summary>
    public IReadOnlyList<TableSchema> Tables { get; } = [.. Facts.Plan.Tables.Select(table => Facts.Table(table.Table))];

    /// <summary>The keys of kept tables to emptied ones: a row that holds one may appear at any time.</summary>
    public IReadOnlyList<ForeignKey> KeptKeys { get; } = [.. Facts.KeysFromKept().DistinctBy(key => (key.Dependent, string.Join('\0', key.DependentColumns)))];

    /// <summary>The triggers and rules that a DELETE of these tables fires.</summary>
    public IReadOnlyList<SchemaObject> Triggers { get; } = [.. Facts.Triggers().Where(trigger => trigger.Kind is not SchemaFact.EventTrigger)];

    /// <summary>Reads <see cref="StructureMark"/> as it is now.</summary>
    public static async Task<string?> ReadStructureMarkAsync(DatabaseSession session, CancellationToken cancellationToken)
        => session.Dialect.StructureMark is { } query
            ? (await session.QueryAsync(query, reader => Convert.ToString(reader.GetValue(0), CultureInfo.InvariantCulture), cancellationToken).ConfigureAwait(false)).Single()
            : null;

    /// <summary>Kept rows are in the way.</summary>
    public static PurgeException BlockedBy(IEnumerable<ForeignKey> keys)
        => new(string.Join(Environment.NewLine, keys.Select(key =>
            $"{key.Principal.ToQuotedString()} cannot be reset: rows of {key.Dependent.ToQuotedString()}, which is kept, point at it through foreign key {key}. Reset that table too, or delete those rows first.")));

    /// <summary>Tables are not empty after the last pass.</summary>
    public PurgeException RefilledBy(IEnumerable<TableName> tables, Exception? inner = null)
        => new(
            $"{string.Join(", ", tables.Select(table => table.ToQuotedString()))} cannot be reset: there are rows again after each DELETE. "
                + $"Disable what puts them there or keeps them: {string.Join(", ", Triggers.Select(trigger => $"{trigger.Kind} \"{trigger.Name}\" of {trigger.Table.ToQuotedString()}"))}. Everything was rolled back.",
            inner);
}
