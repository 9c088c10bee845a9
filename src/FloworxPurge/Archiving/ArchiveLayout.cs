using System.Globalization;
using System.Text;
using FloworxPurge.Connections;
using FloworxPurge.Execution;
using FloworxPurge.Extensibility;
using FloworxPurge.Planning;
using FloworxPurge.Reading;
using FloworxPurge.Schema;

namespace FloworxPurge.Archiving;

/// <summary>A table of an archive, and how its rows are read.</summary>
/// <param name="Table">The table.</param>
/// <param name="NamesObjects">Whether values are names of objects, which depend on the search path.</param>
/// <param name="Reference">The reference that rows which stay lose; null for rows that are deleted.</param>
internal sealed record ArchivedTable(ArchiveTable Table, bool NamesObjects, RowReference? Reference);

/// <summary>Decides which tables and columns an archive holds, and in which files.</summary>
internal sealed class ArchiveLayout
{
    private const int LongestName = 100;

    private readonly ILookup<TableName, StoredColumn> _columns;
    private readonly ILookup<TableName, string> _keys;
    private readonly FreshFacts _facts;
    private readonly DatabaseSession _session;
    private readonly Func<int, TableName, bool, string> _nameOf;
    private readonly List<ArchivedTable> _tables = [];
    private readonly List<string> _problems = [];

    private ArchiveLayout(
        DatabaseSession session,
        FreshFacts facts,
        ILookup<TableName, StoredColumn> columns,
        ILookup<TableName, string> keys,
        Func<int, TableName, bool, string> nameOf)
        => (_session, _facts, _columns, _keys, _nameOf) = (session, facts, columns, keys, nameOf);

    /// <summary>Reads what is needed, in the transaction that deletes the rows.</summary>
    /// <param name="session">The session.</param>
    /// <param name="facts">The facts.</param>
    /// <param name="nameOf">
    /// Gives the place of a table a name of its own: by its number, its name, and whether the rows stay. Null for that of a file.
    /// </param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    /// <returns>The tables in the order in which they are restored: principals first, then the rows that stay.</returns>
    /// <exception cref="RunStoppedException">A table cannot be archived exactly; the message names every one.</exception>
    public static async Task<IReadOnlyList<ArchivedTable>> ReadAsync(
        DatabaseSession session,
        FreshFacts facts,
        Func<int, TableName, bool, string>? nameOf,
        CancellationToken cancellationToken)
    {
        ILookup<TableName, StoredColumn> columns = (await session.QueryAsync(
            session.Dialect.ArchiveColumns!,
            reader => (
                Table: LiveSchemaReader.Name(reader, 0),
                Column: new StoredColumn(
                    new ArchiveColumn(reader.GetString(2), reader.IsDBNull(3) ? string.Empty : reader.GetString(3)),
                    reader.IsDBNull(4) ? null : reader.GetString(4),
                    Convert.ToInt64(reader.GetValue(5), CultureInfo.InvariantCulture) != 0)),
            cancellationToken).ConfigureAwait(false)).ToLookup(row => row.Table, row => row.Column);
        ILookup<TableName, string> keys = (session.Dialect.Catalog?.PrimaryKeys is { } query
            ? await session.QueryAsync(
                query,
                reader => (Table: LiveSchemaReader.Name(reader, 0), Column: reader.GetString(2)),
                cancellationToken).ConfigureAwait(false)
            : []).ToLookup(row => row.Table, row => row.Column);
        var layout = new ArchiveLayout(session, facts, columns, keys, nameOf ?? FileOf);
        await layout.AddPurgedAsync(cancellationToken).ConfigureAwait(false);
        layout.AddDetached();
        return layout._problems.Count == 0
            ? layout._tables
            : throw new RunStoppedException(
                RunEnd.Refused,
                $"not every row can be archived: {string.Join("; ", layout._problems)}. Exclude these tables, or leave out ArchiveTo and "
                    + "make a backup.");
    }

    private async Task AddPurgedAsync(CancellationToken cancellationToken)
    {
        Dictionary<TableName, int> components = Components();
        foreach (TableName name in _facts.Plan.Tables
            .OrderByDescending(table => table.Level)
            .ThenBy(table => components[table.Table])
            .ThenBy(table => table.Table)
            .Select(table => table.Table)
            .Distinct())
        {
            List<StoredColumn> columns = [.. _columns[name]];
            if (columns.Count == 0)
            {
                _problems.Add($"{name.ToQuotedString()} has no column that is stored, so that its rows cannot be written");
            }
            else if (columns.Count > _session.Dialect.MostArchivedColumns)
            {
                _problems.Add(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{name.ToQuotedString()} has {columns.Count} columns, more than the {_session.Dialect.MostArchivedColumns} that can "
                        + $"be read at once"));
            }

            Add(name, components[name], columns, await ReadCountersAsync(name, cancellationToken).ConfigureAwait(false), reference: null);
        }
    }

    // The tables of one cycle have one number.
    private Dictionary<TableName, int> Components()
    {
        Dictionary<TableName, int> components = [];
        foreach (PlanCycle cycle in _facts.Plan.Cycles)
        {
            int number = components.Count == 0 ? 1 : components.Values.Max() + 1;
            foreach (TableName table in cycle.Tables)
            {
                components[table] = number;
            }
        }

        int next = components.Count == 0 ? 1 : components.Values.Max() + 1;
        foreach (TableName table in _facts.Plan.Tables
            .Select(table => table.Table)
            .Distinct()
            .Where(table => !components.ContainsKey(table))
            .Order()
            .ToList())
        {
            components[table] = next++;
        }

        return components;
    }

    // One file for each reference: a row that loses two of them may lose one column and keep the other.
    private void AddDetached()
    {
        foreach (RowReference reference in _facts.Selection?.References
            .Where(reference => reference.Action == ReferenceAction.Detach) ?? [])
        {
            TableName name = reference.Key.Dependent;
            List<string> keys = [.. _keys[name]];
            if (keys.Count == 0)
            {
                _problems.Add(
                    $"{name.ToQuotedString()} has no primary key, so that its rows that lose a reference to "
                        + $"{reference.Key.Principal.ToQuotedString()} cannot be named");
            }

            List<string> names = [.. keys.Concat(reference.Key.NullableColumns).Distinct(StringComparer.Ordinal)];
            ILookup<string, StoredColumn> columns = _columns[name].ToLookup(column => column.Column.Name, StringComparer.Ordinal);
            _problems.AddRange(names
                .Where(column => !columns.Contains(column))
                .Select(column => $"column \"{column}\" of {name.ToQuotedString()} is computed, so that its value cannot be written back"));
            Add(name, _tables.Count + 1, [.. names.SelectMany(column => columns[column])], [], reference);
        }
    }

    private void Add(
        TableName name,
        int component,
        IReadOnlyList<StoredColumn> columns,
        IReadOnlyList<ArchiveCounter> counters,
        RowReference? reference)
    {
        _problems.AddRange(columns
            .Where(column => column.Refusal is not null)
            .Select(column => $"column \"{column.Column.Name}\" of {name.ToQuotedString()} ({column.Column.Type}): {column.Refusal}"));
        _tables.Add(new ArchivedTable(
            new ArchiveTable
            {
                File = _nameOf(_tables.Count + 1, name, reference is not null),
                Table = name,
                IsDetached = reference is not null,
                Component = component,
                Columns = [.. columns.Select(column => column.Column)],
                Key = [.. _keys[name]],
                Counters = counters,
            },
            columns.Any(column => column.NamesObjects),
            reference));
    }

    private async Task<IReadOnlyList<ArchiveCounter>> ReadCountersAsync(TableName table, CancellationToken cancellationToken)
    {
        List<ArchiveCounter> counters = [];
        IdentityCounter[] own =
        [
            .. _facts.Schema.Live.Identities.Where(counter => counter.Table == table && counter.Users.Count == 0),
        ];
        foreach (IdentityCounter counter in own)
        {
            if (_session.Dialect.LastNumber(_session.Sql, table, counter.Sequence) is { } query)
            {
                counters.Add(new ArchiveCounter(counter.Column, await ReadNumberAsync(query, cancellationToken).ConfigureAwait(false)));
            }
        }

        foreach (IdentityCounter drawn in SequencesOf(table).Where(drawn => !own.Any(counter => counter.Sequence == drawn.Sequence)))
        {
            SqlStatement? query = _session.Dialect.LastNumber(_session.Sql, table, drawn.Sequence);
            bool isRead = query is not null
                && (_session.Dialect.MayReadSequence(drawn.Sequence!) is not { } right
                    || await ReadNumberAsync(right, cancellationToken).ConfigureAwait(false) == 1);
            long? last = isRead ? await ReadNumberAsync(query!, cancellationToken).ConfigureAwait(false) : null;
            counters.Add(new ArchiveCounter(drawn.Column, last) { Sequence = drawn.Sequence });
        }

        return counters;
    }

    private async Task<long?> ReadNumberAsync(SqlStatement query, CancellationToken cancellationToken)
        => await _session.ReadScalarAsync(query.Sql, query.Parameters, cancellationToken).ConfigureAwait(false) is { } number and not DBNull
            ? Convert.ToInt64(number, CultureInfo.InvariantCulture)
            : null;

    // Those that no column of the table owns: defaults of its columns draw from them, or the application does. Of one that the purge
    // restarts the column may not be known.
    private IEnumerable<IdentityCounter> SequencesOf(TableName table)
    {
        DatabaseSchema live = _facts.Schema.Live;
        ILookup<string, SchemaFact> facts = live.Facts.ToLookup(fact => fact.Kind, StringComparer.Ordinal);
        HashSet<TableName> there = [.. facts[SchemaFact.Sequence].Select(fact => fact.Table)];
        HashSet<TableName> parts = live.WithPartitions([table]);
        List<IdentityCounter> known =
        [
            .. _facts.Schema.Tables
                .Where(other => other.Name == table)
                .SelectMany(other => other.Model.Sequences)
                .Where(sequence => there.Contains(sequence.Name))
                .Select(sequence => new IdentityCounter(table, sequence.Column, sequence.Name)),
        ];
        foreach (SchemaFact draw in facts[SchemaFact.FreeSequence].Where(draw => parts.Contains(draw.Table) && draw.Detail is not null))
        {
            TableName[] named = [.. live.SequencesOf(draw)];

            // Of two with one name in two schemas it is not known which one.
            known.AddRange(named.Length == 1 ? [new IdentityCounter(table, draw.Detail!, named[0])] : []);
        }

        IEnumerable<IdentityCounter> restarted = live.Identities
            .Where(counter => counter.Sequence is not null && counter.Users.Contains(table)
                && !known.Any(other => other.Sequence == counter.Sequence))
            .Select(counter => new IdentityCounter(table, string.Empty, counter.Sequence));
        return known.Concat(restarted).DistinctBy(counter => (counter.Column, counter.Sequence));
    }

    // The number keeps names different that differ in what is replaced, or in case.
    private static string FileOf(int number, TableName table, bool isDetached)
    {
        var name = new StringBuilder(string.Create(CultureInfo.InvariantCulture, $"{number:000}_"));
        foreach (char c in table.Schema is null ? table.Name : $"{table.Schema}.{table.Name}")
        {
            name.Append(char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '.' ? c : '_');
        }

        name.Length = Math.Min(name.Length, LongestName);
        return name.Append(isDetached ? ".detached.tsv.gz" : ".tsv.gz").ToString();
    }

    private sealed record StoredColumn(ArchiveColumn Column, string? Refusal, bool NamesObjects);
}
