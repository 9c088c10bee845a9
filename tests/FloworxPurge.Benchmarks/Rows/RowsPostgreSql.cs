using System.Globalization;
using FloworxPurge.Benchmarks.Resets;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace FloworxPurge.Benchmarks.Rows;

/// <summary>A million users on PostgreSQL: what is measured is the processor time of the backend.</summary>
internal sealed class RowsPostgreSql(BenchmarkServer server, Goals goals, TextWriter output)
{
    private const string Engine = "PostgreSQL";
    private const int Users = 1_000_000;
    private const int Rounds = 3;
    private const int Timeout = 600;
    private const string Login = "table owner";
    private const string Ours = "ExecuteAsync";
    private const string Plan = "PlanAsync (selection alone)";
    private const string ByHand = "DELETE USING by hand";
    private const string Contained = "ExecuteDelete";
    private const string Engines = "the engine's cascade";

    public async Task RunAsync()
    {
        foreach (bool cascades in new[] { false, true })
        {
            string template = await CreateAsync(server, cascades, Users);
            try
            {
                foreach (int percent in cascades ? new[] { 10 } : [10, 50])
                {
                    await MeasureAsync(template, cascades, percent);
                }

                if (!cascades)
                {
                    await MeasureMemoryAsync(template);
                }
            }
            finally
            {
                await server.DropAsync(template);
            }
        }
    }

    private static RowsContext Context(Action<DbContextOptionsBuilder> use, bool cascades)
        => cascades ? new CascadingRowsContext(use) : new RowsContext(use);

    /// <summary>Creates a database with users, and orders and items below them; gives its connection string.</summary>
    public static async Task<string> CreateAsync(BenchmarkServer server, bool cascades, int users)
    {
        string template = server.NewConnectionString(asSuperuser: true);
        string owners = server.AsOwner(template);
        await using (RowsContext context = Context(options => options.UseNpgsql(owners), cascades))
        {
            await context.Database.EnsureCreatedAsync();
        }

        // Only a superuser may leave out the checks, which take longer than the rows.
        await using (var connection = new NpgsqlConnection(template + ";Pooling=false"))
        {
            await connection.OpenAsync();
            await SendAsync(connection, "SET session_replication_role = replica; " + RowsContext.Fill(users, Series));
            await SendAsync(connection, "VACUUM (ANALYZE)");
        }

        return owners;
    }

    private static string Series(int rows) => string.Create(CultureInfo.InvariantCulture, $"generate_series(1, {rows}) AS n");

    private async Task MeasureAsync(string template, bool cascades, int percent)
    {
        List<(string Name, Func<NpgsqlConnection, Func<Task>, Task> Work)> ways =
        [
            (Ours, (connection, begin) => PurgeAsync(connection, cascades, percent, begin)),
            (Plan, (connection, begin) => PlanAsync(connection, cascades, percent, begin)),
            (ByHand, (connection, begin) => ByHandAsync(connection, RowsSql.DeleteUsing(percent), begin)),
            (Contained, (connection, begin) => ByHandAsync(connection, RowsSql.DeleteIn(percent), begin)),
        ];
        if (cascades)
        {
            ways.Add((Engines, (connection, begin) => ByHandAsync(connection, RowsSql.DeleteUsersOnly(percent), begin)));
        }

        var times = ways.ToDictionary(way => way.Name, _ => new List<double>());
        for (int round = 0; round < Rounds; round++)
        {
            foreach ((string name, Func<NpgsqlConnection, Func<Task>, Task> work) in ways)
            {
                times[name].Add(await TimeAsync(template, work));
            }
        }

        double Median(string name) => Contestant.Median(times[name]);
        await RowsTable.WriteAsync(output, $"{Engine} {server.Version}", Users, percent, cascades, times, ByHand);
        string what = $"{Engine}, {percent} % of the rows, {RowsTable.Kind(cascades)}: ";
        goals.AtMost(what + "ours / DELETE USING", Login, cascades ? 0.6 : percent == 10 ? 1.25 : 1.15, Median(Ours) / Median(ByHand));
        goals.AtMost(what + "ours / ExecuteDelete", Login, 0.9, Median(Ours) / Median(Contained));
        if (!cascades)
        {
            goals.AtMost(what + "selection / DELETE USING", Login, 0.2, Median(Plan) / Median(ByHand));
        }
    }

    private async Task MeasureMemoryAsync(string template)
    {
        List<double> megabytes = [];
        foreach (int percent in new[] { 1, 1, 10 })
        {
            long before = 0;
            await TimeAsync(template, async (connection, begin) =>
            {
                await PurgeAsync(connection, cascades: false, percent, async () =>
                {
                    await begin();
                    before = GC.GetTotalAllocatedBytes(precise: true);
                });
                megabytes.Add((GC.GetTotalAllocatedBytes(precise: true) - before) / 1048576.0);
            });
        }

        await Table.HeadAsync(output, $"{Engine}, MB that the client allocates for a run", "rows", "MB");
        await Table.RowAsync(output, $"{7 * Users / 100:N0}", [megabytes[1]]);
        await Table.RowAsync(output, $"{7 * Users / 10:N0}", [megabytes[2]]);
        goals.AtMost($"{Engine}: MB allocated for ten times the rows / for the rows", Login, 1.1, megabytes[2] / megabytes[1]);
    }

    /// <summary>Seconds of the backend, from the moment that the work calls back.</summary>
    private async Task<double> TimeAsync(string template, Func<NpgsqlConnection, Func<Task>, Task> work)
    {
        string copy = await server.CopyAsync(template, isLarge: true);
        try
        {
            await using var connection = new NpgsqlConnection(copy);
            await connection.OpenAsync();

            // The work of parallel workers would not be counted, which are processes of their own.
            await SendAsync(connection, "SET max_parallel_workers_per_gather = 0");
            double before = 0;
            await work(connection, () =>
            {
                before = ProcessorTime.Of(connection.ProcessID);
                return Task.CompletedTask;
            });
            return ProcessorTime.Of(connection.ProcessID) - before;
        }
        finally
        {
            await server.DropAsync(copy);
        }
    }

    private static Purger Purger(int percent) => new(options => options.Rows<RowsUser>(user => user.Group < percent));

    private static async Task PurgeAsync(NpgsqlConnection connection, bool cascades, int percent, Func<Task> begin)
    {
        await using RowsContext context = Context(options => options.UseNpgsql(connection), cascades);
        context.Database.SetCommandTimeout(Timeout);
        Purger purger = Purger(percent);
        PurgePlan plan = await purger.PlanAsync([context]);
        await begin();
        await purger.ExecuteAsync([context], plan);
    }

    private static async Task PlanAsync(NpgsqlConnection connection, bool cascades, int percent, Func<Task> begin)
    {
        await using RowsContext context = Context(options => options.UseNpgsql(connection), cascades);
        context.Database.SetCommandTimeout(Timeout);
        await begin();
        await Purger(percent).PlanAsync([context]);
    }

    private static async Task ByHandAsync(NpgsqlConnection connection, string sql, Func<Task> begin)
    {
        await begin();
        await SendAsync(connection, $"BEGIN; {sql} COMMIT");
    }

    private static async Task SendAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = Timeout };
        await command.ExecuteNonQueryAsync();
    }
}
