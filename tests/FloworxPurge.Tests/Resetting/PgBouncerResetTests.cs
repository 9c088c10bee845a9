using FloworxPurge.Tests.Kit;
using FloworxPurge.Tests.Servers;
using Npgsql;
using static FloworxPurge.Tests.Resetting.FourTables;

namespace FloworxPurge.Tests.Resetting;

/// <summary>Resets through PgBouncer, which may give each transaction another session, and a session to other clients.</summary>
public sealed class PgBouncerResetTests
{
    private const string Functions = "SELECT COUNT(*) FROM pg_proc WHERE proname LIKE 'floworx%'";

    private const string Settings =
        "SELECT current_setting('session_replication_role') || current_setting('synchronous_commit') || current_setting('row_security') "
            + "|| current_setting('lock_timeout') || current_setting('plan_cache_mode')";

    private const string Defaults = "originonon0auto";

    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_session_of_its_own_behind_a_pooler_has_the_function_and_no_settings()
    {
        await using PostgreSqlTestDatabase database = await CreateAsync();
        await using PgBouncer pooler = await PgBouncer.StartAsync(database.ConnectionString, "session", sessions: 4, CancellationToken);
        var opened = new OpenedConnections();
        await using (DatabaseResetter resetter = await ResetterAsync(database, pooler.ConnectionString, interceptor: opened))
        {
            for (int i = 0; i < 4; i++)
            {
                await database.ExecuteAsync(Rows, CancellationToken);
                Assert.Equal(6, (await resetter.ResetAsync(CancellationToken)).Rows);
                Assert.Equal((1, 1, 100), await NextNumbersAsync(database));
                Assert.Equal(2, await database.ScalarAsync<long>(Functions, CancellationToken));
                await using var command = opened.Last!.CreateCommand();
                command.CommandText = Settings;
                Assert.Equal(Defaults, await command.ExecuteScalarAsync(CancellationToken));
            }
        }

        Assert.Equal(0, await database.ScalarAsync<long>(Functions, CancellationToken));
    }

    [Fact]
    public async Task A_session_that_a_pooler_has_changed_meanwhile_is_noticed()
    {
        await using PostgreSqlTestDatabase database = await CreateAsync();
        await using PgBouncer pooler = await PgBouncer.StartAsync(database.ConnectionString, "transaction", sessions: 2, CancellationToken);
        await using DatabaseResetter resetter = await ResetterAsync(database, pooler.ConnectionString);
        await database.ExecuteAsync(Rows, CancellationToken);
        Assert.Equal(6, (await resetter.ResetAsync(CancellationToken)).Rows);
        Assert.Equal(2, await database.ScalarAsync<long>(Functions, CancellationToken));
        for (int i = 0; i < 4; i++)
        {
            // Two clients hold the two sessions of the pooler, and one gives its session back.
            await using NpgsqlTransaction first = await BeginAsync(pooler);
            await using NpgsqlTransaction second = await BeginAsync(pooler);
            await (i % 2 == 0 ? first : second).RollbackAsync(CancellationToken);
            await database.ExecuteAsync(Rows, CancellationToken);

            Assert.Equal(6, (await resetter.ResetAsync(CancellationToken)).Rows);

            Assert.Equal((1, 1, 100), await NextNumbersAsync(database));
            Assert.Equal(0, await RowsAsync(database));
            await (i % 2 == 0 ? second : first).RollbackAsync(CancellationToken);
        }

        // The function is not made again for each session.
        Assert.InRange(await database.ScalarAsync<long>(Functions, CancellationToken), 0, 2);
    }

    private static async Task<NpgsqlTransaction> BeginAsync(PgBouncer pooler)
    {
        var connection = new NpgsqlConnection(pooler.ConnectionString);
        await connection.OpenAsync(CancellationToken);
        NpgsqlTransaction transaction = await connection.BeginTransactionAsync(CancellationToken);
        await using var command = new NpgsqlCommand(Settings, connection, transaction);
        Assert.Equal(Defaults, await command.ExecuteScalarAsync(CancellationToken));
        return transaction;
    }
}
