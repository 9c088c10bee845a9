using System.Data.Common;
using System.Diagnostics;
using System.Globalization;
using FloworxPurge.Killed;
using FloworxPurge.Reporting;
using FloworxPurge.Tests.Archives;
using FloworxPurge.Tests.Conformance;
using FloworxPurge.Tests.Kit;
using FloworxPurge.Tests.Servers;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Storage;
using MySql.Data.MySqlClient;
using Npgsql;
using Order = FloworxPurge.Killed.Order;

namespace FloworxPurge.Tests.Faults;

/// <summary>A database, and a process that purges it or restores it until it is killed.</summary>
internal sealed partial class KillScenario : IAsyncDisposable
{
    public const int Users = 10;

    /// <summary>How many rows are deleted: of eight users, with two orders, four items and one note each.</summary>
    public const int Rows = 8 * 8;

    // Another build of the program, such as one that is compiled ahead of time and starts in half the time.
    private const string ProgramVariable = "FLOWORXPURGE_KILLED";

    // 128 and the number of SIGKILL. A program that cannot be started ends with another one above 100.
    private const int Killed = 137;

    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);

    private readonly string _root = Directory.CreateTempSubdirectory("floworxpurge-killed-").FullName;
    private readonly string _original;
    private int _archives;

    private KillScenario(TestDatabase database, string schema, string original)
        => (Database, Schema, _original) = (database, schema, original);

    public TestDatabase Database { get; }

    /// <summary>The folder of the archive; each round has another.</summary>
    public string Folder => Path.Combine(_root, "archive" + _archives.ToString(CultureInfo.InvariantCulture));

    /// <summary>The schema of an archive that is in none; in MariaDB a database of the server.</summary>
    public string Schema { get; }

    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    public static async Task<KillScenario> CreateAsync(Engine engine)
    {
        QuickRun.SkipBefore("Another process");
        return await CreateAsync(await engine.CreateDatabaseAsync());
    }

    public static async Task<KillScenario> CreateAsync(TestDatabase database)
    {
        await using (var context = new KillContext(database.Engine, database.ConnectionString))
        {
            await context.GetService<IRelationalDatabaseCreator>().CreateTablesAsync(CancellationToken);
            foreach (int user in Enumerable.Range(1, Users))
            {
                context.Add(new User { Id = user, Name = $"User {user}\t\"O'Hara\"\\", IsTest = user % 5 != 0 });
                context.Add(new Note { Id = user, UserId = user, AboutId = AboutOf(user) });
                foreach (int order in OrdersOf(user))
                {
                    context.Add(new Order { Id = order, UserId = user });
                    context.AddRange(ItemsOf(order).Select(item => new Item { Id = item, OrderId = order, Text = $"Item {item}\nä€" }));
                }
            }

            await context.SaveChangesAsync(CancellationToken);
        }

        string schema = (await database.ScalarAsync<string>(
            database.Pick("SELECT ''", "SELECT 'purged'", "SELECT CONCAT(DATABASE(), '_purged')", "SELECT ''"),
            CancellationToken))!;
        return new KillScenario(database, schema, await database.ChecksumAsync(CancellationToken));
    }

    public static int AboutOf(int note) => ((note + 2) % Users) + 1;

    public static IEnumerable<int> OrdersOf(int user) => [2 * user, (2 * user) + 1];

    public static IEnumerable<int> ItemsOf(int order) => [2 * order, (2 * order) + 1];

    /// <summary>Calls in this process, and counts the points.</summary>
    public async Task<(PurgeReport? Report, IReadOnlyList<string> Points)> RunAsync(string what)
    {
        var points = new KillPoints(0);
        PurgeReport? report = await KillRun.RunAsync(
            Database.Engine,
            Database.ConnectionString,
            ArchiveOf(what),
            what,
            points,
            CancellationToken);
        return (report, points.Passed);
    }

    /// <summary>The folder or the schema of the archive.</summary>
    public string ArchiveOf(string what) => KillRun.IsOfSchema(what) ? Schema : Folder;

    /// <summary>Calls in a process of its own, which kills itself at a point.</summary>
    /// <returns>The name of the point; null where the call ended before it.</returns>
    public async Task<string?> KillAsync(string what, int point)
    {
        using Process process = Start(what, point);
        return await EndAsync(process);
    }

    /// <summary>Calls in a process of its own, which is killed some time after it began to write.</summary>
    /// <returns>When it was killed; null where the call ended before it.</returns>
    public async Task<string?> KillAsync(string what, TimeSpan after)
    {
        using Process process = Start(what, point: 0);
        Task<string> errors = process.StandardError.ReadToEndAsync(CancellationToken);
        string? begun = await process.StandardOutput.ReadLineAsync(CancellationToken).AsTask().WaitAsync(Limit, CancellationToken);
        Assert.True(begun == "begun", $"{begun} {(begun is null ? await errors : null)}");

        // Not Task.Delay, which counts in milliseconds.
        for (long start = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(start) < after;)
        {
            await Task.Yield();
        }

        process.Kill();
        await process.WaitForExitAsync(CancellationToken);
        await SettleAsync();
        Assert.True(process.ExitCode is 0 or Killed, $"{process.ExitCode} {await errors}");
        return process.ExitCode == 0 ? null : $"{after.TotalMilliseconds.ToString("0.0", CultureInfo.InvariantCulture)} ms";
    }

    /// <summary>Calls in a process of its own, and measures how long it takes from its first write on.</summary>
    public async Task<TimeSpan> MeasureAsync(string what)
    {
        using Process process = Start(what, point: 0);
        await process.StandardOutput.ReadLineAsync(CancellationToken).AsTask().WaitAsync(Limit, CancellationToken);
        long start = Stopwatch.GetTimestamp();
        Assert.Null(await EndAsync(process));
        return Stopwatch.GetElapsedTime(start);
    }

    /// <summary>Calls in a process of its own under another program, which kills it.</summary>
    /// <returns>Whether it was killed.</returns>
    public async Task<bool> KillAsync(string what, IReadOnlyList<string> tracer)
    {
        using Process process = Start(what, point: 0, tracer);
        return await EndAsync(process) is not null;
    }

    /// <summary>Ends a purge that may have been killed: the same call, as often as it takes.</summary>
    /// <returns>The last report; null where nothing was left to do.</returns>
    public async Task<PurgeReport?> EndPurgeAsync(string what)
    {
        KillState state = await KillState.ReadAsync(this);
        if (!state.IsRunning && state.HasNoTestUser)
        {
            return null;
        }

        try
        {
            return (await RunAsync(what)).Report;
        }
        catch (PurgeException refused) when (what == KillRun.Purge && refused.Report is { Verdict: PurgeVerdict.Refused })
        {
            // A run in one transaction is not continued: what it left is no archive, and stands in the way of another.
            bool isBegun = File.Exists(Path.Combine(Folder, "manifest.json"));
            Assert.Contains(
                isBegun ? "which is not committed: the database has no receipt of it." : "stopped before it archived a row.",
                refused.Message,
                StringComparison.Ordinal);
            if (isBegun)
            {
                await using var context = new KillContext(Database.Engine, Database.ConnectionString);
                RestorePlan plan = await PurgeArchive.RestorePlanAsync(Folder, context, cancellationToken: CancellationToken);
                Assert.Contains(plan.Refusals, refusal => refusal.Kind == RestoreRefusalKind.NotCommitted);
            }

            Directory.Delete(Folder, recursive: true);
            return (await RunAsync(what)).Report;
        }
    }

    /// <summary>Ends a restore that may have been killed.</summary>
    public async Task EndRestoreAsync(string restore)
    {
        if (!(await KillState.ReadAsync(this)).IsRestored)
        {
            await RunAsync(restore);
        }
    }

    /// <summary>Asserts that the database is what it was at the beginning, and makes room for another archive.</summary>
    public async Task AssertOriginalAsync(string where)
    {
        await DropSchemaAsync();
        string now = await ChecksumWithoutJournal.OfAsync(Database, CancellationToken);
        Assert.True(string.Equals(_original, now, StringComparison.Ordinal), $"{where}\n{now}");
        if (Directory.Exists(Folder))
        {
            Directory.Delete(Folder, recursive: true);
        }

        _archives++;
    }

    public async ValueTask DisposeAsync()
    {
        await DropSchemaAsync();
        await Database.DisposeAsync();
        Directory.Delete(_root, recursive: true);
    }

    // The tables of an archive stay when it is restored.
    private Task DropSchemaAsync()
        => Database.ExecuteAsync(
            Database.Pick(
                sqlite: "SELECT 1",
                postgreSql: $"DROP SCHEMA IF EXISTS \"{Schema}\" CASCADE",
                mariaDb: $"DROP DATABASE IF EXISTS \"{Schema}\"",
                sqlServer: "SELECT 1"),
            CancellationToken);

    private Process Start(string what, int point, params IReadOnlyList<string> tracer)
    {
        // Beside this project, built in the same way.
        string program = Environment.GetEnvironmentVariable(ProgramVariable) ?? Path.Combine(
            AppContext.BaseDirectory.Replace("FloworxPurge.Tests", "FloworxPurge.Killed", StringComparison.Ordinal),
            "FloworxPurge.Killed");
        string[] arguments =
        [
            Database.Engine, Database.ConnectionString, ArchiveOf(what), what, point.ToString(CultureInfo.InvariantCulture),
        ];
        ProcessStartInfo start = tracer.Count == 0
            ? new ProcessStartInfo(program, arguments)
            : new ProcessStartInfo(tracer[0], [.. tracer.Skip(1), program, .. arguments]);
        if (tracer.Count > 0)
        {
            // Calls are counted for each thread.
            start.Environment["DOTNET_ThreadPool_ForceMaxWorkerThreads"] = "1";
        }

        start.RedirectStandardOutput = start.RedirectStandardError = true;
        return Process.Start(start)!;
    }

    private static void ClearPool(DbConnection connection)
    {
        switch (connection)
        {
            case NpgsqlConnection server:
                NpgsqlConnection.ClearPool(server);
                break;

            case MySqlConnection server:
                MySqlConnection.ClearPool(server);
                break;
        }
    }

    private async Task<string?> EndAsync(Process process)
    {
        Task<string> output = process.StandardOutput.ReadToEndAsync(CancellationToken);
        Task<string> errors = process.StandardError.ReadToEndAsync(CancellationToken);
        await process.WaitForExitAsync(CancellationToken).WaitAsync(Limit, CancellationToken);
        await SettleAsync();
        Assert.True(process.ExitCode is 0 or Killed, $"{process.ExitCode} {await errors}");
        return process.ExitCode == 0 ? null : (await output).TrimEnd().Split('\n')[^1];
    }

    // The server may still be at work on the last command of a session that is gone, such as its COMMIT.
    private async Task SettleAsync()
    {
        if (Database.Engine == "SQLite")
        {
            return;
        }

        await using DbConnection connection = await Database.OpenConnectionAsync(CancellationToken);
        string others = Database.Pick(
            sqlite: string.Empty,
            postgreSql: "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() "
                + "AND backend_type = 'client backend'",
            mariaDb: "SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE DB = DATABASE() AND ID <> CONNECTION_ID()",
            sqlServer: string.Empty);
        ClearPool(connection);

        await using DbCommand command = connection.CreateCommand();
        command.CommandText = others;
        long start = Stopwatch.GetTimestamp();
        while (Convert.ToInt64(await command.ExecuteScalarAsync(CancellationToken), CultureInfo.InvariantCulture) > 0)
        {
            Assert.True(Stopwatch.GetElapsedTime(start) < Limit, "A session of the process that was killed is still there.");
            await Task.Delay(2, CancellationToken);
        }
    }
}
