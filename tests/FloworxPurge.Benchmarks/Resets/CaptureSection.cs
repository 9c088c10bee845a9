using System.Data.Common;
using System.Diagnostics;
using System.Globalization;
using Microsoft.EntityFrameworkCore;

namespace FloworxPurge.Benchmarks.Resets;

/// <summary>
/// Resets that come back to 1,000 captured rows, beside plain resets. A test writes to five other tables, or to these and to a captured
/// row. Each contestant has a database of its own.
/// </summary>
internal sealed class CaptureSection(BenchmarkServer server, Goals goals, TextWriter output)
{
    private const string Plain = "plain";
    private const string PlainWithRows = "plain, the test wrote the 1,000 rows";
    private const string Untouched = "captured";
    private const string Touched = "captured, one of the rows was changed";
    private const int Dirty = 5;
    private const int Captured = 10;
    private const int RowsPerTable = 100;
    private const int Rounds = 60;

    private static readonly Layout Tables = new(100);

    public async Task RunAsync()
    {
        await Table.HeadAsync(
            output,
            "100 tables, 5 dirty with 5 rows each, ms per reset, medians",
            ["database", Plain, Untouched, PlainWithRows, Touched]);
        string template = await server.CreateAsync(Tables);
        try
        {
            foreach (bool asSuperuser in new[] { true, false })
            {
                await MeasureAsync(
                    asSuperuser ? "PostgreSQL, superuser" : "PostgreSQL, table owner",
                    async () => await server.CopyAsync(template, Tables, asSuperuser));
            }
        }
        finally
        {
            await server.DropAsync(template);
        }

        await MeasureAsync("SQLite file", async () => await SqliteDatabase.CreateAsync(Tables, inMemory: false));
    }

    private async Task MeasureAsync(string name, Func<Task<ResetDatabase>> create)
    {
        var open = new Stack<IAsyncDisposable>();
        string rows = Tables.Fill(Enumerable.Range(0, Captured), RowsPerTable);
        try
        {
            List<(string Name, Func<Task<double>> Time)> contestants =
            [
                (Plain, await CreateAsync(string.Empty, string.Empty)),
                (Untouched, await CreateAsync(rows, string.Empty)),
                (PlainWithRows, await CreateAsync(string.Empty, rows)),
                (Touched, await CreateAsync(rows, "UPDATE t0 SET amount = amount + 1 WHERE id = 7; ")),
            ];
            var times = contestants.ToDictionary(contestant => contestant.Name, _ => new List<double>());
            for (int round = -3; round < Rounds; round++)
            {
                foreach ((string contestant, Func<Task<double>> time) in contestants)
                {
                    double measured = await time();
                    if (round >= 0)
                    {
                        times[contestant].Add(measured);
                    }
                }
            }

            Dictionary<string, double> medians = times.ToDictionary(pair => pair.Key, pair => Contestant.Median(pair.Value));
            await Table.RowAsync(
                output,
                name,
                [medians[Plain], medians[Untouched], medians[PlainWithRows], medians[Touched]]);
            goals.AtMost($"{name}: reset to 1,000 captured rows / plain reset", "-", 2, medians[Untouched] / medians[Plain]);
            goals.AtMost(
                $"{name}: reset to 1,000 captured rows of which one was changed / plain reset of as many rows",
                "-",
                2,
                medians[Touched] / medians[PlainWithRows]);
        }
        finally
        {
            while (open.TryPop(out IAsyncDisposable? next))
            {
                await next.DisposeAsync();
            }
        }

        async Task<Func<Task<double>>> CreateAsync(string captured, string written)
        {
            ResetDatabase database = await create();
            open.Push(database);
            DbConnection connection = await database.ConnectAsync();
            if (captured.Length > 0)
            {
                await ExecuteAsync(connection, database.InTransaction(captured));
            }

            DatabaseResetter resetter = await Contestant.ResetterAsync(database);
            open.Push(resetter);
            long expected = captured.Length > 0 ? await resetter.CaptureAsync() : 0;
            return async () =>
            {
                await database.FillAsync(Dirty);
                if (written.Length > 0)
                {
                    await ExecuteAsync(connection, database.InTransaction(written));
                }

                long start = Stopwatch.GetTimestamp();
                await resetter.ResetAsync();
                double time = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
                await CheckAsync(connection, expected);
                return time;
            };
        }
    }

    private static async Task ExecuteAsync(DbConnection connection, string sql)
    {
        await using DbCommand command = connection.CreateCommand();
        command.CommandText = sql;
        await command.ExecuteNonQueryAsync();
    }

    // As many rows as were captured, none of them changed, and none in the other tables.
    private static async Task CheckAsync(DbConnection connection, long expected)
    {
        await using DbCommand command = connection.CreateCommand();
        IEnumerable<string> counts = Enumerable.Range(0, Tables.Tables).Select(table => $"(SELECT COUNT(*) FROM {Layout.Name(table)})");
        command.CommandText = $"SELECT {string.Join(" + ", counts)} - (SELECT COUNT(*) FROM t0 WHERE amount <> id)";
        if (Convert.ToInt64(await command.ExecuteScalarAsync(), CultureInfo.InvariantCulture) != expected)
        {
            throw new InvalidOperationException("A reset did not come back to the captured rows.");
        }
    }
}
