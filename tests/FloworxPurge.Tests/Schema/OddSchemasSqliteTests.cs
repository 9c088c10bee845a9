using System.Data.Common;
using FloworxPurge.Tests.Kit;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;

namespace FloworxPurge.Tests.Schema;

/// <summary>Schemas of SQLite that are out of the ordinary are purged and reset, or skipped with the reason.</summary>
public sealed class OddSchemasSqliteTests
{
    private static readonly OddSchema[] All =
    [
        new(
            "tables without row numbers, strict ones and both",
            """
            CREATE TABLE a (k TEXT PRIMARY KEY, n INT) WITHOUT ROWID; CREATE TABLE b (id INTEGER PRIMARY KEY, k TEXT REFERENCES a) STRICT;
            CREATE TABLE c (x INT NOT NULL, y ANY NOT NULL, PRIMARY KEY (y, x)) STRICT, WITHOUT ROWID;
            """,
            "INSERT INTO a VALUES ('x', 1)",
            "INSERT INTO b VALUES (1, 'x')",
            "INSERT INTO c VALUES (1, 'y'), (1, 2)"),
        new(
            "generated columns, stored and virtual",
            """
            CREATE TABLE a (id INTEGER PRIMARY KEY, n INT, twice INT AS (n * 2) STORED, more AS (n || 'x'), UNIQUE (twice));
            CREATE TABLE b (n INT, a_twice INT GENERATED ALWAYS AS (n * 2) VIRTUAL REFERENCES a (twice)); CREATE INDEX i ON a (more);
            """,
            "INSERT INTO a (id, n) VALUES (1, 1)",
            "INSERT INTO b (n) VALUES (1)"),
        new(
            "a full-text table of its own",
            "CREATE VIRTUAL TABLE words USING fts5(t); CREATE TABLE a (id INTEGER PRIMARY KEY);",
            "INSERT INTO words VALUES ('one two')",
            "INSERT INTO a VALUES (1)")
        {
            // EF's scaffolder maps the engine's own storage, too.
            Result = "CompleteWithSkips, words_config NotATable, words_content NotATable, words_data NotATable, words_docsize NotATable, "
                + "words_idx NotATable",
        },
        new(
            "a full-text index of another table, kept by triggers",
            """
            CREATE TABLE a (id INTEGER PRIMARY KEY, t TEXT); CREATE VIRTUAL TABLE words USING fts5(t, content='a', content_rowid='id');
            CREATE TRIGGER ai AFTER INSERT ON a BEGIN INSERT INTO words(rowid, t) VALUES (new.id, new.t); END;
            CREATE TRIGGER ad AFTER DELETE ON a BEGIN INSERT INTO words(words, rowid, t) VALUES ('delete', old.id, old.t); END;
            """,
            "INSERT INTO a VALUES (1, 'one')")
        {
            Result = "CompleteWithSkips, words_config NotATable, words_data NotATable, words_docsize NotATable, words_idx NotATable",
        },
        new(
            "self references of every action",
            """
            CREATE TABLE a (id INTEGER PRIMARY KEY, p INT REFERENCES a ON DELETE RESTRICT); CREATE TABLE b (id INTEGER PRIMARY KEY,
            p INT REFERENCES b ON DELETE CASCADE);
            CREATE TABLE c (id INTEGER PRIMARY KEY, p INT DEFAULT 1 REFERENCES c ON DELETE SET DEFAULT);
            CREATE TABLE d (id INTEGER PRIMARY KEY, p INT NOT NULL REFERENCES d);
            """,
            "INSERT INTO a VALUES (1, NULL), (2, 1), (3, 2)",
            "INSERT INTO b VALUES (1, NULL), (2, 1), (3, 2)",
            "INSERT INTO c VALUES (1, NULL), (2, 1), (3, 2)",
            "INSERT INTO d VALUES (1, 1), (2, 1)"),
        new(
            "automatic numbers",
            "CREATE TABLE a (id INTEGER PRIMARY KEY AUTOINCREMENT, n INT); "
                + "CREATE TABLE \"B\" (\"Id\" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, a INT REFERENCES A);",
            "INSERT INTO a (n) VALUES (1)",
            "INSERT INTO b (a) VALUES (1)"),
        new(
            "partial and expression indexes, and views over views",
            """
            CREATE TABLE a (id INTEGER PRIMARY KEY, t TEXT COLLATE NOCASE); 
            CREATE VIEW v AS SELECT id FROM a; CREATE VIEW w AS SELECT * FROM v;
            CREATE TRIGGER t INSTEAD OF DELETE ON v BEGIN DELETE FROM a WHERE id = old.id; END;
            """,
            "INSERT INTO a VALUES (1, 'x')") { Later = "CREATE UNIQUE INDEX i ON a (lower(t)) WHERE t IS NOT NULL" },
        new(
            "a key to a table that is gone",
            "CREATE TABLE gone (id INTEGER PRIMARY KEY); CREATE TABLE b (id INTEGER PRIMARY KEY, g INT REFERENCES gone); "
                + "CREATE TABLE c (id INTEGER PRIMARY KEY); DROP TABLE gone;",
            "INSERT INTO c VALUES (1)") { Result = "CompleteWithSkips, b PrincipalMissing" },
        new(
            "names that need quotes, and columns without types",
            "CREATE TABLE \"select\" (\"group by\" PRIMARY KEY, [x y], `z`); CREATE TABLE \"T{0}\" (\"a\"\"b\" REFERENCES \"SELECT\");",
            "INSERT INTO \"select\" VALUES ('1', 2, x'00')",
            "INSERT INTO \"T{0}\" VALUES ('1')"),
        new(
            "a trigger that refuses",
            "CREATE TABLE a (id INTEGER PRIMARY KEY); CREATE TRIGGER t BEFORE DELETE ON a BEGIN SELECT RAISE(ABORT, 'forbidden'); END;",
            "INSERT INTO a VALUES (1)") { Result = "Failed, a has rows", Reset = "forbidden" },
        new(
            "a deferred cycle and a composite key with nulls",
            """
            CREATE TABLE a (x INT, y INT, b INT NOT NULL REFERENCES b DEFERRABLE INITIALLY DEFERRED, PRIMARY KEY (x, y));
            CREATE TABLE b (id INTEGER PRIMARY KEY, x INT, y INT NOT NULL, FOREIGN KEY (x, y) REFERENCES a DEFERRABLE INITIALLY DEFERRED);
            """,
            "BEGIN; INSERT INTO a VALUES (1, 2, 1); INSERT INTO b VALUES (1, 1, 2), (2, NULL, 7); COMMIT"),
    ];

    public static TheoryData<string> Cases() => [.. All.Select(schema => schema.Name)];

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task It_is_purged_and_reset_or_skipped_with_the_reason(string name)
    {
        await using SqliteOddDatabase database = new(SqliteTestDatabase.Create());
        await new OddSchemaRun(
            database,
            All.Single(schema => schema.Name == name),
            OddRole.Superuser,
            TestContext.Current.CancellationToken).RunAsync();
    }

    private sealed class SqliteOddDatabase(SqliteTestDatabase database) : OddSchemaDatabase(database)
    {
        // Storage of a virtual table is the engine's; its rows are seen through the table.
        protected override string TablesQuery => """
            SELECT '"' || replace(name, '"', '""') || '"', '"' || replace(name, '"', '""') || '"' FROM pragma_table_list
            WHERE schema = 'main' AND type IN ('table', 'virtual') AND name NOT LIKE 'sqlite\_%' ESCAPE '\' ORDER BY 1
            """;

        protected override string RowsQuery(string table) => $"SELECT * FROM {table}";

        public override Task CreateAsync(OddSchema schema, CancellationToken cancellationToken)
            => database.ExecuteAsync(schema.Tables, cancellationToken);

        public override void Use(DbContextOptionsBuilder options, OddRole role)
        {
        }

        public override DbConnection Connect(OddRole role) => database.CreateConnection();

        public override bool IsDenied(DbException exception) => false;

        public override bool IsDuplicate(DbException exception)
            => exception is SqliteException { SqliteExtendedErrorCode: 1555 or 2067 or 2579 };
    }
}
