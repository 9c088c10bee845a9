using System.Globalization;

namespace FloworxPurge.Benchmarks;

/// <summary>
/// Runs the same work in one process: medians of the processor's time, and how they grow when there are ten times as many tables.
/// </summary>
internal static class PlanningSection
{
    private static readonly int[] Sizes = [100, 1_000, 10_000];

    private static readonly string[] Dialects = ["ANSI SQL", "SQLite", "PostgreSQL"];

    public static async Task RunAsync(TextWriter output)
    {
        await output.WriteLineAsync(
            Row("dialect, stage", [.. Sizes.Select(size => size.ToString("N0", CultureInfo.InvariantCulture) + " ms"), "1,000/100", "10,000/1,000"])).ConfigureAwait(false);

        // Once through everything for the compiler: a first run of 100 tables takes several times as long as the next.
        foreach (string dialect in Dialects)
        {
            await MeasureAsync(Sizes[0], dialect).ConfigureAwait(false);
        }

        foreach (string dialect in Dialects)
        {
            List<double[]> medians = [];
            foreach (int size in Sizes)
            {
                medians.Add(await MeasureAsync(size, dialect).ConfigureAwait(false));
            }

            string[] stages = ["compare", "decide", "plan", "plan truncate", "write", "in all"];
            for (int i = 0; i < stages.Length; i++)
            {
                double[] one = [.. medians.Select(median => median[i])];
                string[] cells = [.. one.Select(Text), Text(one[1] / one[0]), Text(one[2] / one[1])];
                await output.WriteLineAsync(Row($"{dialect}, {stages[i]}", cells)).ConfigureAwait(false);
            }
        }
    }

    private static async Task<double[]> MeasureAsync(int tables, string dialect)
    {
        var benchmark = new PlannerBenchmark { Tables = tables, Dialect = dialect };
        await benchmark.SetUp().ConfigureAwait(false);
        Func<Task>[] stages =
        [
            () => Done(benchmark.Compare()),
            () => benchmark.Decide(),
            () => Done(benchmark.Plan()),
            () => Done(benchmark.PlanTruncate()),
            () => Done(benchmark.Write()),
        ];
        int runs = tables <= 1_000 ? 15 : 3;
        var times = new List<double[]>();

        for (int run = -runs / 3; run < runs; run++)
        {
            GC.Collect();
            var row = new double[stages.Length + 1];
            for (int i = 0; i < stages.Length; i++)
            {
                // The processor's time, not the clock's, which other processes of a busy machine make longer.
                TimeSpan start = Environment.CpuUsage.TotalTime;
                await stages[i]().ConfigureAwait(false);
                row[i] = (Environment.CpuUsage.TotalTime - start).TotalMilliseconds;
            }

            row[^1] = row.Sum();
            if (run >= 0)
            {
                times.Add(row);
            }
        }

        return [.. Enumerable.Range(0, stages.Length + 1).Select(i => times.Select(row => row[i]).Order().ElementAt(times.Count / 2))];
    }

    private static Task Done(object result)
    {
        GC.KeepAlive(result);
        return Task.CompletedTask;
    }

    private static string Text(double number) => number.ToString("N2", CultureInfo.InvariantCulture);

    private static string Row(string name, IEnumerable<string> cells)
        => name.PadRight(28) + string.Concat(cells.Select(cell => cell.PadLeft(14)));
}
