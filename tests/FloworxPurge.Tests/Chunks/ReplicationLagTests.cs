using FloworxPurge.Planning;
using FloworxPurge.Reporting;
using FloworxPurge.Tests.Kit;
using FloworxPurge.Tests.Servers;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace FloworxPurge.Tests.Chunks;

/// <summary>A run waits for a standby that is behind. What cannot be measured is refused.</summary>
public sealed class ReplicationLagTests
{
    private const long OneMegabyte = 1024 * 1024;

    private static readonly GraphScenario Graph = GraphScenario.Parse("a");

    private static readonly string[] Settings = ["wal_level=replica", "max_wal_senders=4"];

    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_run_waits_for_a_standby_that_is_behind()
    {
        await using PostgreSqlCluster primary = await StartAsync();
        await using PostgreSqlCluster standby = await StartStandbyAsync(primary);
        await using ScenarioContext context = ContextOf(primary, "postgres");
        Func<DbContext, CancellationToken, Task<bool>> isBelow = ReplicationLag.IsBelow(TimeSpan.FromHours(1), OneMegabyte);
        Assert.True(await isBelow(context, CancellationToken));
        await ExecuteAsync(standby, "SELECT pg_wal_replay_pause()");
        await ExecuteAsync(primary, "CREATE TABLE other AS SELECT generate_series(1, 100000)");
        List<bool> answers = [];
        var purger = new Purger(options =>
            options.Rows<Dictionary<string, object>>("a", rows => rows).InChunks(roots: 1, when: async (db, token) =>
            {
                answers.Add(await isBelow(db, token));
                if (answers.Count == 2)
                {
                    await ExecuteAsync(standby, "SELECT pg_wal_replay_resume()");
                }

                return answers[^1];
            }));

        PurgeReport report = await purger.ExecuteAsync(
            context,
            await purger.PlanAsync(context, CancellationToken),
            cancellationToken: CancellationToken);

        Assert.Equal((PurgeVerdict.Complete, 3, 3), (report.Verdict, report.RowsDeleted, report.Chunks!.Transactions));
        Assert.Equal([false, false], answers.Take(2));
        Assert.Equal(2, answers.Count(answer => answer));
        Assert.True(await ReplicationLag.IsBelow(TimeSpan.FromHours(1), OneMegabyte)(context, CancellationToken));
    }

    [Fact]
    public async Task A_standby_that_replayed_late_is_behind_by_that_time()
    {
        await using PostgreSqlCluster primary = await StartAsync();
        await using PostgreSqlCluster standby = await StartStandbyAsync(primary);
        await using ScenarioContext context = ContextOf(primary, "postgres");
        await ExecuteAsync(standby, "SELECT pg_wal_replay_pause()");
        await ExecuteAsync(primary, "INSERT INTO a VALUES (4)");
        await Task.Delay(TimeSpan.FromMilliseconds(500), CancellationToken);
        await ExecuteAsync(standby, "SELECT pg_wal_replay_resume()");

        // What the standby reports arrives a moment later.
        Func<DbContext, CancellationToken, Task<bool>> isBelow = ReplicationLag.IsBelow(TimeSpan.FromMilliseconds(200));
        bool wasBelow = true;
        for (int i = 0; i < 200 && wasBelow; i++)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), CancellationToken);
            wasBelow = await isBelow(context, CancellationToken);
        }

        Assert.False(wasBelow);
        Assert.True(await ReplicationLag.IsBelow(TimeSpan.FromHours(1))(context, CancellationToken));
    }

    [Fact]
    public async Task A_role_from_which_the_server_hides_replicas_is_told_what_it_lacks()
    {
        await using PostgreSqlCluster primary = await StartAsync();
        await ExecuteAsync(primary, "CREATE ROLE purger LOGIN");
        await using ScenarioContext context = ContextOf(primary, "purger");
        Func<DbContext, CancellationToken, Task<bool>> isBelow = ReplicationLag.IsBelow(TimeSpan.FromHours(1));
        Assert.True(await isBelow(context, CancellationToken));
        await using PostgreSqlCluster standby = await StartStandbyAsync(primary);

        PurgeException hidden = await Assert.ThrowsAsync<PurgeException>(() => isBelow(context, CancellationToken));
        await ExecuteAsync(primary, "GRANT pg_monitor TO purger");

        Assert.Equal(
            "The server hides the state of 1 replica from this role, so that their lag is not known. Grant it pg_monitor.",
            hidden.Message);
        Assert.True(await isBelow(context, CancellationToken));
    }

    [Fact]
    public async Task Another_engine_is_refused_by_name()
    {
        await using SqliteTestDatabase database = SqliteTestDatabase.Create();
        await Graph.CreateAsync(database, cancellationToken: CancellationToken);
        await using ScenarioContext context = Graph.CreateContext(database);

        PurgeException refused = await Assert.ThrowsAsync<PurgeException>(
            () => ReplicationLag.IsBelow(TimeSpan.FromSeconds(1))(context, CancellationToken));

        Assert.Contains("measures replicas of PostgreSQL alone, and this is SQLite", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(-1, 1)]
    [InlineData(1, 0)]
    public void A_limit_that_is_not_positive_is_refused(int seconds, long bytes)
        => Assert.Throws<ArgumentOutOfRangeException>(() => ReplicationLag.IsBelow(TimeSpan.FromSeconds(seconds), bytes));

    private static string Binaries()
    {
        QuickRun.SkipBefore("A PostgreSQL server");
        (string? binaries, string? reason) = PostgreSqlBinaries.Find();
        Assert.SkipWhen(binaries is null, "No PostgreSQL programs to start a server with: " + reason);
        return binaries!;
    }

    private static async Task<PostgreSqlCluster> StartAsync()
    {
        PostgreSqlCluster primary = await PostgreSqlCluster.StartAsync(Binaries(), isDurable: false, CancellationToken, Settings);
        await ExecuteAsync(primary, "CREATE TABLE a (\"Id\" int PRIMARY KEY); INSERT INTO a VALUES (1), (2), (3)");
        return primary;
    }

    // A standby that has just connected has not yet reported where it is.
    private static async Task<PostgreSqlCluster> StartStandbyAsync(PostgreSqlCluster primary)
    {
        PostgreSqlCluster standby = await PostgreSqlCluster.StartStandbyAsync(primary, Binaries(), CancellationToken, Settings);
        await using NpgsqlDataSource source = NpgsqlDataSource.Create(primary.ConnectionString);
        await using NpgsqlCommand state = source.CreateCommand("SELECT count(replay_lsn) FROM pg_stat_replication");
        for (int i = 0; i < 500 && (long)(await state.ExecuteScalarAsync(CancellationToken))! == 0; i++)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), CancellationToken);
        }

        Assert.Equal(1L, await state.ExecuteScalarAsync(CancellationToken));
        return standby;
    }

    private static async Task ExecuteAsync(PostgreSqlCluster server, string sql)
    {
        await using NpgsqlDataSource source = NpgsqlDataSource.Create(server.ConnectionString);
        await using NpgsqlCommand command = source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(CancellationToken);
    }

    private static ScenarioContext ContextOf(PostgreSqlCluster cluster, string role)
        => new(
            null,
            Graph.BuildModel,
            options => options.UseNpgsql(new NpgsqlConnectionStringBuilder(cluster.ConnectionString) { Username = role }.ConnectionString));
}
