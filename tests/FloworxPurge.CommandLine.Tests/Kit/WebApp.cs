using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Reflection;
using System.Text;
using FloworxPurge.CommandLine.Tests.Kit;
using Microsoft.Data.Sqlite;

[assembly: AssemblyFixture(typeof(WebApp))]

namespace FloworxPurge.CommandLine.Tests.Kit;

/// <summary>
/// The published sample of a web host: running, so that checks find it, and a database of it to copy. Begun by the first test that needs
/// it.
/// </summary>
public sealed class WebApp : IAsyncDisposable
{
    /// <summary>The rows of a copy: 5 accounts with their onboarding progress, 5 workspaces, 20 items.</summary>
    public const int Rows = 35;

    private static readonly string Program = Path.GetFullPath(
        typeof(WebApp).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(attribute => attribute.Key == "WebHost").Value!);
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("floworxpurge-web-");
    private readonly Lazy<Task> _begun;
    private Process? _process;
    private int _copies;

    public WebApp()
    {
        _begun = new(BeginAsync);
        Url = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{FreePort()}");
    }

    /// <summary>Where it listens.</summary>
    public string Url { get; }

    /// <summary>A database file of its own for one test.</summary>
    public async Task<string> CopyAsync()
    {
        await _begun.Value;
        string folder = _folder.CreateSubdirectory(Interlocked.Increment(ref _copies).ToString(CultureInfo.InvariantCulture)).FullName;
        string file = Path.Combine(folder, "shop.db");
        File.Copy(Path.Combine(_folder.FullName, "template.db"), file);
        return file;
    }

    /// <summary>Runs <c>purge</c> as a process of its own.</summary>
    internal async Task<CommandResult> PurgeAsync(string file, string[] args, params (string Name, string? Value)[] environment)
    {
        await _begun.Value;
        return await RunAsync(["purge", "--sqlite", file, "--url", Url, .. args], environment);
    }

    /// <summary>Runs the program.</summary>
    internal static async Task<CommandResult> RunAsync(string[] args, params (string Name, string? Value)[] environment)
    {
        ProcessStartInfo start = Start([Program, .. args], environment);
        using Process process = Process.Start(start)!;
        process.StandardInput.Close();
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> error = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return new CommandResult((PurgeExitCode)process.ExitCode, await output, await error);
    }

    /// <summary>Runs <c>purge</c> in a pseudo-terminal of a width.</summary>
    internal async Task<PseudoTerminal> InTerminalAsync(
        string file,
        int columns,
        string[]? args = null,
        params (string Name, string? Value)[] environment)
    {
        await _begun.Value;
        return PseudoTerminal.Start(Start([Program, "purge", "--sqlite", file, "--url", Url, .. args ?? []], environment), columns);
    }

    /// <summary>All rows of a database file.</summary>
    public static async Task<long> CountAsync(string file)
    {
        await using var connection = new SqliteConnection(
            new SqliteConnectionStringBuilder { DataSource = file, Pooling = false }.ConnectionString);
        await connection.OpenAsync();
        await using SqliteCommand command = connection.CreateCommand();
        command.CommandText =
            "SELECT (SELECT COUNT(*) FROM AspNetUsers) + (SELECT COUNT(*) FROM Workspaces) + (SELECT COUNT(*) FROM WorkItems) "
            + "+ (SELECT COUNT(*) FROM OnboardingProgress)";
        return (long)(await command.ExecuteScalarAsync())!;
    }

    /// <summary>A value of a database file, as text.</summary>
    public static async Task<string> ScalarAsync(string file, string sql)
    {
        await using var connection = new SqliteConnection(
            new SqliteConnectionStringBuilder { DataSource = file, Pooling = false }.ConnectionString);
        await connection.OpenAsync();
        await using SqliteCommand command = connection.CreateCommand();
        command.CommandText = sql;
        return Convert.ToString(await command.ExecuteScalarAsync(), CultureInfo.InvariantCulture)!;
    }

    /// <summary>Runs SQL on a database file.</summary>
    public static async Task ExecuteAsync(string file, string sql)
    {
        await using var connection = new SqliteConnection(
            new SqliteConnectionStringBuilder { DataSource = file, Pooling = false, ForeignKeys = false }.ConnectionString);
        await connection.OpenAsync();
        await using SqliteCommand command = connection.CreateCommand();
        command.CommandText = sql;
        await command.ExecuteNonQueryAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync();
            _process.Dispose();
        }

        _folder.Delete(recursive: true);
    }

    private async Task BeginAsync()
    {
        CommandResult seeded = await RunAsync(["seed", "5", "--sqlite", Path.Combine(_folder.FullName, "template.db")]);
        Assert.True(seeded.Code == PurgeExitCode.Complete, seeded.All);
        _process = Process.Start(Start([Program, "--sqlite", Path.Combine(_folder.FullName, "running.db"), "--url", Url], []))!;
        var log = new StringBuilder();
        _process.OutputDataReceived += (_, line) => log.AppendLine(line.Data);
        _process.ErrorDataReceived += (_, line) => log.AppendLine(line.Data);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        using var client = new HttpClient();
        long start = Stopwatch.GetTimestamp();
        while (true)
        {
            try
            {
                if ((await client.GetAsync(new Uri(Url + "/health"))).StatusCode == HttpStatusCode.OK)
                {
                    return;
                }
            }
            catch (HttpRequestException) when (Stopwatch.GetElapsedTime(start) < StartLimit && !_process.HasExited)
            {
                // It is on its way.
            }

            await Task.Delay(50);
        }
    }

    private static ProcessStartInfo Start(string[] arguments, (string Name, string? Value)[] environment)
    {
        var start = new ProcessStartInfo(
            Environment.ProcessPath is { } own && Path.GetFileNameWithoutExtension(own) == "dotnet" ? own : "dotnet",
            arguments)
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach ((
            string name,
            string? value) in ((string, string?)[])[("ASPNETCORE_ENVIRONMENT", null), ("NO_COLOR", null), ("DOTNET_ENVIRONMENT", "Development"), .. environment])
        {
            start.Environment[name] = value;
        }

        return start;
    }

    private static int FreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }
}
