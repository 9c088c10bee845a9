using System.Data.Common;
using FloworxPurge.Execution;
using FloworxPurge.Reporting;
using FloworxPurge.Schema;
using FloworxPurge.Tests.Conformance;
using FloworxPurge.Tests.Kit;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;
using MySql.Data.MySqlClient;
using Npgsql;

namespace FloworxPurge.Tests.Faults;

/// <summary>What a test does at one point of a run.</summary>
public enum Fault
{
    /// <summary>The driver's kind of exception.</summary>
    Fail,

    /// <summary>The caller asks to stop.</summary>
    Cancel,

    /// <summary>The connection goes away.</summary>
    Kill,
}

/// <summary>A chain, a cycle, a self reference, a numbered table and an excluded table, three rows each.</summary>
public sealed class FaultScenario : IAsyncDisposable
{
    private static readonly GraphScenario Graph = GraphScenario.Parse("k->c?, a->b->c, d->e, e->d?, s->s?");

    private readonly Engine _engine;
    private bool _hasFailingTable;

    private FaultScenario(Engine engine, TestDatabase database)
    {
        _engine = engine;
        Database = database;
        Context = new ScenarioContext(database, BuildModel, options => options.AddInterceptors(Hook));
    }

    public TestDatabase Database { get; }

    public ScenarioContext Context { get; }

    public FaultHook Hook { get; } = new();

    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    public static async Task<FaultScenario> CreateAsync(Engine engine)
    {
        var scenario = new FaultScenario(engine, await engine.CreateDatabaseAsync());
        await scenario.Context.CreateTablesAsync(CancellationToken);
        await scenario.FillAsync();
        return scenario;
    }

    public Purger Purger(bool bestEffort = false) => _engine.Purger(options =>
    {
        options.Exclude("k");
        options.BestEffort = bestEffort;
        if (_engine.ResetsIdentity)
        {
            // A dialect without words for them refuses them.
            options.ResetIdentity = true;
            options.LockTables = true;
            options.LockTimeout = TimeSpan.FromSeconds(5);
        }
    });

    /// <summary>All tables as they were at the beginning.</summary>
    public async Task FillAsync()
    {
        string key = TestDatabase.Quote(Graph.Edges.Single(edge => edge.Dependent == "k").Column);
        string clear = string.Concat(Graph.Tables.Append("numbered").Select(table => $"DELETE FROM {TestDatabase.Quote(table)}; "));

        // In SQL Server the first number after RESEED depends on whether the counter was used before; after TRUNCATE it does not.
        string reset = Database.Pick(
            "DELETE FROM sqlite_sequence; ",
            "ALTER TABLE numbered ALTER COLUMN \"Id\" RESTART; ",
            "ALTER TABLE numbered AUTO_INCREMENT = 1; ",
            "TRUNCATE TABLE numbered; ");
        if (_hasFailingTable && !Database.Pick(false, true, false, false))
        {
            await Database.ExecuteAsync("DROP TRIGGER stop_b", CancellationToken);
        }

        await Database.ExecuteUncheckedAsync(
            $"{clear}{reset}INSERT INTO numbered (\"Name\") VALUES ('x'), ('y'), ('z')",
            CancellationToken);
        await Graph.FillAsync(Database, cancellationToken: CancellationToken);
        await Database.ExecuteAsync($"UPDATE k SET {key} = NULL", CancellationToken);
        if (_hasFailingTable && !Database.Pick(false, true, false, false))
        {
            await FailOnDeleteAsync();
        }
    }

    /// <summary>From now on table b cannot be purged.</summary>
    public Task FailOnDeleteAsync()
    {
        _hasFailingTable = true;
        return Database.RaiseOnDeleteAsync("b", "not this one", CancellationToken);
    }

    public Task<string> ChecksumAsync() => Database.ChecksumAsync(CancellationToken);

    public async Task<long> CountAsync(string table) => await Database.CountAsync(table, cancellationToken: CancellationToken);

    /// <summary>The driver's connection ends under the context.</summary>
    public async Task KillAsync()
    {
        DbConnection connection = Context.Database.GetDbConnection();
        if (connection is MySqlConnection { State: System.Data.ConnectionState.Open } session)
        {
            MySqlConnection.ClearPool(session);
            await Database.ExecuteAsync(
                string.Create(System.Globalization.CultureInfo.InvariantCulture, $"KILL {session.ServerThread}"),
                CancellationToken);
            while (await Database.ScalarAsync<long>(
                string.Create(
                    System.Globalization.CultureInfo.InvariantCulture,
                    $"SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE ID = {session.ServerThread}"),
                CancellationToken) > 0)
            {
                await Task.Delay(1, CancellationToken);
            }

            return;
        }

        if (connection is not NpgsqlConnection { State: System.Data.ConnectionState.Open } server)
        {
            connection.Close();
            return;
        }

        // Else the pool would give the dead connection to the next run.
        NpgsqlConnection.ClearPool(server);
        await Database.ExecuteAsync(
            $"DO $$ BEGIN PERFORM pg_terminate_backend({server.ProcessID}); WHILE EXISTS (SELECT 1 FROM pg_stat_activity WHERE pid = "
                + $"{server.ProcessID}) LOOP PERFORM pg_sleep(0.001); PERFORM pg_stat_clear_snapshot(); END LOOP; END $$",
            CancellationToken);
    }

    /// <summary>Asserts that the database holds what the report says, and gives it its rows back.</summary>
    public async Task AssertTruthAsync(PurgeReport report, string before, string point)
    {
        switch (report.Transaction)
        {
            case TransactionOutcome.NothingWritten or TransactionOutcome.RolledBack or TransactionOutcome.RolledBackWithCaller or TransactionOutcome.RollbackLeftToCaller:
                Assert.True(before == await ChecksumAsync(), $"{report.Summary} is not true after a fault {point}");
                Assert.Equal(0, report.RowsDeleted);
                return;

            case TransactionOutcome.Unknown:
                Assert.True(
                    Hook.Points.Contains("before commit"),
                    $"{report.Summary} after a fault {point}, and nothing was committed yet");
                Assert.Equal(PurgeVerdict.Failed, report.Verdict);
                Assert.All(
                    [report.Summary, report.ToString(), report.ToMarkdown()],
                    text => Assert.DoesNotContain("and rolled back", text, StringComparison.Ordinal));
                break;

            default:
                foreach (TableReport table in report.Tables)
                {
                    Assert.True(
                        await CountAsync(table.Table.Name) == (table.Error is null ? 0 : 3),
                        $"{table} is not true after a fault {point}");
                }

                break;
        }

        Assert.Equal(3, await CountAsync("k"));
        await FillAsync();
        Assert.Equal(before, await ChecksumAsync());
    }

    public async ValueTask DisposeAsync()
    {
        await Context.DisposeAsync();
        await Database.DisposeAsync();
    }

    internal static void BuildModel(ModelBuilder modelBuilder)
    {
        Graph.BuildModel(modelBuilder);
        modelBuilder.SharedTypeEntity<Dictionary<string, object>>("numbered", entity =>
        {
            entity.ToTable("numbered");
            entity.IndexerProperty<int>("Id").ValueGeneratedOnAdd();
            entity.IndexerProperty<string>("Name");
            entity.HasKey("Id");
        });
    }
}

/// <summary>A failure as a driver throws it, without an answer of the server.</summary>
public sealed class FaultException() : DbException("broken on purpose");

/// <summary>Tries again after such a failure.</summary>
internal sealed class RetryFaults(ExecutionStrategyDependencies dependencies)
    : ExecutionStrategy(dependencies, maxRetryCount: 2, maxRetryDelay: TimeSpan.FromMilliseconds(1))
{
    protected override bool ShouldRetryOn(Exception exception) => exception is FaultException;
}
