using System.Data.Common;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using FloworxPurge.Connections;
using FloworxPurge.Engines;
using FloworxPurge.Reading;
using FloworxPurge.Schema;

namespace FloworxPurge.Archiving;

/// <summary>What the live database says that decides about a restore.</summary>
internal sealed record RestoreFacts(
    DatabaseSchema Live,
    IReadOnlyDictionary<(TableName Table, string Column), ColumnFill> Fills,
    IReadOnlyList<UniqueKey> UniqueKeys,
    IReadOnlyList<FiringTrigger> Triggers,
    IReadOnlyDictionary<TableName, TableRights> Rights,
    IReadOnlyDictionary<TableName, SequenceRights> MissingRights)
{
    /// <summary>Reads the facts.</summary>
    [RequiresUnreferencedCode(TrimWarnings.Model)]
    public static async Task<RestoreFacts> ReadAsync(DatabaseSession session, RestoreQueries queries, CancellationToken cancellationToken)
    {
        DatabaseSchema live = await RowCatalogReader.AddAsync(
            await LiveSchemaReader.ReadAsync(session, cancellationToken).ConfigureAwait(false),
            session,
            cancellationToken).ConfigureAwait(false);
        var columns = await session.QueryAsync(
            queries.Columns,
            reader => (
                Key: (LiveSchemaReader.Name(reader, 0), reader.GetString(2)),
                Fill: new ColumnFill(Flag(reader, 3), Flag(reader, 4))),
            cancellationToken).ConfigureAwait(false);
        var keys = await session.QueryAsync(
            queries.UniqueKeys,
            reader => (Table: LiveSchemaReader.Name(reader, 0), Key: reader.GetString(2), Column: reader.GetString(3)),
            cancellationToken).ConfigureAwait(false);
        List<FiringTrigger> triggers = await session.QueryAsync(
            queries.Triggers,
            reader => new FiringTrigger(
                LiveSchemaReader.Name(reader, 0),
                reader.GetString(2),
                session.Dialect.EventsOf(reader.GetString(3))),
            cancellationToken).ConfigureAwait(false);
        var rights = queries.Rights is null ? [] : await session.QueryAsync(
            queries.Rights,
            reader => (Table: LiveSchemaReader.Name(reader, 0), Rights: new TableRights(Flag(reader, 2), Flag(reader, 3), Flag(reader, 4))),
            cancellationToken).ConfigureAwait(false);
        var missing = queries.SequenceRights is null ? [] : await session.QueryAsync(
            queries.SequenceRights,
            reader => (Sequence: LiveSchemaReader.Name(reader, 0), Rights: new SequenceRights(reader.GetString(2), reader.GetString(3))),
            cancellationToken).ConfigureAwait(false);
        return new RestoreFacts(
            live,
            columns.DistinctBy(column => column.Key).ToDictionary(column => column.Key, column => column.Fill),
            WithPrimaryKeys(
                live,
                [.. keys.GroupBy(key => (key.Table, key.Key))
                    .Select(key => new UniqueKey(key.Key.Table, $"unique key \"{key.Key.Key}\"", [.. key.Select(part => part.Column)]))]),
            [.. triggers.Distinct()],
            rights.ToDictionary(row => row.Table, row => row.Rights),
            missing.ToDictionary(row => row.Sequence, row => row.Rights));
    }

    /// <summary>
    /// The counters that number the rows of an archived table: its own, and the sequences that they were drawn from, where those are still
    /// there.
    /// </summary>
    public IEnumerable<IdentityCounter> CountersOf(ArchiveTable archived)
    {
        IdentityCounter[] own = [.. Live.Identities.Where(counter => counter.Table == archived.Table)];
        IEnumerable<IdentityCounter> drawn = archived.Counters
            .Where(counter => counter.Sequence is { } sequence
                && IsThere(sequence)
                && !own.Any(other => other.Sequence == sequence))
            .Select(counter => new IdentityCounter(archived.Table, counter.Column, counter.Sequence));
        return own.Concat(drawn)
            .Where(counter => counter.Column.Length == 0
                || archived.Columns.Any(column => string.Equals(column.Name, counter.Column, StringComparison.Ordinal)));
    }

    /// <summary>The sequences that archived rows were drawn from, and that are not there or not seen.</summary>
    public IEnumerable<TableName> SequencesNotFound(IEnumerable<ArchiveTable> archived)
        => archived.SelectMany(table => table.Counters)
            .Select(counter => counter.Sequence)
            .OfType<TableName>()
            .Where(sequence => !IsThere(sequence))
            .Distinct()
            .Order();

    /// <summary>The foreign keys of a table that the engine checks.</summary>
    public IEnumerable<ForeignKey> KeysOf(TableName table)
        => Live.ForeignKeys.Where(key => key.Dependent == table
            && !key.IsOff
            && key.DependentPart is null
            && key.PrincipalPart is null
            && !Live.UncheckableForeignKeys.Contains(key));

    private bool IsThere(TableName sequence) => Live.Facts.Any(fact => fact.Kind is SchemaFact.Sequence && fact.Table == sequence);

    // A key of one integer may have no index of its own.
    private static List<UniqueKey> WithPrimaryKeys(DatabaseSchema live, List<UniqueKey> keys)
    {
        foreach (TableSchema table in live.Tables.Where(table => table.PrimaryKey.Count > 0))
        {
            int index = keys.FindIndex(key => key.Table == table.Name
                && key.Columns.ToHashSet(StringComparer.Ordinal).SetEquals(table.PrimaryKey));
            var primary = new UniqueKey(table.Name, "primary key", table.PrimaryKey);
            if (index < 0)
            {
                keys.Add(primary);
            }
            else
            {
                keys[index] = primary;
            }
        }

        return keys;
    }

    private static bool Flag(DbDataReader reader, int column)
        => !reader.IsDBNull(column) && Convert.ToInt64(reader.GetValue(column), CultureInfo.InvariantCulture) != 0;
}
