using FloworxPurge.Tests.Kit;
using Microsoft.EntityFrameworkCore;

namespace FloworxPurge.Tests.Resetting;

/// <summary>A reset waits for another session, and others change rows, numbers and the schema while it does.</summary>
public sealed class PostgreSqlResetWaitTests
{
    // More than one statement probes.
    private const int ManyTables = 40;

    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("superuser", "SHARE")]
    [InlineData("owner", "SHARE")]
    [InlineData("superuser", "ACCESS EXCLUSIVE")]
    [InlineData("owner", "ACCESS EXCLUSIVE")]
    public async Task A_row_without_a_number_that_is_committed_while_a_reset_waits_is_deleted(string role, string mode)
    {
        string[] tables = [.. Enumerable.Range(10, ManyTables).Select(i => $"t{i}")];
        await using PostgreSqlTestDatabase database = await IdTables.CreateAsync(
            string.Concat(tables.Select(table => $"CREATE TABLE {table} (\"Id\" int PRIMARY KEY);"))
                + "CREATE TABLE kept (\"Id\" int PRIMARY KEY, t_id int REFERENCES t10 ON DELETE SET NULL)",
            CancellationToken);
        await using DatabaseResetter resetter = await ResetterAsync(database, role, tables, ["kept"]);
        await resetter.ResetAsync(CancellationToken);
        await using OpenTransaction writer = await OpenTransaction.BeginAsync(
            database,
            $"INSERT INTO t10 VALUES (1); LOCK TABLE {tables[^1]} IN {mode} MODE; INSERT INTO kept VALUES (1, NULL)",
            CancellationToken);

        Task<LeakReport> reset = resetter.ResetAsync(CancellationToken);
        if (role is "owner" || mode is "ACCESS EXCLUSIVE")
        {
            await IdTables.UntilItWaitsAsync(database, reset, CancellationToken);
            await writer.CommitAsync(CancellationToken);
        }

        LeakReport report = await reset;

        Assert.False(report.IsClean);
        Assert.Equal(0, await database.ScalarAsync<long>("SELECT COUNT(*) FROM t10", CancellationToken));
    }

    [Theory]
    [InlineData("superuser", "")]
    [InlineData("owner", "")]
    [InlineData("superuser", "ON DELETE CASCADE")]
    [InlineData("owner", "ON DELETE CASCADE")]
    [InlineData("superuser", "ON DELETE SET NULL")]
    [InlineData("owner", "ON DELETE SET NULL")]
    public async Task A_kept_row_whose_foreign_key_is_created_while_a_reset_waits_is_neither_lost_nor_orphaned(string role, string action)
    {
        await using PostgreSqlTestDatabase database = await IdTables.CreateAsync(
            """
            CREATE TABLE a ("Id" int PRIMARY KEY); CREATE TABLE p ("Id" int PRIMARY KEY);
            CREATE TABLE kept ("Id" int PRIMARY KEY, p_id int)
            """,
            CancellationToken);
        await using DatabaseResetter resetter = await ResetterAsync(database, role, ["a", "p"], ["kept"]);
        await resetter.ResetAsync(CancellationToken);
        await database.ExecuteAsync(
            "INSERT INTO a VALUES (1); INSERT INTO p VALUES (1); INSERT INTO kept VALUES (1, 1)",
            CancellationToken);
        await using OpenTransaction reader = await OpenTransaction.BeginAsync(database, "SELECT FROM a FOR UPDATE", CancellationToken);

        Task<LeakReport> reset = resetter.ResetAsync(CancellationToken);
        await IdTables.UntilItWaitsAsync(database, reset, CancellationToken);
        await database.ExecuteAsync($"ALTER TABLE kept ADD FOREIGN KEY (p_id) REFERENCES p {action}", CancellationToken);
        await reader.CommitAsync(CancellationToken);
        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(() => reset);

        Assert.Contains("\"public\".\"kept\"", exception.Message, StringComparison.Ordinal);
        Assert.Equal(1, await database.ScalarAsync<long>("SELECT COUNT(*) FROM kept JOIN p ON p.\"Id\" = p_id", CancellationToken));
        await database.ExecuteAsync("DELETE FROM kept", CancellationToken);
        Assert.Equal(2, (await resetter.ResetAsync(CancellationToken)).Rows);
    }

    [Theory]
    [InlineData("superuser")]
    [InlineData("owner")]
    public async Task A_partition_that_kept_rows_reference_and_that_is_attached_while_a_reset_waits_keeps_its_rows(string role)
    {
        await using PostgreSqlTestDatabase database = await IdTables.CreateAsync(
            """
            CREATE TABLE a ("Id" int PRIMARY KEY);
            CREATE TABLE p ("Id" int PRIMARY KEY) PARTITION BY RANGE ("Id"); CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (9);
            CREATE TABLE later ("Id" int PRIMARY KEY); CREATE TABLE kept ("Id" int PRIMARY KEY, l_id int REFERENCES later ON DELETE CASCADE)
            """,
            CancellationToken);
        await using DatabaseResetter resetter = await ResetterAsync(database, role, ["a", "p"], ["p1", "later", "kept"]);
        await resetter.ResetAsync(CancellationToken);
        await database.ExecuteAsync(
            "INSERT INTO a VALUES (1); INSERT INTO p VALUES (1); INSERT INTO later VALUES (100); INSERT INTO kept VALUES (1, 100)",
            CancellationToken);
        await using OpenTransaction reader = await OpenTransaction.BeginAsync(database, "SELECT FROM a FOR UPDATE", CancellationToken);

        Task<LeakReport> reset = resetter.ResetAsync(CancellationToken);
        await IdTables.UntilItWaitsAsync(database, reset, CancellationToken);
        await database.ExecuteAsync("ALTER TABLE p ATTACH PARTITION later FOR VALUES FROM (100) TO (200)", CancellationToken);
        await reader.CommitAsync(CancellationToken);
        await Assert.ThrowsAsync<PurgeException>(() => reset);

        Assert.Equal(1, await database.ScalarAsync<long>("SELECT COUNT(*) FROM kept JOIN later l ON l.\"Id\" = l_id", CancellationToken));
    }

    [Theory]
    [InlineData("superuser")]
    [InlineData("owner")]
    public async Task A_reset_that_times_out_at_a_sequence_leaves_the_numbers_of_other_tables_as_they_were(string role)
    {
        await using PostgreSqlTestDatabase database = await IdTables.CreateAsync(
            """
            CREATE TABLE a ("Id" int GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY);
            CREATE TABLE z ("Id" int GENERATED BY DEFAULT AS IDENTITY (CACHE 10) PRIMARY KEY)
            """,
            CancellationToken);
        await using DatabaseResetter resetter = await ResetterAsync(
            database,
            role,
            ["a", "z"],
            [],
            options => options.LockTimeout = TimeSpan.FromSeconds(1));
        await resetter.ResetAsync(CancellationToken);
        await database.ExecuteAsync(
            "INSERT INTO a DEFAULT VALUES; INSERT INTO a DEFAULT VALUES; INSERT INTO z DEFAULT VALUES",
            CancellationToken);
        await using OpenTransaction reader = await OpenTransaction.BeginAsync(
            database,
            "SELECT nextval('\"z_Id_seq\"')",
            CancellationToken);

        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(() => resetter.ResetAsync(CancellationToken));

        Assert.Contains("lock", exception.Message, StringComparison.Ordinal);
        Assert.Equal(2, await database.CountAsync("a", cancellationToken: CancellationToken));
        Assert.Equal(3, await database.ScalarAsync<int>("INSERT INTO a DEFAULT VALUES RETURNING \"Id\"", CancellationToken));
    }

    [Theory]
    [InlineData("superuser")]
    [InlineData("owner")]
    public async Task A_number_that_is_drawn_while_a_reset_waits_for_another_sequence_is_not_drawn_again(string role)
    {
        await using PostgreSqlTestDatabase database = await IdTables.CreateAsync(
            """
            CREATE TABLE a ("Id" int GENERATED BY DEFAULT AS IDENTITY (CACHE 10) PRIMARY KEY);
            CREATE TABLE t ("Id" int GENERATED BY DEFAULT AS IDENTITY (INCREMENT -1) PRIMARY KEY);
            CREATE TABLE u ("Id" int GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY)
            """,
            CancellationToken);
        await using DatabaseResetter resetter = await ResetterAsync(database, role, ["a", "t", "u"], []);
        await resetter.ResetAsync(CancellationToken);
        await database.ExecuteAsync(
            "INSERT INTO a DEFAULT VALUES; INSERT INTO t DEFAULT VALUES; INSERT INTO t DEFAULT VALUES; INSERT INTO u VALUES (9)",
            CancellationToken);
        await using OpenTransaction reader = await OpenTransaction.BeginAsync(
            database,
            "SELECT nextval('\"a_Id_seq\"')",
            CancellationToken);

        Task<LeakReport> reset = resetter.ResetAsync(CancellationToken);
        await IdTables.UntilItWaitsAsync(database, reset, CancellationToken);
        await using OpenTransaction writer = await OpenTransaction.BeginAsync(
            database,
            "INSERT INTO t DEFAULT VALUES; INSERT INTO u DEFAULT VALUES",
            CancellationToken);
        await reader.CommitAsync(CancellationToken);
        LeakReport report = await reset;

        Assert.NotEmpty(report.OpenTransactions);
        Assert.Equal(-4, await database.ScalarAsync<long>("SELECT nextval('\"t_Id_seq\"')", CancellationToken));
        Assert.Equal(2, await database.ScalarAsync<long>("SELECT nextval('\"u_Id_seq\"')", CancellationToken));
    }

    [Theory]
    [InlineData("superuser")]
    [InlineData("owner")]
    public async Task A_kept_row_that_is_committed_after_a_deadlock_with_a_reset_is_neither_lost_nor_orphaned(string role)
    {
        await using PostgreSqlTestDatabase database = await IdTables.CreateAsync(
            """
            CREATE TABLE p ("Id" int PRIMARY KEY); CREATE TABLE c ("Id" int PRIMARY KEY, p_id int NOT NULL REFERENCES p);
            CREATE TABLE kept ("Id" int PRIMARY KEY, p_id int NOT NULL REFERENCES p)
            """,
            CancellationToken);
        await using DatabaseResetter resetter = await ResetterAsync(database, role, ["p", "c"], ["kept"]);
        await resetter.ResetAsync(CancellationToken);
        await database.ExecuteAsync("INSERT INTO p VALUES (1); INSERT INTO c VALUES (1, 1)", CancellationToken);
        await using OpenTransaction writer = await OpenTransaction.BeginAsync(
            database,
            "SET LOCAL deadlock_timeout = '1min'; SELECT FROM p FOR UPDATE",
            CancellationToken);

        Task<LeakReport> reset = resetter.ResetAsync(CancellationToken);
        await IdTables.UntilItWaitsAsync(database, reset, CancellationToken);
        await writer.ExecuteAsync("SELECT FROM c FOR UPDATE", CancellationToken);
        await IdTables.UntilItWaitsAsync(database, reset, CancellationToken);
        await writer.ExecuteAsync("INSERT INTO kept VALUES (1, 1)", CancellationToken);
        await writer.CommitAsync(CancellationToken);
        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(() => reset);

        Assert.Contains("\"public\".\"kept\"", exception.Message, StringComparison.Ordinal);
        Assert.Equal(1, await database.ScalarAsync<long>("SELECT COUNT(*) FROM kept JOIN p ON p.\"Id\" = p_id", CancellationToken));
        await database.ExecuteAsync("DELETE FROM kept", CancellationToken);
        Assert.Equal(2, (await resetter.ResetAsync(CancellationToken)).Rows);
        Assert.True((await resetter.ResetAsync(CancellationToken)).IsClean);
    }

    [Theory]
    [InlineData("read committed")]
    [InlineData("repeatable read")]
    [InlineData("serializable")]
    public async Task A_row_that_is_committed_while_a_reset_over_a_context_waits_is_deleted_whatever_the_default_isolation(string isolation)
    {
        await using PostgreSqlTestDatabase database = await IdTables.CreateAsync(
            """
            CREATE TABLE p ("Id" int PRIMARY KEY); CREATE TABLE kept ("Id" int PRIMARY KEY, p_id int REFERENCES p ON DELETE SET NULL)
            """,
            CancellationToken);
        await using DatabaseResetter resetter = await ResetterAsync(database, "superuser", ["p"], ["kept"]);
        await using var context = new ScenarioContext(
            database,
            IdTables.Model("p"),
            options => options.UseNpgsql($"{database.ConnectionString};Options=-c default_transaction_isolation={isolation.Replace(" ", "\\ ", StringComparison.Ordinal)}"));
        await using OpenTransaction writer = await OpenTransaction.BeginAsync(
            database,
            "INSERT INTO p VALUES (1); INSERT INTO kept VALUES (1, NULL)",
            CancellationToken);

        Task<LeakReport> reset = resetter.ResetAsync(context, CancellationToken);
        await IdTables.UntilItWaitsAsync(database, reset, CancellationToken);
        await writer.CommitAsync(CancellationToken);

        Assert.Equal(1, (await reset).Rows);
        Assert.Equal(0, await database.ScalarAsync<long>("SELECT COUNT(*) FROM p", CancellationToken));
    }

    private static async Task<DatabaseResetter> ResetterAsync(
        PostgreSqlTestDatabase database,
        string role,
        string[] tables,
        string[] others,
        Action<ResetOptions>? configure = null)
    {
        string login = role is "owner"
            ? await IdTables.OwnerAsync(database, [.. tables, .. others], CancellationToken)
            : database.ConnectionString;
        return await IdTables.ResetterAsync(
            database,
            tables,
            configure,
            options => options.UseNpgsql(login),
            CancellationToken);
    }
}
