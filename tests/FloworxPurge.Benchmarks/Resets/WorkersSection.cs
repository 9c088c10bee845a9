using System.Diagnostics;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace FloworxPurge.Benchmarks.Resets;

/// <summary>
/// A run of many tests on two workers: with a database for each worker, and with one that they share, so that one test runs after the
/// other. Databases are created and dropped within the measured time.
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
            ["engine", "TestDatabases", "one shared database"]);
        string existing = await server.CreateAsync(new Layout(1));
        string shared = await server.CreateAsync(Tables);
        string folder = Directory.CreateTempSubdirectory("floworxpurge-bench-").FullName;
        try
        {
            await MeasureAsync(
                "PostgreSQL",
                existing,
                shared,
                text => new LayoutContext(Tables, options => options.UseNpgsql(text)));
            await MeasureAsync(
                "SQLite file",
                $"Data Source={Path.Combine(folder, "bench.db")}",
                $"Data Source={Path.Combine(folder, "shared.db")}",
                text => new LayoutContext(Tables, options => options.UseSqlite(text)));
        }
        finally
        {
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
        Func<string, LayoutContext> create)
    {
        List<double> own = [];
        List<double> shared = [];
        for (int run = -1; run < Runs; run++)
        {
            double ownTime = await TimeOwnAsync(connectionString, create);
            double sharedTime = await TimeSharedAsync(() => create(sharedDatabase));
            if (run >= 0)
            {
                own.Add(ownTime);
                shared.Add(sharedTime);
            }
        }

        await Table.RowAsync(output, engine, [Contestant.Median(own), Contestant.Median(shared)]);
        goals.AtMost(
            $"{engine}, {Tests} tests on {Workers} workers: TestDatabases / one shared database with a reset per test",
            "-",
            0.6,
            Contestant.Median(own) / Contestant.Median(shared));
    }

    private static async Task<double> TimeOwnAsync(string connectionString, Func<string, LayoutContext> create)
    {
        long start = Stopwatch.GetTimestamp();
        await using (var databases = new TestDatabases<LayoutContext>(connectionString, create) { MaxDatabases = Workers })
        {
            await RunAsync(async () =>
            {
                await using RentedDatabase<LayoutContext> database = await databases.RentAsync();
                await using LayoutContext db = database.CreateContext();
                await TestAsync(db);
            });
        }

        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    // The workers wait for each other, as tests do that share a database. It is created anew, as in a run of its own.
    private static async Task<double> TimeSharedAsync(Func<LayoutContext> create)
    {
        long start = Stopwatch.GetTimestamp();
        await using LayoutContext first = create();
        await first.Database.EnsureCreatedAsync();
        using var gate = new SemaphoreSlim(1, 1);
        await using (DatabaseResetter resetter = await DatabaseResetter.CreateAsync(first))
        {
            await RunAsync(async () =>
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
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private static async Task RunAsync(Func<Task> test)
    {
        int next = 0;
        await Task.WhenAll(Enumerable.Range(0, Workers).Select(_ => Task.Run(async () =>
        {
            while (Interlocked.Increment(ref next) <= Tests)
            {
                await test();
            }
        })));
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
}
