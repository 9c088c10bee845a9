using System.Diagnostics;
using System.Globalization;
using FloworxPurge.Benchmarks.Rows;
using FloworxPurge.Reporting;
using Npgsql;

namespace FloworxPurge.Benchmarks.Resets;

/// <summary>
/// Forty small databases, purged one after the other and as a fleet, with receipts. The rows are written between the runs, and not
/// measured.
/// </summary>
internal sealed class FleetSection(BenchmarkServer server, Goals goals, TextWriter output)
{
    private const int Databases = 40;
    private const int Runs = 7;

    private static readonly Layout Tables = new(20);

    public async Task RunAsync()
    {
        int parallelism = Environment.ProcessorCount;
        await Table.HeadAsync(
            output,
            $"{Databases} databases of 20 tables, 10 with 5 rows each, s per run, medians",
            [
                "engine", "one after the other", "its processor time, client and server", "fleet, parallelism 1",
                string.Create(CultureInfo.InvariantCulture, $"fleet, parallelism {parallelism}"),
            ]);
        await using var session = new NpgsqlConnection(await server.CreateAsync(new Layout(1)));
        await session.OpenAsync();
        await MeasureAsync(
            "PostgreSQL",
            parallelism,
            async () => await server.OpenAsync(await server.CreateAsync(Tables), Tables),
            () => ProcessorTime.OfServer(session.ProcessID));
        await MeasureAsync("SQLite file", parallelism, async () => await SqliteDatabase.CreateAsync(Tables, inMemory: false), () => 0);
    }

    private async Task MeasureAsync(string engine, int parallelism, Func<Task<ResetDatabase>> create, Func<double> serverTime)
    {
        Dictionary<string, ResetDatabase> databases = new(StringComparer.Ordinal);
        try
        {
            for (int i = 0; i < Databases; i++)
            {
                databases[string.Create(CultureInfo.InvariantCulture, $"tenant {i}")] = await create();
            }

            List<double> plain = [];
            List<double> processor = [];
            List<double> single = [];
            List<double> parallel = [];
            for (int run = -1; run < Runs; run++)
            {
                double used = 0;
                double[] times =
                [
                    await TimeAsync(databases, async () => used = await ProcessorTimeAsync(() => PlainAsync(databases), serverTime)),
                    await TimeAsync(databases, () => FleetAsync(databases, $"single {run}", parallelism: 1)),
                    await TimeAsync(databases, () => FleetAsync(databases, $"parallel {run}", parallelism)),
                ];
                if (run >= 0)
                {
                    plain.Add(times[0]);
                    processor.Add(used);
                    single.Add(times[1]);
                    parallel.Add(times[2]);
                }
            }

            (double one, double two, double three) = (Contestant.Median(plain), Contestant.Median(single), Contestant.Median(parallel));
            await Table.RowAsync(output, engine, [one, Contestant.Median(processor), two, three]);
            goals.AtMost($"{engine}, {Databases} databases: fleet / one after the other", "-", 1.1, two / one);
            goals.AtMost(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{engine}, {Databases} databases: fleet, parallelism {parallelism} / (one after the other / {parallelism})"),
                "-",
                1.1,
                three / (one / parallelism));
        }
        finally
        {
            foreach (ResetDatabase database in databases.Values)
            {
                await database.DisposeAsync();
            }
        }
    }

    private static async Task<double> TimeAsync(Dictionary<string, ResetDatabase> databases, Func<Task> purge)
    {
        foreach (ResetDatabase database in databases.Values)
        {
            await database.FillAsync(dirty: 10);
        }

        long start = Stopwatch.GetTimestamp();
        await purge();
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        foreach (ResetDatabase database in databases.Values)
        {
            await database.CheckAsync(countersToo: false);
        }

        return seconds;
    }

    private static async Task<double> ProcessorTimeAsync(Func<Task> run, Func<double> serverTime)
    {
        double server = serverTime();
        TimeSpan client = Environment.CpuUsage.TotalTime;
        await run();
        return (Environment.CpuUsage.TotalTime - client).TotalSeconds + serverTime() - server;
    }

    private static async Task PlainAsync(Dictionary<string, ResetDatabase> databases)
    {
        var purger = new Purger();
        foreach (ResetDatabase database in databases.Values)
        {
            await using LayoutContext db = database.CreateContext();
            await purger.ExecuteAsync(db, await purger.PlanAsync(db));
        }
    }

    private static async Task FleetAsync(Dictionary<string, ResetDatabase> databases, string run, int parallelism)
    {
        var fleet = new PurgeFleet(new Purger(), databases.Keys, target => databases[target].CreateContext()) { Parallelism = parallelism };
        FleetReport report = await fleet.RunAsync(run);
        if (report.Verdict != PurgeVerdict.Complete)
        {
            throw new InvalidOperationException(report.ToString());
        }
    }
}
