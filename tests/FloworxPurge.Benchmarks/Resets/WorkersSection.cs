using System.Diagnostics;
using FloworxPurge.Benchmarks.Rows;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace FloworxPurge.Benchmarks.Resets;

/// <summary>
/// A run of many tests on two workers: with a database for each worker, and with one that they share, so that one test runs after the
/// other. Databases are created and dropped within the measured time, which is shown without that, too. Where the processors do something
/// else, two workers are no faster than one: the processor time of the client and of the server shows what there is to share.
/// </summary>
internal sealed class WorkersSection(BenchmarkServer server, Goals goals, TextWriter output)
{
    private const int Tests = 200;
    private const int Workers = 2;
    private const int Writes = 10;
    private const int Runs = 5;

    private static readonly Layout Tables = new(100);

    public async Task RunAsync()
    {
        await Table.HeadAsync(
            output,
            $"{Tests} tests on {Workers} workers, 100 tables, {Writes} writes and as many queries in a test, s per run, medians",
            ["engine", "", "all", "of which tests", "processor time of the client", "of the server"]);
        string existing = await server.CreateAsync(new Layout(1));
        string shared = await server.CreateAsync(Tables);
        string folder = Directory.CreateTempSubdirectory("floworxpurge-bench-").FullName;
        await using var session = new NpgsqlConnection(existing);
        await session.OpenAsync();
        try
        {
            await MeasureAsync(
                "PostgreSQL",
                existing,
                shared,
                text => new LayoutContext(Tables, options => options.UseNpgsql(text)),
                () => ProcessorTime.OfServer(session.ProcessID));
            await MeasureAsync(
                "SQLite file",
                $"Data Source={Path.Combine(folder, "bench.db")}",
                $"Data Source={Path.Combine(folder, "shared.db")}",
                text => new LayoutContext(Tables, options => options.UseSqlite(text)),
                () => 0);
        }
        finally
        {
            await session.CloseAsync();
            NpgsqlConnection.ClearAllPools();
            await server.DropAsync(existing);
            await server.DropAsync(shared);
            Directory.Delete(folder, recursive: true);
        }
    }

    private async Task MeasureAsync(
        string engine,
        string connectionString,
        string sharedDatabase,
        Func<string, LayoutContext> create,
        Func<double> serverTime)
    {
        List<Figures> own = [];
        List<Figures> shared = [];
        for (int run = -1; run < Runs; run++)
        {
            Figures ownFigures = await MeasureAsync(() => TimeOwnAsync(connectionString, create), serverTime);
            Figures sharedFigures = await MeasureAsync(() => TimeSharedAsync(() => create(sharedDatabase)), serverTime);
            if (run >= 0)
            {
                own.Add(ownFigures);
                shared.Add(sharedFigures);
            }
        }

        await WriteAsync($"{engine} | TestDatabases", own);
        await WriteAsync($"{engine} | one shared database", shared);
        goals.AtMost(
            $"{engine}, {Tests} tests on {Workers} workers: TestDatabases / one shared database with a reset per test",
            "-",
            0.6,
            Contestant.Median(own.Select(run => run.All)) / Contestant.Median(shared.Select(run => run.All)));
    }

    private Task WriteAsync(string name, IReadOnlyList<Figures> runs)
        => Table.RowAsync(
            output,
            name,
            [
                Contestant.Median(runs.Select(run => run.All)),
                Contestant.Median(runs.Select(run => run.Tests)),
                Contestant.Median(runs.Select(run => run.Client)),
                Contestant.Median(runs.Select(run => run.Server)),
            ]);

    private static async Task<Figures> MeasureAsync(Func<Task<double>> run, Func<double> serverTime)
    {
        double server = serverTime();
        TimeSpan client = Environment.CpuUsage.TotalTime;
        long start = Stopwatch.GetTimestamp();
        double tests = await run();
        return new Figures(
            Stopwatch.GetElapsedTime(start).TotalSeconds,
            tests,
            (Environment.CpuUsage.TotalTime - client).TotalSeconds,
            serverTime() - server);
    }

    private static async Task<double> TimeOwnAsync(string connectionString, Func<string, LayoutContext> create)
    {
        await using var databases = new TestDatabases<LayoutContext>(connectionString, create) { MaxDatabases = Workers };
        long firstTest = 0;
        await RunAsync(async () =>
        {
            await using RentedDatabase<LayoutContext> database = await databases.RentAsync();
            Interlocked.CompareExchange(ref firstTest, Stopwatch.GetTimestamp(), 0);
            await using LayoutContext db = database.CreateContext();
            await TestAsync(db);
        });
        return Stopwatch.GetElapsedTime(firstTest).TotalSeconds;
    }

    // The workers wait for each other, as tests do that share a database. It is created anew, as in a run of its own.
    private static async Task<double> TimeSharedAsync(Func<LayoutContext> create)
    {
        await using LayoutContext first = create();
        await first.Database.EnsureCreatedAsync();
        using var gate = new SemaphoreSlim(1, 1);
        double seconds;
        await using (DatabaseResetter resetter = await DatabaseResetter.CreateAsync(first))
        {
            seconds = await RunAsync(async () =>
            {
                await gate.WaitAsync();
                try
                {
                    await resetter.ResetAsync();
                    await using LayoutContext db = create();
                    await TestAsync(db);
                }
                finally
                {
                    gate.Release();
                }
            });
        }

        await first.Database.EnsureDeletedAsync();
        return seconds;
    }

    private static async Task<double> RunAsync(Func<Task> test)
    {
        long start = Stopwatch.GetTimestamp();
        int next = 0;
        await Task.WhenAll(Enumerable.Range(0, Workers).Select(_ => Task.Run(async () =>
        {
            while (Interlocked.Increment(ref next) <= Tests)
            {
                await test();
            }
        })));
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private static async Task TestAsync(LayoutContext db)
    {
        for (int i = 1; i <= Writes; i++)
        {
            var rows = db.Set<Dictionary<string, object>>(Layout.Name(i % 2 * 50));
            rows.Add(new Dictionary<string, object>(StringComparer.Ordinal) { ["name"] = "row", ["amount"] = i });
            await db.SaveChangesAsync();
            if (await rows.CountAsync() != (i + 1) / 2)
            {
                throw new InvalidOperationException("A test met the rows of another one.");
            }
        }
    }

    /// <summary>What a run takes, in seconds.</summary>
    private sealed record Figures(double All, double Tests, double Client, double Server);
}
