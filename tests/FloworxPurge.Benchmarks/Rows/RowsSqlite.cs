using System.Globalization;
using FloworxPurge.Benchmarks.Resets;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;

namespace FloworxPurge.Benchmarks.Rows;

/// <summary>
/// A hundred thousand users in a file of SQLite: what is measured is the processor time of this process, which the engine is a part of.
/// </summary>
internal sealed class RowsSqlite(Goals goals, TextWriter output)
{
    private const int Users = 100_000;
    private const int Rounds = 5;
    private const double Most = 1.15;

    // The compiler makes the code of this process faster while it is used, on another thread, and its time is no work of the engine.
    private const int WarmUsers = 100;
    private const int WarmRounds = 100;
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(1);

    private const string Ours = "ExecuteAsync";
    private const string Plan = "PlanAsync (selection alone)";
    private const string ByHand = "DELETE with IN by hand";

    public async Task RunAsync()
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("floworxpurge-bench-");
        try
        {
            foreach (bool cascades in new[] { false, true })
            {
                string template = Path.Combine(folder.FullName, $"template{(cascades ? 1 : 0)}.db");
                await WarmAsync(template, Path.Combine(folder.FullName, "copy.db"), cascades);
                await CreateAsync(template, cascades, Users);
                foreach (int percent in new[] { 10, 50 })
                {
                    await MeasureAsync(template, Path.Combine(folder.FullName, "copy.db"), cascades, percent);
                }
            }
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static RowsContext Context(SqliteConnection connection, bool cascades)
        => cascades
            ? new CascadingRowsContext(options => options.UseSqlite(connection))
            : new RowsContext(options => options.UseSqlite(connection));

    public static SqliteConnection Connection(string file) => new($"Data Source={file};Pooling=False");

    private static async Task WarmAsync(string template, string copy, bool cascades)
    {
        await CreateAsync(template, cascades, WarmUsers);
        for (int round = 0; round < WarmRounds; round++)
        {
            File.Copy(template, copy, overwrite: true);
            await using SqliteConnection connection = Connection(copy);
            await using RowsContext context = Context(connection, cascades);
            Purger purger = Purger(percent: 10);
            await purger.ExecuteAsync([context], await purger.PlanAsync([context]));
        }

        File.Delete(template);
        await Task.Delay(WarmUp);
    }

    /// <summary>Creates a file with users, and orders and items below them.</summary>
    public static async Task CreateAsync(string file, bool cascades, int users)
    {
        await using SqliteConnection connection = Connection(file);
        await using RowsContext context = Context(connection, cascades);
        await context.Database.EnsureCreatedAsync();
        await context.Database.ExecuteSqlRawAsync(RowsContext.Fill(users, Series));
        await context.Database.ExecuteSqlRawAsync("ANALYZE; PRAGMA wal_checkpoint(TRUNCATE)");
    }

    private static string Series(int rows) => string.Create(
        CultureInfo.InvariantCulture,
        $"(WITH RECURSIVE s (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < {rows}) SELECT n FROM s)");

    private async Task MeasureAsync(string template, string copy, bool cascades, int percent)
    {
        (string Name, Func<SqliteConnection, Func<TimeSpan>, Task<TimeSpan>> Work)[] ways =
        [
            (Ours, async (connection, now) =>
            {
                await using RowsContext context = Context(connection, cascades);
                Purger purger = Purger(percent);
                PurgePlan plan = await purger.PlanAsync([context]);
                TimeSpan start = now();
                await purger.ExecuteAsync([context], plan);
                return start;
            }),
            (Plan, async (connection, now) =>
            {
                await using RowsContext context = Context(connection, cascades);
                TimeSpan start = now();
                await Purger(percent).PlanAsync([context]);
                return start;
            }),
            (ByHand, async (connection, now) =>
            {
                TimeSpan start = now();
                await connection.OpenAsync();
                await using SqliteCommand command = connection.CreateCommand();
                command.CommandText = $"BEGIN IMMEDIATE; {RowsSql.DeleteNested(percent)} COMMIT";
                await command.ExecuteNonQueryAsync();
                return start;
            }),
        ];
        var times = ways.ToDictionary(way => way.Name, _ => new List<double>());
        for (int round = -1; round < Rounds; round++)
        {
            foreach ((string name, Func<SqliteConnection, Func<TimeSpan>, Task<TimeSpan>> work) in ways)
            {
                File.Copy(template, copy, overwrite: true);
                GC.Collect();
                await using SqliteConnection connection = Connection(copy);
                TimeSpan start = await work(connection, () => Environment.CpuUsage.TotalTime);
                if (round >= 0)
                {
                    times[name].Add((Environment.CpuUsage.TotalTime - start).TotalSeconds);
                }
            }
        }

        await RowsTable.WriteAsync(output, $"SQLite {new SqliteConnection().ServerVersion}", Users, percent, cascades, times, ByHand);
        double ratio = Contestant.Median(times[Ours]) / Contestant.Median(times[ByHand]);
        goals.AtMost($"SQLite, {percent} % of the rows, {RowsTable.Kind(cascades)}: ours / by hand", "-", Most, ratio);
    }

    private static Purger Purger(int percent) => new(options => options.Rows<RowsUser>(user => user.Group < percent));
}
