using System.Data.Common;
using FloworxPurge.Tests.Kit;
using Microsoft.EntityFrameworkCore;
using MySql.Data.MySqlClient;

namespace FloworxPurge.Tests.Schema;

/// <summary>Schemas of MariaDB that are out of the ordinary are purged and reset by every role, or skipped with the reason.</summary>
public sealed class OddSchemasMariaDbTests
{
    private static readonly OddSchema[] All =
    [
        new(
            "tables that keep the rows they had",
            "CREATE TABLE a (id int PRIMARY KEY, n int); CREATE TABLE b (id int PRIMARY KEY, a_id int, "
                + "FOREIGN KEY (a_id) REFERENCES a (id));",
            "INSERT INTO a VALUES (1, 1)",
            "INSERT INTO b VALUES (1, 1)")
        {
            Later = "ALTER TABLE a ADD SYSTEM VERSIONING",
            Note = "keeps the deleted rows",
        },
        new(
            "sequences as defaults",
            """
            CREATE TABLE a (id int PRIMARY KEY DEFAULT 1, n int);
            CREATE TABLE b (id int AUTO_INCREMENT PRIMARY KEY, n int) AUTO_INCREMENT = 50;
            """,
            "INSERT INTO a (n) VALUES (1), (2)",
            "INSERT INTO b (n) VALUES (1)")
        {
            Later = "CREATE SEQUENCE s START WITH 100 INCREMENT BY -2 MAXVALUE 100; ALTER TABLE a ALTER id SET DEFAULT NEXT VALUE FOR s",
        },
        new(
            "virtual, stored and invisible columns",
            """
            CREATE TABLE a (id int PRIMARY KEY, twice int AS (id * 2) STORED UNIQUE, more int AS (id + 1) VIRTUAL,
            hidden int INVISIBLE DEFAULT 3, KEY (more));
            CREATE TABLE b (n int, a_twice int, FOREIGN KEY (a_twice) REFERENCES a (twice), KEY (n));
            """,
            "INSERT INTO a (id) VALUES (1)",
            "INSERT INTO b VALUES (1, 2)"),
        new(
            "partitions and partitions of those",
            """
            CREATE TABLE a (id int, d date, PRIMARY KEY (id,
            d)) PARTITION BY RANGE (YEAR(d)) SUBPARTITION BY HASH (id) SUBPARTITIONS 2 (PARTITION p1 VALUES LESS THAN (2026),
            PARTITION p2 VALUES LESS THAN MAXVALUE);
            CREATE TABLE b (id int PRIMARY KEY) PARTITION BY KEY () PARTITIONS 3;
            """,
            "INSERT INTO a VALUES (1, '2025-01-01'), (2, '2026-01-01')",
            "INSERT INTO b VALUES (1), (2), (3)"),
        new(
            "storage without transactions",
            "CREATE TABLE a (id int PRIMARY KEY) ENGINE = Aria; CREATE TABLE b (id int PRIMARY KEY) ENGINE = MyISAM; "
                + "CREATE TABLE c (id int PRIMARY KEY) ENGINE = MEMORY;",
            "INSERT INTO a VALUES (1)",
            "INSERT INTO b VALUES (1)",
            "INSERT INTO c VALUES (1)") { Note = "has no transactions" },
        new(
            "dates of zero, bits, sets and shapes",
            """
            SET SESSION sql_mode = ''; CREATE TABLE a (d date NOT NULL DEFAULT '0000-00-00',
            t timestamp NOT NULL DEFAULT '0000-00-00 00:00:00', b bit(3), s set('x', 'y'), e enum('', 'z'), g point,
            j json CHECK (json_valid(j)), y year, id binary(16) PRIMARY KEY);
            """,
            "SET SESSION sql_mode = ''; INSERT INTO a (b, s, e, g, j, y, id) VALUES (b'101', 'x,y', 'z', POINT(1, 2), "
                + "'{}', 2026, UNHEX('01'))"),
        new(
            "self references and a cycle that accepts no NULL",
            """
            CREATE TABLE a (id int PRIMARY KEY, p int, FOREIGN KEY (p) REFERENCES a (id)); CREATE TABLE n (id int PRIMARY KEY,
            p int NOT NULL, FOREIGN KEY (p) REFERENCES n (id));
            CREATE TABLE b (id int PRIMARY KEY, a_id int, FOREIGN KEY (a_id) REFERENCES a (id) ON DELETE SET NULL);
            """,
            "INSERT INTO a VALUES (1, NULL), (2, 1)",
            "INSERT INTO b VALUES (1, 2)",
            "INSERT INTO n VALUES (1, 1)"),
        new(
            "names that need quotes",
            "CREATE TABLE `select` (`group by` int PRIMARY KEY, `x``y` int); CREATE TABLE `Case` (id int PRIMARY KEY); "
                + "CREATE TABLE `T{0}` (n int, FOREIGN KEY (n) REFERENCES `select` (`group by`));",
            "INSERT INTO `select` VALUES (1, 1)",
            "INSERT INTO `Case` VALUES (1)",
            "INSERT INTO `T{0}` VALUES (1)"),
        new(
            "a key from another database",
            "CREATE TABLE a (id int PRIMARY KEY, n int); CREATE TABLE b (id int PRIMARY KEY);",
            "INSERT INTO a VALUES (1, 1)",
            "INSERT INTO b VALUES (1)")
        {
            After = "CREATE DATABASE {database}_other; CREATE TABLE {database}_other.theirs (n int, "
                + "FOREIGN KEY (n) REFERENCES {database}.a (id) ON DELETE CASCADE); INSERT INTO {database}.a VALUES (9, 9); "
                + "INSERT INTO {database}_other.theirs VALUES (9)",
            AtEnd = "DROP DATABASE {database}_other",
            Result = "CompleteWithSkips, a Blocked",

            // Triggers that this role may not see could change a kept table that it may not read.
            ResultOfWriter = "Failed, a Blocked, b has rows",
        },
        new(
            "triggers, and a view over a view",
            """
            CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE log (n int);
            CREATE TRIGGER t AFTER INSERT ON a FOR EACH ROW INSERT INTO log VALUES (new.id);
            CREATE VIEW v AS SELECT id FROM a; CREATE VIEW w AS SELECT * FROM v;
            """,
            "INSERT INTO a VALUES (1)"),
    ];

    public static TheoryData<string, OddRole> Cases()
    {
        TheoryData<string, OddRole> cases = [];
        foreach (OddSchema schema in All)
        {
            foreach (OddRole role in Enum.GetValues<OddRole>())
            {
                cases.Add(schema.Name, role);
            }
        }

        return cases;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task It_is_purged_and_reset_or_skipped_with_the_reason(string name, OddRole role)
    {
        CancellationToken cancellationToken = TestContext.Current.CancellationToken;
        OddSchema schema = All.Single(schema => schema.Name == name);
        await using MariaDbOddDatabase database = new(await MariaDbTestDatabase.CreateAsync(cancellationToken), schema);
        await new OddSchemaRun(database, schema, role, cancellationToken).RunAsync();
    }

    private sealed class MariaDbOddDatabase(MariaDbTestDatabase database, OddSchema schema) : OddSchemaDatabase(database)
    {
        private readonly Dictionary<OddRole, string> _logins = new() { [OddRole.Superuser] = database.ConnectionString };

        protected override string TablesQuery => """
            SELECT CONCAT('`', REPLACE(TABLE_NAME, '`', '``'), '`'), TABLE_NAME FROM information_schema.TABLES
            WHERE TABLE_SCHEMA = DATABASE() AND TABLE_TYPE IN ('BASE TABLE', 'SYSTEM VERSIONED') ORDER BY BINARY TABLE_NAME
            """;

        protected override string RowsQuery(string table) => $"SELECT COUNT(*) FROM {table} HAVING COUNT(*) > 0";

        public override async Task CreateAsync(OddSchema schema, CancellationToken cancellationToken)
        {
            (string owner, _logins[OddRole.Owner]) = await database.CreateLoginAsync(cancellationToken);
            (string writer, _logins[OddRole.Writer]) = await database.CreateLoginAsync(cancellationToken);
            await database.ExecuteAsync(
                $"GRANT ALL ON \"{database.Name}\".* TO '{owner}'@'%'; GRANT SELECT, INSERT, UPDATE, "
                    + $"DELETE ON \"{database.Name}\".* TO '{writer}'@'%'; "
                    + $"GRANT REFERENCES ON *.* TO '{owner}'@'%'; GRANT REFERENCES ON *.* TO '{writer}'@'%'",
                cancellationToken);
            Assert.Null(await RunAsync(OddRole.Owner, schema.Tables, cancellationToken));
            if (schema.After.Length > 0)
            {
                await database.ExecuteAsync(Named(schema.After), cancellationToken);
            }
        }

        public override void Use(DbContextOptionsBuilder options, OddRole role) => options.UseMySQL(_logins[role]);

        public override DbConnection Connect(OddRole role) => new MySqlConnection(_logins[role]);

        public override bool IsDenied(DbException exception)
            => exception is MySqlException { Number: (int)MySqlErrorCode.TableAccessDenied or (int)MySqlErrorCode.ColumnAccessDenied };

        public override bool IsDuplicate(DbException exception)
            => exception is MySqlException { Number: (int)MySqlErrorCode.DuplicateKeyEntry or 1586 };

        public override async ValueTask DisposeAsync()
        {
            if (schema.AtEnd.Length > 0)
            {
                await database.ExecuteAsync(Named(schema.AtEnd));
            }

            await base.DisposeAsync();
        }

        private string Named(string sql) => sql.Replace("{database}", database.Name, StringComparison.Ordinal);
    }
}
