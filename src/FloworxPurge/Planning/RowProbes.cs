using FloworxPurge.Extensibility;
using FloworxPurge.Schema;
using Microsoft.EntityFrameworkCore.Storage;

namespace FloworxPurge.Planning;

/// <summary>
/// The statements of a selection that look up one key after the other in an index. An engine that chooses by itself reads whole tables and
/// compares them with all keys, which takes twice the time where a tenth of the rows is selected.
/// </summary>
internal sealed class RowProbes(RowSelection selection, PurgeDialect dialect, ISqlGenerationHelper sql)
{
    // A key without an index is reported of tables of 256 KB; a table with this many rows is larger than that.
    private const long RowsOfLargeTable = 10_000;

    /// <summary>Adds what a query found, or <see langword="null"/> when its rows are not named by the primary key.</summary>
    public string? Take(KeyTable to, KeyTable stage, bool isLocked)
    {
        if (!dialect.ProbesKeys || !stage.Columns.SequenceEqual(to.Columns, StringComparer.Ordinal))
        {
            return null;
        }

        string found = string.Join(", ", stage.Keys);
        string known = KeyTable.Equal(to.Here("known"), stage.Here("s"));
        return $"{to.Insert} SELECT {Probed(to)}, 0, 0, 0 FROM (SELECT DISTINCT {found} FROM {stage.Name} ORDER BY {found}) AS s "
            + $"CROSS JOIN LATERAL (SELECT {Named(to, "t")} FROM {Table(to.Of)} AS t "
            + $"WHERE {KeyTable.Equal(to.Source("t"), stage.Here("s"))}{Clause(isLocked, "t")}) AS x "
            + $"WHERE NOT EXISTS (SELECT 1 FROM {to.Name} AS known WHERE {known})";
    }

    /// <summary>
    /// Adds the rows that reference selected ones to a table of keys that is empty, or <see langword="null"/> when no index is known.
    /// </summary>
    public string? Follow(RowReference reference, bool isLocked)
    {
        if (!dialect.ProbesKeys || !IsIndexed(reference))
        {
            return null;
        }

        KeyTable to = selection.Keys[reference.Key.Dependent];
        KeyTable from = selection.Keys[reference.Key.Principal];
        return $"{to.Insert} SELECT {Probed(to)}, @p0, 0, 0 FROM {Sorted(from)} AS k "
            + $"CROSS JOIN LATERAL (SELECT {Named(to, "c")} FROM {Table(to.Of)} AS c "
            + $"WHERE {KeyTable.Equal(Dependent(reference), from.Here("k", reference.Key.PrincipalColumns))}{Clause(isLocked, "c")}) AS x";
    }

    /// <summary>Counts the selected rows that are there, or <see langword="null"/> when no index is known.</summary>
    public string? Count(TableName table)
    {
        if (!dialect.ProbesKeys)
        {
            return null;
        }

        // What has OFFSET stays a query of its own.
        return FromKeys(table) is { } found
            ? $"SELECT {dialect.CountRows} FROM {Sorted(found.Keys)} AS k CROSS JOIN LATERAL "
                + $"(SELECT 1 FROM {Table(selection.Live(table))} AS c WHERE {KeyTable.Equal(found.Row, found.Key)} OFFSET 0) AS x"
            : null;
    }

    /// <summary>Deletes the selected rows, or <see langword="null"/> when no index is known.</summary>
    /// <remarks>
    /// In the order of the keys the foreign keys are checked in the order of their indexes, too. An engine that checks row by row may have
    /// deleted a row of the same table with another one.
    /// </remarks>
    public string? Delete(TableName table)
        => selection.Live(table).Kind == TableKind.Table
            && (dialect.ProbesKeys
                || !selection.References.Any(reference => reference.Key.Dependent == table && reference.Key.Principal == table))
            && FromKeys(table) is { } found
            && !HasArrays(found.Keys)
            ? dialect.DeleteByKeys(
                Table(selection.Live(table)),
                dialect.ProbesKeys ? Sorted(found.Keys) : found.Keys.Name,
                [.. found.Row.Zip(found.Key)])
            : null;

    // An array of arrays has their elements, and not them.
    private static bool HasArrays(KeyTable keys)
        => keys.Of.Columns.Any(column => keys.Columns.Contains(column.Name, StringComparer.Ordinal)
            && (column.BaseType ?? column.StoreType).EndsWith(']'));

    // The keys that a table's selected rows have themselves, or those of the rows that they reference.
    private (KeyTable Keys, IEnumerable<string> Row, IEnumerable<string> Key)? FromKeys(TableName table)
    {
        if (selection.Keys.TryGetValue(table, out KeyTable? keys))
        {
            return (keys, keys.Source("c"), keys.Here("k"));
        }

        IReadOnlyList<RowReference> references = selection.WaysTo(table);
        if (references.Count != 1 || !IsIndexed(references[0]))
        {
            return null;
        }

        KeyTable from = selection.Keys[references[0].Key.Principal];
        return (from, Dependent(references[0]), from.Here("k", references[0].Key.PrincipalColumns));
    }

    private bool IsIndexed(RowReference reference)
        => reference is { Condition: null, IsTie: false, Key.IsEnforced: true }
            && selection.IsPrimaryKey(reference.Key)
            && reference.Key.PrincipalColumns.Select((_, i) => selection.Collation(reference.Key, i)).All(collation => collation is null)
            && (dialect.IndexesForeignKeys
                || (selection.Live(reference.Key.Dependent) is { Kind: TableKind.Table, EstimatedRows: >= RowsOfLargeTable }
                    && selection.Live(reference.Key.Principal) is { Kind: TableKind.Table, EstimatedRows: >= RowsOfLargeTable }
                    && !selection.HasNoIndex(reference.Key)));

    private IEnumerable<string> Dependent(RowReference reference)
        => reference.Key.DependentColumns.Select(column => "c." + sql.DelimitIdentifier(column));

    // In the order of the index, each page of it is read once.
    private static string Sorted(KeyTable keys)
    {
        string columns = string.Join(", ", keys.Keys);
        return $"(SELECT {columns} FROM {keys.Name} ORDER BY {columns})";
    }

    private static string Probed(KeyTable to) => string.Join(", ", to.Here("x"));

    private static string Named(KeyTable to, string alias)
        => string.Join(", ", to.Source(alias).Zip(to.Keys, (column, name) => $"{column} AS {name}"));

    private string Table(TableSchema table) => dialect.Source(sql, table.AllRows);

    // A lock keeps it a query of its own, too.
    private string Clause(bool isLocked, string alias) => isLocked ? dialect.LockClause(alias) : " OFFSET 0";
}
