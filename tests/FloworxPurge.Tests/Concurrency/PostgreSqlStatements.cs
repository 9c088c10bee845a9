namespace FloworxPurge.Tests.Concurrency;

/// <summary>What other sessions of PostgreSQL may do at any moment of a purge.</summary>
internal static class PostgreSqlStatements
{
    private const string KeptMayReference = "UPDATE kept SET p_id = NULL;";
    private const string Policy = "ALTER TABLE p ENABLE ROW LEVEL SECURITY; CREATE POLICY visible ON p USING (id < 104);";
    private const string Owner = "GRANT CREATE ON SCHEMA public TO \"{role}\"; ALTER TABLE p OWNER TO \"{role}\";";
    private const string Quiet =
        "CREATE FUNCTION quiet() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN OLD; END'; CREATE TRIGGER quiet BEFORE DELETE ON p "
            + "FOR EACH ROW EXECUTE FUNCTION quiet();";

    // Versions before 14 have no function that waits.
    private const string EndSession = """
        DO $$ BEGIN
            PERFORM pg_terminate_backend({session});
            FOR i IN 1..100 LOOP
                EXIT WHEN NOT EXISTS (SELECT 1 FROM pg_stat_activity WHERE pid = {session});
                PERFORM pg_sleep(0.01), pg_stat_clear_snapshot();
            END LOOP;
        END $$
        """;

    private const string Heirs = "SELECT count(*) FROM pg_inherits WHERE inhparent = 'p'::regclass";

    /// <summary>What changes the structure of tables, and what is hidden behind them.</summary>
    public static IReadOnlyList<GapStatement> Structure { get; } = [
        .. Keys(),
        .. Partitions(),
        .. Names(),
        .. Columns(),
        .. PostgreSqlHiddenWork.All];

    /// <summary>Rights, maintenance, settings and rows.</summary>
    public static IReadOnlyList<GapStatement> Others { get; } = [
        .. Rights(),
        .. Maintenance(),
        .. Settings(),
        .. Rows().Select(statement => statement with { ChangesRowsOnly = true })];

    public static IReadOnlyList<GapStatement> All { get; } = [.. Structure, .. Others];

    private static IEnumerable<GapStatement> Keys() =>
    [
        new("a key that cascades", "ALTER TABLE kept ADD FOREIGN KEY (p_id) REFERENCES p ON DELETE CASCADE"),
        new("a key that sets NULL", "ALTER TABLE kept ADD FOREIGN KEY (p_id) REFERENCES p ON DELETE SET NULL"),
        new("a key that sets the default", "ALTER TABLE kept ADD FOREIGN KEY (p_id) REFERENCES p ON DELETE SET DEFAULT"),
        new("a key that cascades and is not validated", "ALTER TABLE kept ADD FOREIGN KEY (p_id) REFERENCES p ON DELETE CASCADE NOT VALID"),
        new("a key without action", "ALTER TABLE kept ADD FOREIGN KEY (p_id) REFERENCES p"),
        new("a deferred key without action", "ALTER TABLE kept ADD FOREIGN KEY (p_id) REFERENCES p DEFERRABLE INITIALLY DEFERRED"),
        new(
            "a key to the other purged table",
            "ALTER TABLE kept ADD FOREIGN KEY (p_id) REFERENCES c ON DELETE CASCADE") { SetupRows = "UPDATE kept SET p_id = 201;" },
        new(
            "a key that is not enforced",
            "ALTER TABLE kept ADD FOREIGN KEY (p_id) REFERENCES p ON DELETE CASCADE NOT ENFORCED") { MinimumVersion = 18 },
        new("a key that becomes enforced", "ALTER TABLE kept ALTER CONSTRAINT k ENFORCED")
            { SetupRows = KeptMayReference, Setup = "ALTER TABLE kept ADD CONSTRAINT k FOREIGN KEY (p_id) REFERENCES p ON DELETE CASCADE "
                + "NOT ENFORCED;", MinimumVersion = 18 },
        new(
            "a key of a new kept table",
            "CREATE TABLE fresh (id int PRIMARY KEY, p_id int REFERENCES p ON DELETE CASCADE); INSERT INTO fresh VALUES (851, 101), "
                + "(852, 105)"),
        new("a key of the excluded table", "ALTER TABLE x ADD COLUMN p_id int DEFAULT 101 REFERENCES p ON DELETE CASCADE"),
        new(
            "a key that cascades to a partitioned table",
            "ALTER TABLE kept ADD FOREIGN KEY (p_id) REFERENCES p ON DELETE CASCADE") { IsPartitioned = true },
        new(
            "a key that cascades to a partition",
            "ALTER TABLE kept ADD FOREIGN KEY (p_id) REFERENCES p_1 ON DELETE "
                + "CASCADE") { IsPartitioned = true, SetupRows = "UPDATE kept SET p_id = 101;" },
        new("an action that changes",
            "ALTER TABLE kept DROP CONSTRAINT k; ALTER TABLE kept ADD CONSTRAINT k FOREIGN KEY (p_id) REFERENCES p ON DELETE CASCADE; "
                + "UPDATE kept SET p_id = 101 WHERE id = 302")
            { SetupRows = KeptMayReference, Setup = "ALTER TABLE kept ADD CONSTRAINT k FOREIGN KEY (p_id) REFERENCES p;" },
        new("a key that is dropped", "ALTER TABLE c DROP CONSTRAINT c_p_id_fkey"),
        new("a key that becomes deferred", "ALTER TABLE c ALTER CONSTRAINT c_p_id_fkey DEFERRABLE INITIALLY DEFERRED"),
    ];

    private static IEnumerable<GapStatement> Partitions() =>
    [
        new("a kept table that inherits", "ALTER TABLE kept2 INHERIT p") { Proof = Heirs },
        new("a new kept child with rows", "CREATE TABLE child () INHERITS (p); INSERT INTO child VALUES (851, 'child', 1)"),
        new("an inheritance that ends", "ALTER TABLE kept2 NO INHERIT p") { Setup = "ALTER TABLE kept2 INHERIT p;", Proof = Heirs },
        new("a partition that is attached", "ALTER TABLE p ATTACH PARTITION cand FOR VALUES FROM (500) TO (600)") { IsPartitioned = true },
        new("a partition that is detached", "ALTER TABLE p DETACH PARTITION p_2") { IsPartitioned = true },
        new(
            "a partition that is detached concurrently",
            "ALTER TABLE p DETACH PARTITION p_2 CONCURRENTLY") { IsPartitioned = true, MinimumVersion = 14 },
        new(
            "a new partition with a row",
            "CREATE TABLE p_3 PARTITION OF p FOR VALUES FROM (1000) TO (2000); INSERT INTO p VALUES (1001, "
                + "'new')") { IsPartitioned = true },
        new("a partition that is dropped", "DROP TABLE p_2 CASCADE") { IsPartitioned = true },
        new(
            "a row that moves to another partition",
            "UPDATE p SET id = 150 WHERE id = 103") { IsPartitioned = true, SetupRows = "DELETE FROM c WHERE p_id = 103;" },
    ];

    private static IEnumerable<GapStatement> Names() =>
    [
        new("a swap by SET SCHEMA", "CREATE SCHEMA third; ALTER TABLE public.p SET SCHEMA third; ALTER TABLE other.p SET SCHEMA public")
        {
            Setup = "CREATE SCHEMA other; CREATE TABLE other.p (id int PRIMARY KEY, note varchar(40), amount int); INSERT INTO other.p "
                + "VALUES (811, 'other', 1); GRANT ALL ON other.p TO \"{role}\";",
        },
        new("a swap by RENAME", "ALTER TABLE p RENAME TO p_old; ALTER TABLE kept2 RENAME TO p"),
        new(
            "a swap of the referencing table",
            "ALTER TABLE c RENAME TO c_old; CREATE TABLE c (id int PRIMARY KEY, note varchar(40), p_id int NOT NULL REFERENCES p, x_id "
                + "int REFERENCES x); INSERT INTO c VALUES (852, 'kept', 101)"),
        new(
            "a view in the place of a table",
            "ALTER TABLE p RENAME TO p_old; CREATE VIEW p AS SELECT id, note, p_id AS amount FROM kept; GRANT ALL ON p TO \"{role}\""),
        new(
            "a table that is made anew",
            "DROP TABLE p CASCADE; CREATE TABLE p (id int PRIMARY KEY, note varchar(40), amount int); INSERT INTO p VALUES (131, "
                + "'again', 0), (132, 'again', 0)"),
        new("a table that is dropped", "DROP TABLE p CASCADE"),
        new("the referencing table is dropped", "DROP TABLE c"),
        new("a table that is renamed", "ALTER TABLE c RENAME TO c_old"),
        new("a kept table that is renamed", "ALTER TABLE kept RENAME TO kept_old"),
        new("a kept table that is dropped", "DROP TABLE kept2"),
        new("a schema that is renamed", "ALTER SCHEMA public RENAME TO third"),
        new(
            "a decoy in a schema before it",
            "CREATE SCHEMA other; CREATE TABLE other.p (id int PRIMARY KEY, note varchar(40), amount int); INSERT INTO other.p VALUES "
                + "(811, 'decoy', 1); GRANT USAGE ON SCHEMA other TO \"{role}\"; GRANT ALL ON other.p TO \"{role}\"; ALTER ROLE "
                + "\"{role}\" SET search_path = other, public; ALTER DATABASE \"{database}\" SET search_path = other, public"),
        new(
            "a table named as a function of the catalog",
            "CREATE FUNCTION public.count(int) RETURNS bigint LANGUAGE sql AS 'SELECT 0::bigint'; CREATE TABLE public.pg_class (id int); "
                + "INSERT INTO public.pg_class VALUES (861)"),
    ];

    private static IEnumerable<GapStatement> Columns() =>
    [
        new("a column that is added", "ALTER TABLE p ADD COLUMN extra int DEFAULT 5"),
        new("a column that is dropped", "ALTER TABLE p DROP COLUMN amount"),
        new("a column that is renamed", "ALTER TABLE p RENAME COLUMN note TO remark"),
        new("a column of another type", "ALTER TABLE p ALTER COLUMN amount TYPE bigint"),
        new("a key of another type", "ALTER TABLE p ALTER COLUMN id TYPE bigint"),
        new("NOT NULL is set", "ALTER TABLE p ALTER COLUMN note SET NOT NULL"),
        new("NOT NULL is dropped", "ALTER TABLE c ALTER COLUMN p_id DROP NOT NULL"),
        new("a default is set", "ALTER TABLE p ALTER COLUMN amount SET DEFAULT 7"),
        new(
            "a default is dropped",
            "ALTER TABLE p ALTER COLUMN amount DROP DEFAULT") { Setup = "ALTER TABLE p ALTER COLUMN amount SET DEFAULT 7;" },
        new("a check is added", "ALTER TABLE p ADD CHECK (id < 5000)"),
        new("a column of a kept table", "ALTER TABLE kept ADD COLUMN extra int DEFAULT 5"),
        new("a kept column of another type", "ALTER TABLE kept2 ALTER COLUMN amount TYPE numeric(9, 2)"),
    ];

    private static IEnumerable<GapStatement> Rights() =>
    [
        new("row security is enabled", Policy) { Setup = "ALTER ROLE \"{role}\" NOBYPASSRLS;" },
        new("row security is forced", "ALTER TABLE p FORCE ROW LEVEL SECURITY")
        {
            Setup = $"ALTER ROLE \"{{role}}\" NOBYPASSRLS; {Owner} {Policy}",
        },
        new(
            "row security is disabled",
            "ALTER TABLE p DISABLE ROW LEVEL SECURITY") { Setup = $"ALTER ROLE \"{{role}}\" NOBYPASSRLS; {Policy}" },
        new("a policy that hides rows", "ALTER POLICY every ON p USING (id < 104)")
            { Setup = "ALTER ROLE \"{role}\" NOBYPASSRLS; ALTER TABLE p ENABLE ROW LEVEL SECURITY; CREATE POLICY every ON p USING "
                + "(true);", Proof = "SELECT qual FROM pg_policies" },
        new(
            "a policy of a kept table",
            "ALTER TABLE kept ENABLE ROW LEVEL SECURITY; CREATE POLICY none ON kept USING "
                + "(false)") { Setup = "ALTER ROLE \"{role}\" NOBYPASSRLS;" },
        new("BYPASSRLS is taken", "ALTER ROLE \"{role}\" NOBYPASSRLS")
        {
            Setup = Policy,
            Proof = "SELECT rolbypassrls FROM pg_roles WHERE rolname = '{role}'",
        },
        new("BYPASSRLS is given", "ALTER ROLE \"{role}\" BYPASSRLS")
        {
            Setup = $"ALTER ROLE \"{{role}}\" NOBYPASSRLS; {Policy}",
            Proof = "SELECT rolbypassrls FROM pg_roles WHERE rolname = '{role}'",
        },
        new("SUPERUSER is given", "ALTER ROLE \"{role}\" SUPERUSER") { Proof = "SELECT rolsuper FROM pg_roles WHERE rolname = '{role}'" },
        new("DELETE is revoked", "REVOKE DELETE ON p FROM \"{role}\""),
        new("SELECT is revoked", "REVOKE SELECT ON p FROM \"{role}\""),
        new("SELECT on a kept table is revoked", "REVOKE SELECT ON kept FROM \"{role}\""),
        new(
            "USAGE on the schema is revoked",
            "REVOKE USAGE ON SCHEMA public FROM \"{role}\"") { Proof = "SELECT nspacl::text FROM pg_namespace WHERE nspname = 'public'" },
        new("SELECT is granted to all", "GRANT SELECT ON p TO PUBLIC"),
        new(
            "a table gets another owner",
            "ALTER TABLE p OWNER TO \"{role}\"") { Proof = "SELECT relowner FROM pg_class WHERE relname = 'p'" },
    ];

    private static IEnumerable<GapStatement> Maintenance() =>
    [
        new("an index is created", "CREATE INDEX ON p (note)"),
        new("an index is created concurrently", "CREATE INDEX CONCURRENTLY ON p (note)"),
        new("an index is dropped", "DROP INDEX i") { Setup = "CREATE INDEX i ON p (note);" },
        new("an index of a kept table", "CREATE INDEX ON kept (note)"),
        new("TRUNCATE", "TRUNCATE p CASCADE"),
        new("VACUUM", "VACUUM p") { ChangesNothing = "It removes dead rows." },
        new("VACUUM FULL", "VACUUM FULL p") { Proof = "SELECT relfilenode FROM pg_class WHERE relname = 'p'" },
        new("ANALYZE", "ANALYZE p, kept") { IsHarmless = true, Proof = "SELECT reltuples FROM pg_class WHERE relname = 'kept'" },
        new("REINDEX", "REINDEX TABLE p") { Proof = "SELECT relfilenode FROM pg_class WHERE relname = 'p_pkey'" },
        new("CLUSTER", "CLUSTER p USING p_pkey") { Proof = "SELECT relfilenode FROM pg_class WHERE relname = 'p'" },
        new("COMMENT", "COMMENT ON TABLE p IS 'seen'; COMMENT ON TABLE kept IS 'seen'")
        {
            IsHarmless = true,
            Proof = "SELECT count(*) FROM pg_description WHERE description = 'seen'",
        },
        new("a storage parameter", "ALTER TABLE p SET (fillfactor = 50)")
        {
            Proof = "SELECT reloptions::text FROM pg_class WHERE relname = 'p'",
        },
        new("a table that is not logged", "ALTER TABLE c SET UNLOGGED")
        {
            Proof = "SELECT relpersistence FROM pg_class WHERE relname = 'c'",
        },
        new("a view over a purged table", "CREATE MATERIALIZED VIEW m AS SELECT * FROM p"),
        new("an unrelated table", "CREATE TABLE unrelated (id int PRIMARY KEY); INSERT INTO unrelated VALUES (861)"),
    ];

    private static IEnumerable<GapStatement> Settings() =>
    [
        new(
            "row_security of the database",
            "ALTER DATABASE \"{database}\" SET row_security = off") { IsHarmless = true, Proof = SettingsOfAll },
        new(
            "session_replication_role of the role",
            "ALTER ROLE \"{role}\" SET session_replication_role = replica") { IsHarmless = true, Proof = SettingsOfAll },
        new(
            "the isolation level of the role",
            "ALTER ROLE \"{role}\" IN DATABASE \"{database}\" SET default_transaction_isolation = "
                + "'serializable'") { IsHarmless = true, Proof = SettingsOfAll },
        new("the session of the purge is ended", EndSession) { EndsSession = true, ChangesNothing = "It ends a session." },
        new(
            "the statement of the purge is cancelled",
            "SELECT pg_cancel_backend({session})") { EndsSession = true, ChangesNothing = "It ends a statement, if one runs." },
        new("a large object is unlinked", "SELECT lo_unlink(4711)")
        {
            Setup = "SELECT lo_create(4711);",
            Proof = "SELECT count(*) FROM pg_largeobject_metadata",
        },
        new("a sequence is set", "SELECT setval('free', 500)") { Setup = "CREATE SEQUENCE free START WITH 10;", IsHarmless = true },
        new("a sequence of a kept table is set", "SELECT setval('log_id_seq', 690)"),
    ];

    private const string SettingsOfAll =
        "SELECT setconfig::text FROM pg_db_role_setting s JOIN pg_database d ON d.oid = s.setdatabase OR s.setdatabase = 0 WHERE "
            + "d.datname = '{database}'";

    private static IEnumerable<GapStatement> Rows() =>
    [
        new("a row for a purged table", "INSERT INTO p VALUES (150, 'late', 0)"),
        new("rows for both purged tables", "INSERT INTO p VALUES (150, 'late', 0); INSERT INTO c VALUES (250, 'late', 150)"),
        new("a row that references a purged one", "INSERT INTO c VALUES (250, 'late', 101)"),
        new("more rows than are allowed", "INSERT INTO p SELECT i, 'many' FROM generate_series(1001, 2000) AS i") { MaxRows = 20 },
        new("a purged row that changes", "UPDATE p SET note = 'changed' WHERE id = 101"),
        new("a purged row with another key", "UPDATE p SET id = 151 WHERE id = 105"),
        new("a purged row that is deleted", "DELETE FROM p WHERE id = 105"),
        new("all rows of a table are deleted", "DELETE FROM c"),
        new("a kept row that references a purged one", "INSERT INTO kept VALUES (350, 'late', 101)")
        {
            SetupRows = KeptMayReference,
            Setup = "ALTER TABLE kept ADD FOREIGN KEY (p_id) REFERENCES p;",
        },
        new("a kept row that would be deleted", "INSERT INTO kept VALUES (350, 'late', 101)")
        {
            SetupRows = KeptMayReference,
            Setup = "ALTER TABLE kept ADD FOREIGN KEY (p_id) REFERENCES p ON DELETE CASCADE;",
        },
        new("a kept row that comes to reference", "UPDATE kept SET p_id = 105 WHERE id = 303")
        {
            SetupRows = KeptMayReference,
            Setup = "ALTER TABLE kept ADD FOREIGN KEY (p_id) REFERENCES p ON DELETE CASCADE;",
        },
        new("a kept row that would be set to NULL", "UPDATE kept SET p_id = 105 WHERE id = 303")
        {
            SetupRows = KeptMayReference,
            Setup = "ALTER TABLE kept ADD FOREIGN KEY (p_id) REFERENCES p ON DELETE SET NULL;",
        },
        new("a kept row that references by a new row", "INSERT INTO p VALUES (150, 'late', 0); INSERT INTO kept VALUES (350, 'late', 150)")
            { SetupRows = KeptMayReference, Setup = "ALTER TABLE kept ADD FOREIGN KEY (p_id) REFERENCES p ON DELETE CASCADE;" },
        new("a row for a kept table", "INSERT INTO kept2 VALUES (450, 'late', 0)") { IsHarmless = true },
        new("a kept row that changes", "UPDATE kept SET note = 'changed' WHERE id = 305") { IsHarmless = true },
        new("a kept row that is deleted", "DELETE FROM kept2 WHERE id = 405") { IsHarmless = true },
        new("a row for a kept table beside a trigger", "INSERT INTO kept2 VALUES (450, 'late', 0)") { Setup = Quiet },
        new("a kept row that changes beside a trigger", "UPDATE kept SET note = 'changed' WHERE id = 305") { Setup = Quiet },
        new("a row for the excluded table", "INSERT INTO x VALUES (750, 'late')"),
    ];
}
