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

    private static async Task<MariaDbTestDatabase> CreateAsync()
    {
        MariaDbTestDatabase database = await MariaDbTestDatabase.CreateAsync(cancellationToken: CancellationToken);
        await database.ExecuteAsync(
            "CREATE TABLE numbered (\"Id\" int NOT NULL AUTO_INCREMENT PRIMARY KEY); INSERT INTO numbered () VALUES (), (), ()",
            CancellationToken);
        return database;
    }
}
