using FloworxPurge.Extensibility;
using FloworxPurge.Schema;
using Microsoft.EntityFrameworkCore.Storage;

namespace FloworxPurge.Planning;

/// <summary>The statements of a selection of rows.</summary>
internal sealed class RowSelectionSql(RowSelection selection, PurgeDialect dialect, ISqlGenerationHelper sql)
{
    private readonly string _count = dialect.CountRows;
    private readonly RowProbes _probes = new(selection, dialect, sql);

    /// <summary>Adds what a query found, as keys of the table, without those that are there.</summary>
    /// <param name="to">Where the keys are added.</param>
    /// <param name="stage">What the query found.</param>
    /// <param name="isLocked">Whether the rows are locked.</param>
    /// <param name="isFirst">Whether no keys are there yet.</param>
    public string Take(KeyTable to, KeyTable stage, bool isLocked, bool isFirst = false)
        => _probes.Take(to, stage, isLocked)
            ?? $"{to.Insert} SELECT {Columns(to, "t", "0", "0", "0")} FROM {Table(to.Of)} AS t{Hint(isLocked)} "
            + $"WHERE {In(stage.Source("t"), stage.Here("s"), $"{stage.Name} AS s", where: null)}"
            + $"{(isFirst ? string.Empty : $" AND {Lacks(to, "t")}")}{Clause(isLocked, "t")}";

    /// <summary>Removes the keys that a query did not find again.</summary>
    public string RemoveUnfound(KeyTable from, KeyTable stage)
    {
        bool isKey = stage.Columns.SequenceEqual(from.Columns, StringComparer.Ordinal);
        IEnumerable<string> keys = from.Keys.Select(key => $"{from.Name}.{key}");
        string again = In(stage.Source("t"), stage.Here("s"), $"{stage.Name} AS s", where: null);
        return (dialect.HashesNotExists, isKey) switch
        {
            (true, true) => $"DELETE FROM {from.Name} WHERE NOT EXISTS (SELECT 1 FROM {stage.Name} AS s "
                + $"WHERE {KeyTable.Equal(stage.Here("s"), keys)})",
            (true, false) => $"DELETE FROM {from.Name} WHERE NOT EXISTS (SELECT 1 FROM {Table(from.Of)} AS t "
                + $"WHERE {KeyTable.Equal(from.Source("t"), keys)} AND {again})",
            (false, true) => $"DELETE FROM {from.Name} WHERE NOT ({In(from.Keys, stage.Here("s"), $"{stage.Name} AS s", where: null)})",
            _ => $"DELETE FROM {from.Name} WHERE NOT ({In(from.Keys, from.Source("t"), $"{Table(from.Of)} AS t", again)})",
        };
    }

    /// <summary>The beginning of the statement that stores the result of a query.</summary>
    public static string Store(KeyTable stage) => $"INSERT INTO {stage.Name} ({string.Join(", ", stage.Keys)})";

    /// <summary>Counts the different keys that a query found.</summary>
    public string CountFound(KeyTable stage)
        => $"SELECT {_count} FROM (SELECT DISTINCT {string.Join(", ", stage.Here("s"))} FROM {stage.Name} AS s) AS found";

    /// <summary>Counts the different keys that a query found and that are not among the roots.</summary>
    public string CountHidden(KeyTable stage, KeyTable roots)
        => $"SELECT {_count} FROM (SELECT DISTINCT {string.Join(", ", stage.Here("s"))} FROM {stage.Name} AS s) AS found "
            + $"WHERE NOT EXISTS (SELECT 1 FROM {Table(roots.Of)} AS t WHERE {KeyTable.Equal(stage.Source("t"), stage.Here("found"))} "
            + $"AND {In(roots.Source("t"), roots.Here("r"), $"{roots.Name} AS r", where: null)})";

    /// <summary>Counts the keys that a query found and that several rows have.</summary>
    public string CountShared(KeyTable stage)
        => $"SELECT {_count} FROM (SELECT 1 AS one FROM {Table(stage.Of)} AS t "
            + $"WHERE {In(stage.Source("t"), stage.Here("s"), $"{stage.Name} AS s", where: null)} "
            + $"GROUP BY {string.Join(", ", stage.Source("t"))} HAVING {_count} > 1) AS shared";

    /// <summary>Copies the roots to the selected rows.</summary>
    public string Begin(TableName table)
    {
        KeyTable to = selection.Keys[table];
        KeyTable from = selection.Roots[table];
        return $"{to.Insert} SELECT {string.Join(", ", from.Here("r"))}, 0, 0, 0 FROM {from.Name} AS r";
    }

    /// <summary>Adds the rows that reference selected ones.</summary>
    /// <param name="reference">The reference.</param>
    /// <param name="inRounds">Whether only the rows of the round in @p1 are followed; the round of the new ones is in @p0.</param>
    /// <param name="isLocked">Whether the rows are locked.</param>
    /// <param name="isFirst">Whether no keys of the dependent are there yet.</param>
    public string Follow(RowReference reference, bool inRounds, bool isLocked, bool isFirst = false)
    {
        if (isFirst && _probes.Follow(reference, isLocked) is { } probe)
        {
            return probe;
        }

        KeyTable to = selection.Keys[reference.Key.Dependent];
        KeyTable from = selection.Keys[reference.Key.Principal];
        return $"{to.Insert} SELECT {Columns(to, "c", "@p0", "0", "0")} FROM {Table(to.Of)} AS c{Hint(isLocked)} "
            + $"WHERE {References(reference, "c.", from, inRounds ? $"k.{from.Round} = @p1" : null)}"
            + $"{(isFirst ? string.Empty : $" AND {Lacks(to, "c")}")}{Clause(isLocked, "c")}";
    }

    /// <summary>Marks the selected rows that rows which stay reference, with the number of the reason in @p0.</summary>
    public string Block(RowReference reference)
    {
        KeyTable to = selection.Keys[reference.Key.Principal];
        return $"{Mark(to, "1")} AND {ReferencedBy(reference, to, Stays(reference, "c."))}";
    }

    /// <summary>Counts the rows that stay and reference selected ones.</summary>
    public string CountStaying(RowReference reference)
        => $"SELECT {_count} FROM {FromStaying(reference)}";

    /// <summary>Marks the selected rows that are kept by the rule in @p1, with the number of the reason in @p0.</summary>
    public string BlockKept(TableName table)
    {
        KeyTable to = selection.Keys[table];
        KeyTable kept = selection.Kept[table];
        return $"{Mark(to, "1")} AND {In(to.Keys, kept.Here("x"), $"{kept.Name} AS x", $"x.{kept.Block} = @p1")}";
    }

    /// <summary>
    /// Marks the selected rows that rows marked in the last wave (@p2) reference: what references them stays, so that they stay, too.
    /// </summary>
    public string Spread(RowReference reference)
    {
        KeyTable to = selection.Keys[reference.Key.Principal];
        KeyTable from = selection.Keys[reference.Key.Dependent];
        string marked = In(from.Source("c"), from.Here("m"), $"{from.Name} AS m", $"m.{from.Block} = @p0 AND m.{from.Wave} = @p2");
        return $"{Mark(to, "@p1")} AND {ReferencedBy(reference, to, marked)}";
    }

    /// <summary>Counts the roots that the reason in @p0 blocks.</summary>
    public string CountBlocked(TableName table) => $"SELECT {_count} {Blocked(table)}";

    /// <summary>The keys of the first roots that the reason in @p0 blocks.</summary>
    public string FirstBlocked(TableName table, int rows)
    {
        string keys = string.Join(", ", selection.Roots[table].Here("r"));
        return dialect.First($"SELECT {keys} {Blocked(table)} ORDER BY {keys}", rows);
    }

    /// <summary>Removes the blocked roots.</summary>
    public string RemoveBlocked(TableName table)
    {
        KeyTable roots = selection.Roots[table];
        KeyTable keys = selection.Keys[table];
        return $"DELETE FROM {roots.Name} WHERE {In(roots.Keys, keys.Here("k"), $"{keys.Name} AS k", $"k.{keys.Block} <> 0")}";
    }

    /// <summary>
    /// Adds the rows that kept rows of the last round (@p1) reference; the round of the new ones is in @p0, the rule in @p2.
    /// </summary>
    public string Keep(RowReference reference)
    {
        KeyTable to = selection.Kept[reference.Key.Principal];
        KeyTable from = selection.Kept[reference.Key.Dependent];
        string kept = In(from.Source("c"), from.Here("k"), $"{from.Name} AS k", $"k.{from.Round} = @p1 AND k.{from.Block} = @p2");
        string condition = kept + And(Has(reference, "c."));
        return $"{to.Insert} SELECT {Columns(to, "p", "@p0", "@p2", "0")} FROM {Table(to.Of)} AS p WHERE "
            + In(
                Compared(reference.Key, Names(reference.Key.PrincipalColumns, "p.")),
                Names(reference.Key.DependentColumns, "c."),
                $"{Table(from.Of)} AS c",
                condition)
            + $" AND {Lacks(to, "p")}";
    }

    /// <summary>Gives the keys of a rule its number, @p0.</summary>
    public static string Number(KeyTable kept) => $"UPDATE {kept.Name} SET {kept.Block} = @p0 WHERE {kept.Block} = 0";

    /// <summary>
    /// Adds the rows that selected rows reference and no row that stays does. Rows that came meanwhile are found by <see cref="Unorphan"/>.
    /// </summary>
    public string Orphan(RowReference reference, bool isLocked)
    {
        KeyTable to = selection.Keys[reference.Key.Principal];
        string isKept = selection.Kept.TryGetValue(reference.Key.Principal, out KeyTable? kept) ? $" AND {Lacks(kept, "p")}" : string.Empty;
        return $"{to.Insert} SELECT {Columns(to, "p", "@p0", "0", "0")} FROM {Table(to.Of)} AS p{Hint(isLocked)} "
            + $"WHERE {ReferencedBySelected(reference)} "
            + $"AND {Lacks(to, "p")}{isKept}"
            + string.Concat(Others(to.Of.Name)
                .Select(other => IsReferenced(other, "p"))
                .Concat(HasReferencedParts(to.Of.Name, "p"))
                .Select(isReferenced => $" AND NOT ({isReferenced})"))
            + Clause(isLocked, "p");
    }

    /// <summary>Removes orphans of the round in @p0 that a row which stays references after all.</summary>
    public string Unorphan(RowReference other)
    {
        KeyTable to = selection.Keys[other.Key.Principal];
        return $"DELETE FROM {to.Name} WHERE {to.Round} = @p0 AND {ReferencedBy(other, to, Stays(other, "x."), "x")}";
    }

    /// <summary>Counts the rows of a table of orphans that stay although a selected row references them.</summary>
    public string CountKeptOrphans(TableName table)
        => $"SELECT {_count} FROM {Table(selection.Live(table))} AS p WHERE {Lacks(selection.Keys[table], "p")} AND ("
            + string.Join(" OR ", Others(table)
                .Where(reference => selection.Tables.Contains(reference.Key.Dependent))
                .Select(ReferencedBySelected))
            + ")";

    /// <summary>The references whose rows keep a row from being an orphan.</summary>
    public IEnumerable<RowReference> Others(TableName orphans)
        => selection.Orphaning.Where(reference => reference.Key.Principal == orphans);

    /// <summary>The rows that stay and reference selected ones, as what follows FROM: their table as c, and a condition.</summary>
    public string FromStaying(RowReference reference)
        => $"{Table(selection.Live(reference.Key.Dependent))} AS c WHERE "
            + $"{References(reference, "c.", selection.Keys[reference.Key.Principal], where: null)}{And(Stays(reference, "c."))}";

    /// <summary>Counts the selected rows of a table.</summary>
    public string CountSelected(TableName table)
        => selection.Keys.TryGetValue(table, out KeyTable? keys)
            ? $"SELECT {_count} FROM {keys.Name}"
            : CountThere(table);

    /// <summary>Counts all rows of a table.</summary>
    public string CountAll(TableName table) => $"SELECT {_count} FROM {Table(selection.Live(table))} AS c";

    /// <summary>Counts the selected rows of a table that are there, by their keys.</summary>
    public string CountThere(TableName table)
        => _probes.Count(table) ?? $"SELECT {_count} FROM {Table(selection.Live(table))} AS c WHERE {IsSelected(table, "c.")}";

    /// <summary>
    /// Deletes the selected rows of a table by the statement that takes the least time with the rows that are there now, or
    /// <see langword="null"/> when the statement of the plan does. The plan has the statement that is right at any size.
    /// </summary>
    public string? DeleteFast(TableName table) => _probes.Delete(table);

    /// <summary>Counts the selected rows that a reference leads to.</summary>
    public string CountFollowed(RowReference reference)
        => $"SELECT {_count} FROM {Table(selection.Live(reference.Key.Dependent))} AS c WHERE "
            + $"{References(reference, "c.", selection.Keys[reference.Key.Principal], where: null)} AND "
            + $"{IsSelected(reference.Key.Dependent, "c.")}";

    /// <summary>Sets the nullable columns of rows that stay and reference selected ones to NULL.</summary>
    public string Detach(RowReference reference)
    {
        string row = dialect.ComparesRows ? string.Empty : Table(selection.Live(reference.Key.Dependent)) + ".";

        // A column that the engine would set by itself keeps its value where the statement sets it.
        TableSchema table = selection.Live(reference.Key.Dependent);
        string assignments = string.Join(
            ", ",
            reference.Key.NullableColumns.Select(column => $"{sql.DelimitIdentifier(column)} = NULL").Concat(table.TouchedColumns
                .Except(reference.Key.NullableColumns, StringComparer.Ordinal)
                .Select(column => $"{sql.DelimitIdentifier(column)} = {row}{sql.DelimitIdentifier(column)}")));
        return $"UPDATE {Table(selection.Live(reference.Key.Dependent))} SET {assignments} WHERE "
            + $"{References(reference, row, selection.Keys[reference.Key.Principal], where: null)}{And(Stays(reference, row))}";
    }

    /// <summary>The rows of a table that are selected, and the others.</summary>
    public (RowSet Selected, RowSet Others) Rows(TableName table)
    {
        RowSet all = selection.Live(table).AllRows;
        string selected = IsSelected(table, string.Empty);
        return (all with { Filter = selected }, all with { Filter = $"CASE WHEN {selected} THEN 0 ELSE 1 END = 1" });
    }

    private string Blocked(TableName table)
    {
        KeyTable roots = selection.Roots[table];
        KeyTable keys = selection.Keys[table];
        return $"FROM {roots.Name} AS r WHERE {In(roots.Here("r"), keys.Here("k"), $"{keys.Name} AS k", $"k.{keys.Block} = @p0")}";
    }

    private static string Columns(KeyTable to, string alias, string round, string block, string wave)
        => $"{string.Join(", ", to.Source(alias))}, {round}, {block}, {wave}";

    private static string Mark(KeyTable to, string wave)
        => $"UPDATE {to.Name} SET {to.Block} = @p0, {to.Wave} = {wave} WHERE {to.Block} = 0";

    private static string Lacks(KeyTable keys, string alias)
        => $"NOT EXISTS (SELECT 1 FROM {keys.Name} AS known WHERE {KeyTable.Equal(keys.Source(alias), keys.Here("known"))})";

    private static string And(string? condition) => condition is null ? string.Empty : $" AND {condition}";

    private static string? Both(string? one, string? other) => one is null ? other : one + And(other);

    private string Table(TableSchema table) => dialect.Source(sql, table.AllRows);

    private string Hint(bool isLocked) => isLocked ? dialect.LockHint : string.Empty;

    private string Clause(bool isLocked, string alias) => isLocked ? dialect.LockClause(alias) : string.Empty;

    private IEnumerable<string> Names(IEnumerable<string> columns, string row)
        => columns.Select(column => row + sql.DelimitIdentifier(column));

    // A comparison of two columns takes the collation of one of them, or fails; a foreign key takes that of the columns that it references.
    private IEnumerable<string> Compared(ForeignKey key, IEnumerable<string> expressions)
        => expressions.Select((expression, i) => selection.Collation(key, i) is { } collation
            ? $"{expression} COLLATE {sql.DelimitIdentifier(collation.Name, collation.Schema)}"
            : expression);

    private string In(IEnumerable<string> left, IEnumerable<string> right, string from, string? where)
    {
        List<string> columns = [.. left];
        string condition = where is null ? string.Empty : $" WHERE {where}";
        return columns.Count == 1 ? $"{columns[0]} IN (SELECT {right.Single()} FROM {from}{condition})"
            : dialect.ComparesRows ? $"({string.Join(", ", columns)}) IN (SELECT {string.Join(", ", right)} FROM {from}{condition})"
            : $"EXISTS (SELECT 1 FROM {from} WHERE {KeyTable.Equal(columns, right)}{And(where)})";
    }

    /// <summary>The condition that a row of the dependent references a selected row.</summary>
    private string References(RowReference reference, string row, KeyTable keys, string? where)
    {
        ForeignKey key = reference.Key;
        string condition = selection.IsPrimaryKey(key)
            ? In(Compared(key, Names(key.DependentColumns, row)), keys.Here("k", key.PrincipalColumns), $"{keys.Name} AS k", where)
            : In(
                Compared(key, Names(key.DependentColumns, row)),
                Names(key.PrincipalColumns, "p."),
                $"{Table(keys.Of)} AS p",
                In(keys.Source("p"), keys.Here("k"), $"{keys.Name} AS k", where));
        return condition + And(Has(reference, row));
    }

    /// <summary>The condition that a row of a table of keys is referenced by a row of the dependent, which has an alias.</summary>
    private string ReferencedBy(RowReference reference, KeyTable keys, string? where, string alias = "c")
    {
        ForeignKey key = reference.Key;
        string? condition = Both(where, Has(reference, alias + "."));
        string from = $"{Table(selection.Live(key.Dependent))} AS {alias}";
        return selection.IsPrimaryKey(key)
            ? In(
                Compared(key, key.PrincipalColumns.Select(column => keys.Keys[keys.IndexOf(column)])),
                Names(key.DependentColumns, alias + "."),
                from,
                condition)
            : In(
                keys.Keys,
                keys.Source("p"),
                $"{Table(keys.Of)} AS p",
                In(Compared(key, Names(key.PrincipalColumns, "p.")), Names(key.DependentColumns, alias + "."), from, condition));
    }

    /// <summary>The condition that a row p of the principal is referenced by a selected row.</summary>
    private string ReferencedBySelected(RowReference reference)
        => In(
            Compared(reference.Key, Names(reference.Key.PrincipalColumns, "p.")),
            Names(reference.Key.DependentColumns, "c."),
            $"{Table(selection.Live(reference.Key.Dependent))} AS c",
            IsSelected(reference.Key.Dependent, "c.") + And(Has(reference, "c.")));

    /// <summary>The condition that a row of the principal is referenced by a row that stays.</summary>
    private string IsReferenced(RowReference reference, string row)
    {
        string equal = KeyTable.Equal(
            Compared(reference.Key, Names(reference.Key.PrincipalColumns, row + ".")),
            Names(reference.Key.DependentColumns, "x."));
        return $"EXISTS (SELECT 1 FROM {Table(selection.Live(reference.Key.Dependent))} AS x WHERE {equal}"
            + $"{And(Both(Stays(reference, "x."), Has(reference, "x.")))})";
    }

    /// <summary>The conditions that a row of the principal owns rows which rows that stay reference.</summary>
    private IEnumerable<string> HasReferencedParts(TableName table, string row)
    {
        string part = row + "o";
        foreach (ForeignKey key in selection.Scope.References
            .Where(reference => reference.IsOwnership && reference.Key.Principal == table && reference.Key.Dependent != table)
            .Select(reference => reference.Key))
        {
            List<string> referenced = [.. selection.Scope.References
                .Where(reference => reference is { IsOwnership: false, IsTie: false } && reference.Key.Principal == key.Dependent)
                .Select(reference => IsReferenced(reference, part))
                .Concat(HasReferencedParts(key.Dependent, part))];
            if (referenced.Count > 0)
            {
                yield return $"EXISTS (SELECT 1 FROM {Table(selection.Live(key.Dependent))} AS {part} WHERE "
                    + KeyTable.Equal(
                        Compared(key, Names(key.PrincipalColumns, row + ".")),
                        Names(key.DependentColumns, part + "."))
                    + $" AND ({string.Join(" OR ", referenced)}))";
            }
        }
    }

    /// <summary>
    /// The condition that a row of the dependent stays; <see langword="null"/> where the table has no selected rows at all.
    /// </summary>
    private string? Stays(RowReference reference, string row)
    {
        TableName dependent = reference.Key.Dependent;
        return selection.Keys.TryGetValue(dependent, out KeyTable? keys)
            ? $"NOT EXISTS (SELECT 1 FROM {keys.Name} AS known WHERE {KeyTable.Equal(Names(keys.Columns, row), keys.Here("known"))})"
            : selection.Tables.Contains(dependent) ? $"CASE WHEN {IsSelected(dependent, row)} THEN 0 ELSE 1 END = 1"
            : null;
    }

    /// <summary>The condition that a row has the reference at all; <see langword="null"/> where all rows have it.</summary>
    private string? Has(RowReference reference, string row)
        => selection.Conditions.TryGetValue(reference, out KeyTable? condition)
            ? In(Names(condition.Columns, row), condition.Here("h"), $"{condition.Name} AS h", where: null)
            : null;

    private string IsSelected(TableName table, string row)
    {
        if (selection.Keys.TryGetValue(table, out KeyTable? keys))
        {
            return In(Names(keys.Columns, row), keys.Here("k"), $"{keys.Name} AS k", where: null);
        }

        IEnumerable<string> ways = selection.WaysTo(table)
            .Select(way => References(way, row, selection.Keys[way.Key.Principal], where: null));
        return $"({string.Join(" OR ", ways)})";
    }
}
