using System.Globalization;

namespace FloworxPurge.Benchmarks.Resets;

/// <summary>
/// The other libraries beside ours, as the README compares them. Each of their resets is timed right after one of ours, and the median of
/// these ratios is what counts: a machine that is busy with something else slows both down.
/// </summary>
internal sealed class OthersSection(TextWriter output)
{
    private const int Dirty = 5;
    private const int WarmUp = 2;
    private const int RoundsOfTruncation = 15;
    private const int Rounds = 200;

    private static readonly Layout Identity = new(100);

    /// <summary>Measures on SQLite, and on the server if there is one.</summary>
    public async Task RunAsync(BenchmarkServer? server)
    {
        await output.WriteLineAsync(string.Create(
            CultureInfo.InvariantCulture,
            $"\n{Identity.Tables} tables, {Dirty} with {Layout.RowsPerTable} rows each: how often a reset of ours fits into one of "
                + $"theirs, medians of pairs (lower quartile to upper quartile)\n"));
        await output.WriteLineAsync($"| engine | ours, ms | {Others.RespawnName} | {Others.WeaselName} |\n|---|---|---|---|");
        foreach (bool asSuperuser in server is null ? Array.Empty<bool>() : [true, false])
        {
            await MeasureAsync(
                $"PostgreSQL, {(asSuperuser ? "superuser" : "table owner")}",
                RoundsOfTruncation,
                async () => await server!.OpenAsync(await server.CreateAsync(Identity, asSuperuser), Identity));
        }

        foreach ((bool inMemory, KeyKind keys) in new[]
        {
            (false, KeyKind.Identity),
            (false, KeyKind.Other),
            (true, KeyKind.Identity),
            (true, KeyKind.Other),
        })
        {
            await MeasureAsync(
                $"SQLite {(inMemory ? "`:memory:`" : "file")}, {(keys == KeyKind.Identity ? "`AUTOINCREMENT`" : "other keys")}",
                Rounds,
                async () => await SqliteDatabase.CreateAsync(Identity with { Keys = keys }, inMemory));
        }
    }

    private async Task MeasureAsync(string engine, int rounds, Func<Task<ResetDatabase>> createAsync)
    {
        var open = new Stack<IAsyncDisposable>();
        async Task<ResetDatabase> OpenAsync()
        {
            ResetDatabase database = await createAsync();
            open.Push(database);
            return database;
        }

        try
        {
            Contestant ours = await Contestant.OursAsync("ours", await OpenAsync(), open);
            Contestant[] others = [await Others.RespawnAsync(await OpenAsync()), await Others.WeaselAsync(await OpenAsync(), open)];
            List<double> own = [];
            List<double>[] ratios = [[], []];
            for (int round = -WarmUp; round < rounds; round++)
            {
                for (int i = 0; i < others.Length; i++)
                {
                    double time = await ours.TimeAsync(Dirty, isChecked: true);
                    double other = await others[i].TimeAsync(Dirty, isChecked: true);
                    if (round >= 0)
                    {
                        own.Add(time);
                        ratios[i].Add(other / time);
                    }
                }
            }

            await output.WriteLineAsync(
                $"| {engine} | {Goals.Text(Contestant.Median(own))} | {string.Join(" | ", ratios.Select(Describe))} |");
        }
        finally
        {
            while (open.TryPop(out IAsyncDisposable? next))
            {
                await next.DisposeAsync();
            }
        }
    }

    private static string Describe(List<double> ratios)
    {
        double[] sorted = [.. ratios.Order()];
        return $"{Goals.Text(sorted[sorted.Length / 2])} ({Goals.Text(sorted[sorted.Length / 4])} to "
            + $"{Goals.Text(sorted[sorted.Length * 3 / 4])})";
    }
}
