using FloworxPurge.Tests.Kit;
using Microsoft.EntityFrameworkCore;

namespace FloworxPurge.Tests.Resetting;

/// <summary>What others commit while a reset waits for them is met by it: no row of theirs is lost, or left pointing at nothing.</summary>
public sealed class PostgreSqlResetRaceTests
{
    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("", "superuser")]
    [InlineData("", "owner")]
    [InlineData("ON DELETE CASCADE", "superuser")]
    [InlineData("ON DELETE CASCADE", "owner")]
    [InlineData("ON DELETE SET NULL", "superuser")]
    [InlineData("ON DELETE SET NULL", "owner")]
    public async Task A_kept_row_that_is_committed_while_a_reset_waits_is_neither_lost_nor_orphaned(string action, string role)
    {
        await using PostgreSqlTestDatabase database = await IdTables.CreateAsync($"""CREATE TABLE p ("Id" int PRIMARY KEY); CREATE TABLE kept ("Id" int PRIMARY KEY, p_id int REFERENCES p {action})""", CancellationToken);
        string login = role is "owner" ? await IdTables.OwnerAsync(database, ["p", "kept"], CancellationToken) : database.ConnectionString;
        await using DatabaseResetter resetter = await IdTables.ResetterAsync(
            database,
            ["p"],
            over: options => options.UseNpgsql(login),
            cancellationToken: CancellationToken);
        await resetter.ResetAsync(CancellationToken);
        await database.ExecuteAsync("INSERT INTO p VALUES (1)", CancellationToken);
        await using OpenTransaction writer = await OpenTransaction.BeginAsync(
            database,
            "INSERT INTO kept VALUES (1, 1)",
            CancellationToken);

        Task<LeakReport> reset = resetter.ResetAsync(CancellationToken);
        await IdTables.UntilItWaitsAsync(database, reset, CancellationToken);
        await writer.CommitAsync(CancellationToken);
        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(() => reset);

        Assert.Contains("cannot be reset", exception.Message, StringComparison.Ordinal);
        Assert.Contains("\"public\".\"kept\"", exception.Message, StringComparison.Ordinal);
        Assert.Equal(1, await database.ScalarAsync<long>("SELECT COUNT(*) FROM kept JOIN p ON p.\"Id\" = p_id", CancellationToken));
        await database.ExecuteAsync("DELETE FROM kept", CancellationToken);
        Assert.Equal(1, (await resetter.ResetAsync(CancellationToken)).Rows);
    }

    [Theory]
    [InlineData("superuser")]
    [InlineData("owner")]
    public async Task A_dependent_row_that_is_committed_while_a_reset_waits_does_not_outlive_its_principal(string role)
    {
        await using PostgreSqlTestDatabase database = await IdTables.CreateAsync("""CREATE TABLE p ("Id" int PRIMARY KEY); CREATE TABLE c ("Id" int PRIMARY KEY, p_id int NOT NULL REFERENCES p)""", CancellationToken);
        string login = role is "owner" ? await IdTables.OwnerAsync(database, ["p", "c"], CancellationToken) : database.ConnectionString;
        await using DatabaseResetter resetter = await IdTables.ResetterAsync(
            database,
            ["p", "c"],
            over: options => options.UseNpgsql(login),
            cancellationToken: CancellationToken);
        await database.ExecuteAsync("INSERT INTO p VALUES (1)", CancellationToken);
        await using OpenTransaction writer = await OpenTransaction.BeginAsync(database, "INSERT INTO c VALUES (1, 1)", CancellationToken);

        Task<LeakReport> reset = resetter.ResetAsync(CancellationToken);
        await IdTables.UntilItWaitsAsync(database, reset, CancellationToken);
        await writer.CommitAsync(CancellationToken);
        await reset;

        Assert.Equal(0, await database.ScalarAsync<long>("SELECT (SELECT COUNT(*) FROM c) + (SELECT COUNT(*) FROM p)", CancellationToken));
        Assert.True((await resetter.ResetAsync(CancellationToken)).IsClean);
    }

    [Theory]
    [InlineData("superuser")]
    [InlineData("owner")]
    public async Task Rows_that_belong_together_and_are_committed_during_a_long_delete_are_not_torn_apart(string role)
    {
        await using PostgreSqlTestDatabase database = await IdTables.CreateAsync(
            """
            CREATE TABLE p ("Id" int PRIMARY KEY);
            CREATE TABLE c ("Id" int PRIMARY KEY, p_id int NOT NULL REFERENCES p);
            CREATE TABLE kept ("Id" int PRIMARY KEY, p_id int NOT NULL REFERENCES p);
            """,
            CancellationToken);
        string login = role is "owner"
            ? await IdTables.OwnerAsync(database, ["p", "c", "kept"], CancellationToken)
            : database.ConnectionString;
        await using DatabaseResetter resetter = await IdTables.ResetterAsync(
            database,
            ["p", "c"],
            over: options => options.UseNpgsql(login),
            cancellationToken: CancellationToken);
        await resetter.ResetAsync(CancellationToken);
        await database.ExecuteAsync("INSERT INTO p VALUES (1); INSERT INTO c SELECT i, 1 FROM generate_series(1, 400000) i", CancellationToken);

        Task<LeakReport> reset = resetter.ResetAsync(CancellationToken);
        await UntilItDeletesAsync(database, "c", reset);
        await database.ExecuteAsync(
            "BEGIN; INSERT INTO p VALUES (777); INSERT INTO c VALUES (777000, 777); INSERT INTO kept VALUES (1, 777); COMMIT",
            CancellationToken);
        Assert.False(reset.IsCompleted);
        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(() => reset);

        Assert.Contains("\"public\".\"kept\"", exception.Message, StringComparison.Ordinal);
        Assert.Equal(0, await database.ScalarAsync<long>("SELECT COUNT(*) FROM c LEFT JOIN p ON p.\"Id\" = p_id WHERE p IS NULL", CancellationToken));
        Assert.Equal(1, await database.ScalarAsync<long>("SELECT COUNT(*) FROM kept JOIN p ON p.\"Id\" = p_id", CancellationToken));
        await database.ExecuteAsync("DELETE FROM kept", CancellationToken);
        Assert.Equal(400_003, (await resetter.ResetAsync(CancellationToken)).Rows);
    }

    [Theory]
    [InlineData("superuser")]
    [InlineData("owner")]
    public async Task Rows_that_are_committed_during_a_long_delete_are_deleted_with_their_principals(string role)
    {
        await using PostgreSqlTestDatabase database = await IdTables.CreateAsync(
            """
            CREATE TABLE p ("Id" int GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY);
            CREATE TABLE c ("Id" int PRIMARY KEY, p_id int NOT NULL REFERENCES p);
            """,
            CancellationToken);
        string login = role is "owner" ? await IdTables.OwnerAsync(database, ["p", "c"], CancellationToken) : database.ConnectionString;
        await using DatabaseResetter resetter = await IdTables.ResetterAsync(
            database,
            ["p", "c"],
            over: options => options.UseNpgsql(login),
            cancellationToken: CancellationToken);
        await resetter.ResetAsync(CancellationToken);
        await database.ExecuteAsync(
            "INSERT INTO p DEFAULT VALUES; INSERT INTO c SELECT i, 1 FROM generate_series(1, 400000) i",
            CancellationToken);

        Task<LeakReport> reset = resetter.ResetAsync(CancellationToken);
        await UntilItDeletesAsync(database, "c", reset);
        await database.ExecuteAsync(
            "WITH n AS (INSERT INTO p DEFAULT VALUES RETURNING \"Id\") INSERT INTO c SELECT 777000, \"Id\" FROM n",
            CancellationToken);
        Assert.False(reset.IsCompleted);
        LeakReport report = await reset;

        Assert.Equal(400_003, report.Rows);
        Assert.Equal(0, await database.ScalarAsync<long>("SELECT (SELECT COUNT(*) FROM c) + (SELECT COUNT(*) FROM p)", CancellationToken));
        Assert.Equal(1, await database.ScalarAsync<int>("INSERT INTO p DEFAULT VALUES RETURNING \"Id\"", CancellationToken));
    }

    [Theory]
    [InlineData("superuser")]
    [InlineData("owner")]
    public async Task A_number_that_an_open_transaction_has_drawn_is_not_drawn_again(string role)
    {
        await using PostgreSqlTestDatabase database = await IdTables.CreateAsync(
            "CREATE TABLE t (\"Id\" int GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY)",
            CancellationToken);
        string login = role is "owner" ? await IdTables.OwnerAsync(database, ["t"], CancellationToken) : database.ConnectionString;
        await using DatabaseResetter resetter = await IdTables.ResetterAsync(
            database,
            ["t"],
            over: options => options.UseNpgsql(login),
            cancellationToken: CancellationToken);
        await resetter.ResetAsync(CancellationToken);
        await database.ExecuteAsync("INSERT INTO t DEFAULT VALUES", CancellationToken);
        await using OpenTransaction writer = await OpenTransaction.BeginAsync(
            database,
            "INSERT INTO t DEFAULT VALUES",
            CancellationToken);

        LeakReport report = await resetter.ResetAsync(CancellationToken);

        Assert.NotEmpty(report.OpenTransactions);
        await writer.CommitAsync(CancellationToken);
        Assert.Equal(3, await database.ScalarAsync<int>("INSERT INTO t DEFAULT VALUES RETURNING \"Id\"", CancellationToken));
        Assert.Equal(2, (await resetter.ResetAsync(CancellationToken)).Rows);
        Assert.Equal(1, await database.ScalarAsync<int>("INSERT INTO t DEFAULT VALUES RETURNING \"Id\"", CancellationToken));
    }

    [Fact]
    public async Task A_number_that_an_open_transaction_has_drawn_alone_is_not_drawn_again()
    {
        await using PostgreSqlTestDatabase database = await IdTables.CreateAsync(
            "CREATE TABLE t (\"Id\" int GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY)",
            CancellationToken);
        await using DatabaseResetter resetter = await IdTables.ResetterAsync(database, ["t"], cancellationToken: CancellationToken);
        await resetter.ResetAsync(CancellationToken);
        await database.ExecuteAsync("INSERT INTO t DEFAULT VALUES", CancellationToken);

        // The second number of a sequence needs no transaction number.
        await using OpenTransaction writer = await OpenTransaction.BeginAsync(
            database,
            "SELECT nextval('\"t_Id_seq\"')",
            CancellationToken);

        LeakReport report = await resetter.ResetAsync(CancellationToken);

        Assert.Contains("t_Id_seq", Assert.Single(report.OpenTransactions), StringComparison.Ordinal);
        Assert.Equal(3, await database.ScalarAsync<int>("INSERT INTO t DEFAULT VALUES RETURNING \"Id\"", CancellationToken));
        await writer.CommitAsync(CancellationToken);
        await resetter.ResetAsync(CancellationToken);
        Assert.Equal(1, await database.ScalarAsync<int>("INSERT INTO t DEFAULT VALUES RETURNING \"Id\"", CancellationToken));
    }

    private static async Task UntilItDeletesAsync(PostgreSqlTestDatabase database, string table, Task<LeakReport> reset)
    {
        while (!reset.IsCompleted
            && await database.ScalarAsync<long>(
                $"SELECT COUNT(*) FROM pg_locks WHERE relation = '{table}'::regclass AND mode = 'RowExclusiveLock'",
                CancellationToken) == 0)
        {
        }

        Assert.False(reset.IsCompleted);
    }
}
