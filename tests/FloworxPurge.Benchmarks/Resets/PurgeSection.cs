using System.Data.Common;
using System.Diagnostics;
using System.Globalization;
using Npgsql;

namespace FloworxPurge.Benchmarks.Resets;

/// <summary>
/// A purge of a million rows in a chain of five tables on PostgreSQL, against the statements that somebody would write for it.
/// </summary>
internal sealed class PurgeSection(BenchmarkServer server, TextWriter output)
{
    private const int Rows = 1_000_000;
    private const int Tables = 5;

    public async Task RunAsync()
    {
        var layout = new Layout(Tables);
        string template = await server.CreateAsync(layout);
        await using (var connection = new NpgsqlConnection(template))
        {
            await connection.OpenAsync();
            await ExecuteAsync(
                connection,
                $"INSERT INTO t0 (name, amount) SELECT 'row', n FROM generate_series(1, "
                    + $"{(Rows / Tables).ToString(CultureInfo.InvariantCulture)}) AS n");
            await ExecuteAsync(connection, layout.Fill(Enumerable.Range(1, Tables - 1)));
            await ExecuteAsync(connection, "VACUUM (ANALYZE)");
        }

        IReadOnlyList<int> all = [.. Enumerable.Range(0, Tables)];
        (string Name, int Runs, Func<PostgreSqlDatabase, Task> Work)[] ways =
        [
            ("PurgeAsync, Auto", 3, database => PurgeAsync(database, truncate: null)),
            ("PurgeAsync, Truncate", 3, database => PurgeAsync(database, truncate: true)),
            ("TRUNCATE by hand", 3, database => ByHandAsync(database, $"TRUNCATE TABLE {string.Join(", ", all.Select(Layout.Name))}")),
            ("PurgeAsync, Delete", 1, database => PurgeAsync(database, truncate: false)),
            ("DELETE by hand", 1, database => ByHandAsync(database, Layout.Delete(all))),
        ];
        var times = ways.ToDictionary(way => way.Name, _ => new List<double>());
        try
        {
            for (int run = 0; run < ways.Max(way => way.Runs); run++)
            {
                foreach (var way in ways.Where(way => run < way.Runs))
                {
                    await using PostgreSqlDatabase database = await server.CopyAsync(template, layout, asSuperuser: false);
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
            $"PostgreSQL, purge of {Rows.ToString("N0", CultureInfo.InvariantCulture)} rows in {Tables} tables as their owner",
            "way",
            "ms");
        foreach (var way in ways)
        {
            await Table.RowAsync(output, way.Name, [Contestant.Median(times[way.Name])]);
        }
    }

    private static async Task PurgeAsync(PostgreSqlDatabase database, bool? truncate)
    {
        await using LayoutContext context = database.CreateContext();
        await context.PurgeAsync(options => options.Truncate = truncate);
    }

    private static async Task ByHandAsync(PostgreSqlDatabase database, string sql)
        => await ExecuteAsync(await database.ConnectAsync(), sql);

    private static async Task ExecuteAsync(DbConnection connection, string sql)
    {
        await using DbCommand command = connection.CreateCommand();
        command.CommandText = sql;
        command.CommandTimeout = 300;
        await command.ExecuteNonQueryAsync();
    }
}
