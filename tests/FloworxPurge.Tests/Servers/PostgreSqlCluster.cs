using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Npgsql;

namespace FloworxPurge.Tests.Servers;

/// <summary>A throw-away PostgreSQL server in a temporary folder, on a free loopback port; both are gone when it is disposed or its owner dies.</summary>
internal sealed class PostgreSqlCluster : IAsyncDisposable
{
    // The shell holds the read end of a pipe whose write end is in this process. However this process ends, kill -9 included,
    // the read returns, the server is stopped and the folder is deleted.
    private const string Script = """
        folder=$1 bin=$2 port=$3
        shift 3
        umask 077
        mkdir "$folder" || exit 1
        trap 'rm -rf "$folder"' EXIT
        log=$folder/server.log
        "$bin/initdb" -D "$folder/data" -U postgres -A trust -E UTF8 --locale=C --no-sync >"$log" 2>&1 </dev/null || { cat "$log" >&2; exit 1; }
        echo 'host all all 127.0.0.1/32 trust' >"$folder/data/pg_hba.conf"
        exec 3<&0
        "$bin/postgres" -D "$folder/data" -p "$port" \
            -c listen_addresses=127.0.0.1 -c unix_socket_directories= "$@" >>"$log" 2>&1 </dev/null 3<&- &
        server=$!
        { read -r _ <&3; kill -INT "$server"; } >/dev/null 2>&1 &
        watcher=$!
        trap 'kill -INT "$server"' INT TERM HUP
        status=0
        while kill -0 "$server" 2>/dev/null; do wait "$server"; status=$?; done
        kill "$watcher" 2>/dev/null
        [ "$status" -eq 0 ] || tail -n 20 "$log" >&2
        exit "$status"
        """;

    private static readonly string[] FastSettings =
    [
        "max_connections=200", "shared_buffers=32MB", "max_wal_size=256MB", "fsync=off", "full_page_writes=off", "wal_level=minimal", "max_wal_senders=0",
        "autovacuum=off", "jit=off", "timezone=UTC", "log_timezone=UTC",
    ];

    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(30);

    private const long MemoryNeeded = 4L << 30;

    private readonly Process _shell;
    private readonly StringBuilder _errors;
    private bool _stopped;

    private PostgreSqlCluster(Process shell, StringBuilder errors, string folder, int port)
    {
        _shell = shell;
        _errors = errors;
        Folder = folder;
        Port = port;
        AppDomain.CurrentDomain.ProcessExit += OnProcessExit;
    }

    /// <summary>The temporary folder of the data and the log.</summary>
    public string Folder { get; }

    /// <summary>The loopback port.</summary>
    public int Port { get; }

    /// <summary>The connection string of the superuser.</summary>
    public string ConnectionString => new NpgsqlConnectionStringBuilder
    {
        Host = "127.0.0.1",
        Port = Port,
        Username = "postgres",
        Database = "postgres",
        SslMode = SslMode.Disable,
        GssEncryptionMode = GssEncryptionMode.Disable,
        IncludeErrorDetail = true,
    }.ConnectionString;

    /// <summary>Creates a cluster from the programs in a folder and starts it.</summary>
    /// <param name="binFolder">The folder of initdb and postgres.</param>
    /// <param name="isDurable">Whether it is on a disk and has the settings that initdb gives, for measuring; else it is as fast as a server can be whose data nobody needs.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="InvalidOperationException">The server did not start; the message holds the end of its log.</exception>
    public static async Task<PostgreSqlCluster> StartAsync(string binFolder, bool isDurable, CancellationToken cancellationToken)
    {
        // Between the moment a port is found free and the moment the server binds it, another process may take it.
        const int attempts = 3;
        for (var attempt = 1; ; attempt++)
        {
            var cluster = Launch(binFolder, isDurable);
            try
            {
                await cluster.WaitUntilReadyAsync(cancellationToken);
                return cluster;
            }
            catch (InvalidOperationException) when (attempt < attempts)
            {
                await cluster.DisposeAsync();
            }
            catch
            {
                await cluster.DisposeAsync();
                throw;
            }
        }
    }

    /// <summary>Stops the server and deletes its folder.</summary>
    public ValueTask DisposeAsync()
    {
        AppDomain.CurrentDomain.ProcessExit -= OnProcessExit;
        Stop();
        return ValueTask.CompletedTask;
    }

    private static PostgreSqlCluster Launch(string binFolder, bool isDurable)
    {
        var asRoot = Environment.IsPrivilegedProcess;

        var folder = Path.Combine(isDurable ? DiskFolder(asRoot) : TemporaryFolder(asRoot), "floworxpurge-pg-" + Guid.NewGuid().ToString("N")[..12]);
        var port = FreePort();

        var start = new ProcessStartInfo(asRoot ? "runuser" : "/bin/sh")
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardError = true,
            RedirectStandardOutput = true,
            WorkingDirectory = "/",
        };
        string[] shell = ["-c", Script, "sh", folder, binFolder, port.ToString(CultureInfo.InvariantCulture), .. isDurable ? [] : FastSettings.SelectMany(setting => new[] { "-c", setting })];
        string[] arguments = asRoot ? ["-u", "postgres", "--", "/bin/sh", .. shell] : shell;
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        foreach (var name in start.Environment.Keys.Where(key => key.StartsWith("PG", StringComparison.Ordinal)).ToList())
        {
            start.Environment.Remove(name);
        }

        start.Environment["LC_ALL"] = "C";

        var errors = new StringBuilder();
        var process = new Process { StartInfo = start };
        process.ErrorDataReceived += (_, line) =>
        {
            lock (errors)
            {
                errors.AppendLine(line.Data);
            }
        };
        process.Start();
        process.BeginErrorReadLine();
        process.BeginOutputReadLine();
        return new PostgreSqlCluster(process, errors, folder, port);
    }

    private async Task WaitUntilReadyAsync(CancellationToken cancellationToken)
    {
        var clock = Stopwatch.StartNew();
        var unpooled = new NpgsqlConnectionStringBuilder(ConnectionString) { Pooling = false, Timeout = 2 }.ConnectionString;
        while (true)
        {
            try
            {
                await using var connection = new NpgsqlConnection(unpooled);
                await connection.OpenAsync(cancellationToken);

                // Another server may listen on this port, if it was the faster one.
                await using var command = new NpgsqlCommand("SHOW data_directory", connection);
                if ((string?)await command.ExecuteScalarAsync(cancellationToken) == Path.Combine(Folder, "data"))
                {
                    return;
                }
            }
            catch (Exception exception) when (exception is NpgsqlException or TimeoutException or SocketException)
            {
                if (!_shell.HasExited && clock.Elapsed > StartLimit)
                {
                    throw new InvalidOperationException($"PostgreSQL did not accept connections within {StartLimit.TotalSeconds:0} s.", exception);
                }
            }

            if (_shell.HasExited)
            {
                // The overload without a time limit also waits for the last line of the redirected stream.
                await _shell.WaitForExitAsync(cancellationToken);
                lock (_errors)
                {
                    throw new InvalidOperationException($"PostgreSQL did not start (exit code {_shell.ExitCode}): {_errors}");
                }
            }

            await Task.Delay(20, cancellationToken);
        }
    }

    private void OnProcessExit(object? sender, EventArgs e) => Stop();

    private void Stop()
    {
        if (_stopped)
        {
            return;
        }

        _stopped = true;
        using (_shell)
        {
            _shell.StandardInput.Close();
            if (!_shell.WaitForExit(StopLimit))
            {
                throw new InvalidOperationException($"The PostgreSQL server in '{Folder}' did not stop within {StopLimit.TotalSeconds:0} s.");
            }
        }
    }

    // Creating a database copies 300 files: in memory that takes a tenth of the time.
    private static string TemporaryFolder(bool asRoot)
    {
        const string memory = "/dev/shm";
        if (Directory.Exists(memory) && new DriveInfo(memory).AvailableFreeSpace >= MemoryNeeded)
        {
            return memory;
        }

        return DiskFolder(asRoot);
    }

    private static string DiskFolder(bool asRoot)
    {
        // Files there outlive a restart of the machine, so they are on a disk.
        const string lasting = "/var/tmp";
        if (Directory.Exists(lasting))
        {
            return lasting;
        }

        // The user postgres may have no way into root's own temporary folder.
        return asRoot ? "/tmp" : Path.GetTempPath();
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
