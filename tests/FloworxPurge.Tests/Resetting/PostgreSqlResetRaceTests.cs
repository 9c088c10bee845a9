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
}
