namespace FloworxPurge.Tests.Concurrency;

/// <summary>What other sessions of MariaDB may do at any moment of a purge.</summary>
internal static class MariaDbStatements
{
    private const string KeptMayReference = "UPDATE kept SET p_id = NULL;";
    private const string Quiet = "CREATE TRIGGER t BEFORE DELETE ON p FOR EACH ROW BEGIN END;";

    public static IReadOnlyList<GapStatement> All { get; } = [
        .. Keys(),
        .. Partitions(),
        .. Names(),
        .. Columns(),
        .. Triggers(),
        .. Others(),
        .. Rows().Select(statement => statement with { ChangesRowsOnly = true })];

    private static IEnumerable<GapStatement> Keys() =>
    [
        new("a key that cascades", "ALTER TABLE kept ADD FOREIGN KEY (p_id) REFERENCES p (id) ON DELETE CASCADE"),
        new("a key that sets NULL", "ALTER TABLE kept ADD FOREIGN KEY (p_id) REFERENCES p (id) ON DELETE SET NULL"),
        new("a key without action", "ALTER TABLE kept ADD FOREIGN KEY (p_id) REFERENCES p (id)"),
        new(
            "a key that is not checked",
            "SET SESSION foreign_key_checks = 0; ALTER TABLE kept ADD FOREIGN KEY (p_id) REFERENCES p (id) ON DELETE CASCADE; SET "
                + "SESSION foreign_key_checks = 1"),
        new(
            "a key to the other purged table",
            "ALTER TABLE kept ADD FOREIGN KEY (p_id) REFERENCES c (id) ON DELETE CASCADE") { SetupRows = "UPDATE kept SET p_id = 201;" },
        new(
            "a key of a new kept table",
            "CREATE TABLE fresh (id int PRIMARY KEY, p_id int, FOREIGN KEY (p_id) REFERENCES p (id) ON DELETE CASCADE)",
            "INSERT INTO fresh VALUES (851, 101), (852, 105)"),
        new(
            "a key of the excluded table",
            "ALTER TABLE x ADD COLUMN p_id int DEFAULT 101",
            "ALTER TABLE x ADD FOREIGN KEY (p_id) REFERENCES p (id) ON DELETE CASCADE"),
        new(
            "an action that changes",
            "ALTER TABLE kept DROP FOREIGN KEY k",
            "ALTER TABLE kept ADD CONSTRAINT k2 FOREIGN KEY (p_id) REFERENCES p (id) ON DELETE CASCADE",
            "UPDATE kept SET p_id = 101 WHERE id = 302")
            { SetupRows = KeptMayReference, Setup = "ALTER TABLE kept ADD CONSTRAINT k FOREIGN KEY (p_id) REFERENCES p (id);" },
        new("a key that is dropped", "ALTER TABLE c DROP FOREIGN KEY c_p"),
    ];

    private static IEnumerable<GapStatement> Partitions() =>
    [
        new("a partition that is exchanged for a kept table", "ALTER TABLE p EXCHANGE PARTITION p_3 WITH TABLE kept2")
            { IsPartitioned = true, Moved = Enumerable.Range(401, 5).ToDictionary(id => (long)id, _ => (string?)"p") },
        new("a partition that is exchanged for an empty table", "ALTER TABLE p EXCHANGE PARTITION p_2 WITH TABLE cand")
            { IsPartitioned = true, Moved = new Dictionary<long, string?> { [104] = null, [105] = null }, SetupRows = "DELETE FROM cand;" },
        new("a partition that becomes a table", "ALTER TABLE p CONVERT PARTITION p_2 TO TABLE p_two") { IsPartitioned = true },
        new(
            "a table that becomes a partition",
            "ALTER TABLE p CONVERT TABLE cand TO PARTITION p_4 VALUES LESS THAN (600)") { IsPartitioned = true },
        new("a partition that is dropped", "ALTER TABLE p DROP PARTITION p_2") { IsPartitioned = true },
        new("a partition that is truncated", "ALTER TABLE p TRUNCATE PARTITION p_1") { IsPartitioned = true },
        new(
            "a new partition with a row",
            "ALTER TABLE p ADD PARTITION (PARTITION p_4 VALUES LESS THAN (9000))",
            "INSERT INTO p VALUES (1001, 'new', 0)") { IsPartitioned = true },
        new("partitions that are removed", "ALTER TABLE p REMOVE PARTITIONING") { IsPartitioned = true },
        new("a purged table without transactions", "ALTER TABLE p ENGINE = MyISAM") { IsPartitioned = true },
    ];

    private static IEnumerable<GapStatement> Names() =>
    [
        new("a swap by RENAME", "RENAME TABLE p TO p_old, kept2 TO p"),
        new("a swap back and forth", "RENAME TABLE p TO p_old, kept2 TO p, p_old TO kept2"),
        new("a view in the place of a table", "RENAME TABLE p TO p_old", "CREATE VIEW p AS SELECT id, note, p_id AS amount FROM kept"),
        new(
            "a view in the place of a table of a key",
            "RENAME TABLE c TO c_old",
            "CREATE VIEW c AS SELECT id, note, amount AS p_id, amount AS x_id FROM cand"),
        new(
            "a table that is made anew",
            "DROP TABLE c",
            "CREATE TABLE c (id int NOT NULL PRIMARY KEY, note varchar(40), p_id int NOT NULL, x_id int, CONSTRAINT c_x FOREIGN KEY "
                + "(x_id) REFERENCES x (id), CONSTRAINT c_p FOREIGN KEY (p_id) REFERENCES p (id))",
            "INSERT INTO c VALUES (231, 'again', 101, 701)"),
        new("a table that is replaced", "CREATE OR REPLACE TABLE c (id int NOT NULL PRIMARY KEY, note varchar(40))"),
        new("the referencing table is dropped", "DROP TABLE c"),
        new("a table that is renamed", "RENAME TABLE c TO c_old"),
        new("a kept table that is renamed", "RENAME TABLE kept TO kept_old"),
        new("a kept table that is dropped", "DROP TABLE kept2"),
    ];

    private static IEnumerable<GapStatement> Columns() =>
    [
        new("a column that is added", "ALTER TABLE p ADD COLUMN extra int DEFAULT 5"),
        new("a column that is dropped", "ALTER TABLE p DROP COLUMN amount"),
        new("a column that is renamed", "ALTER TABLE p RENAME COLUMN note TO remark"),
        new("a column of another type", "ALTER TABLE p MODIFY amount bigint"),
        new("an invisible column", "ALTER TABLE p MODIFY amount int INVISIBLE"),
        new("NOT NULL is set", "ALTER TABLE p MODIFY note varchar(40) NOT NULL"),
        new("a default is set", "ALTER TABLE p ALTER COLUMN amount SET DEFAULT 7"),
        new("an invisible column of a kept table", "ALTER TABLE kept ADD COLUMN extra int INVISIBLE DEFAULT 5"),
        new("a column of a kept table", "ALTER TABLE kept ADD COLUMN extra int DEFAULT 5"),
        new("a kept table without transactions", "ALTER TABLE kept ENGINE = MyISAM"),
        new("a kept table without transactions beside a trigger", "ALTER TABLE kept ENGINE = MyISAM")
        {
            Setup = "CREATE TRIGGER t AFTER DELETE ON p FOR EACH ROW UPDATE kept SET note = note WHERE id = 301;",
        },
        new("a table with history", "ALTER TABLE c ADD SYSTEM VERSIONING"),
    ];

    private static IEnumerable<GapStatement> Triggers() =>
    [
        new("a trigger that deletes kept rows", "CREATE TRIGGER t AFTER DELETE ON p FOR EACH ROW DELETE FROM kept WHERE id = 301"),
        new("a trigger of the other purged table", "CREATE TRIGGER t BEFORE DELETE ON c FOR EACH ROW DELETE FROM kept"),
        new("a trigger that adds kept rows", "CREATE TRIGGER t AFTER DELETE ON p FOR EACH ROW INSERT INTO log (note) VALUES ('audited')"),
        new("a trigger that changes kept rows", "CREATE TRIGGER t AFTER DELETE ON p FOR EACH ROW UPDATE kept2 SET amount = amount + 1"),
        new(
            "a trigger that fills the table again",
            "CREATE TRIGGER t AFTER DELETE ON c FOR EACH ROW INSERT IGNORE INTO p VALUES (199, 'refilled', 0)"),
        new("a trigger that fails", "CREATE TRIGGER t BEFORE DELETE ON p FOR EACH ROW SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'never'"),
        new("a trigger that is replaced", "CREATE OR REPLACE TRIGGER t BEFORE DELETE ON p FOR EACH ROW DELETE FROM kept") { Setup = Quiet },
        new("a trigger that is dropped", "DROP TRIGGER t") { Setup = Quiet },
        new("a procedure that is replaced", "CREATE OR REPLACE PROCEDURE work() DELETE FROM kept")
            { Setup = "CREATE PROCEDURE work() DO 1; CREATE TRIGGER t BEFORE DELETE ON p FOR EACH ROW CALL work();" },
        new("a trigger for updates", "CREATE TRIGGER t BEFORE UPDATE ON p FOR EACH ROW DELETE FROM kept"),
        new("a trigger of a kept table", "CREATE TRIGGER t BEFORE DELETE ON kept FOR EACH ROW DELETE FROM kept2"),
    ];

    private static IEnumerable<GapStatement> Others() =>
    [
        new("an index is created", "CREATE INDEX i ON p (note)"),
        new("an index is dropped", "DROP INDEX i ON p") { Setup = "CREATE INDEX i ON p (note);" },
        new("TRUNCATE", "TRUNCATE TABLE c"),
        new("OPTIMIZE", "OPTIMIZE TABLE p") { ChangesNothing = "It makes the table's file anew." },
        new("ANALYZE", "ANALYZE TABLE kept") { IsHarmless = true, ChangesNothing = "It reads." },
        new("a table is made anew in place", "ALTER TABLE p FORCE") { ChangesNothing = "It makes the table's file anew." },
        new("a comment", "ALTER TABLE p COMMENT = 'seen'"),
        new("another row format", "ALTER TABLE p ROW_FORMAT = COMPACT"),
        new("a view over a purged table", "CREATE VIEW w AS SELECT * FROM p"),
        new("an unrelated table", "CREATE TABLE unrelated (id int PRIMARY KEY)", "INSERT INTO unrelated VALUES (861)"),
        new("a setting of the server", "SET GLOBAL net_retry_count = 11") { IsHarmless = true, Proof = "SELECT @@GLOBAL.net_retry_count" },
        new("DELETE is revoked", "REVOKE DELETE ON \"{database}\".* FROM '{role}'@'%'") { Proof = RightsOfRole },
        new("SELECT is revoked", "REVOKE SELECT ON \"{database}\".* FROM '{role}'@'%'") { Proof = RightsOfRole },
        new("all rights are revoked", "REVOKE ALL ON \"{database}\".* FROM '{role}'@'%'") { Proof = RightsOfRole },
        new("SELECT on a table is granted", "GRANT SELECT ON p TO '{role}'@'%'")
        {
            Proof = "SELECT Table_name FROM mysql.tables_priv WHERE User = '{role}'",
        },
        new("the session of the purge is ended", "KILL {session}") { EndsSession = true, ChangesNothing = "It ends a session." },
        new("the statement of the purge is ended", "KILL QUERY {session}")
        {
            EndsSession = true,
            ChangesNothing = "It ends a statement, if one runs.",
        },
        new("a counter is set", "ALTER TABLE log AUTO_INCREMENT = 690"),
        new("a sequence is used", "SELECT NEXTVAL(free)") { Setup = "CREATE SEQUENCE free START WITH 10;", IsHarmless = true },
    ];

    private const string RightsOfRole = "SELECT CONCAT(Select_priv, Delete_priv) FROM mysql.db WHERE User = '{role}'";

    private static IEnumerable<GapStatement> Rows() =>
    [
        new("a row for a purged table", "INSERT INTO p VALUES (150, 'late', 0)"),
        new(
            "rows for both purged tables",
            "START TRANSACTION; INSERT INTO p VALUES (150, 'late', 0); INSERT INTO c VALUES (250, 'late', 150, NULL); COMMIT"),
        new("a row that references a purged one", "INSERT INTO c VALUES (250, 'late', 101, NULL)"),
        new("more rows than are allowed", "INSERT INTO p SELECT seq, 'many', 0 FROM seq_1001_to_2000") { MaxRows = 20 },
        new("a purged row that changes", "UPDATE p SET note = 'changed' WHERE id = 101"),
        new("a purged row with another key", "UPDATE p SET id = 151 WHERE id = 105"),
        new("a purged row that is deleted", "DELETE FROM p WHERE id = 105"),
        new("all rows of a table are deleted", "DELETE FROM c"),
        new("a kept row that references a purged one", "INSERT INTO kept VALUES (350, 'late', 101)")
        {
            SetupRows = KeptMayReference,
            Setup = "ALTER TABLE kept ADD FOREIGN KEY (p_id) REFERENCES p (id);",
        },
        new("a kept row that would be deleted", "INSERT INTO kept VALUES (350, 'late', 101)")
        {
            SetupRows = KeptMayReference,
            Setup = "ALTER TABLE kept ADD FOREIGN KEY (p_id) REFERENCES p (id) ON DELETE CASCADE;",
        },
        new("a kept row that comes to reference", "UPDATE kept SET p_id = 105 WHERE id = 303")
        {
            SetupRows = KeptMayReference,
            Setup = "ALTER TABLE kept ADD FOREIGN KEY (p_id) REFERENCES p (id) ON DELETE CASCADE;",
        },
        new("a kept row that would be set to NULL", "UPDATE kept SET p_id = 105 WHERE id = 303")
        {
            SetupRows = KeptMayReference,
            Setup = "ALTER TABLE kept ADD FOREIGN KEY (p_id) REFERENCES p (id) ON DELETE SET NULL;",
        },
        new("a row for a kept table", "INSERT INTO kept2 VALUES (450, 'late', 0)") { IsHarmless = true },
        new("a kept row that changes", "UPDATE kept SET note = 'changed' WHERE id = 305") { IsHarmless = true },
        new("a kept row that is deleted", "DELETE FROM kept2 WHERE id = 405") { IsHarmless = true },
        new("a row for a kept table beside a trigger", "INSERT INTO kept2 VALUES (450, 'late', 0)") { Setup = Quiet },
        new("a row for the excluded table", "INSERT INTO x VALUES (750, 'late')"),
    ];
}
