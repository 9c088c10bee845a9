using System.Globalization;
using static FloworxPurge.Engines.PostgreSqlOperators;

namespace FloworxPurge.Engines;

/// <summary>
/// The SQL of a reset on PostgreSQL: one function of the session finds what was written since the last call, deletes only that and restarts
/// the sequences that have moved, all in one round trip.
/// </summary>
internal static class PostgreSqlResetFunction
{
    /// <summary>Nothing was written since the mark.</summary>
    public const int Unchanged = 0;

    /// <summary>The tables are empty.</summary>
    public const int Done = 1;

    /// <summary>The schema is not the one that the function was made for; nothing was written.</summary>
    public const int SchemaChanged = 2;

    /// <summary>The SQLSTATE of tables that are not empty after the last pass; everything is rolled back.</summary>
    public const string Refilled = "FX001";

    /// <summary>
    /// The SQLSTATE of a schema that has changed while rows were deleted, or of a sequence that other objects use than when the function
    /// was made; everything is rolled back.
    /// </summary>
    public const string OtherStructure = "FX003";

    /// <summary>The SQLSTATE of kept rows that reference rows of the tables; everything is rolled back.</summary>
    public const string Blocked = "FX002";

    // A statement is planned as a whole, and again when anything is known anew about one of its tables (VACUUM, ANALYZE).
    private const int ProbesPerStatement = 32;

    private const int BranchesPerCondition = 4;

    // Each pass deletes the rows that were committed while the pass before it waited or deleted.
    private const int MostPasses = 10;

    // The same text as before: no transaction has ended since. Its own transaction is not part of it.
    private const string Snapshot = "pg_catalog.pg_current_snapshot()::pg_catalog.text";

    private static readonly string WriteLocks =
        $"l.mode {IsAnyOf("RowExclusiveLock", "ShareRowExclusiveLock", "ExclusiveLock", "AccessExclusiveLock")}";

    private const string RaiseRefilled =
        $"RAISE EXCEPTION USING ERRCODE = '{Refilled}', MESSAGE = pg_catalog.array_to_string(pg_catalog.array_positions(d, true), ',');";

    private const string RaiseOtherStructure = $"RAISE EXCEPTION USING ERRCODE = '{OtherStructure}';";

    private const string Lists = """
        owned pg_catalog.oid[] := '{}';
        cached pg_catalog.oid[];
        known boolean;
        moved pg_catalog.oid[];
        lasts pg_catalog.int8[];

        """;

    private const string OtherSession = "(l.pid IS NULL OR l.pid OPERATOR(pg_catalog.<>) pg_catalog.pg_backend_pid())";

    /// <summary>
    /// Gets a text for what a reset depends on: tables, their names, partitions, inheritors, sequences, column defaults, foreign keys,
    /// triggers, rules, row security. It changes with each of them, costs one look at six catalog tables, and counts what users made: the
    /// server's own objects have lower numbers.
    /// </summary>
    public static string StructureMark { get; } = $"""
        SELECT pg_catalog.concat_ws(' ',
            (SELECT pg_catalog.concat_ws(' ', pg_catalog.count(*), pg_catalog.sum(
                    (c.oid::pg_catalog.int8 {Times} (1 {Plus} c.relhassubclass::pg_catalog.int4 {Plus} (2 {Times} c.relrowsecurity::pg_catalog.int4) {Plus} (4 {Times} c.relforcerowsecurity::pg_catalog.int4) {Plus} (8 {Times} c.relispartition::pg_catalog.int4)))
                    {Plus} (pg_catalog.hashtext(c.relname)::pg_catalog.int8 {Times} ((c.oid::pg_catalog.int8 {Modulo} 1009) {Plus} 1)) {Plus} c.relnamespace::pg_catalog.int8))
                FROM pg_catalog.pg_class c WHERE c.oid {Ge} 16384 AND c.relkind {IsAnyOf("r", "p", "f", "S")} AND c.relpersistence {Ne} 't'),
            (SELECT pg_catalog.concat_ws(' ', pg_catalog.count(*), pg_catalog.sum(k.oid::pg_catalog.int8 {Times} pg_catalog.ascii(k.confdeltype::pg_catalog.text)))
                FROM pg_catalog.pg_constraint k WHERE k.oid {Ge} 16384 AND k.contype {Eq} 'f'),
            (SELECT pg_catalog.concat_ws(' ', pg_catalog.count(*), pg_catalog.sum((t.oid::pg_catalog.int8 {Times} pg_catalog.ascii(t.tgenabled::pg_catalog.text)) {Plus} t.xmin::pg_catalog.text::pg_catalog.int8))
                FROM pg_catalog.pg_trigger t WHERE t.oid {Ge} 16384 AND NOT t.tgisinternal),
            (SELECT pg_catalog.concat_ws(' ', pg_catalog.count(*), pg_catalog.sum((w.oid::pg_catalog.int8 {Times} pg_catalog.ascii(w.ev_enabled::pg_catalog.text)) {Plus} w.xmin::pg_catalog.text::pg_catalog.int8))
                FROM pg_catalog.pg_rewrite w WHERE w.oid {Ge} 16384 AND w.rulename {Ne} '_RETURN'),
            (SELECT pg_catalog.concat_ws(' ', pg_catalog.count(*), pg_catalog.sum((i.inhrelid::pg_catalog.int8 {Times} ((i.inhparent::pg_catalog.int8 {Modulo} 1009) {Plus} 1)) {Plus} i.xmin::pg_catalog.text::pg_catalog.int8))
                FROM pg_catalog.pg_inherits i WHERE i.inhrelid {Ge} 16384),
            (SELECT pg_catalog.concat_ws(' ', pg_catalog.count(*), pg_catalog.sum(f.oid::pg_catalog.int8)) FROM pg_catalog.pg_attrdef f WHERE f.oid {Ge} 16384))
        """;

    /// <summary>
    /// Gets the server's numbers of tables and sequences: schema, name, number, whether the server logs its changes (1 or 0), and how many
    /// objects use a sequence.
    /// </summary>
    public static string Numbers { get; } = $"""
        SELECT n.nspname::pg_catalog.text, c.relname::pg_catalog.text, c.oid::pg_catalog.int8, (c.relpersistence {Eq} 'p')::pg_catalog.int4,
               CASE WHEN c.relkind {Eq} 'S' THEN {UsesOf("c.oid")} END
        FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid {Eq} c.relnamespace
        WHERE c.relkind {IsAnyOf("r", "p", "S")} AND c.oid {Ge} 16384
        """;

    /// <summary>The number of objects that use a sequence, as a default of a column does.</summary>
    private static string UsesOf(string sequence)
        => $"(SELECT pg_catalog.count(*) FROM pg_catalog.pg_depend x WHERE x.refclassid {Eq} 'pg_catalog.pg_class'::pg_catalog.regclass "
            + $"AND x.refobjid {Eq} {sequence})";

    /// <summary>
    /// The server process that answers, and its kind. Behind a pooler it is not the process that the driver connected to; and a server of
    /// one session for all clients, such as one in WebAssembly, has no process for a client.
    /// </summary>
    public static string Process { get; } = $"""
        SELECT pg_catalog.pg_backend_pid(), (SELECT a.backend_type FROM pg_catalog.pg_stat_activity a WHERE a.pid {Eq} pg_catalog.pg_backend_pid())
        """;

    /// <summary>The kind of process that only one client uses.</summary>
    public const string ClientProcess = "client backend";

    /// <summary>
    /// What a connection of the resetter's own is set to. A lost commit of a test database is no loss, a plan of hundreds of tables is not
    /// worth compiling, a plan made for this call's values is not worth making, and rows that row security hides are an error instead of a
    /// leak.
    /// </summary>
    public const string Settings = """
        SET synchronous_commit = off; SET jit = off; SET plan_cache_mode = force_generic_plan; SET row_security = off;
        SET default_transaction_isolation = 'read committed'; SET client_min_messages = error
        """;

    /// <summary>
    /// Limits how long a statement waits for a lock, and nothing else that a server or a role may limit; a version may not know all of
    /// the settings.
    /// </summary>
    public static string Timeouts { get; } = $"""
        SELECT pg_catalog.set_config(s.name, CASE WHEN s.name {Eq} 'lock_timeout' THEN @p0 ELSE '0' END, false)
        FROM pg_catalog.pg_settings s WHERE s.name {Eq} 'lock_timeout' OR s.name {Eq} 'statement_timeout' OR s.name {Eq} 'transaction_timeout'
        """;

    /// <summary>Foreign keys and ordinary triggers rest on this connection; needs a superuser, or a grant of this setting.</summary>
    public const string Replica = "SET session_replication_role = replica";

    /// <summary>Leaves a session that only the resetter uses as it was.</summary>
    public const string Undo = "RESET ALL; DISCARD TEMP";

    /// <summary>The SQLSTATE of a function that does not exist: a pooler has given the connection another session.</summary>
    public const string NoFunction = "42883";

    /// <summary>The SQLSTATE of a session without temporary objects.</summary>
    public const string NoSchema = "3F000";

    /// <summary>
    /// The settings of a session that a pooler may give to other clients, for one transaction. Foreign keys stay on: the server forgets all
    /// plans each time they are turned off.
    /// </summary>
    private const string LocalSettings = """
        SELECT pg_catalog.set_config('lock_timeout', @p3, true), pg_catalog.set_config('statement_timeout', '0', true),
               pg_catalog.set_config('synchronous_commit', 'off', true), pg_catalog.set_config('jit', 'off', true),
               pg_catalog.set_config('plan_cache_mode', 'force_generic_plan', true), pg_catalog.set_config('row_security', 'off', true)
        """;

    // Elsewhere a transaction does not see what others commit meanwhile.
    private const string ReadCommitted = "pg_catalog.current_setting('transaction_isolation') OPERATOR(pg_catalog.=) 'read committed'";

    /// <summary>Removes the functions from a session that a pooler may give to other clients.</summary>
    public static string Drop(string id)
        => $"DROP FUNCTION IF EXISTS pg_temp.floworx_reset{id}, pg_temp.floworx_plan{id}";

    /// <summary>Calls the function.</summary>
    /// <param name="id">What the names of the session's functions end with.</param>
    /// <param name="isPooled">Whether the settings have to be made in the transaction of the call.</param>
    /// <param name="putsRowsBack">Whether the function puts captured rows back.</param>
    /// <returns>SQL text.</returns>
    public static string Call(string id, bool isPooled, bool putsRowsBack)
        => $"{(isPooled ? LocalSettings + "; " : string.Empty)}SELECT f.state, f.mark, f.dirty, f.busy, f.plans"
            + $"{(putsRowsBack ? ", f.stamps" : string.Empty)} FROM "
            + $"pg_temp.floworx_reset{id}(@p0, @p1, @p2{(putsRowsBack ? ", @p3" : string.Empty)}) f";

    /// <summary>
    /// Creates a function that returns another number each time a statement is planned: declared immutable, it is called once, by the
    /// planner. The server plans a statement anew whenever anything has changed about one of its tables - columns, keys to and from it,
    /// triggers, rules, row security, inheritors - and takes its locks before it decides that, so the same numbers mean that nothing has.
    /// </summary>
    /// <param name="id">What the names of the session's functions end with.</param>
    /// <returns>SQL text.</returns>
    public static string PlanNumber(string id) => $"""
        CREATE OR REPLACE FUNCTION pg_temp.floworx_plan{id}() RETURNS pg_catalog.text LANGUAGE plpgsql IMMUTABLE AS $floworx$
        BEGIN RETURN pg_catalog.gen_random_uuid()::pg_catalog.text; END
        $floworx$
        """;

    /// <summary>Frees the space of deleted rows, which every probe would read again.</summary>
    public static string Vacuum(IEnumerable<string> sources) => $"VACUUM (SKIP_LOCKED) {string.Join(", ", sources)}";

    /// <summary>Gets who has written to user tables and has not ended the transaction: rows of schema, table, text.</summary>
    public static string Writers { get; } = $"""
        SELECT DISTINCT n.nspname::pg_catalog.text, c.relname::pg_catalog.text,
               CASE WHEN l.pid IS NULL THEN 'a prepared transaction' ELSE {PostgreSqlDialect.SessionAndState} END
        FROM pg_catalog.pg_locks l
        JOIN pg_catalog.pg_class c ON c.oid {Eq} l.relation JOIN pg_catalog.pg_namespace n ON n.oid {Eq} c.relnamespace
        LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid {Eq} l.pid
        WHERE l.granted AND {OtherSession} AND l.database {Eq} (SELECT oid FROM pg_catalog.pg_database WHERE datname {Eq} pg_catalog.current_database()) AND {WriteLocks}
        """;

    /// <summary>
    /// Makes the function. Its arguments are the mark that the last call returned (or NULL), the structure's mark and the numbers of the
    /// plans that were made for this structure (or NULL); it returns what happened, the new mark, the numbers, the dirty tables as
    /// <c>position:rows:pages;</c>, and whether another session is writing.
    /// </summary>
    /// <param name="id">What the names of the session's functions end with.</param>
    /// <param name="isPooled">Whether the session's settings are unknown.</param>
    /// <param name="purgeLockKey">The key of the exclusive purge lock.</param>
    /// <param name="tables">The tables, dependents first.</param>
    /// <param name="groups">The positions of the tables that one statement deletes, in order.</param>
    /// <param name="watched">The server's numbers of the tables and of their partitions.</param>
    /// <param name="keptProbes">
    /// A condition for each foreign key of a kept table: rows reference a table of the set, from which rows are to be deleted.
    /// </param>
    /// <param name="keptLock">
    /// A statement that keeps rows from coming into kept tables that an action of their foreign keys would change, or an empty text.
    /// </param>
    /// <param name="sequences">
    /// The server's number of each sequence, the position of its table, and how many objects use the sequence.
    /// </param>
    /// <param name="logsDraws">
    /// Whether each sequence value that is used first after a reset takes part in a transaction that the mark shows; unlogged sequences do
    /// without.
    /// </param>
    /// <param name="mayTrustPlans">
    /// Whether no other tables matter than these, so that the structure's mark is read only when one of them has changed.
    /// </param>
    /// <param name="captured">The rows to put back, or <see langword="null"/>.</param>
    /// <returns>SQL text.</returns>
    public static string Function(
        string id,
        bool isPooled,
        string purgeLockKey,
        IReadOnlyList<(string Source, long Number)> tables,
        IReadOnlyList<IReadOnlyList<int>> groups,
        IReadOnlyList<long> watched,
        IReadOnlyList<string> keptProbes,
        string keptLock,
        IReadOnlyList<(long Number, int Table, long Uses)> sequences,
        bool logsDraws,
        bool mayTrustPlans,
        PostgreSqlCapturedReset? captured)
    {
        string[][] probes = [.. tables
            .Select((table, i) => captured?.Holds(i) == true ? captured.Probe(i) : $"EXISTS (SELECT 1 FROM {table.Source})")
            .Chunk(ProbesPerStatement)];
        string chunks = string.Concat(
            probes.Select((chunk, i) => $"SELECT ARRAY[{string.Join(", ", chunk)}], pg_temp.floworx_plan{id}() INTO c{Text(i)}, "
                + $"p{Text(i)};\n"));
        string find = $"{chunks}d := {string.Join($" {Join} ", probes.Select((_, i) => "c" + Text(i)))};\n" + captured?.MarkEmptied();
        string found = $"pg_catalog.concat_ws(' ', {string.Join(", ", probes.Select((_, i) => "p" + Text(i)))})";
        string declarations = string.Concat(probes.Select((_, i) => $"c{Text(i)} boolean[];\np{Text(i)} pg_catalog.text;\n"));
        string kept = RefuseKept(keptProbes);
        string trust = $"plans := {(mayTrustPlans ? found : "NULL")};\n";
        ILookup<int, long> owned = sequences.ToLookup(sequence => sequence.Table, sequence => sequence.Number);

        string empty = DeleteDirty([.. groups.Select(group => (group, Delete(group, tables, owned, captured)))]) + captured?.Restore();

        // What others commit while a DELETE waits for them, or while it deletes, is met by the next pass: with foreign keys turned off it
        // could reference nothing. Deferred checks would fail at the commit, when the sequences are restarted already, which no rollback
        // undoes. Whoever has drawn a number before a restart has either ended its transaction meanwhile, so that its rows are found, or
        // still holds a lock: then the sequence continues where it was.
        string body = $"""
            #variable_conflict use_column
            DECLARE
            s pg_catalog.pg_snapshot := pg_catalog.pg_current_snapshot();
            seen pg_catalog.text := s::pg_catalog.text;
            top bigint := pg_catalog.pg_snapshot_xmax(s)::pg_catalog.text::pg_catalog.int8;
            quiet boolean := pg_catalog.pg_snapshot_xmin(s) {Eq} pg_catalog.pg_snapshot_xmax(s) AND pg_catalog.age(pg_catalog.pg_snapshot_xmax(s)::pg_catalog.xid) {Eq} 0;
            alone boolean;
            met boolean := false;
            own bigint;
            n bigint;
            t pg_catalog.text;
            q pg_catalog.record;
            r pg_catalog.record;
            d boolean[];
            {Lists}{(captured is null ? string.Empty : PostgreSqlCapturedReset.Declarations)}{declarations}BEGIN
            {(isPooled ? $"IF NOT {ReadCommitted} THEN RAISE EXCEPTION USING ERRCODE = '{NoFunction}'; END IF;" : string.Empty)}
            busy := false;
            dirty := '';
            {(logsDraws ? $"IF quiet AND top {Eq} mark THEN state := {Text(Unchanged)}; RETURN; END IF;" : string.Empty)}
            IF pg_catalog.pg_advisory_xact_lock({purgeLockKey}) IS NULL THEN END IF;
            {find}IF plans IS NULL OR plans {Ne} {found} THEN
            IF structure {Ne} ({StructureMark}) THEN state := {Text(SchemaChanged)}; mark := NULL; RETURN; END IF;
            {trust}END IF;
            {keptLock}{kept}FOR round IN 1..{Text(MostPasses)} LOOP
            alone := NOT true {Eq} ANY (d);
            FOR pass IN 1..{Text(MostPasses)} LOOP
            EXIT WHEN NOT true {Eq} ANY (d);
            {empty}alone := {Snapshot} {Eq} seen;
            EXIT WHEN alone;
            met := true;
            seen := {Snapshot};
            {find}END LOOP;
            IF NOT alone AND true {Eq} ANY (d) THEN {RaiseRefilled} END IF;
            IF met THEN
            {kept}IF plans IS NULL OR plans {Ne} {found} THEN
            IF structure {Ne} ({StructureMark}) THEN {RaiseOtherStructure} END IF;
            {trust}END IF;
            END IF;
            SET CONSTRAINTS ALL IMMEDIATE;
            {captured?.FindMoved()}{RestartSequences(sequences, watched)}{LookAgain(sequences.Count > 0, find)}END LOOP;
            {captured?.End()}own := pg_catalog.pg_current_xact_id_if_assigned()::pg_catalog.text::pg_catalog.int8;
            mark := CASE WHEN busy OR NOT quiet THEN NULL WHEN own IS NULL THEN top WHEN own {Eq} top THEN own {Plus} 1 END;
            state := {Text(Done)};
            END
            """;
        return Define(
            $"floworx_reset{id}(INOUT mark bigint, structure pg_catalog.text, INOUT plans pg_catalog.text, OUT state int, OUT dirty "
                + $"pg_catalog.text, OUT busy boolean{(captured is null ? string.Empty : PostgreSqlCapturedReset.Argument)})",
            body);
    }

    private static string RefuseKept(IReadOnlyList<string> keptProbes) => keptProbes.Count == 0 ? string.Empty : $"""
        t := pg_catalog.concat_ws(',', {string.Join(", ", keptProbes.Select((probe, i) => $"CASE WHEN {probe} THEN '{Text(i)}' END"))});
        IF t {Ne} '' THEN RAISE EXCEPTION USING ERRCODE = '{Blocked}', MESSAGE = t; END IF;

        """;

    private static string Define(string signature, string body)
    {
        // A name may hold what ends the text.
        string quote = "$floworx$";
        while (body.Contains(quote, StringComparison.Ordinal))
        {
            quote = quote.Insert(1, "_");
        }

        return $"CREATE OR REPLACE FUNCTION pg_temp.{signature} LANGUAGE plpgsql AS {quote}\n{body}\n{quote}";
    }

    // The server makes every condition ready anew in each transaction, so that a long list of them costs more than the deletes.
    private static string DeleteDirty((IReadOnlyList<int> Tables, string Sql)[] groups)
    {
        if (groups.Length <= BranchesPerCondition)
        {
            return string.Concat(groups.Select(group => group.Sql));
        }

        int size = (groups.Length + BranchesPerCondition - 1) / BranchesPerCondition;
        return string.Concat(
            groups.Chunk(size).Select(part => part.Length == 1
                ? part[0].Sql
                : $"IF {AnyIsDirty([.. part.SelectMany(group => group.Tables)])} THEN\n{DeleteDirty(part)}END IF;\n"));
    }

    /// <summary>A condition that one of the tables is marked.</summary>
    public static string AnyIsDirty(IReadOnlyList<int> tables)
    {
        int first = tables.Min();
        int last = tables.Max();
        return last - first + 1 == tables.Count
            ? $"true {Eq} ANY (d[{Text(first + 1)}:{Text(last + 1)}])"
            : string.Join(" OR ", tables.Select(table => $"d[{Text(table + 1)}]"));
    }

    private static string Delete(
        IReadOnlyList<int> group,
        IReadOnlyList<(string Source, long Number)> tables,
        ILookup<int, long> sequences,
        PostgreSqlCapturedReset? captured)
    {
        string Sql(int table) => captured?.Holds(table) == true ? captured.Delete(table) : $"DELETE FROM {tables[table].Source}";

        string Found(int table, string rows) => (captured?.Holds(table) == true
                ? captured.Deleted(table, rows)
                : $"dirty := pg_catalog.concat(dirty, '{Text(table)}:', {rows}, ':', {Pages(tables[table].Number)}, ';');\n")
                + (sequences.Contains(table) ? $"owned := owned {Join} {Numbered(sequences[table])};\n" : string.Empty);
        if (group.Count == 1)
        {
            int table = group[0];
            return $"IF d[{Text(table + 1)}] THEN\n{Sql(table)};\nGET DIAGNOSTICS n = "
                + $"ROW_COUNT;\n{Found(table, "n")}END IF;\n";
        }

        // One statement, so that it does not matter in which order the keys of the cycle are checked.
        string deletes = string.Join(", ", group.Select(table => $"x{Text(table)} AS ({Sql(table)} RETURNING 1)"));
        string counts = string.Join(", ", group.Select(table => $"(SELECT pg_catalog.count(*) FROM x{Text(table)}) AS x{Text(table)}"));
        return $"IF {AnyIsDirty(group)} THEN\nWITH {deletes} SELECT {counts} INTO "
            + $"q;\n{string.Concat(group.Select(table => Found(table, "q.x" + Text(table))))}END IF;\n";
    }

    /// <summary>An expression for the pages of a table.</summary>
    public static string Pages(long number)
        => $"pg_catalog.pg_relation_size({Text(number)}) {Divide} pg_catalog.current_setting('block_size')::pg_catalog.int4";

    // Lets the restarted sequences continue where they were.
    private const string Continue = """
        FOR r IN SELECT u.number, u.value FROM ROWS FROM (pg_catalog.unnest(moved), pg_catalog.unnest(lasts)) AS u(number, value) LOOP
        PERFORM pg_catalog.setval(r.number::pg_catalog.regclass, r.value, true);
        END LOOP;
        moved := NULL;
        lasts := NULL;

        """;

    // A used sequence value is the one thing that a rollback leaves behind, so every sequence is looked at; one that a command has set is
    // found by the rows of its table. Other sessions keep values that they reserved unless the sequence is restarted by a command, which
    // waits for them. What may wait or fail comes first: setval is not rolled back. Each last value is read just before it is replaced.
    // Whoever has drawn a number before that has either ended the transaction before the locks are read, so that the next snapshot shows
    // it, or still holds a lock: then the sequences continue where they were. One statement is faster than three.
    private static string RestartSequences(IReadOnlyList<(long Number, int Table, long Uses)> sequences, IReadOnlyList<long> watched)
    {
        string locks = $"SELECT 1 FROM pg_catalog.pg_locks l WHERE l.granted AND l.locktype {Eq} 'relation' AND {WriteLocks} AND {OtherSession} "
            + $"AND l.relation {Eq} ANY ({Numbered(watched.Concat(sequences.Select(sequence => sequence.Number)))})";
        if (sequences.Count == 0)
        {
            return $"IF NOT quiet OR met THEN\nbusy := EXISTS ({locks});\nEND IF;\n";
        }

        // One that several tables use is there for each of them.
        sequences = [.. sequences.DistinctBy(sequence => sequence.Number)];
        string all = Numbered(sequences.Select(sequence => sequence.Number));
        string uses = $"(ARRAY[{string.Join(", ", sequences.Select(sequence => Text(sequence.Uses)))}]::pg_catalog.int8[])"
            + $"[pg_catalog.array_position({all}, p.seqrelid)]";
        return $"""
            SELECT pg_catalog.array_agg(a.number) INTO moved FROM pg_catalog.unnest({all}) AS a(number)
            WHERE pg_catalog.pg_sequence_last_value(a.number) IS NOT NULL;
            owned := owned {Join} moved;
            IF NOT quiet OR met OR pg_catalog.cardinality(owned) {Gt} 0 THEN
            LOOP
            WITH f AS MATERIALIZED (
                SELECT p.seqrelid AS number, p.seqstart AS start, p.seqcache AS cache, {uses} {Eq} {UsesOf("p.seqrelid")} AS is_known
                FROM pg_catalog.pg_sequence p WHERE p.seqrelid {Eq} ANY (owned)),
            g AS MATERIALIZED (
                SELECT pg_catalog.bool_and(f.is_known) AS known, pg_catalog.array_agg(f.number) FILTER (WHERE f.cache {Gt} 1) AS cached FROM f),
            x AS MATERIALIZED (
                SELECT f.number, pg_catalog.pg_sequence_last_value(f.number) AS value,
                    pg_catalog.setval(f.number::pg_catalog.regclass, f.start, false) AS start
                FROM f CROSS JOIN g WHERE g.known AND g.cached IS NULL),
            y AS MATERIALIZED (
                SELECT pg_catalog.array_agg(x.number) AS numbers, pg_catalog.array_agg(x.value) AS lasts
                FROM x WHERE x.value IS NOT NULL AND x.start IS NOT NULL)
            SELECT g.known, g.cached, y.numbers, y.lasts, EXISTS ({locks} AND (y.numbers IS NULL OR y.lasts IS NOT NULL))
            INTO known, cached, moved, lasts, busy FROM g CROSS JOIN y;
            IF NOT known THEN {RaiseOtherStructure} END IF;
            EXIT WHEN cached IS NULL;
            FOR r IN SELECT u.number FROM pg_catalog.unnest(cached) AS u(number) LOOP
            EXECUTE pg_catalog.concat('ALTER SEQUENCE ', r.number::pg_catalog.regclass, ' RESTART');
            owned := pg_catalog.array_remove(owned, r.number);
            END LOOP;
            END LOOP;
            IF busy THEN
            {Continue}END IF;
            END IF;

            """;
    }

    // Leaves the loop when nothing is left that others have committed while it waited.
    private static string LookAgain(bool hasSequences, string find) => $"""
        EXIT WHEN {Snapshot} {Eq} seen;
        met := true;
        seen := {Snapshot};
        {find}EXIT WHEN NOT true {Eq} ANY (d);
        {(hasSequences ? Continue : string.Empty)}IF round {Eq} {Text(MostPasses)} THEN {RaiseRefilled} END IF;

        """;

    private static string Numbered(IEnumerable<long> numbers) => $"ARRAY[{string.Join(", ", numbers.Select(Text))}]::pg_catalog.oid[]";

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
