using System.Diagnostics.CodeAnalysis;
using FloworxPurge.Connections;
using FloworxPurge.Execution;
using FloworxPurge.Planning;
using FloworxPurge.Reading;
using FloworxPurge.Schema;
using Microsoft.EntityFrameworkCore.Migrations;
using Microsoft.Extensions.Logging;

namespace FloworxPurge.Resetting;

/// <summary>What a reset uses: a plan that was made once, and the mark of the structure that it was made for.</summary>
/// <param name="Facts">The plan and the facts under it.</param>
/// <param name="StructureMark">
/// The answer of the dialect's query for it, read before the facts; <see langword="null"/> when it has none.
/// </param>
internal sealed record ResetPlan(FreshFacts Facts, string? StructureMark)
{
    /// <summary>The tables that are emptied, dependents first.</summary>
    public IReadOnlyList<TableSchema> Tables { get; } = [.. Facts.Plan.Tables.Select(table => Facts.Table(table.Table))];

    /// <summary>The keys of kept tables to emptied ones: a row that holds one may appear at any time.</summary>
    public IReadOnlyList<ForeignKey> KeptKeys { get; } = [.. Facts
        .KeysFromKept()
        .DistinctBy(key => (key.Dependent, string.Join('\0', key.DependentColumns)))];

    /// <summary>The triggers and rules that a DELETE of these tables fires.</summary>
    public IReadOnlyList<SchemaObject> Triggers { get; } = [.. Facts
        .Triggers()
        .Where(trigger => trigger.Kind is not SchemaFact.EventTrigger)];

    /// <summary>The report of a reset that found nothing.</summary>
    public LeakReport Clean { get; } = new() { Warnings = [.. Facts.Plan.Notes.Where(note => note.Grade == LogLevel.Warning)] };

    /// <summary>Reads <see cref="StructureMark"/> as it is now.</summary>
    public static async Task<string?> ReadStructureMarkAsync(DatabaseSession session, CancellationToken cancellationToken)
        => session.Dialect.StructureMark is { } query
            ? await session.QueryTextAsync(query, cancellationToken).ConfigureAwait(false)
            : null;

    /// <summary>
    /// Determines whether foreign keys and triggers are those of the plan, for an engine whose dialect has no
    /// <see cref="StructureMark"/>. It reads the live schema.
    /// </summary>
    [UnconditionalSuppressMessage(
        "Trimming",
        "IL2026",
        Justification = "Only DatabaseResetter creates a reset, and it requires code that is not trimmed.")]
    public async Task<bool> HasSameKeysAsync(DatabaseSession session, CancellationToken cancellationToken)
    {
        DatabaseSchema live = await LiveSchemaReader.ReadAsync(session, cancellationToken).ConfigureAwait(false);
        DatabaseSchema known = Facts.Schema.Live;
        return live.ForeignKeys.Select(key => key.Shape).SequenceEqual(known.ForeignKeys.Select(key => key.Shape), StringComparer.Ordinal)
            && live.Objects.Where(item => item.FiresOnDelete).SequenceEqual(known.Objects.Where(item => item.FiresOnDelete));
    }

    /// <summary>Determines whether this is the database that the plan was made for.</summary>
    public bool IsOf(DatabaseIdentity database)
        => IsAt(database) && string.Equals(database.DatabaseId, Facts.Plan.Database.DatabaseId, StringComparison.Ordinal);

    /// <summary>
    /// Determines whether this is the database and the role that the plan was made for: row security hides other rows from another role.
    /// </summary>
    public bool IsFor(DatabaseIdentity database)
        => IsOf(database) && string.Equals(database.Role, Facts.Plan.Database.Role, StringComparison.Ordinal);

    /// <summary>Determines whether a database has the name and the place of the one that the plan was made for.</summary>
    public bool IsAt(DatabaseIdentity database)
        => string.Equals(database.Database, Facts.Plan.Database.Database, StringComparison.Ordinal)
            && string.Equals(database.Server, Facts.Plan.Database.Server, StringComparison.Ordinal);

    /// <summary>
    /// Prevents inserts into kept tables that an action of their foreign keys would change, or <see langword="null"/> when there are
    /// none or the engine has no such statement.
    /// </summary>
    public string? LockOfExposed(DatabaseSession session)
    {
        TableName[] exposed = [.. KeptKeys
            .Where(key =>
                key.IsEnforced && key.OnDelete is ReferentialAction.Cascade or ReferentialAction.SetNull or ReferentialAction.SetDefault)
            .Select(key => key.Dependent)
            .Distinct()
            .Order()];
        return exposed.Length == 0 ? null : session.Dialect.Lock(session.Sql, exposed);
    }

    /// <summary>Who has written to the tables, or to partitions of them, in a transaction that is still open.</summary>
    public async Task<IReadOnlyList<string>> FindWritersAsync(DatabaseSession session, CancellationToken cancellationToken)
    {
        if (session.Dialect.OpenWriters is not { } query)
        {
            return [];
        }

        HashSet<TableName> emptied = Facts.Schema.Live.WithPartitions(Tables.Select(table => table.Name));
        HashSet<TableName> sequences = [.. Facts.Schema.Live.Identities
            .Where(counter => emptied.Contains(counter.Table))
            .Select(counter => counter.Sequence)
            .OfType<TableName>()];
        List<(TableName Table, string Text)> writers = await session.QueryAsync(
            query,
            reader => (new TableName(reader.GetString(0), reader.GetString(1)), reader.GetString(2)),
            cancellationToken).ConfigureAwait(false);
        ILookup<string, TableName> tables = writers.Where(writer => emptied.Contains(writer.Table))
            .ToLookup(writer => writer.Text, writer => writer.Table, StringComparer.Ordinal);

        // A sequence is news only of a session that has written to no table.
        return [.. writers
            .Where(writer => emptied.Contains(writer.Table) || (sequences.Contains(writer.Table) && !tables.Contains(writer.Text)))
            .Select(writer => $"{writer.Table.ToQuotedString()} is written by {writer.Text}")
            .Order(StringComparer.Ordinal)];
    }

    /// <summary>Kept rows reference the tables.</summary>
    public static PurgeException BlockedBy(IEnumerable<ForeignKey> keys)
        => new(string.Join(Environment.NewLine, keys.Select(key =>
            $"{key.Principal.ToQuotedString()} cannot be reset: rows of {key.Dependent.ToQuotedString()}, which is kept, reference it "
                + $"through foreign key {key}. Reset that table too, or delete those rows first.")));

    /// <summary>Tables are not empty after the last pass.</summary>
    public PurgeException RefilledBy(IEnumerable<TableName> tables, Exception? inner = null)
    {
        string cause = Triggers.Count == 0
            ? "Other sessions keep writing to them: end those sessions before the reset"
            : $"Disable the triggers that insert or keep them: {TriggerNames()}";
        return new(
            $"{string.Join(", ", tables.Select(table => table.ToQuotedString()))} cannot be reset: there are rows again after each "
                + $"DELETE. {cause}. Everything was rolled back.",
            inner);
    }

    /// <summary>Other sessions have put rows into the tables after each transaction that emptied them.</summary>
    public static PurgeException RefilledAfterwards(IEnumerable<TableName> tables)
        => new(
            $"{string.Join(", ", tables.Select(table => table.ToQuotedString()))} cannot be reset: each time that the rows were deleted, "
                + $"other sessions had committed rows again. End those sessions before the reset.");

    /// <summary>Triggers have changed what is kept beside tables.</summary>
    public PurgeException ChangedByTriggers(IEnumerable<Verification> failed)
        => new(
            "What is kept was changed while tables were emptied: "
            + string.Join("; ", failed.Select(item => $"{item.Name}: expected {item.Expected}, found {item.Actual}"))
            + $". Disable the triggers that do that: {TriggerNames()}. Everything was rolled back.");

    /// <summary>Triggers have changed what is kept.</summary>
    public PurgeException ChangedByTriggers(IReadOnlyList<TableName> tables)
    {
        string choice = tables.All(Facts.AllowsInserts)
            ? "AllowInserts names it, and rows were changed or deleted there"
            : $"If rows are meant to be added, as in an audit table, allow it: "
                + string.Join(
                    ", ",
                    tables.Where(table => !Facts.AllowsInserts(table)).Select(table => $"AllowInserts(\"{RuleMatcher.Pattern(table)}\")"));
        return new(
            $"{string.Join(", ", tables.Select(table => table.ToQuotedString()))}, which is kept, was changed while other tables were "
            + $"emptied. {choice}. Otherwise disable the triggers that do that: {TriggerNames()}; or reset that table, too. "
            + "Everything was rolled back.");
    }

    private string TriggerNames()
        => string.Join(", ", Triggers.Select(trigger => $"{trigger.Kind} \"{trigger.Name}\" of {trigger.Table.ToQuotedString()}"));
}
