using FloworxPurge.Planning;
using FloworxPurge.Reporting;
using FloworxPurge.Tests.Kit;
using FloworxPurge.Tests.Servers;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using Npgsql.Replication;
using NpgsqlTypes;

namespace FloworxPurge.Tests.Chunks;

/// <summary>The lag of a replica that this test is: it receives what the server sends, and says what it has replayed.</summary>
public sealed class ReplicationLagTests
{
    private const long OneMegabyte = 1024 * 1024;

    private static readonly GraphScenario Graph = GraphScenario.Parse("a");

    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_run_waits_for_a_replica_that_is_behind()
    {
        await using PostgreSqlCluster cluster = await StartAsync();
        await using ScenarioContext context = await CreateAsync(cluster);
        await using Replica replica = await Replica.StartAsync(cluster.ConnectionString, CancellationToken);
        Func<DbContext, CancellationToken, Task<bool>> isBelow = ReplicationLag.IsBelow(TimeSpan.FromHours(1), OneMegabyte);
        await context.Database.ExecuteSqlRawAsync("CREATE TABLE other AS SELECT generate_series(1, 100000)", CancellationToken);
        Assert.False(await isBelow(context, CancellationToken));
        Assert.True(await ReplicationLag.IsBelow(TimeSpan.FromHours(1), 1024 * OneMegabyte)(context, CancellationToken));
        List<bool> answers = [];
        var purger = new Purger(options =>
        {
            options.TimeProvider = new QuickClock(DateTimeOffset.UnixEpoch, wait => wait != TimeSpan.FromSeconds(1));
            options.Rows<Dictionary<string, object>>("a", rows => rows).InChunks(roots: 1, when: async (db, token) =>
            {
                answers.Add(await isBelow(db, token));
                if (!answers[^1])
                {
                    await replica.CatchUpAsync(token);
                }

                return answers[^1];
            });
        });

        PurgeReport report = await purger.ExecuteAsync(
            context,
            await purger.PlanAsync(context, CancellationToken),
            cancellationToken: CancellationToken);

        Assert.Equal((PurgeVerdict.Complete, 3, 3), (report.Verdict, report.RowsDeleted, report.Chunks!.Transactions));
        Assert.False(answers[0]);
        Assert.Equal(2, answers.Count(answer => answer));
    }

    [Fact]
    public async Task A_replica_that_has_replayed_late_is_behind_by_that_time()
    {
        await using PostgreSqlCluster cluster = await StartAsync();
        await using ScenarioContext context = await CreateAsync(cluster);
        await using Replica replica = await Replica.StartAsync(cluster.ConnectionString, CancellationToken);
        await context.Database.ExecuteSqlRawAsync("INSERT INTO a VALUES (4)", CancellationToken);
        await Task.Delay(TimeSpan.FromMilliseconds(500), CancellationToken);
        Func<DbContext, CancellationToken, Task<bool>> isBelow = ReplicationLag.IsBelow(TimeSpan.FromMilliseconds(200));
        await replica.CatchUpAsync(CancellationToken);

        // What the replica has reported arrives at the server a moment later.
        bool wasBelow = true;
        for (int i = 0; i < 100 && wasBelow; i++)
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
        await using PostgreSqlCluster cluster = await StartAsync();
        await using ScenarioContext context = await CreateAsync(cluster);
        await context.Database.ExecuteSqlRawAsync("CREATE ROLE purger LOGIN", CancellationToken);
        await using ScenarioContext asPurger = ContextOf(cluster, "purger");
        Func<DbContext, CancellationToken, Task<bool>> isBelow = ReplicationLag.IsBelow(TimeSpan.FromHours(1));
        Assert.True(await isBelow(asPurger, CancellationToken));
        await using Replica replica = await Replica.StartAsync(cluster.ConnectionString, CancellationToken);

        PurgeException hidden = await Assert.ThrowsAsync<PurgeException>(() => isBelow(asPurger, CancellationToken));
        await context.Database.ExecuteSqlRawAsync("GRANT pg_monitor TO purger", CancellationToken);

        Assert.Equal(
            "The server hides the state of 1 replicas from this role, so that their lag is not known. Grant it pg_monitor.",
            hidden.Message);
        Assert.True(await isBelow(asPurger, CancellationToken));
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

    private static async Task<PostgreSqlCluster> StartAsync()
    {
        QuickRun.SkipBefore("A PostgreSQL server");
        (string? binaries, string? reason) = PostgreSqlBinaries.Find();
        Assert.SkipWhen(binaries is null, "No PostgreSQL programs to start a server with: " + reason);
        PostgreSqlCluster cluster = await PostgreSqlCluster.StartAsync(
            binaries!,
            isDurable: false,
            CancellationToken,
            "wal_level=replica",
            "max_wal_senders=4",
            "wal_sender_timeout=10s");
        await File.AppendAllTextAsync(
            Path.Combine(cluster.Folder, "data", "pg_hba.conf"),
            "host replication all 127.0.0.1/32 trust\n",
            CancellationToken);
        return cluster;
    }

    private static async Task<ScenarioContext> CreateAsync(PostgreSqlCluster cluster)
    {
        ScenarioContext context = ContextOf(cluster, "postgres");
        await context.Database.ExecuteSqlRawAsync(
            "SELECT pg_reload_conf(); CREATE TABLE a (\"Id\" int PRIMARY KEY); INSERT INTO a VALUES (1), (2), (3)",
            CancellationToken);
        return context;
    }

    private static ScenarioContext ContextOf(PostgreSqlCluster cluster, string role)
        => new(
            null,
            Graph.BuildModel,
            options => options.UseNpgsql(new NpgsqlConnectionStringBuilder(cluster.ConnectionString) { Username = role }.ConnectionString));

    /// <summary>Receives what the server writes, and reports nothing as replayed until it is told to catch up.</summary>
    private sealed class Replica : IAsyncDisposable
    {
        private readonly string _connectionString;
        private readonly PhysicalReplicationConnection _connection;
        private readonly CancellationTokenSource _end = new();
        private readonly Task _receiving;
        private ulong _received;

        private Replica(string connectionString, PhysicalReplicationConnection connection, NpgsqlLogSequenceNumber start)
        {
            _connectionString = connectionString;
            _connection = connection;
            _received = (ulong)start;
            _receiving = ReceiveAsync(start);
        }

        public static async Task<Replica> StartAsync(string connectionString, CancellationToken cancellationToken)
        {
            PhysicalReplicationConnection connection = await OpenAsync(connectionString, cancellationToken);
            NpgsqlLogSequenceNumber start = (await connection.IdentifySystem(cancellationToken)).XLogPos;
            var replica = new Replica(connectionString, connection, start);
            await replica.ReportAsync(cancellationToken);
            return replica;
        }

        /// <summary>Reports all that was received as replayed.</summary>
        public async Task CatchUpAsync(CancellationToken cancellationToken)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(100), cancellationToken);
            await ReportAsync(cancellationToken);
        }

        public async ValueTask DisposeAsync()
        {
            await _end.CancelAsync();
            try
            {
                await _receiving;
            }
            finally
            {
                await _connection.DisposeAsync();
                _end.Dispose();
            }

            // A server that is stopped waits for its replicas.
            await using NpgsqlDataSource source = NpgsqlDataSource.Create(_connectionString);
            await using NpgsqlCommand end = source.CreateCommand("SELECT pg_terminate_backend(pid) FROM pg_stat_replication");
            await end.ExecuteNonQueryAsync();
        }

        // The server may not have read its settings again yet.
        private static async Task<PhysicalReplicationConnection> OpenAsync(string connectionString, CancellationToken cancellationToken)
        {
            for (int attempt = 1; ; attempt++)
            {
                var connection = new PhysicalReplicationConnection(connectionString)
                {
                    WalReceiverStatusInterval = Timeout.InfiniteTimeSpan,
                };
                try
                {
                    await connection.Open(cancellationToken);
                    return connection;
                }
                catch (PostgresException) when (attempt < 100)
                {
                    await connection.DisposeAsync();
                    await Task.Delay(TimeSpan.FromMilliseconds(50), cancellationToken);
                }
            }
        }

        private async Task ReceiveAsync(NpgsqlLogSequenceNumber start)
        {
            try
            {
                await foreach (var message in _connection.StartReplication(start, _end.Token))
                {
                    await message.Data.CopyToAsync(Stream.Null, _end.Token);
                    Interlocked.Exchange(ref _received, (ulong)message.WalStart + (ulong)message.Data.Length);
                }
            }
            catch (OperationCanceledException)
            {
                // The end of the test.
            }
        }

        private async Task ReportAsync(CancellationToken cancellationToken)
        {
            _connection.SetReplicationStatus(new NpgsqlLogSequenceNumber(Interlocked.Read(ref _received)));
            await _connection.SendStatusUpdate(cancellationToken);
        }
    }
}
