using System.Globalization;
using FloworxPurge.Extensibility;
using FloworxPurge.Schema;
using static FloworxPurge.Engines.PostgreSqlOperators;

namespace FloworxPurge.Engines;

/// <summary>
/// What the function of a reset does to tables with captured rows: each row shows the transaction that wrote it, and the function knows its
/// own. A table with any other row, or with a row less, gets its rows back in the same transaction.
/// </summary>
/// <param name="dialect">The dialect.</param>
/// <param name="context">The facts of the plan.</param>
/// <param name="numbers">The server's numbers of the sequences.</param>
/// <param name="checksKeys">Whether the session checks foreign keys, and carries out their actions.</param>
internal sealed class PostgreSqlCapturedReset(
    PurgeDialect dialect,
    EngineResetContext context,
    IReadOnlyDictionary<TableName, long> numbers,
    bool checksKeys)
{
    /// <summary>The SQLSTATE of copies that do not hold the captured rows; everything is rolled back.</summary>
    public const string CopiesChanged = "FX004";

    /// <summary>The SQLSTATE of captured rows that reference rows which are not there; everything is rolled back.</summary>
    public const string PrincipalMissing = "FX005";

    private const string HasMoved =
        $"(pg_catalog.pg_sequence_last_value(u.number) IS NULL OR pg_catalog.pg_sequence_last_value(u.number) {Ne} u.value)";

    // Only its owner may run the command.
    private const string IsCached = $"""
        (SELECT p.seqcache {Gt} 1 AND pg_catalog.pg_has_role(c.relowner, 'USAGE')
            FROM pg_catalog.pg_sequence p JOIN pg_catalog.pg_class c ON c.oid {Eq} p.seqrelid WHERE p.seqrelid {Eq} u.number)
        """;

    private const string Moved =
        "ROWS FROM (pg_catalog.unnest(floworx_moved), pg_catalog.unnest(floworx_lasts)) AS u(number, value)";

    private readonly Dictionary<int, int> _indexes = context.Captured
        .Select((source, i) => (source.Position, i))
        .ToDictionary(pair => pair.Position, pair => pair.i);

    private readonly (long Number, long Last)[] _counters = [.. context.Captured
        .SelectMany(source => source.Counters)
        .Where(counter => counter is { Last: not null, Counter.Sequence: not null })
        .Select(counter => (numbers[counter.Counter.Sequence!], counter.Last!.Value))
        .Distinct()];

    private readonly ILookup<int, int> _dependents = context.CapturedKeys
        .Where(_ => checksKeys)
        .ToLookup(key => key.Principal, key => key.Dependent);

    // The captured tables whose rows are all deleted and inserted again.
    private readonly HashSet<int> _whole = FindWhole(context, checksKeys);

    /// <summary>Gets the numbers of the sequences that continue behind the captured rows.</summary>
    public IReadOnlyList<long> Sequences => [.. _counters.Select(counter => counter.Number)];

    /// <summary>Gets the last argument of the function: the transactions that wrote the rows of each table, as an array.</summary>
    public static string Argument => ", INOUT stamps pg_catalog.text";

    /// <summary>Gets the variables.</summary>
    public static string Declarations { get; } = """
        floworx_stamps pg_catalog.xid[] := COALESCE(stamps, '{}')::pg_catalog.xid[];
        floworx_extra pg_catalog.int8[] := '{}';
        floworx_moved pg_catalog.oid[];
        floworx_lasts pg_catalog.int8[];
        m bigint;

        """;

    /// <summary>Determines whether rows of a table were captured.</summary>
    public bool Holds(int table) => _indexes.ContainsKey(table);

    /// <summary>An expression for whether a table needs its rows again.</summary>
    public string Probe(int table)
    {
        CapturedSource source = Source(table);
        return $"(SELECT pg_catalog.count(*) {Ne} {Text(source.Rows)} OR pg_catalog.count(*) FILTER (WHERE t.xmin {Eq} "
            + $"floworx_stamps[{Element(table)}]) {Ne} {Text(source.Rows)} FROM {From(table)} AS t)";
    }

    /// <summary>An expression for whether rows of a table are to be deleted, or were deleted by this call.</summary>
    public string IsTouched(int table)
        => $"(d[{Text(table + 1)}] OR floworx_stamps[{Element(table)}] {Eq} "
            + "pg_catalog.pg_current_xact_id_if_assigned()::pg_catalog.xid)";

    /// <summary>Marks the tables whose rows are all deleted when another one is marked, so that they are put back, too.</summary>
    public string MarkEmptied()
    {
        // One statement deletes the rows of a cycle, whichever of its tables is marked.
        ILookup<int, int> together = context.Statements
            .SelectMany(statement => statement.Tables.SelectMany(
                table => statement.Tables.Where(_whole.Contains).Select(other => (Table: table, Other: other))))
            .ToLookup(pair => pair.Table, pair => pair.Other);
        return string.Concat(together
            .Select(others => (Table: others.Key, Emptied: EmptiedWith(others.Key, together)))
            .Where(found => found.Emptied.Any(emptied => emptied != found.Table))
            .OrderBy(found => found.Table)
            .GroupBy(found => string.Concat(found.Emptied.Select(emptied => $"d[{Text(emptied + 1)}] := true; ")), StringComparer.Ordinal)
            .Select(found => $"IF {PostgreSqlResetFunction.AnyIsDirty([.. found.Select(item => item.Table)])} THEN {found.Key}END IF;\n"))
            + MarkCascaded(together);
    }

    // A captured row that references another row than at the capture may be deleted with that one, and the rows that reference it, too,
    // although nobody has changed them.
    private string MarkCascaded(ILookup<int, int> together)
    {
        ILookup<int, string> columns = context.CapturedCascades
            .Where(key => checksKeys && !_whole.Contains(key.Dependent) && _dependents[key.Dependent].Any())
            .SelectMany(key => key.Columns.Select(column => (key.Dependent, column)))
            .ToLookup(pair => pair.Dependent, pair => pair.column);
        return string.Concat(columns.OrderBy(found => found.Key).Select(found =>
        {
            CapturedSource source = Source(found.Key);
            Column[] stored = [.. source.Columns.Where(column => found.Contains(column.Name, StringComparer.Ordinal))];
            Column[] compared = stored.Length == found.Distinct(StringComparer.Ordinal).Count() ? stored : [.. source.Columns];
            string marks = string.Concat(EmptiedWith(found.Key, together, isDeleted: true).Select(
                emptied => $"d[{Text(emptied + 1)}] := true; "));
            return $"IF d[{Text(found.Key + 1)}] THEN IF EXISTS (SELECT 1 FROM {From(found.Key)} AS t JOIN {source.Copy} AS s "
                + $"ON {SameKey(source)} WHERE NOT {dialect.SameRow(context.Sql, compared, "t", "s")}) THEN {marks}END IF; END IF;\n";
        }));
    }

    /// <summary>Deletes the rows that were not captured, or all of a table whose rows do not stay.</summary>
    public string Delete(int table)
        => $"DELETE FROM {From(table)} AS t" + (_whole.Contains(table)
            ? string.Empty
            : $" WHERE NOT EXISTS (SELECT 1 FROM {Source(table).Copy} AS s WHERE {SameKey(Source(table))})");

    /// <summary>Keeps the number of rows that <see cref="Delete"/> has deleted.</summary>
    public string Deleted(int table, string rows) => $"floworx_extra[{Element(table)}] := {rows};\n";

    /// <summary>Puts the rows of the tables that are marked back, principals first.</summary>
    public string Restore()
    {
        string restores = string.Concat(context.Captured.Reverse().Select(Restore));
        IEnumerable<string> probes = context.MissingPrincipals.Select(
            (probe, i) => $"CASE WHEN EXISTS ({probe}) THEN '{Text(i)}' END");
        string missing = context.MissingPrincipals.Count == 0 ? string.Empty : $"""
            t := pg_catalog.concat_ws(',', {string.Join(", ", probes)});
            IF t {Ne} '' THEN RAISE EXCEPTION USING ERRCODE = '{PrincipalMissing}', MESSAGE = t; END IF;

            """;
        return $"IF {AnyIsDirty()} THEN\n{restores}{missing}END IF;\n";
    }

    /// <summary>
    /// Finds the sequences to set. Those of which sessions reserve several numbers are set here: the command makes other sessions forget
    /// what they reserved, which setval does not, and waits for those that have drawn a number. It is rolled back with the transaction, and
    /// so is a setval that follows it.
    /// </summary>
    public string FindMoved()
        => _counters.Length == 0 ? string.Empty : $"""
            SELECT pg_catalog.array_agg(u.number), pg_catalog.array_agg(u.value), pg_catalog.bool_or({HasMoved} AND {IsCached})
            INTO floworx_moved, floworx_lasts, known
            FROM ROWS FROM (pg_catalog.unnest(ARRAY[{Join(_counters.Select(counter => counter.Number))}]::pg_catalog.oid[]),
                pg_catalog.unnest(ARRAY[{Join(_counters.Select(counter => counter.Last))}]::pg_catalog.int8[])) AS u(number, value)
            WHERE stamps IS NULL OR {HasMoved};
            IF known THEN
            FOR r IN SELECT u.number, u.value FROM {Moved} WHERE {HasMoved} AND {IsCached} LOOP
            EXECUTE pg_catalog.concat('ALTER SEQUENCE ', r.number::pg_catalog.regclass, ' RESTART');
            PERFORM {PostgreSqlDialect.SetSequence("r.value")} FROM pg_catalog.pg_sequence q WHERE q.seqrelid {Eq} r.number;
            END LOOP;
            END IF;

            """;

    /// <summary>
    /// Sets the sequences to the numbers that they gave last, and returns the stamps. The first time each is set: from then on the next
    /// number that is drawn takes part in a transaction. They stay while an open transaction may have drawn numbers.
    /// </summary>
    public string End()
        => (_counters.Length == 0 ? string.Empty : $"""
            IF NOT busy AND floworx_moved IS NOT NULL THEN
            PERFORM {PostgreSqlDialect.SetSequence("u.value")}
            FROM {Moved} JOIN pg_catalog.pg_sequence q ON q.seqrelid {Eq} u.number;
            END IF;

            """) + "stamps := floworx_stamps::pg_catalog.text;\n";

    private string Restore(CapturedSource source)
    {
        string[] names = [.. source.Columns.Select(column => context.Sql.DelimitIdentifier(column.Name))];
        string table = From(source.Position);
        string insert = $"INSERT INTO {dialect.Table(context.Sql, context.Tables[source.Position].Table)} ({string.Join(", ", names)})"
            + $"{dialect.TakeGivenNumbers} SELECT {string.Join(", ", names.Select(name => "s." + name))} FROM {source.Copy} AS s";
        HashSet<string> key = [.. source.Key];
        string set = string.Join(", ", source.Columns
            .Where(column => !key.Contains(column.Name))
            .Select(column => context.Sql.DelimitIdentifier(column.Name))
            .Select(name => $"{name} = s.{name}"));

        // All rows get the same stamp, and a row that references another one of its table finds it.
        string rows = _whole.Contains(source.Position)
            ? $"""
                {insert};
                GET DIAGNOSTICS n = ROW_COUNT;
                m := n;

                """
            : $"""
                {insert} WHERE NOT EXISTS (SELECT 1 FROM {table} AS t WHERE {SameKey(source)});
                GET DIAGNOSTICS n = ROW_COUNT;
                UPDATE {table} AS t SET {set} FROM {source.Copy} AS s WHERE {SameKey(source)};
                GET DIAGNOSTICS m = ROW_COUNT;

                """;
        string element = Element(source.Position);
        string index = Text(_indexes[source.Position]);
        string pages = PostgreSqlResetFunction.Pages(numbers[context.Tables[source.Position].Table]);
        string found = $"GREATEST(floworx_extra[{element}] {Minus} n, 0)";
        return $"""
            IF d[{Text(source.Position + 1)}] THEN
            {rows}IF m {Ne} {Text(source.Rows)} THEN RAISE EXCEPTION USING ERRCODE = '{CopiesChanged}', MESSAGE = '{index}'; END IF;
            floworx_stamps[{element}] := pg_catalog.pg_current_xact_id()::pg_catalog.xid;
            dirty := pg_catalog.concat(dirty, '{Text(source.Position)}:', {found}, ':', {pages}, ';');
            END IF;

            """;
    }

    // Where a key is checked, its principal rows cannot be deleted alone: an action would delete or change the rows that reference them.
    private static HashSet<int> FindWhole(EngineResetContext context, bool checksKeys)
    {
        HashSet<int> whole = [.. context.Captured.Where(source => !source.MayUpdate).Select(source => source.Position)];
        bool isNew = checksKeys && whole.Count > 0;
        while (isNew)
        {
            isNew = false;
            foreach ((int principal, int dependent) in context.CapturedKeys)
            {
                isNew |= whole.Contains(principal) && whole.Add(dependent);
            }
        }

        return whole;
    }

    private SortedSet<int> EmptiedWith(int table, ILookup<int, int> together, bool isDeleted = false)
    {
        SortedSet<int> emptied = isDeleted ? [table] : [];
        var marked = new Queue<int>([table]);
        while (marked.TryDequeue(out int next))
        {
            foreach (int other in emptied.Contains(next) ? together[next].Concat(_dependents[next]) : together[next])
            {
                if (emptied.Add(other))
                {
                    marked.Enqueue(other);
                }
            }
        }

        return emptied;
    }

    private string AnyIsDirty() => string.Join(" OR ", context.Captured.Select(source => $"d[{Text(source.Position + 1)}]"));

    // The same bytes: keys of some types are equal and look different.
    private string SameKey(CapturedSource source)
        => $"{dialect.SameKey(context.Sql, source.Key, "t", "s")} AND "
            + dialect.SameRow(
                context.Sql,
                [.. source.Columns.Where(column => source.Key.Contains(column.Name, StringComparer.Ordinal))],
                "t",
                "s");

    private CapturedSource Source(int table) => context.Captured[_indexes[table]];

    private string From(int table) => dialect.Source(context.Sql, context.Tables[table]);

    private string Element(int table) => Text(_indexes[table] + 1);

    private static string Join(IEnumerable<long> values) => string.Join(", ", values.Select(Text));

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
