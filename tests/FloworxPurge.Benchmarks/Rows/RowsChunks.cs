using System.Globalization;
using FloworxPurge.Benchmarks.Resets;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace FloworxPurge.Benchmarks.Rows;

/// <summary>
/// Users with orders with items on PostgreSQL, deleted in one transaction and in several: what is measured is the processor time of the
/// backend, and the time of the longest transaction.
/// </summary>
internal sealed class RowsChunks(BenchmarkServer server, Goals goals, TextWriter output)
{
    private const string Engine = "PostgreSQL";
    private const string Login = "table owner";
    private const string Whole = "one transaction";
    private const int Rounds = 5;
    private const int Timeout = 600;
    private const int Percent = 10;

    public async Task RunAsync()
    {
        foreach (int users in new[] { 100_000 })
        {
            string template = await RowsPostgreSql.CreateAsync(server, cascades: false, users);
            try
            {
                await MeasureAsync(template, users);
            }
            finally
            {
                await server.DropAsync(template);
            }
        }
    }

    private async Task MeasureAsync(string template, int users)
    {
        int[] sizes = [500, 1000];
        Dictionary<int, List<(double Cpu, double Longest, double Median)>> runs = sizes.Append(0).ToDictionary(size => size, _ => new List<(double, double, double)>());
        for (int round = 0; round < (users > 100_000 ? 3 : Rounds); round++)
        {
            foreach (int size in runs.Keys)
            {
                runs[size].Add(await TimeAsync(template, size));
            }
        }

        double whole = Contestant.Median([.. runs[0].Select(run => run.Cpu)]);
        await Table.HeadAsync(output, string.Create(CultureInfo.InvariantCulture, $"{Engine} {server.Version}, {users} users, {Percent} % of them, s"), "processor time", "ratio", "longest transaction", "median");
        foreach ((int size, List<(double Cpu, double Longest, double Median)> measured) in runs.OrderBy(pair => pair.Key))
        {
            double cpu = Contestant.Median([.. measured.Select(run => run.Cpu)]);
            double longest = Contestant.Median([.. measured.Select(run => run.Longest)]);
            double median = Contestant.Median([.. measured.Select(run => run.Median)]);
            string name = size == 0 ? Whole : string.Create(CultureInfo.InvariantCulture, $"transactions of {size} users");
            await Table.RowAsync(output, name, [cpu, cpu / whole, longest, median]);
            if (size > 0)
            {
                goals.AtMost(string.Create(CultureInfo.InvariantCulture, $"{Engine}, {users} users: {name} / {Whole}"), Login, 1.15, cpu / whole);
                goals.AtMost(string.Create(CultureInfo.InvariantCulture, $"{Engine}, {users} users, {name}: longest / median"), Login, 2, longest / median);
            }
        }
    }

    private async Task<(double Cpu, double Longest, double Median)> TimeAsync(string template, int size)
    {
        string copy = await server.CopyAsync(template, isLarge: true);
        try
        {
            await using var connection = new NpgsqlConnection(copy);
            await connection.OpenAsync();
            await SendAsync(connection, "SET max_parallel_workers_per_gather = 0");
            await using var context = new RowsContext(options => options.UseNpgsql(connection));
            context.Database.SetCommandTimeout(Timeout);
            var purger = new Purger(options =>
            {
                options.Rows<RowsUser>(user => user.Group < Percent);
                if (size > 0)
                {
                    options.InChunks(size);
                }
            });
            PurgePlan plan = await purger.PlanAsync([context]);
            double before = ProcessorTime.Of(connection.ProcessID);
            var times = new Times();
            await purger.ExecuteAsync([context], plan, times);
            return (ProcessorTime.Of(connection.ProcessID) - before, times.Longest, times.Median);
        }
        finally
        {
            await server.DropAsync(copy);
        }
    }

    private static async Task SendAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = Timeout };
        await command.ExecuteNonQueryAsync();
    }

    private sealed class Times : IProgress<PurgeProgress>
    {
        private readonly List<double> _seconds = [];
        private long _last;

        public double Longest => _seconds.DefaultIfEmpty(0).Max();

        public double Median => _seconds.Count == 0 ? 0 : Contestant.Median(_seconds);

        public void Report(PurgeProgress value)
        {
            if (value.Chunk is not null)
            {
                long now = System.Diagnostics.Stopwatch.GetTimestamp();

                // The first transaction reads the facts as well, and creates the temporary tables.
                if (_last != 0)
                {
                    _seconds.Add(System.Diagnostics.Stopwatch.GetElapsedTime(_last, now).TotalSeconds);
                }

                _last = now;
            }
        }
    }
}
