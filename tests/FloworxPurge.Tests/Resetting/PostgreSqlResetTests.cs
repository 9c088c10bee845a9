using System.Data.Common;
using FloworxPurge.Tests.Kit;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Storage;
using Npgsql;
using static FloworxPurge.Tests.Resetting.FourTables;

namespace FloworxPurge.Tests.Resetting;

/// <summary>
/// What a reset does on PostgreSQL: one call for a superuser and for an owner, numbers, open transactions, lost sessions.
/// </summary>
public sealed class PostgreSqlResetTests
{
    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    public static TheoryData<string> Roles => ["superuser", "owner", WithoutTemp];

    [Theory]
    [MemberData(nameof(Roles))]
    public async Task Rows_go_and_numbers_restart_for_every_role_that_owns_the_tables(string role)
    {
        await using PostgreSqlTestDatabase database = await CreateAsync();
        string login = await LoginAsync(database, role);
        await using DatabaseResetter resetter = await ResetterAsync(database, login);
        for (int i = 0; i < 4; i++)
        {
            await database.ExecuteAsync(Rows, CancellationToken);
            LeakReport report = await resetter.ResetAsync(CancellationToken);
            Assert.Equal(6, report.Rows);
            Assert.Equal(0, await RowsAsync(database));
            Assert.Equal((1, 1, 100), await NextNumbersAsync(database));
            await resetter.ResetAsync(CancellationToken);
            Assert.Equal((1, 1, 100), await NextNumbersAsync(database));
            await resetter.ResetAsync(CancellationToken);
        }
    }

    [Theory]
    [MemberData(nameof(Roles))]
    public async Task Numbers_that_a_rolled_back_insert_drew_restart_too(string role)
    {
        await using PostgreSqlTestDatabase database = await CreateAsync();
        await using DatabaseResetter resetter = await ResetterAsync(database, await LoginAsync(database, role));
        await resetter.ResetAsync(CancellationToken);
        await database.ExecuteAsync($"BEGIN; {Rows} ROLLBACK", CancellationToken);

        LeakReport report = await resetter.ResetAsync(CancellationToken);

        Assert.True(report.IsClean, report.ToString());
        Assert.Equal((1, 1, 100), await NextNumbersAsync(database));
    }

    [Fact]
    public async Task A_number_that_was_drawn_alone_restarts_too()
    {
        await using PostgreSqlTestDatabase database = await CreateAsync();
        await using DatabaseResetter resetter = await ResetterAsync(database);
        for (int i = 0; i < 5; i++)
        {
            await resetter.ResetAsync(CancellationToken);
            await database.ExecuteAsync("SELECT nextval('\"p_Id_seq\"')", CancellationToken);
            await resetter.ResetAsync(CancellationToken);
            Assert.Equal(1, await database.ScalarAsync<long>("SELECT nextval('\"p_Id_seq\"')", CancellationToken));
        }
    }

    [Fact]
    public async Task Numbers_go_on_when_that_is_asked_for()
    {
        await using PostgreSqlTestDatabase database = await CreateAsync();
        await database.ExecuteAsync(Rows, CancellationToken);
        await using DatabaseResetter resetter = await ResetterAsync(database, configure: options => options.ResetIdentity = false);

        await resetter.ResetAsync(CancellationToken);

        Assert.Equal(3, await database.ScalarAsync<long>("SELECT nextval('\"p_Id_seq\"')", CancellationToken));
    }

    [Fact]
    public async Task A_kept_table_keeps_its_numbers()
    {
        await using PostgreSqlTestDatabase database = await CreateAsync();
        await database.ExecuteAsync(Rows, CancellationToken);
        await using DatabaseResetter resetter = await ResetterAsync(database, configure: options => options.Exclude("p"));

        await resetter.ResetAsync(CancellationToken);

        Assert.Equal(3, await database.ScalarAsync<long>("SELECT nextval('\"p_Id_seq\"')", CancellationToken));
        Assert.Equal(1, await database.ScalarAsync<long>("SELECT nextval('\"c_Id_seq\"')", CancellationToken));
    }

    [Theory]
    [MemberData(nameof(Roles))]
    public async Task Rows_of_an_open_transaction_are_reported_with_its_session_and_go_once_it_has_ended(string role)
    {
        Assert.SkipWhen(
            role is WithoutTemp,
            "Without the function, numbers restart by a command that waits for a transaction which has drawn one: the error names its "
                + "session.");
        await using PostgreSqlTestDatabase database = await CreateAsync();
        await using DatabaseResetter resetter = await ResetterAsync(database, await LoginAsync(database, role));
        await using var other = new NpgsqlConnection(database.ConnectionString + ";Application Name=forgetful");
        await other.OpenAsync(CancellationToken);
        for (int i = 0; i < 3; i++)
        {
            await resetter.ResetAsync(CancellationToken);
            await using DbTransaction transaction = await other.BeginTransactionAsync(CancellationToken);
            await using DbCommand insert = other.CreateCommand();
            insert.CommandText = "INSERT INTO p VALUES (DEFAULT)";
            await insert.ExecuteNonQueryAsync(CancellationToken);

            LeakReport open = await resetter.ResetAsync(CancellationToken);
            await transaction.CommitAsync(CancellationToken);
            LeakReport ended = await resetter.ResetAsync(CancellationToken);

            string text = Assert.Single(open.OpenTransactions);
            Assert.StartsWith($"\"public\".\"p\" is written by session {other.ProcessID} ", text, StringComparison.Ordinal);
            Assert.Empty(open.Tables);
            Assert.False(open.IsClean);
            Assert.Equal(1, ended.Rows);
            Assert.Empty(ended.OpenTransactions);
            Assert.Equal(0, await RowsAsync(database));
        }
    }

    [Theory]
    [MemberData(nameof(Roles))]
    public async Task A_row_that_an_open_transaction_holds_ends_the_wait_with_its_session_named(string role)
    {
        await using PostgreSqlTestDatabase database = await CreateAsync();
        await database.ExecuteAsync(Rows, CancellationToken);
        await using DatabaseResetter resetter = await ResetterAsync(
            database,
            await LoginAsync(database, role),
            options => options.LockTimeout = TimeSpan.FromMilliseconds(300));
        await using var other = (NpgsqlConnection)await database.OpenConnectionAsync(CancellationToken);
        await using DbTransaction transaction = await other.BeginTransactionAsync(CancellationToken);
        await using DbCommand update = other.CreateCommand();
        update.CommandText = "UPDATE p SET d = 1";
        await update.ExecuteNonQueryAsync(CancellationToken);

        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(() => resetter.ResetAsync(CancellationToken));
        Assert.Contains("LockTimeout", exception.Message, StringComparison.Ordinal);
        Assert.Contains($"public.p is in use by session {other.ProcessID} ", exception.Message, StringComparison.Ordinal);
        Assert.Equal(6, await RowsAsync(database));

        await transaction.RollbackAsync(CancellationToken);
        Assert.Equal(6, (await resetter.ResetAsync(CancellationToken)).Rows);
    }

    [Fact]
    public async Task A_row_that_is_committed_while_nothing_seemed_to_have_happened_goes_at_the_next_reset()
    {
        await using PostgreSqlTestDatabase database = await CreateAsync();
        await using DatabaseResetter resetter = await ResetterAsync(database);
        await using DbConnection other = await database.OpenConnectionAsync(CancellationToken);
        for (int i = 0; i < 20; i++)
        {
            await using DbTransaction transaction = await other.BeginTransactionAsync(CancellationToken);
            await using DbCommand insert = other.CreateCommand();
            insert.CommandText = i % 2 == 0
                ? "INSERT INTO p VALUES (DEFAULT)"
                : "SELECT pg_current_xact_id(); SAVEPOINT s; INSERT INTO p VALUES (DEFAULT)";
            await insert.ExecuteNonQueryAsync(CancellationToken);
            await resetter.ResetAsync(CancellationToken);
            await resetter.ResetAsync(CancellationToken);
            await transaction.CommitAsync(CancellationToken);
            Assert.Equal(1, (await resetter.ResetAsync(CancellationToken)).Rows);
            Assert.True((await resetter.ResetAsync(CancellationToken)).IsClean);
        }
    }

    [Theory]
    [InlineData("DISCARD ALL")]
    [InlineData("DISCARD TEMP")]
    [InlineData("DEALLOCATE ALL")]
    [InlineData("SELECT pg_terminate_backend(pg_backend_pid())")]
    public async Task A_session_that_lost_its_state_or_its_connection_is_made_ready_again(string sql)
    {
        await using PostgreSqlTestDatabase database = await CreateAsync();
        var opened = new OpenedConnections();
        await using DatabaseResetter resetter = await ResetterAsync(database, interceptor: opened);
        await resetter.ResetAsync(CancellationToken);
        await database.ExecuteAsync(Rows, CancellationToken);
        await using (DbCommand command = opened.Last!.CreateCommand())
        {
            command.CommandText = sql;
            await Record.ExceptionAsync(() => command.ExecuteNonQueryAsync(CancellationToken));
        }

        Assert.Equal(6, (await resetter.ResetAsync(CancellationToken)).Rows);
        Assert.Equal(0, await RowsAsync(database));
        Assert.Equal((1, 1, 100), await NextNumbersAsync(database));
    }

    [Fact]
    public async Task A_database_that_was_dropped_and_created_again_is_planned_anew()
    {
        await using PostgreSqlTestDatabase database = await CreateAsync();
        await using DatabaseResetter resetter = await ResetterAsync(database);
        await resetter.ResetAsync(CancellationToken);
        await using ScenarioContext context = Context(database, database.ConnectionString);
        await context.Database.EnsureDeletedAsync(CancellationToken);
        await context.GetService<IRelationalDatabaseCreator>().CreateAsync(CancellationToken);
        await database.ExecuteAsync(FourTables.Schema + Rows, CancellationToken);

        Assert.Equal(6, (await resetter.ResetAsync(CancellationToken)).Rows);
        Assert.Equal(0, await RowsAsync(database));
    }

    [Fact]
    public async Task The_settings_of_its_session_stay_its_own_also_where_the_pool_resets_nothing()
    {
        await using PostgreSqlTestDatabase database = await CreateAsync();
        string pooled = database.ConnectionString + ";No Reset On Close=true;Maximum Pool Size=1;Application Name=pooled";
        await using (DatabaseResetter resetter = await ResetterAsync(database, pooled))
        {
            await resetter.ResetAsync(CancellationToken);
        }

        await using var next = new NpgsqlConnection(pooled);
        await next.OpenAsync(CancellationToken);
        await using var command = new NpgsqlCommand(
            "SELECT current_setting('session_replication_role') || current_setting('synchronous_commit') || "
                + "current_setting('row_security') || (SELECT COUNT(*) FROM pg_proc WHERE proname LIKE 'floworx%')",
            next);
        Assert.Equal("originonon0", await command.ExecuteScalarAsync(CancellationToken));
    }

    [Theory]
    [MemberData(nameof(Roles))]
    public async Task A_trigger_that_fills_a_table_that_was_empty_does_not_leave_rows_behind(string role)
    {
        await using PostgreSqlTestDatabase database = await CreateAsync();
        await database.ExecuteAsync(
            """
            CREATE FUNCTION log() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO p VALUES (DEFAULT); RETURN OLD; END';
            CREATE TRIGGER t AFTER DELETE ON c FOR EACH ROW EXECUTE FUNCTION log();
            """,
            CancellationToken);
        await using DatabaseResetter resetter = await ResetterAsync(database, await LoginAsync(database, role));
        for (int i = 0; i < 3; i++)
        {
            await database.ExecuteAsync(Rows, CancellationToken);
            await resetter.ResetAsync(CancellationToken);
            Assert.Equal(0, await RowsAsync(database));
        }
    }

    [Theory]
    [InlineData("CREATE TABLE kept (id int REFERENCES p); INSERT INTO kept SELECT \"Id\" FROM p", "kept", "superuser")]
    [InlineData("CREATE TABLE kept (id int REFERENCES p); INSERT INTO kept SELECT \"Id\" FROM p", "kept", "owner")]
    [InlineData("ALTER TABLE p ENABLE ALWAYS TRIGGER t", "trigger \"t\" of", "superuser")]
    [InlineData("ALTER TABLE p ENABLE TRIGGER t", "trigger \"t\" of", "owner")]
    [InlineData("ALTER TABLE c ENABLE ROW LEVEL SECURITY; ALTER TABLE c FORCE ROW LEVEL SECURITY", "Row security applies", "owner")]
    [InlineData("ALTER TABLE p RENAME TO q", "\"p\"", "superuser")]
    public async Task A_change_around_the_tables_is_noticed_after_any_number_of_resets(string change, string named, string role)
    {
        await using PostgreSqlTestDatabase database = await CreateAsync();
        await database.ExecuteAsync(
            """
            CREATE FUNCTION stay() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO p VALUES (DEFAULT); RETURN OLD; END';
            CREATE TRIGGER t AFTER DELETE ON p FOR EACH ROW EXECUTE FUNCTION stay(); ALTER TABLE p DISABLE TRIGGER t
            """,
            CancellationToken);
        await using DatabaseResetter resetter = await ResetterAsync(database, await LoginAsync(database, role));
        for (int i = 0; i < 3; i++)
        {
            await database.ExecuteAsync(Rows, CancellationToken);
            Assert.Equal(6, (await resetter.ResetAsync(CancellationToken)).Rows);
        }

        await database.ExecuteAsync($"{Rows} {change}", CancellationToken);

        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(() => resetter.ResetAsync(CancellationToken));
        Assert.Contains(named, exception.Message, StringComparison.Ordinal);
        Assert.Equal(2, await database.ScalarAsync<long>("SELECT COUNT(*) FROM c", CancellationToken));
    }

    [Theory]
    [InlineData("ALTER TABLE p ENABLE ALWAYS TRIGGER t", "superuser")]
    [InlineData("", "owner")]
    [InlineData("", "owner without TEMP")]
    public async Task A_trigger_that_puts_rows_back_every_time_is_named_and_nothing_is_changed(string always, string role)
    {
        await using PostgreSqlTestDatabase database = await CreateAsync();
        await database.ExecuteAsync(
            $"""
            CREATE FUNCTION stay() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO p VALUES (DEFAULT); RETURN OLD; END';
            CREATE TRIGGER t AFTER DELETE ON p FOR EACH ROW EXECUTE FUNCTION stay(); {always}
            """,
            CancellationToken);
        await database.ExecuteAsync(Rows, CancellationToken);
        await using DatabaseResetter resetter = await ResetterAsync(database, await LoginAsync(database, role));

        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(() => resetter.ResetAsync(CancellationToken));

        Assert.Contains("\"public\".\"p\" cannot be reset", exception.Message, StringComparison.Ordinal);
        Assert.Contains("trigger \"t\" of \"public\".\"p\"", exception.Message, StringComparison.Ordinal);
        Assert.Equal(6, await RowsAsync(database));
    }

    [Fact]
    public async Task Tables_whose_rows_may_be_hidden_from_the_role_are_refused()
    {
        await using PostgreSqlTestDatabase database = await CreateAsync();
        string login = await LoginAsync(database, "owner");
        await database.ExecuteAsync("ALTER TABLE p ENABLE ROW LEVEL SECURITY; ALTER TABLE p FORCE ROW LEVEL SECURITY", CancellationToken);

        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(() => ResetterAsync(database, login));

        Assert.Contains(
            "Row security applies to this role and may hide rows of \"public\".\"p\"",
            exception.Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_rows_of_a_table_that_inherits_stay_where_they_are()
    {
        await using PostgreSqlTestDatabase database = await CreateAsync();
        await database.ExecuteAsync($"CREATE TABLE heir () INHERITS (p); {Rows} INSERT INTO heir VALUES (1), (2)", CancellationToken);
        await using DatabaseResetter resetter = await ResetterAsync(database);

        Assert.Equal(6, (await resetter.ResetAsync(CancellationToken)).Rows);
        Assert.Equal(2, await database.CountAsync("heir", cancellationToken: CancellationToken));
    }

    [Fact]
    public async Task Many_resets_in_a_row_leave_no_dead_rows_behind_that_every_probe_would_read()
    {
        await using PostgreSqlTestDatabase database = await CreateAsync();
        await using DatabaseResetter resetter = await ResetterAsync(database);
        for (int i = 0; i < 450; i++)
        {
            await database.ExecuteAsync(Rows, CancellationToken);
            await resetter.ResetAsync(CancellationToken);
        }

        Assert.InRange(await database.ScalarAsync<long>("SELECT pg_relation_size('p') / 8192", CancellationToken), 0, 6);
        await database.ExecuteAsync("INSERT INTO p (d) SELECT i FROM generate_series(1, 50000) i", CancellationToken);
        Assert.Equal(50_000, (await resetter.ResetAsync(CancellationToken)).Rows);
        Assert.InRange(await database.ScalarAsync<long>("SELECT pg_relation_size('p') / 8192", CancellationToken), 0, 6);
    }

    [Fact]
    public async Task Four_hundred_tables_are_reset_like_four()
    {
        await using PostgreSqlTestDatabase database = await PostgreSqlTestDatabase.CreateAsync(CancellationToken);
        GraphScenario graph = GraphScenario.Parse(
            string.Join(", ", Enumerable.Range(0, 400).Select(i => i % 8 == 0 ? $"t{i}" : $"t{i}->t{i - 1}")));
        await graph.CreateAsync(database, rows: 2, CancellationToken);
        await using ScenarioContext context = graph.CreateContext(database);
        await using DatabaseResetter resetter = await DatabaseResetter.CreateAsync(context, cancellationToken: CancellationToken);

        Assert.Equal(800, (await resetter.ResetAsync(CancellationToken)).Rows);
        await database.ExecuteAsync("INSERT INTO t392 VALUES (1)", CancellationToken);
        Assert.Equal("1 row: \"public\".\"t392\" 1", (await resetter.ResetAsync(CancellationToken)).ToString());
    }
}
