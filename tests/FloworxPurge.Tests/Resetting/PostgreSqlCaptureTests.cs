using System.Data.Common;
using FloworxPurge.Tests.Kit;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using static FloworxPurge.Tests.Resetting.FourTables;

namespace FloworxPurge.Tests.Resetting;

/// <summary>Captured rows on PostgreSQL: for every role that owns the tables, with a cycle of keys.</summary>
public sealed class PostgreSqlCaptureTests
{
    private const string Seen = "SELECT string_agg(xmin::text, ',') FROM p";

    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    public static TheoryData<string> Roles => ["superuser", "owner", WithoutTemp];

    [Theory]
    [MemberData(nameof(Roles))]
    public async Task Rows_of_a_cycle_come_back_with_their_numbers(string role)
    {
        await using PostgreSqlTestDatabase database = await CreateAsync();
        string login = await LoginAsync(database, role);
        await database.ExecuteAsync(Rows, CancellationToken);
        await using DatabaseResetter resetter = await ResetterAsync(database, login);
        Assert.Equal(6, await resetter.CaptureAsync(CancellationToken));
        string before = await database.ChecksumAsync(CancellationToken);
        for (int i = 0; i < 3; i++)
        {
            await database.ExecuteUncheckedAsync("DELETE FROM c; DELETE FROM x; UPDATE p SET d = 5", CancellationToken);
            await database.ExecuteAsync("INSERT INTO p DEFAULT VALUES", CancellationToken);

            await resetter.ResetAsync(CancellationToken);

            Assert.Equal(before, await database.ChecksumAsync(CancellationToken));
            Assert.Equal(3, await database.ScalarAsync<long>("SELECT nextval('\"p_Id_seq\"')", CancellationToken));
            await resetter.ResetAsync(CancellationToken);
        }
    }

    [Theory]
    [MemberData(nameof(Roles))]
    public async Task Rows_that_no_test_touched_are_not_written_again(string role)
    {
        await using PostgreSqlTestDatabase database = await CreateAsync();
        string login = await LoginAsync(database, role);
        await database.ExecuteAsync("INSERT INTO p VALUES (DEFAULT), (DEFAULT)", CancellationToken);
        await using DatabaseResetter resetter = await ResetterAsync(database, login);
        await resetter.CaptureAsync(CancellationToken);
        string? seen = await database.ScalarAsync<string>(Seen, CancellationToken);
        await database.ExecuteAsync("INSERT INTO c (\"pId\") SELECT \"Id\" FROM p", CancellationToken);

        Assert.Equal(2, (await resetter.ResetAsync(CancellationToken)).Rows);

        Assert.Equal(seen, await database.ScalarAsync<string>(Seen, CancellationToken));
        Assert.Equal(0, await database.CountAsync("c", cancellationToken: CancellationToken));
        await database.ExecuteAsync("UPDATE p SET d = d", CancellationToken);
        await resetter.ResetAsync(CancellationToken);
        Assert.NotEqual(seen, await database.ScalarAsync<string>(Seen, CancellationToken));
    }

    [Theory]
    [MemberData(nameof(Roles))]
    public async Task Numbers_that_were_drawn_for_no_row_are_drawn_again(string role)
    {
        await using PostgreSqlTestDatabase database = await CreateAsync();
        string login = await LoginAsync(database, role);
        await database.ExecuteAsync("INSERT INTO p VALUES (DEFAULT), (DEFAULT)", CancellationToken);
        await using DatabaseResetter resetter = await ResetterAsync(database, login);
        await resetter.CaptureAsync(CancellationToken);
        await database.ExecuteAsync("BEGIN; INSERT INTO p DEFAULT VALUES; ROLLBACK", CancellationToken);

        await resetter.ResetAsync(CancellationToken);

        Assert.Equal(3, await database.ScalarAsync<long>("SELECT nextval('\"p_Id_seq\"')", CancellationToken));
    }

    [Theory]
    [InlineData("superuser")]
    [InlineData("owner")]
    public async Task A_number_that_an_open_transaction_has_drawn_is_not_drawn_again(string role)
    {
        await using PostgreSqlTestDatabase database = await CreateAsync();
        string login = await LoginAsync(database, role);
        await database.ExecuteAsync(Rows, CancellationToken);
        await using DatabaseResetter resetter = await ResetterAsync(database, login);
        await resetter.CaptureAsync(CancellationToken);
        await using OpenTransaction open = await OpenTransaction.BeginAsync(
            database,
            "SELECT nextval('\"p_Id_seq\"')",
            CancellationToken);
        await database.ExecuteAsync("UPDATE p SET d = 1", CancellationToken);

        await resetter.ResetAsync(CancellationToken);

        Assert.Equal(0, await database.ScalarAsync<long>("SELECT COUNT(d) FROM p", CancellationToken));
        Assert.Equal(4, await database.ScalarAsync<long>("SELECT nextval('\"p_Id_seq\"')", CancellationToken));
    }

    [Theory]
    [InlineData("TRUNCATE p, c, x, y")]
    [InlineData("VACUUM FULL p")]
    [InlineData("CLUSTER p USING \"p_pkey\"")]
    [InlineData("UPDATE p SET d = 7; VACUUM FREEZE p")]
    [InlineData("UPDATE p SET d = d")]
    [InlineData("BEGIN; INSERT INTO p DEFAULT VALUES; UPDATE p SET d = 9; ROLLBACK")]
    [InlineData("SELECT setval('\"p_Id_seq\"', 900)")]
    [InlineData("DELETE FROM c WHERE \"Id\" = 2; INSERT INTO c VALUES (2, 2)")]
    [InlineData("UPDATE p SET \"Id\" = 40 WHERE \"Id\" = 1 AND false; DELETE FROM c; UPDATE p SET \"Id\" = \"Id\" + 40")]
    [InlineData("ALTER TABLE p ADD e int; UPDATE p SET e = 5; ALTER TABLE p DROP e")]
    [InlineData("INSERT INTO p VALUES (80); UPDATE c SET \"pId\" = 80")]
    public async Task Rows_and_numbers_come_back_whatever_was_done_with_them_as_a_superuser_or_as_the_owner(string change)
    {
        foreach (string role in new[] { "superuser", "owner" })
        {
            await using PostgreSqlTestDatabase database = await CreateAsync();
            string login = await LoginAsync(database, role);
            await database.ExecuteAsync(Rows, CancellationToken);
            await using DatabaseResetter resetter = await ResetterAsync(database, login);
            await resetter.CaptureAsync(CancellationToken);
            string before = await database.ChecksumAsync(CancellationToken);
            for (int i = 0; i < 3; i++)
            {
                foreach (string statement in change.StartsWith("BEGIN", StringComparison.Ordinal) ? [change] : change.Split("; "))
                {
                    await database.ExecuteAsync(statement, CancellationToken);
                }

                await resetter.ResetAsync(CancellationToken);

                Assert.Equal(before, await database.ChecksumAsync(CancellationToken));
                Assert.Equal(3, await database.ScalarAsync<long>("SELECT nextval('\"p_Id_seq\"')", CancellationToken));
                Assert.Equal(3, await database.ScalarAsync<long>("SELECT nextval('\"c_Id_seq\"')", CancellationToken));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Roles))]
    public async Task A_column_that_was_added_has_its_default_again(string role)
    {
        await using PostgreSqlTestDatabase database = await CreateAsync();
        string login = await LoginAsync(database, role);
        await database.ExecuteAsync("INSERT INTO p VALUES (DEFAULT), (DEFAULT)", CancellationToken);
        await using DatabaseResetter resetter = await ResetterAsync(database, login);
        await resetter.CaptureAsync(CancellationToken);
        await database.ExecuteAsync("ALTER TABLE p ADD e int DEFAULT 1", CancellationToken);
        await database.ExecuteAsync("UPDATE p SET e = 2", CancellationToken);

        await resetter.ResetAsync(CancellationToken);

        Assert.Equal(2, await database.ScalarAsync<long>("SELECT SUM(e) FROM p", CancellationToken));
    }

    [Theory]
    [InlineData("superuser")]
    [InlineData("owner")]
    public async Task A_column_that_is_gone_is_an_error_and_nothing_is_changed(string role)
    {
        await using PostgreSqlTestDatabase database = await CreateAsync();
        string login = await LoginAsync(database, role);
        await database.ExecuteAsync("INSERT INTO p VALUES (DEFAULT), (DEFAULT)", CancellationToken);
        await using DatabaseResetter resetter = await ResetterAsync(database, login);
        await resetter.CaptureAsync(CancellationToken);
        await database.ExecuteAsync("ALTER TABLE p DROP d; INSERT INTO p VALUES (DEFAULT)", CancellationToken);

        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(() => resetter.ResetAsync(CancellationToken));

        Assert.Contains("column \"d\" is not there any more", exception.Message, StringComparison.Ordinal);
        Assert.Equal(3, await database.CountAsync("p", cancellationToken: CancellationToken));
    }

    [Fact]
    public async Task Keys_that_are_equal_and_look_different_come_back_as_they_were()
    {
        await using PostgreSqlTestDatabase database = await IdTables.CreateAsync(
            "CREATE EXTENSION citext; CREATE TABLE k (\"Id\" citext PRIMARY KEY, n numeric UNIQUE); "
                + "INSERT INTO k VALUES ('a', 1.0), ('b', 2)",
            CancellationToken);
        await using DatabaseResetter resetter = await IdTables.ResetterAsync(
            database,
            ["k"],
            options => options.DriftTolerance = DriftTolerance.Lenient,
            cancellationToken: CancellationToken);
        await resetter.CaptureAsync(CancellationToken);
        await database.ExecuteAsync("UPDATE k SET \"Id\" = upper(\"Id\"), n = n * 1.000", CancellationToken);

        await resetter.ResetAsync(CancellationToken);

        Assert.Equal(
            "a 1.0,b 2",
            await database.ScalarAsync<string>("SELECT string_agg(\"Id\" || ' ' || n, ',' ORDER BY n) FROM k", CancellationToken));
    }

    [Fact]
    public async Task One_changed_row_is_put_back_and_other_tables_are_not_written()
    {
        await using PostgreSqlTestDatabase database = await CreateAsync();
        string login = await LoginAsync(database, "owner");
        await database.ExecuteAsync(Rows, CancellationToken);
        await using DatabaseResetter resetter = await ResetterAsync(database, login);
        await resetter.CaptureAsync(CancellationToken);
        const string Others = "SELECT string_agg(xmin::text, ',') FROM c";
        string? seen = await database.ScalarAsync<string>(Others, CancellationToken);
        await database.ExecuteAsync("UPDATE p SET d = 1 WHERE \"Id\" = 1", CancellationToken);

        Assert.True((await resetter.ResetAsync(CancellationToken)).IsClean);

        Assert.Equal(seen, await database.ScalarAsync<string>(Others, CancellationToken));
        Assert.Equal(0, await database.ScalarAsync<long>("SELECT COUNT(d) FROM p", CancellationToken));
    }

    [Fact]
    public async Task A_trigger_that_sets_a_column_on_updates_does_not_change_what_comes_back()
    {
        await using PostgreSqlTestDatabase database = await CreateAsync();
        string login = await LoginAsync(database, "owner");
        await database.ExecuteAsync(
            """
            INSERT INTO p VALUES (DEFAULT), (DEFAULT);
            CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.mark := 5; RETURN NEW; END';
            CREATE TRIGGER z BEFORE UPDATE ON p FOR EACH ROW EXECUTE FUNCTION f()
            """,
            CancellationToken);
        await using DatabaseResetter resetter = await ResetterAsync(database, login);
        await resetter.CaptureAsync(CancellationToken);
        await database.ExecuteAsync("UPDATE p SET d = 1", CancellationToken);

        await resetter.ResetAsync(CancellationToken);

        Assert.Equal(0, await database.ScalarAsync<long>("SELECT COUNT(mark) + COUNT(d) FROM p", CancellationToken));
    }

    [Theory]
    [InlineData("owner", 1)]
    [InlineData("owner", 10)]
    [InlineData(WithoutTemp, 10)]
    [InlineData(null, 1)]
    [InlineData(null, 10)]
    public async Task A_sequence_that_a_migration_set_behind_its_rows_goes_on_behind_them_after_each_reset(string? role, int increment)
    {
        await using PostgreSqlTestDatabase database = await CreateAsync();
        string? login = role is null ? null : await LoginAsync(database, role);

        // As the provider does behind the rows of HasData.
        await database.ExecuteAsync(
            $"ALTER SEQUENCE \"p_Id_seq\" INCREMENT {increment}; INSERT INTO p (\"Id\") VALUES (1), (2), (3); "
                + "SELECT setval('\"p_Id_seq\"', 4, false)",
            CancellationToken);
        await using DatabaseResetter resetter = await ResetterAsync(database, login);
        await resetter.CaptureAsync(CancellationToken);
        for (int i = 0; i < 2; i++)
        {
            Assert.Equal(4, await database.ScalarAsync<int>("INSERT INTO p DEFAULT VALUES RETURNING \"Id\"", CancellationToken));
            await resetter.ResetAsync(CancellationToken);
        }

        Assert.Equal(
            "1,2,3",
            await database.ScalarAsync<string>("SELECT string_agg(\"Id\"::text, ',' ORDER BY \"Id\") FROM p", CancellationToken));
    }

    [Fact]
    public async Task Rows_that_are_others_once_they_came_back_are_not_kept()
    {
        await using PostgreSqlTestDatabase database = await CreateAsync();
        await database.ExecuteAsync("INSERT INTO p VALUES (DEFAULT), (DEFAULT)", CancellationToken);
        var change = new ChangeBeforeCount(() => database.ExecuteAsync("UPDATE p SET mark = 5", CancellationToken));
        await using DatabaseResetter resetter = await ResetterAsync(database, interceptor: change);

        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(() => resetter.CaptureAsync(CancellationToken));

        Assert.Contains(
            "The rows of \"public\".\"p\" cannot be kept exactly: 0 of 2 came back as they were.",
            exception.Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_capture_that_is_refused_leaves_the_rows_as_they_were()
    {
        await using PostgreSqlTestDatabase database = await CreateAsync();
        await database.ExecuteAsync(
            """
            INSERT INTO p VALUES (DEFAULT), (DEFAULT);
            CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.mark := 5; RETURN NEW; END';
            CREATE TRIGGER z BEFORE INSERT OR UPDATE ON p FOR EACH ROW EXECUTE FUNCTION f();
            ALTER TABLE p ENABLE REPLICA TRIGGER z
            """,
            CancellationToken);
        await using DatabaseResetter resetter = await ResetterAsync(database);

        await Assert.ThrowsAsync<PurgeException>(() => resetter.CaptureAsync(CancellationToken));

        Assert.Equal(0, await database.ScalarAsync<long>("SELECT COUNT(mark) FROM p", CancellationToken));
    }

    [Fact]
    public async Task A_column_whose_values_cannot_be_written_back_is_named_before_anything_is_copied()
    {
        await using PostgreSqlTestDatabase database = await IdTables.CreateAsync(
            "CREATE TABLE k (\"Id\" int PRIMARY KEY, g gtsvector); INSERT INTO k VALUES (1, NULL)",
            CancellationToken);
        await using DatabaseResetter resetter = await IdTables.ResetterAsync(
            database,
            ["k"],
            options => options.DriftTolerance = DriftTolerance.Lenient,
            cancellationToken: CancellationToken);
        string before = await database.ChecksumAsync(CancellationToken);

        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(() => resetter.CaptureAsync(CancellationToken));

        Assert.Contains("column \"g\": no value of type gtsvector can be written back", exception.Message, StringComparison.Ordinal);
        Assert.Equal(before, await database.ChecksumAsync(CancellationToken));
    }

    [Fact]
    public async Task Rows_of_a_table_that_inherits_from_a_captured_one_go_also_where_the_role_may_create_nothing_temporary()
    {
        string[] tables = ["p", "h", "q"];
        await using PostgreSqlTestDatabase database = await IdTables.CreateAsync(
            "CREATE TABLE p (\"Id\" int PRIMARY KEY); CREATE TABLE h (\"Id\" int PRIMARY KEY) INHERITS (p); "
                + "CREATE TABLE q (\"Id\" int PRIMARY KEY); INSERT INTO p VALUES (1)",
            CancellationToken);
        string login = await IdTables.OwnerAsync(database, tables, CancellationToken);
        await database.ExecuteAsync($"REVOKE TEMP ON DATABASE {TestDatabase.Quote(database.Name)} FROM PUBLIC", CancellationToken);
        await using DatabaseResetter resetter = await IdTables.ResetterAsync(
            database,
            tables,
            options => options.ThrowOnSkips = false,
            options => options.UseNpgsql(login),
            CancellationToken);
        Assert.Equal(1, await resetter.CaptureAsync(CancellationToken));
        await database.ExecuteAsync("INSERT INTO h VALUES (7)", CancellationToken);

        await resetter.ResetAsync(CancellationToken);

        Assert.Equal(1, await database.CountAsync("p", cancellationToken: CancellationToken));
        Assert.Equal(0, await database.CountAsync("h", cancellationToken: CancellationToken));
    }

    [Fact]
    public async Task A_sequence_of_two_tables_begins_anew_also_where_the_role_may_create_nothing_temporary()
    {
        await using PostgreSqlTestDatabase database = await IdTables.CreateAsync(
            """
            CREATE SEQUENCE numbers;
            CREATE TABLE a ("Id" int PRIMARY KEY DEFAULT nextval('numbers'));
            CREATE TABLE b ("Id" int PRIMARY KEY DEFAULT nextval('numbers'));
            INSERT INTO b VALUES (50)
            """,
            CancellationToken);
        string login = await IdTables.OwnerAsync(database, ["a", "b", "numbers"], CancellationToken);
        await database.ExecuteAsync($"REVOKE TEMP ON DATABASE {TestDatabase.Quote(database.Name)} FROM PUBLIC", CancellationToken);
        await using var context = new ScenarioContext(
            database,
            model =>
            {
                IdTables.Model("a", "b")(model);
                model.HasSequence("numbers");
            },
            options => options.UseNpgsql(login));
        await using DatabaseResetter resetter = await DatabaseResetter.CreateAsync(
            context,
            options => options.DriftTolerance = DriftTolerance.Lenient,
            CancellationToken);
        Assert.Equal(1, await resetter.CaptureAsync(CancellationToken));
        await database.ExecuteAsync("SELECT nextval('numbers')", CancellationToken);

        await resetter.ResetAsync(CancellationToken);

        Assert.Equal(1, await database.ScalarAsync<long>("SELECT nextval('numbers')", CancellationToken));
        Assert.Equal(50, await database.ScalarAsync<long>("SELECT SUM(\"Id\") FROM b", CancellationToken));
    }

    [Fact]
    public async Task Copies_that_are_gone_are_an_error_that_says_what_to_do()
    {
        await using PostgreSqlTestDatabase database = await CreateAsync();
        await database.ExecuteAsync(Rows, CancellationToken);
        await using DatabaseResetter first = await ResetterAsync(database);
        await using DatabaseResetter second = await ResetterAsync(database);
        await first.CaptureAsync(CancellationToken);
        await second.CaptureAsync(CancellationToken);
        await database.ExecuteAsync("INSERT INTO p DEFAULT VALUES", CancellationToken);

        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(() => first.ResetAsync(CancellationToken));

        Assert.Contains("capture again", exception.Message, StringComparison.Ordinal);
        await second.ResetAsync(CancellationToken);
        Assert.Equal(6, await RowsAsync(database));
    }

    // A resetter keeps what listens to the connections of its context.
    private sealed class ChangeBeforeCount(Func<Task> change) : DbConnectionInterceptor, IDbCommandInterceptor
    {
        public async ValueTask<InterceptionResult<DbDataReader>> ReaderExecutingAsync(
            DbCommand command,
            CommandEventData eventData,
            InterceptionResult<DbDataReader> result,
            CancellationToken cancellationToken = default)
        {
            if (command.CommandText.StartsWith("SELECT", StringComparison.Ordinal)
                && command.CommandText.Contains("floworxpurge_captured_", StringComparison.Ordinal)
                && command.CommandText.Contains(" JOIN ", StringComparison.Ordinal))
            {
                await change();
            }

            return result;
        }
    }
}
