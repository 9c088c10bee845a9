using System.Data.Common;
using System.Diagnostics;
using System.Globalization;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace FloworxPurge.Benchmarks.Resets;

/// <summary>
/// A purge of one and of ten million rows in a chain of five tables on PostgreSQL, against the statements that somebody would write for
/// it: the least that the engine takes.
/// </summary>
internal sealed class PurgeSection(BenchmarkServer server, TextWriter output)
{
    private const int Tables = 5;
    private const string TruncateByHand = "TRUNCATE by hand";
    private const string DeleteByHand = "DELETE by hand";

    public async Task RunAsync()
    {
        await RunAsync(1_000_000, deletes: 3);
        await RunAsync(10_000_000, deletes: 1);
    }

    private async Task RunAsync(int rows, int deletes)
    {
        var layout = new Layout(Tables);
        string template = await server.CreateAsync(layout);
        await using (var connection = new NpgsqlConnection(template))
        {
            await connection.OpenAsync();
            await ExecuteAsync(
                connection,
                $"INSERT INTO t0 (name, amount) SELECT 'row', n FROM generate_series(1, "
                    + $"{(rows / Tables).ToString(CultureInfo.InvariantCulture)}) AS n");
            await ExecuteAsync(connection, layout.Fill(Enumerable.Range(1, Tables - 1)));
            await ExecuteAsync(connection, "VACUUM (ANALYZE)");
        }

        IReadOnlyList<int> all = [.. Enumerable.Range(0, Tables)];
        string truncate = $"TRUNCATE TABLE {string.Join(", ", all.Select(Layout.Name))}";
        (string Name, string Limit, int Runs, Func<PostgreSqlDatabase, Task> Work)[] ways =
        [
            ("PurgeAsync", TruncateByHand, 3, database => PurgeAsync(database, truncate: null)),
            ("PurgeAsync, Truncate = true", TruncateByHand, 3, database => PurgeAsync(database, truncate: true)),
            (TruncateByHand, TruncateByHand, 3, database => ByHandAsync(database, truncate)),
            ("PurgeAsync, Truncate = false", DeleteByHand, deletes, database => PurgeAsync(database, truncate: false)),
            (DeleteByHand, DeleteByHand, deletes, database => ByHandAsync(database, database.InTransaction(Layout.Delete(all)))),
        ];
        var times = ways.ToDictionary(way => way.Name, _ => new List<double>());
        try
        {
            for (int run = 0; run < ways.Max(way => way.Runs); run++)
            {
                foreach (var way in ways.Where(way => run < way.Runs))
                {
                    string copy = await server.CopyAsync(template, isLarge: true);
                    await using PostgreSqlDatabase database = await server.OpenAsync(copy, layout);
                    long start = Stopwatch.GetTimestamp();
                    await way.Work(database);
                    times[way.Name].Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
                    await database.CheckAsync(countersToo: false);
                }
            }
        }
        finally
        {
            await server.DropAsync(template);
        }

        await Table.HeadAsync(
            output,
            $"PostgreSQL, purge of {rows.ToString("N0", CultureInfo.InvariantCulture)} rows in {Tables} tables as their owner",
            "way",
            "ms",
            "/ by hand",
            "microseconds a row");
        foreach (var way in ways)
        {
            double time = Contestant.Median(times[way.Name]);
            await Table.RowAsync(output, way.Name, [time, time / Contestant.Median(times[way.Limit]), time * 1_000 / rows]);
        }
    }

    private static async Task PurgeAsync(PostgreSqlDatabase database, bool? truncate)
    {
        await using LayoutContext context = database.CreateContext();
        context.Database.SetCommandTimeout(900);
        await context.PurgeAsync(options => options.Truncate = truncate);
    }

    private static async Task ByHandAsync(PostgreSqlDatabase database, string sql)
        => await ExecuteAsync(await database.ConnectAsync(), sql);

    private static async Task ExecuteAsync(DbConnection connection, string sql)
    {
        await using DbCommand command = connection.CreateCommand();
        command.CommandText = sql;
        command.CommandTimeout = 900;
        await command.ExecuteNonQueryAsync();
    }
}
