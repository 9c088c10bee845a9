using System.Data;
using System.Data.Common;
using FloworxPurge.Reporting;
using FloworxPurge.Tests.Kit;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;

namespace FloworxPurge.Tests.Conformance;

/// <summary>A filled database, a context over it, and a hook that sees each of the context's commands.</summary>
public sealed class RunScenario : IAsyncDisposable
{
    /// <summary>A chain of three tables and a cycle of two, which every engine can purge.</summary>
    public const string ChainAndCycle = "a->b->c, d->e, e->d?";

    private RunScenario(Engine engine, TestDatabase database, GraphScenario graph, Action<DbContextOptionsBuilder>? configure)
    {
        Engine = engine;
        Database = database;
        Graph = graph;
        Context = graph.CreateContext(database, options =>
        {
            options.AddInterceptors(Hook);
            configure?.Invoke(options);
        });
    }

    public Engine Engine { get; }

    public TestDatabase Database { get; }

    public GraphScenario Graph { get; }

    public ScenarioContext Context { get; }

    public CommandHook Hook { get; } = new();

    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    /// <summary>Three rows in each table.</summary>
    public static async Task<RunScenario> CreateAsync(
        Engine engine, string notation = ChainAndCycle, Action<TestDatabase, DbContextOptionsBuilder>? configure = null)
    {
        TestDatabase database = await engine.CreateDatabaseAsync();
        GraphScenario graph = GraphScenario.Parse(notation);
        await graph.CreateAsync(database, rows: 3, CancellationToken);
        return new(engine, database, graph, options => configure?.Invoke(database, options));
    }

    public Task<string> ChecksumAsync() => Database.ChecksumAsync(CancellationToken);

    public async Task<long> CountAllAsync() => (await Graph.CountAsync(Database, CancellationToken)).Values.Sum();

    public Task<PurgePlan> PlanAsync(Action<PurgeOptions>? configure = null)
        => Engine.Purger(configure).PlanAsync(Context, CancellationToken);

    public async Task<PurgeReport> PurgeAsync(Action<PurgeOptions>? configure = null)
    {
        Purger purger = Engine.Purger(configure);
        PurgePlan plan = await purger.PlanAsync(Context, CancellationToken);
        Hook.Reset();
        return await purger.ExecuteAsync(Context, plan, cancellationToken: CancellationToken);
    }

    /// <summary>Purges, which does not end well, and gives the exception.</summary>
    public Task<PurgeException> FailAsync(Action<PurgeOptions>? configure = null)
        => Assert.ThrowsAsync<PurgeException>(() => PurgeAsync(configure));

    /// <summary>Everything about the context's connection that a purge has to leave as it was.</summary>
    public async Task<string> SessionAsync()
    {
        DbConnection connection = Context.Database.GetDbConnection();
        string state = $"{connection.State}, {(Context.Database.CurrentTransaction is null ? "no transaction" : "in a transaction")}";
        if (connection.State != ConnectionState.Open)
        {
            return state;
        }

        await using DbCommand command = connection.CreateCommand();
        command.Transaction = Context.Database.CurrentTransaction?.GetDbTransaction();
        command.CommandText = Database.SessionSettings;
        return $"{state}: {await command.ExecuteScalarAsync(CancellationToken)}";
    }

    /// <summary>Runs a statement through the context, which shows that its connection still works.</summary>
    public Task<int> ExecuteAsync(string sql) => Context.Database.ExecuteSqlRawAsync(sql, CancellationToken);

    public async ValueTask DisposeAsync()
    {
        await Context.DisposeAsync();
        await Database.DisposeAsync();
    }
}
