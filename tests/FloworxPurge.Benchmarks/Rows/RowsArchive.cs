using System.Data.Common;
using System.Diagnostics;
using System.Globalization;
using FloworxPurge.Benchmarks.Resets;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace FloworxPurge.Benchmarks.Rows;

/// <summary>
/// Users with everything below, deleted without an archive, with an archive in a folder and in a schema, and restored from both. What is
/// measured is the time as a caller sees it, and the processor time of the backend and of this process.
/// </summary>
internal sealed class RowsArchive(Goals goals, TextWriter output)
{
    private const int Rounds = 5;
    private const int Timeout = 600;
    private const int Percent = 10;
    private const double MostForArchive = 1.3;
    private const double MostForRestore = 1.5;
    private const string Delete = "delete";
    private const string ToFolder = "delete, archived in a folder";
    private const string FromFolder = "restore from the folder";
    private const string ToSchema = "delete, archived in a schema";
    private const string FromSchema = "restore from the schema";

    /// <summary>Measures on PostgreSQL.</summary>
    public async Task RunAsync(BenchmarkServer server, int users)
    {
        string template = await RowsPostgreSql.CreateAsync(server, cascades: false, users);
        try
        {
            await MeasureAsync(
                string.Create(CultureInfo.InvariantCulture, $"PostgreSQL {server.Version}, {users:N0} users"),
                hasSchemas: true,
                async work =>
                {
                    string copy = await server.CopyAsync(template, isLarge: true);
                    try
                    {
                        await using var connection = new NpgsqlConnection(copy);
                        await connection.OpenAsync();
                        await work(connection, options => options.UseNpgsql(connection), () => ProcessorTime.Of(connection.ProcessID));
                    }
                    finally
                    {
                        await server.DropAsync(copy);
                    }
                });
        }
        finally
        {
            await server.DropAsync(template);
        }
    }

    /// <summary>Measures on SQLite, which works in this process.</summary>
    public async Task RunAsync(int users)
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("floworxpurge-bench-");
        string template = Path.Combine(folder.FullName, "template.db");
        string copy = Path.Combine(folder.FullName, "copy.db");
        await RowsSqlite.CreateAsync(template, cascades: false, users);
        await MeasureAsync(
            string.Create(CultureInfo.InvariantCulture, $"SQLite {new SqliteConnection().ServerVersion}, {users:N0} users"),
            hasSchemas: false,
            async work =>
            {
                File.Copy(template, copy, overwrite: true);
                await using SqliteConnection connection = RowsSqlite.Connection(copy);
                await connection.OpenAsync();
                await work(connection, options => options.UseSqlite(connection), () => 0);
            });
        folder.Delete(recursive: true);
    }

    private async Task MeasureAsync(
        string engine,
        bool hasSchemas,
        Func<Func<DbConnection, Action<DbContextOptionsBuilder>, Func<double>, Task>, Task> onCopyAsync)
    {
        string[] ways = hasSchemas ? [Delete, ToFolder, FromFolder, ToSchema, FromSchema] : [Delete, ToFolder, FromFolder];
        var times = ways.ToDictionary(way => way, _ => new List<(double Seconds, double Backend, double Client)>());
        for (int round = -1; round < Rounds; round++)
        {
            foreach (string? archive in hasSchemas ? new[] { null, ToFolder, ToSchema } : [null, ToFolder])
            {
                await onCopyAsync(async (_, use, backend) =>
                {
                    Dictionary<string, (double, double, double)> measured = await RunAsync(use, archive, backend);
                    foreach ((string way, (double, double, double) time) in round < 0 ? [] : measured)
                    {
                        times[way].Add(time);
                    }
                });
            }
        }

        await Table.HeadAsync(
            output,
            $"{engine}, {Percent} % of them with everything below: seconds, and the processor time of the backend and of this process",
            "way",
            "seconds",
            "/ delete",
            "backend",
            "/ delete",
            "this process");
        double Median(string way, Func<(double Seconds, double Backend, double Client), double> figure)
            => Contestant.Median([.. times[way].Select(figure)]);
        foreach (string way in ways)
        {
            double seconds = Median(way, time => time.Seconds) / Median(Delete, time => time.Seconds);
            double backend = Median(way, time => time.Backend) / Median(Delete, time => time.Backend);
            await Table.RowAsync(
                output,
                way,
                [
                    Median(way, time => time.Seconds), seconds, Median(way, time => time.Backend), double.IsNaN(backend) ? null : backend,
                    Median(way, time => time.Client),
                ]);
            if (way != Delete)
            {
                goals.AtMost($"{engine}: {way} / {Delete}", "-", way is ToFolder or ToSchema ? MostForArchive : MostForRestore, seconds);
            }
        }
    }

    private static async Task<Dictionary<string, (double Seconds, double Backend, double Client)>> RunAsync(
        Action<DbContextOptionsBuilder> use,
        string? archive,
        Func<double> backend)
    {
        string name = "archive_" + Guid.NewGuid().ToString("N");
        string folder = Path.Combine(Path.GetTempPath(), name);
        var times = new Dictionary<string, (double, double, double)>();
        await using var context = new RowsContext(use);
        context.Database.SetCommandTimeout(Timeout);
        var purger = new Purger(options =>
        {
            options.Rows<RowsUser>(user => user.Group < Percent);
            if (archive is not null)
            {
                options.ArchiveTo(archive == ToFolder ? folder : null, archive == ToSchema ? name : null);
            }
        });
        PurgePlan plan = await purger.PlanAsync([context]);
        await TimeAsync(archive ?? Delete, () => purger.ExecuteAsync([context], plan));
        if (archive == ToFolder)
        {
            await TimeAsync(FromFolder, () => PurgeArchive.RestoreAsync(folder, context));
            Directory.Delete(folder, recursive: true);
        }
        else if (archive == ToSchema)
        {
            await TimeAsync(FromSchema, () => PurgeArchive.RestoreSchemaAsync(name, context));
        }

        return times;

        async Task TimeAsync(string way, Func<Task> work)
        {
            GC.Collect();
            double before = backend();
            TimeSpan client = Environment.CpuUsage.TotalTime;
            long start = Stopwatch.GetTimestamp();
            await work();
            times[way] = (
                Stopwatch.GetElapsedTime(start).TotalSeconds,
                backend() - before,
                (Environment.CpuUsage.TotalTime - client).TotalSeconds);
        }
    }
}
