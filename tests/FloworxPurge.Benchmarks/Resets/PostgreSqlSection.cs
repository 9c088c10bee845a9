using System.Data.Common;
using System.Diagnostics;
using Microsoft.EntityFrameworkCore;

namespace FloworxPurge.Benchmarks.Resets;

/// <summary>
/// Resets on PostgreSQL. Each contestant has a database of its own: a TRUNCATE makes every other session plan its statements anew.
/// </summary>
internal sealed class PostgreSqlSection(BenchmarkServer server, Goals goals, TextWriter output)
{
    private const string Superuser = "superuser";
    private const string Owner = "table owner";
    private const string OursAsSuperuser = "ours, superuser";
    private const string OursAsOwner = "ours, table owner";
    private const string ByHand = "DELETE by hand";
    private const string DeleteAll = "DELETE all";
    private const string Wire = "SELECT 1";

    private const int Rounds = 48;
    private const int QuietRounds = 300;
    private const int Resets = 4_000;
    private const int ResetsPerMedian = 400;

    public async Task RunAsync()
    {
        string[] columns = [OursAsSuperuser, OursAsOwner, ByHand, Others.RespawnName, Others.WeaselName, DeleteAll, Wire];
        await Table.HeadAsync(output, $"PostgreSQL {server.Version}, ms per reset, medians", ["tables/dirty", .. columns]);
        foreach ((int tables, int[] dirty) in new[] { (20, new[] { 0, 1, 5, 20 }), (100, [0, 1, 5, 20]), (500, [0, 1, 5, 20]) })
        {
            await MeasureAsync(new Layout(tables), dirty, columns);
        }

        await RecreateAsync(new Layout(100));
        await CreateResetterAsync(new Layout(100));
        await RunLongAsync(new Layout(100));
    }

    private static string Login(bool asSuperuser) => asSuperuser ? Superuser : Owner;

    private async Task MeasureAsync(Layout layout, int[] counts, string[] columns)
    {
        var open = new Stack<IAsyncDisposable>();
        string template = await server.CreateAsync(layout);
        async Task<PostgreSqlDatabase> CopyAsync(bool asSuperuser = false)
        {
            PostgreSqlDatabase copy = await server.CopyAsync(template, layout, asSuperuser);
            open.Push(copy);
            return copy;
        }

        try
        {
            Contestant superuser = await Contestant.OursAsync(OursAsSuperuser, await CopyAsync(asSuperuser: true), open);
            Contestant owner = await Contestant.OursAsync(OursAsOwner, await CopyAsync(), open);
            Contestant[] others = [await Others.RespawnAsync(await CopyAsync()), await Others.WeaselAsync(await CopyAsync(), open)];
            Contestant delete = await Contestant.DeleteAllAsync(DeleteAll, await CopyAsync());
            Contestant wire = await Contestant.StatementAsync(Wire, owner.Database!, "SELECT 1") with { Database = null };
            PostgreSqlDatabase other = await CopyAsync();
            foreach (int dirty in counts)
            {
                if (dirty == 0)
                {
                    await MeasureQuietAsync(layout, [superuser, owner, wire], columns);
                    DbCommand write = await other.PrepareAsync(await other.ConnectAsync(), "SELECT pg_current_xact_id()");
                    Dictionary<string, double> busy = await Contestant.MeasureAsync(
                        [superuser, owner, wire, delete],
                        dirty,
                        Rounds,
                        slowRounds: 1,
                        () => write.ExecuteNonQueryAsync());
                    await RowAsync($"{layout.Tables}/0, another database is written", busy, columns);
                    continue;
                }

                bool isGoal = dirty == 5;
                Contestant byHand = await Contestant.ByHandAsync(ByHand, other, dirty);
                Contestant[] contestants = [superuser, owner, byHand, wire, .. others, delete];
                Dictionary<string, double> medians = await Contestant.MeasureAsync(contestants, dirty, Rounds, slowRounds: isGoal ? 6 : 2);
                await RowAsync($"{layout.Tables}/{dirty}", medians, columns);
                if (isGoal && layout.Tables > 20)
                {
                    Compare(layout, medians);
                }

                if (isGoal && layout.Tables == 100)
                {
                    Dictionary<string, double> many = await Contestant.MeasureAsync(
                        [superuser, owner, byHand, wire],
                        dirty,
                        Rounds,
                        slowRounds: 1,
                        rows: Layout.ManyRows);
                    await RowAsync($"{layout.Tables}/{dirty}, {Layout.ManyRows} rows in each", many, columns);
                    CompareByHand($"{layout.Tables} tables, {dirty} dirty with {Layout.ManyRows} rows each", many);
                    foreach ((Contestant ours, string login) in new[] { (superuser, Superuser), (owner, Owner) })
                    {
                        goals.AtMost(
                            "PostgreSQL 100 tables, 5 dirty: allocated per reset, KB",
                            login,
                            20,
                            await Allocations.MeasureAsync(ours, dirty));
                    }
                }
            }
        }
        finally
        {
            while (open.TryPop(out IAsyncDisposable? next))
            {
                await next.DisposeAsync();
            }

            await server.DropAsync(template);
        }
    }

    // No other database is written either: a server has one count of transactions.
    private async Task MeasureQuietAsync(Layout layout, Contestant[] contestants, string[] columns)
    {
        Dictionary<string, double> medians = await Contestant.MeasureAsync(contestants, dirty: 0, QuietRounds, slowRounds: 1);
        await RowAsync($"{layout.Tables}/0", medians, columns);
        if (layout.Tables == 500)
        {
            const string name = "PostgreSQL 500 tables, nothing written since: ours / `SELECT 1`";
            goals.AtMost(name, Superuser, 2, medians[OursAsSuperuser] / medians[Wire]);
            goals.AtMost(name, Owner, 2, medians[OursAsOwner] / medians[Wire]);
        }
    }

    private void Compare(Layout layout, Dictionary<string, double> medians)
    {
        string name = $"PostgreSQL {layout.Tables} tables, 5 dirty: ";
        bool isLarge = layout.Tables == 500;
        foreach (string other in new[] { Others.RespawnName, Others.WeaselName })
        {
            goals.AtLeast($"{name}{other} / ours", Superuser, isLarge ? 120 : 70, medians[other] / medians[OursAsSuperuser]);
            goals.AtLeast($"{name}{other} / ours", Owner, isLarge ? 60 : 20, medians[other] / medians[OursAsOwner]);
        }

        if (!isLarge)
        {
            CompareByHand($"{layout.Tables} tables, 5 dirty with {Layout.RowsPerTable} rows each", medians);
        }
    }

    private void CompareByHand(string name, Dictionary<string, double> medians)
    {
        string full = $"PostgreSQL {name}: ours / hand-written durable DELETE + setval";
        goals.AtMost(full, Superuser, 0.5, medians[OursAsSuperuser] / medians[ByHand]);
        goals.AtMost(full, Owner, 1.25, medians[OursAsOwner] / medians[ByHand]);
    }

    private async Task RowAsync(string name, Dictionary<string, double> medians, string[] columns)
        => await Table.RowAsync(
            output,
            name,
            columns.Select(column => medians.TryGetValue(column, out double median) ? median : (double?)null));

    private async Task RecreateAsync(Layout layout)
    {
        string connectionString = await server.CreateAsync(layout);
        try
        {
            var unwatched = new PostgreSqlDatabase(server, layout, connectionString);
            Contestant recreate = Contestant.Recreate("recreate", unwatched);
            var times = new List<double>();
            for (int run = 0; run < 3; run++)
            {
                times.Add(await recreate.TimeAsync(dirty: 0));
            }

            await output.WriteLineAsync(
                $"\n`EnsureDeleted` + `EnsureCreated` at {layout.Tables} tables: {Goals.Text(Contestant.Median(times))} ms");
        }
        finally
        {
            await server.DropAsync(connectionString);
        }
    }

    // Databases as migrations leave them: nothing is analysed, and nothing is in a cache.
    private async Task CreateResetterAsync(Layout layout)
    {
        const int runs = 5;
        await Table.HeadAsync(
            output,
            $"PostgreSQL, {layout.Tables} tables right after `EnsureCreated`, ms",
            "login",
            "CreateAsync",
            "first reset",
            Others.RespawnName);
        foreach (bool asSuperuser in new[] { true, false })
        {
            List<double> create = [], first = [], other = [];
            for (int run = -1; run < runs; run++)
            {
                string connectionString = await server.CreateAsync(layout, asSuperuser);
                await using PostgreSqlDatabase database = await server.OpenAsync(connectionString, layout);
                long start = Stopwatch.GetTimestamp();
                await using DatabaseResetter resetter = await Contestant.ResetterAsync(database);
                double planned = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
                await database.FillAsync(5);
                start = Stopwatch.GetTimestamp();
                await resetter.ResetAsync();
                double reset = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
                await database.CheckAsync(countersToo: true);
                Contestant respawn = await Others.RespawnAsync(database);
                double respawned = await respawn.TimeAsync(dirty: 5, isChecked: true);
                if (run >= 0)
                {
                    create.Add(planned);
                    first.Add(reset);
                    other.Add(respawned);
                }
            }

            double ofCreate = Contestant.Median(create);
            double ofOther = Contestant.Median(other);
            await Table.RowAsync(output, Login(asSuperuser), [ofCreate, Contestant.Median(first), ofOther]);
            goals.AtMost(
                $"PostgreSQL, {layout.Tables} tables right after migrations: `CreateAsync` / one reset by Respawn",
                Login(asSuperuser),
                1,
                ofCreate / ofOther);
        }
    }

    private async Task RunLongAsync(Layout layout)
    {
        var open = new Stack<IAsyncDisposable>();
        try
        {
            Contestant[] contestants = new Contestant[2];
            for (int i = 0; i < 2; i++)
            {
                PostgreSqlDatabase database = await server.OpenAsync(await server.CreateAsync(layout, asSuperuser: i == 0), layout);
                open.Push(database);
                contestants[i] = await Contestant.OursAsync(i == 0 ? OursAsSuperuser : OursAsOwner, database, open);
                await database.WriteWithoutWaitingAsync();
            }

            // The speed of the machine itself changes within half a minute, as the time of a round trip shows.
            Contestant wire = await Contestant.StatementAsync(Wire, contestants[0].Database!, "SELECT 1") with { Database = null };
            contestants = [.. contestants, wire];
            double[][] times = [new double[Resets], new double[Resets], new double[Resets]];
            for (int round = -20; round < Resets; round++)
            {
                for (int i = 0; i < contestants.Length; i++)
                {
                    double time = await contestants[i].TimeAsync(dirty: 5, isChecked: round % ResetsPerMedian == 0);
                    if (round >= 0)
                    {
                        times[i][round] = time;
                    }
                }
            }

            await Table.HeadAsync(
                output,
                $"PostgreSQL, {layout.Tables} tables, 5 dirty: {Resets} resets in a row, ms",
                "login",
                "first 400",
                "middle 400",
                "last 400");
            for (int i = 0; i < contestants.Length; i++)
            {
                double first = Contestant.Median(times[i].Take(ResetsPerMedian));
                double last = Contestant.Median(times[i].TakeLast(ResetsPerMedian));
                await Table.RowAsync(
                    output,
                    i == 2 ? Wire : Login(i == 0),
                    [first, Contestant.Median(times[i].Skip((Resets - ResetsPerMedian) / 2).Take(ResetsPerMedian)), last]);
                if (i < 2)
                {
                    goals.AtMost("PostgreSQL, 4,000 resets in a row: last 400 / first 400", Login(i == 0), 1.3, last / first);
                }
            }
        }
        finally
        {
            while (open.TryPop(out IAsyncDisposable? next))
            {
                await next.DisposeAsync();
            }
        }
    }
}
