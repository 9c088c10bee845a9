using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using FloworxPurge.Tests.Kit;
using FloworxPurge.Tests.Servers;
using Npgsql;

namespace FloworxPurge.Tests.Fleets;

/// <summary>The sample of a fleet on a server of the test run: a database for the job engine, and those of the forty tenants.</summary>
internal sealed class FleetSample : IAsyncDisposable
{
    private readonly PostgreSqlTestDatabase _jobs;
    private readonly List<FleetProcess> _processes = [];

    private FleetSample(PostgreSqlTestDatabase jobs) => _jobs = jobs;

    public static IReadOnlyList<string> Tenants { get; } =
        [.. Enumerable.Range(1, 40).Select(number => string.Create(CultureInfo.InvariantCulture, $"tenant_{number:00}"))];

    /// <summary>The folder into which the processes write their reports.</summary>
    public string Folder { get; } = Directory.CreateTempSubdirectory("floworxpurge-fleet-").FullName;

    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    /// <summary>The databases, with the rows of the sample.</summary>
    public static async Task<FleetSample> CreateAsync()
    {
        QuickRun.SkipBefore("Another process");
        var sample = new FleetSample(await PostgreSqlTestDatabase.CreateAsync(CancellationToken));
        FleetProcess seed = sample.Start("seed");
        Assert.True(await seed.EndAsync() == 0, seed.Text);
        return sample;
    }

    /// <summary>Starts a worker.</summary>
    /// <param name="name">The name of its sessions.</param>
    /// <param name="environment">Its variables.</param>
    public FleetProcess StartWorker(string name, params (string Name, string Value)[] environment)
        => Start(["worker"], name, environment);

    /// <summary>Starts the program.</summary>
    public FleetProcess Start(params string[] arguments) => Start(arguments, "test", []);

    /// <summary>Schedules a run, waits for its jobs, and returns the exit code and the report.</summary>
    public async Task<(int ExitCode, JsonElement Report)> RunAsync(string runId)
    {
        FleetProcess run = Start("run", runId);
        int exitCode = await run.EndAsync();
        string file = Path.Combine(Folder, "fleet.json");
        Assert.True(File.Exists(file), run.Text);
        return (exitCode, JsonElement.Parse(await File.ReadAllTextAsync(file, CancellationToken)));
    }

    /// <summary>A connection to the database of a tenant.</summary>
    public async Task<NpgsqlConnection> OpenAsync(string tenant)
    {
        var connection = new NpgsqlConnection(ConnectionString(tenant));
        await connection.OpenAsync(CancellationToken);
        return connection;
    }

    /// <summary>Runs SQL in the database of a tenant, and returns the first value.</summary>
    public async Task<T> ScalarAsync<T>(string tenant, string sql)
    {
        await using NpgsqlConnection connection = await OpenAsync(tenant);
        await using var command = new NpgsqlCommand(sql, connection);
        return (T)(await command.ExecuteScalarAsync(CancellationToken))!;
    }

    /// <summary>Adds a customer of the partner acme to a tenant.</summary>
    public Task<int> AddCustomerAsync(string tenant)
        => ScalarAsync<int>(tenant, "INSERT INTO \"Customers\" (\"Partner\") VALUES ('acme') RETURNING \"Id\"");

    /// <summary>How many customers of a partner a tenant has.</summary>
    public Task<long> CountAsync(string tenant, string partner)
        => ScalarAsync<long>(tenant, $"SELECT COUNT(*) FROM \"Customers\" WHERE \"Partner\" = '{partner}'");

    /// <summary>Drops the database of a tenant.</summary>
    public async Task DropAsync(string tenant)
        => await (await PostgreSqlServer.GetAsync()).DropDatabaseAsync(ConnectionString(tenant), CancellationToken.None);

    public async ValueTask DisposeAsync()
    {
        foreach (FleetProcess process in _processes)
        {
            await process.DisposeAsync();
        }

        foreach (string tenant in Tenants)
        {
            await DropAsync(tenant);
        }

        await _jobs.DisposeAsync();
        Directory.Delete(Folder, recursive: true);
    }

    private FleetProcess Start(string[] arguments, string name, (string Name, string Value)[] environment)
    {
        // Beside this project, built in the same way.
        string program = Path.Combine(
            AppContext.BaseDirectory.Replace(
                Path.Combine("tests", "FloworxPurge.Tests"),
                Path.Combine("samples", "Fleet"),
                StringComparison.Ordinal),
            "Fleet");
        string connectionString = new NpgsqlConnectionStringBuilder(_jobs.ConnectionString) { ApplicationName = name }.ConnectionString;
        var start = new ProcessStartInfo(program, [.. arguments, "--postgres", connectionString]) { WorkingDirectory = Folder };
        foreach ((string variable, string value) in environment)
        {
            start.Environment[variable] = value;
        }

        var process = new FleetProcess(start);
        _processes.Add(process);
        return process;
    }

    private string ConnectionString(string tenant)
    {
        var parts = new NpgsqlConnectionStringBuilder(_jobs.ConnectionString) { Pooling = false };
        parts.Database += "_" + tenant;
        return parts.ConnectionString;
    }
}
