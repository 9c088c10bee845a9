using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using FloworxPurge.Benchmarks.Resets;
using FloworxPurge.Benchmarks.Rows;
using Microsoft.Data.Sqlite;

namespace FloworxPurge.Benchmarks;

/// <summary>Runs what is measured in one process, in turn, and ends with what must be reached.</summary>
internal static class PlainRunner
{
    public const string Planning = "planning";
    public const string Reset = "reset";
    public const string Purge = "purge";
    public const string Report = "report";
    public const string Others = "others";
    public const string Capture = "capture";
    public const string Workers = "workers";
    public const string Fleet = "fleet";
    public const string Rows = "rows";
    public const string Chunks = "chunks";
    public const string Archive = "archive";

    /// <summary>The names of all sections.</summary>
    public static readonly string[] Sections = [Planning, Reset, Capture, Workers, Others, Purge, Fleet, Report, Rows, Chunks, Archive];

    private const int UsersOnPostgreSql = 1_000_000;
    private const int UsersOnSqlite = 100_000;
    private const string LoadFile = "/proc/loadavg";

    /// <summary>Runs the sections that are named, or all of them.</summary>
    public static async Task RunAsync(IReadOnlyCollection<string> sections, TextWriter output)
    {
        var clock = Stopwatch.StartNew();
        var goals = new Goals();
        string loadBefore = Load();
        bool Has(string section) => sections.Count == 0 || sections.Contains(section);
        string serverVersion = "no PostgreSQL server";
        if (Array.Exists([Reset, Capture, Workers, Fleet, Purge, Others, Rows, Chunks, Archive], Has))
        {
            (BenchmarkServer? server, string? reason) = await BenchmarkServer.StartAsync();
            if (server is null)
            {
                await output.WriteLineAsync($"PostgreSQL is not measured: {reason}.");
                await RunOthersAsync(Has, server, output);
            }
            else
            {
                await using (server)
                {
                    serverVersion = "PostgreSQL " + server.Version;
                    await RunOnServerAsync(Has, server, goals, output);
                }
            }
        }

        if (Has(Reset))
        {
            await new SqliteSection(goals, output).RunAsync();
        }

        if (Has(Rows))
        {
            await new RowsSqlite(goals, output).RunAsync();
        }

        if (Has(Archive))
        {
            await new RowsArchive(goals, output).RunAsync(UsersOnSqlite);
        }

        if (Has(Planning))
        {
            await output.WriteLineAsync("\nPlanning without a database, ms of processor time\n");
            await PlanningSection.RunAsync(output);
        }

        if (Has(Report))
        {
            await ReportSection.RunAsync(goals, output);
        }

        await goals.WriteAsync(output);
        string[] machine =
        [
            DateTime.UtcNow.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
            $"{Environment.ProcessorCount} cores",
            RuntimeInformation.OSDescription,
            RuntimeInformation.FrameworkDescription,
            serverVersion,
            "SQLite " + new SqliteConnection().ServerVersion,
            $"load {loadBefore} before and {Load()} after",
            $"{clock.Elapsed.TotalSeconds.ToString("0", CultureInfo.InvariantCulture)} s",
        ];
        await output.WriteLineAsync($"\nMeasured: {string.Join(", ", machine)}.");
    }

    private static async Task RunOnServerAsync(Func<string, bool> has, BenchmarkServer server, Goals goals, TextWriter output)
    {
        if (has(Reset))
        {
            await new PostgreSqlSection(server, goals, output).RunAsync();
        }

        if (has(Capture))
        {
            await new CaptureSection(server, goals, output).RunAsync();
        }

        if (has(Workers))
        {
            await new WorkersSection(server, goals, output).RunAsync();
        }

        if (has(Fleet))
        {
            await new FleetSection(server, goals, output).RunAsync();
        }

        await RunOthersAsync(has, server, output);
        if (has(Purge))
        {
            await new PurgeCostSection(server, goals, output).RunAsync();
            await new PurgeSection(server, output).RunAsync();
        }

        if (has(Rows))
        {
            await new RowsPostgreSql(server, goals, output).RunAsync();
        }

        if (has(Chunks))
        {
            await new RowsChunks(server, goals, output).RunAsync();
        }

        if (has(Archive))
        {
            await new RowsArchive(goals, output).RunAsync(server, UsersOnPostgreSql);
        }
    }

    private static async Task RunOthersAsync(Func<string, bool> has, BenchmarkServer? server, TextWriter output)
    {
        if (has(Others))
        {
            await new OthersSection(output).RunAsync(server);
        }
    }

    private static string Load() => File.Exists(LoadFile) ? File.ReadAllText(LoadFile).Split(' ')[0] : "unknown";
}
