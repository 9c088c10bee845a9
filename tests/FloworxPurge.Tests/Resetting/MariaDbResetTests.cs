using System.Data.Common;
using FloworxPurge.Tests.Kit;
using Microsoft.EntityFrameworkCore;

namespace FloworxPurge.Tests.Resetting;

/// <summary>What a reset of MariaDB reports when a lock wait times out, or when it lacks the right to do what follows the commit.</summary>
public sealed class MariaDbResetTests
{
    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_reset_does_not_go_on_without_the_lock_that_another_holds()
    {
        await using MariaDbTestDatabase database = await CreateAsync();
        await using DatabaseResetter resetter = await IdTables.ResetterAsync(
            database,
            ["numbered"],
            options => options.LockTimeout = TimeSpan.FromSeconds(1),
            cancellationToken: CancellationToken);
        await using DbConnection other = await database.OpenConnectionAsync(CancellationToken);
        await using DbCommand hold = other.CreateCommand();
        hold.CommandText = "SELECT GET_LOCK(CONCAT('floworxpurge ', MD5(DATABASE())), 0)";
        await hold.ExecuteScalarAsync(CancellationToken);

        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(() => resetter.ResetAsync(CancellationToken));

        Assert.Contains("held its lock for longer than LockTimeout allows", exception.Message, StringComparison.Ordinal);
        Assert.Equal(3, await database.CountAsync("numbered", cancellationToken: CancellationToken));
        hold.CommandText = "SELECT RELEASE_LOCK(CONCAT('floworxpurge ', MD5(DATABASE())))";
        await hold.ExecuteScalarAsync(CancellationToken);
        Assert.Equal(3, (await resetter.ResetAsync(CancellationToken)).Rows);
    }

    [Fact]
    public async Task Numbers_that_may_not_be_restarted_are_not_reported_as_if_nothing_were_emptied()
    {
        await using MariaDbTestDatabase database = await CreateAsync();
        (string role, string login) = await database.CreateLoginAsync(CancellationToken);
        await database.ExecuteAsync($"GRANT SELECT, DELETE, TRIGGER ON \"{database.Name}\".* TO '{role}'@'%'", CancellationToken);
        await using DatabaseResetter resetter = await IdTables.ResetterAsync(
            database,
            ["numbered"],
            over: options => options.UseMySQL(login),
            cancellationToken: CancellationToken);

        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(() => resetter.ResetAsync(CancellationToken));

        Assert.Contains("were emptied, and their numbers could not be restarted", exception.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("othing was changed", exception.Message, StringComparison.Ordinal);
        Assert.Equal(0, await database.CountAsync("numbered", cancellationToken: CancellationToken));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_row_that_is_committed_while_a_reset_waits_is_deleted_too(bool overContext)
    {
        await using MariaDbTestDatabase database = await CreateAsync();
        await using DatabaseResetter resetter = await IdTables.ResetterAsync(database, ["numbered"], cancellationToken: CancellationToken);
        await using var context = new ScenarioContext(database, IdTables.Model("numbered"));
        await resetter.ResetAsync(CancellationToken);
        await using DbConnection other = await database.OpenConnectionAsync(CancellationToken);
        await using DbTransaction transaction = await other.BeginTransactionAsync(CancellationToken);
        await using DbCommand insert = other.CreateCommand();
        insert.Transaction = transaction;
        insert.CommandText = "INSERT INTO numbered () VALUES ()";
        await insert.ExecuteNonQueryAsync(CancellationToken);

        Task<LeakReport> reset = overContext
            ? resetter.ResetAsync(context, CancellationToken)
            : resetter.ResetAsync(CancellationToken);
        while (!reset.IsCompleted
            && await database.ScalarAsync<long>(
                "SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE DB = DATABASE() AND STATE LIKE 'Waiting for table metadata%'",
                CancellationToken) == 0)
        {
        }

        await transaction.CommitAsync(CancellationToken);
        LeakReport report = await reset;

        Assert.Equal(1, report.Rows);
        Assert.Equal(0, await database.CountAsync("numbered", cancellationToken: CancellationToken));
    }

    [Theory]
    [InlineData("CREATE TABLE kept (id int PRIMARY KEY, r int, FOREIGN KEY (r) REFERENCES numbered (\"Id\") ON DELETE CASCADE)")]
    [InlineData("CREATE TABLE kept (id int PRIMARY KEY, r int, FOREIGN KEY (r) REFERENCES numbered (\"Id\") ON DELETE SET NULL)")]
    [InlineData(
        "CREATE TABLE kept (id int PRIMARY KEY, r int); "
            + "ALTER TABLE kept ADD FOREIGN KEY (r) REFERENCES numbered (\"Id\") ON DELETE CASCADE")]
    public async Task A_kept_table_that_begins_to_reference_one_keeps_its_rows(string change)
    {
        await using MariaDbTestDatabase database = await CreateAsync();
        await using DatabaseResetter resetter = await IdTables.ResetterAsync(database, ["numbered"], cancellationToken: CancellationToken);
        for (int i = 0; i < 3; i++)
        {
            await resetter.ResetAsync(CancellationToken);
            await database.ExecuteAsync("INSERT INTO numbered () VALUES ()", CancellationToken);
        }

        await database.ExecuteAsync($"{change}; INSERT INTO kept SELECT 1, MAX(\"Id\") FROM numbered", CancellationToken);
        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(() => resetter.ResetAsync(CancellationToken));

        Assert.Contains("\"kept\"", exception.Message, StringComparison.Ordinal);
        Assert.Equal(1, await database.ScalarAsync<long>("SELECT COUNT(r) FROM kept", CancellationToken));
        await database.ExecuteAsync("DELETE FROM kept", CancellationToken);
        Assert.Equal(1, (await resetter.ResetAsync(CancellationToken)).Rows);
    }

    [Theory]
    [InlineData(false, 2)]
    [InlineData(true, 0)]
    public async Task The_history_of_a_table_is_deleted_where_that_is_asked_for_and_reported_otherwise(bool purgesHistory, long left)
    {
        await using MariaDbTestDatabase database = await MariaDbTestDatabase.CreateAsync(cancellationToken: CancellationToken);
        await database.ExecuteAsync(
            "CREATE TABLE kept_rows (\"Id\" int NOT NULL PRIMARY KEY) WITH SYSTEM VERSIONING",
            CancellationToken);
        await using DatabaseResetter resetter = await IdTables.ResetterAsync(
            database,
            ["kept_rows"],
            options => options.PurgeHistory = purgesHistory,
            cancellationToken: CancellationToken);
        await database.ExecuteAsync("INSERT INTO kept_rows VALUES (1)", CancellationToken);
        LeakReport report = await resetter.ResetAsync(CancellationToken);

        // A test that has deleted its own row leaves a history, too.
        await database.ExecuteAsync("INSERT INTO kept_rows VALUES (2)", CancellationToken);
        await database.ExecuteAsync("DELETE FROM kept_rows", CancellationToken);
        await resetter.ResetAsync(CancellationToken);

        Assert.Equal(
            left,
            await database.ScalarAsync<long>("SELECT COUNT(*) FROM kept_rows FOR SYSTEM_TIME ALL", CancellationToken));
        Assert.Equal(purgesHistory, !report.Warnings.Any(note => note.Text.Contains("Set PurgeHistory", StringComparison.Ordinal)));
        Assert.Equal(purgesHistory, !resetter.Plan.Notes.Any(note => note.Text.Contains("Set PurgeHistory", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("CASCADE")]
    [InlineData("SET NULL")]
    public async Task A_row_that_is_committed_while_a_reset_waits_for_a_kept_table_is_deleted_too(string action)
    {
        await using MariaDbTestDatabase database = await MariaDbTestDatabase.CreateAsync(cancellationToken: CancellationToken);
        await database.ExecuteAsync(
            $"""
            CREATE TABLE p ("Id" int PRIMARY KEY);
            CREATE TABLE kept (id int PRIMARY KEY, r int, FOREIGN KEY (r) REFERENCES p ("Id") ON DELETE {action})
            """,
            CancellationToken);
        await using DatabaseResetter resetter = await IdTables.ResetterAsync(database, ["p"], cancellationToken: CancellationToken);
        await resetter.ResetAsync(CancellationToken);
        await using DbConnection other = await database.OpenConnectionAsync(CancellationToken);
        await using DbTransaction transaction = await other.BeginTransactionAsync(CancellationToken);
        await ExecuteAsync(other, transaction, "INSERT INTO p VALUES (1); INSERT INTO kept VALUES (1, NULL)");

        Task<LeakReport> reset = resetter.ResetAsync(CancellationToken);
        await UntilItWaitsForRowsAsync(database, reset);
        await transaction.CommitAsync(CancellationToken);

        Assert.Equal(1, (await reset).Rows);
        Assert.Equal(0, await database.CountAsync("p", cancellationToken: CancellationToken));
        Assert.Equal(1, await database.CountAsync("kept", cancellationToken: CancellationToken));
    }

    [Theory]
    [InlineData("CASCADE")]
    [InlineData("SET NULL")]
    public async Task A_kept_row_whose_foreign_key_is_created_while_a_reset_waits_is_not_lost(string action)
    {
        await using MariaDbTestDatabase database = await MariaDbTestDatabase.CreateAsync(cancellationToken: CancellationToken);
        await database.ExecuteAsync(
            """
            CREATE TABLE a ("Id" int PRIMARY KEY); CREATE TABLE p ("Id" int PRIMARY KEY); CREATE TABLE kept (id int PRIMARY KEY, r int);
            INSERT INTO a VALUES (1); INSERT INTO p VALUES (1); INSERT INTO kept VALUES (1, 1)
            """,
            CancellationToken);
        await using DatabaseResetter resetter = await IdTables.ResetterAsync(database, ["a", "p"], cancellationToken: CancellationToken);
        await using DbConnection other = await database.OpenConnectionAsync(CancellationToken);
        await using DbTransaction transaction = await other.BeginTransactionAsync(CancellationToken);
        await ExecuteAsync(other, transaction, "SELECT * FROM a FOR UPDATE");

        Task<LeakReport> reset = resetter.ResetAsync(CancellationToken);
        await UntilItWaitsForRowsAsync(database, reset);
        Task change = database.ExecuteAsync(
            $"ALTER TABLE kept ADD FOREIGN KEY (r) REFERENCES p (\"Id\") ON DELETE {action}",
            CancellationToken);
        await Task.WhenAny(change, Task.Delay(TimeSpan.FromSeconds(1), CancellationToken));
        await transaction.CommitAsync(CancellationToken);
        await Task.WhenAny(Task.WhenAll(reset, change));

        // Either of the two fails: the foreign key, or the reset that would delete what it references.
        Assert.NotEqual(reset.IsFaulted, change.IsFaulted);
        Assert.Equal(1, await database.ScalarAsync<long>("SELECT COUNT(r) FROM kept", CancellationToken));
        Assert.Equal(reset.IsFaulted ? 1 : 0, await database.CountAsync("p", cancellationToken: CancellationToken));
    }

    [Fact]
    public async Task A_given_connection_that_checks_no_foreign_keys_checks_none_after_a_cycle_was_emptied_either()
    {
        await using MariaDbTestDatabase database = await MariaDbTestDatabase.CreateAsync(cancellationToken: CancellationToken);
        const string Rows = "INSERT INTO x VALUES (1, 1); INSERT INTO y VALUES (1, 1)";
        await database.ExecuteAsync(
            """
            CREATE TABLE x ("Id" int PRIMARY KEY, r int NOT NULL);
            CREATE TABLE y ("Id" int PRIMARY KEY, r int NOT NULL REFERENCES x ("Id"));
            ALTER TABLE x ADD FOREIGN KEY (r) REFERENCES y ("Id")
            """,
            CancellationToken);
        await database.ExecuteUncheckedAsync(Rows, CancellationToken);
        await using DatabaseResetter resetter = await IdTables.ResetterAsync(database, ["x", "y"], cancellationToken: CancellationToken);
        await using var context = new ScenarioContext(database, IdTables.Model("x", "y"));
        await context.Database.OpenConnectionAsync(CancellationToken);
        await context.Database.ExecuteSqlRawAsync("SET SESSION foreign_key_checks = 0", CancellationToken);

        Assert.Equal(2, (await resetter.ResetAsync(context, CancellationToken)).Rows);

        Assert.Equal(
            "0",
            await context.Database
                .SqlQueryRaw<string>("SELECT CONCAT(@@foreign_key_checks + 0) AS \"Value\"")
                .SingleAsync(CancellationToken));
        Assert.Contains(resetter.Plan.Steps, step => step.Kind == PlanStepKind.EnableConstraints);
    }

    private static async Task ExecuteAsync(DbConnection connection, DbTransaction transaction, string sql)
    {
        await using DbCommand command = connection.CreateCommand();
        (command.Transaction, command.CommandText) = (transaction, sql);
        await command.ExecuteNonQueryAsync(CancellationToken);
    }

    private static async Task UntilItWaitsForRowsAsync(MariaDbTestDatabase database, Task work)
    {
        while (await database.ScalarAsync<long>(
            "SELECT COUNT(*) FROM information_schema.INNODB_TRX t JOIN information_schema.PROCESSLIST p ON p.ID = t.trx_mysql_thread_id "
                + "WHERE p.DB = DATABASE() AND t.trx_state = 'LOCK WAIT'",
            CancellationToken) == 0)
        {
            Assert.False(work.IsCompleted, "It has ended without waiting for a lock.");

            // InnoDB returns the same answer to whoever asks again within 0.1 s.
            await Task.Delay(200, CancellationToken);
        }
    }

    private static async Task<MariaDbTestDatabase> CreateAsync()
    {
        MariaDbTestDatabase database = await MariaDbTestDatabase.CreateAsync(cancellationToken: CancellationToken);
        await database.ExecuteAsync(
            "CREATE TABLE numbered (\"Id\" int NOT NULL AUTO_INCREMENT PRIMARY KEY); INSERT INTO numbered () VALUES (), (), ()",
            CancellationToken);
        return database;
    }
}
