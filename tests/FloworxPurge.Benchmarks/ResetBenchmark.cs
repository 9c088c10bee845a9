using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Engines;
using FloworxPurge.Benchmarks.Resets;

namespace FloworxPurge.Benchmarks;

/// <summary>One reset of five dirty tables, which are filled before each and outside of the measured time.</summary>
[MemoryDiagnoser]
[SimpleJob(RunStrategy.Monitoring, launchCount: 1, warmupCount: 5, iterationCount: 50)]
public class ResetBenchmark
{
    private const int Dirty = 5;

    private readonly Stack<IAsyncDisposable> _open = new();
    private Contestant _contestant = null!;

    [Params(100, 500)]
    public int Tables { get; set; }

    [Params("SQLite file", "SQLite :memory:", "PostgreSQL, superuser", "PostgreSQL, table owner")]
    public string Engine { get; set; } = "SQLite file";

    [GlobalSetup(Target = nameof(Ours))]
    public async Task SetUpOurs() => _contestant = await Contestant.OursAsync(nameof(Ours), await OpenAsync(), _open);

    [GlobalSetup(Target = nameof(ByHand))]
    public async Task SetUpByHand() => _contestant = await Contestant.ByHandAsync(nameof(ByHand), await OpenAsync(), Dirty);

    [IterationSetup]
    public void Fill() => _contestant.Database!.FillAsync(Dirty).GetAwaiter().GetResult();

    [GlobalCleanup]
    public async Task CleanUp()
    {
        while (_open.TryPop(out IAsyncDisposable? next))
        {
            await next.DisposeAsync();
        }
    }

    /// <summary>Resets by the library.</summary>
    [Benchmark]
    public Task Ours() => _contestant.Reset();

    /// <summary>Deletes from exactly the dirty tables.</summary>
    [Benchmark(Baseline = true)]
    public Task ByHand() => _contestant.Reset();

    private async Task<ResetDatabase> OpenAsync()
    {
        var layout = new Layout(Tables);
        ResetDatabase database;
        if (Engine.StartsWith("SQLite", StringComparison.Ordinal))
        {
            database = await SqliteDatabase.CreateAsync(layout, inMemory: Engine.EndsWith(":memory:", StringComparison.Ordinal));
        }
        else
        {
            (BenchmarkServer? server, string? reason) = await BenchmarkServer.StartAsync();
            _open.Push(server ?? throw new InvalidOperationException($"No PostgreSQL server: {reason}."));
            database = await server.OpenAsync(
                await server.CreateAsync(layout, asSuperuser: Engine.EndsWith("superuser", StringComparison.Ordinal)),
                layout);
        }

        _open.Push(database);
        return database;
    }
}
