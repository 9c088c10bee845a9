using System.Diagnostics;
using System.Globalization;
using MySql.Data.MySqlClient;

namespace FloworxPurge.Tests.Servers;

/// <summary>
/// A throw-away MariaDB server in a temporary folder, on a free loopback port; both are gone when it is disposed or its owner dies.
/// </summary>
internal sealed class MariaDbProcess : IAsyncDisposable
{
    private const string Script = """
        folder=$1 install=$2 server=$3 port=$4
        shift 4
        umask 077
        mkdir "$folder" || exit 1
        trap 'rm -rf "$folder"' EXIT
        log=$folder/server.log stop=TERM
        "$install" --no-defaults --datadir="$folder/data" --auth-root-authentication-method=normal --skip-test-db --skip-name-resolve >"$log" 2>&1 </dev/null || { cat "$log" >&2; exit 1; }
        # A hundred views that are read again by every question for the views or foreign keys of a server.
        rm -rf "$folder/data/sys"
        exec 3<&0
        "$server" --no-defaults --datadir="$folder/data" --port="$port" --bind-address=127.0.0.1 --socket="$folder/s" --pid-file="$folder/pid" --tmpdir="$folder" "$@" >>"$log" 2>&1 </dev/null 3<&- &
        """ + ServerShell.Watch;

    // ANSI_QUOTES lets the tests write names as they do for every other engine. All but the last two are for speed.
    private static readonly string[] Settings =
    [
        "--skip-log-bin", "--innodb-flush-log-at-trx-commit=0", "--innodb-flush-method=nosync", "--innodb-buffer-pool-size=64M", "--innodb-log-file-size=32M", "--skip-innodb-doublewrite",
        "--skip-performance-schema", "--skip-name-resolve", "--max-connections=300", "--table-open-cache=2000", "--default-time-zone=+00:00", "--character-set-server=utf8mb4",
        "--sql-mode=STRICT_TRANS_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION,ANSI_QUOTES", "--max-recursive-iterations=10000000",
    ];

    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);

    private const long MemoryNeeded = 2L << 30;

    private readonly ServerShell _shell;

    private MariaDbProcess(ServerShell shell, string folder, int port)
    {
        _shell = shell;
        Folder = folder;
        Port = port;
    }

    /// <summary>The temporary folder of the data and the log.</summary>
    public string Folder { get; }

    /// <summary>The loopback port.</summary>
    public int Port { get; }

    /// <summary>The connection string of root, to no database.</summary>
    public string ConnectionString => new MySqlConnectionStringBuilder
    {
        Server = "127.0.0.1",
        Port = (uint)Port,
        UserID = "root",
        SslMode = MySqlSslMode.Disabled,
    }.ConnectionString;

    /// <summary>Finds the programs, or the reason why there are none to use.</summary>
    public static (string? Install, string? Server, string? Reason) Find()
    {
        string? install = Programs.OnPath("mariadb-install-db");
        string? server = Programs.OnPath("mariadbd");
        if (OperatingSystem.IsWindows() || install is null || server is null)
        {
            return (null, null, "no mariadb-install-db and mariadbd on PATH");
        }

        // A MariaDB server refuses to run as root.
        return Environment.IsPrivilegedProcess && (Programs.OnPath("runuser") is null || !Programs.HasUser("mysql"))
            ? (null, null, "as root a MariaDB server needs the program runuser and a user named mysql")
            : (install, server, null);
    }

    /// <summary>Creates a server and starts it.</summary>
    /// <param name="install">The program mariadb-install-db.</param>
    /// <param name="server">The program mariadbd.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="InvalidOperationException">The server did not start; the message holds the end of its log.</exception>
    public static Task<MariaDbProcess> StartAsync(string install, string server, CancellationToken cancellationToken)
        => ServerShell.StartAsync(() => Launch(install, server), process => process.WaitUntilReadyAsync(cancellationToken));

    /// <summary>Stops the server and deletes its folder.</summary>
    public ValueTask DisposeAsync()
    {
        _shell.Dispose();
        return ValueTask.CompletedTask;
    }

    private static MariaDbProcess Launch(string install, string server)
    {
        string folder = Path.Combine(ServerShell.TemporaryFolder(MemoryNeeded), "floworxpurge-my-" + Guid.NewGuid().ToString("N")[..12]);
        int port = ServerShell.FreePort();

        string[] shell = ["-c", Script, "sh", folder, install, server, port.ToString(CultureInfo.InvariantCulture), .. Settings];
        var start = Environment.IsPrivilegedProcess
            ? new ProcessStartInfo("runuser", ["-u", "mysql", "--", "/bin/sh", .. shell])
            : new ProcessStartInfo("/bin/sh", shell);
        foreach (string name in start.Environment.Keys
            .Where(key => key.StartsWith("MYSQL", StringComparison.Ordinal) || key.StartsWith("MARIADB", StringComparison.Ordinal))
            .ToList())
        {
            start.Environment.Remove(name);
        }

        return new MariaDbProcess(new ServerShell("MariaDB", start), folder, port);
    }

    private Task WaitUntilReadyAsync(CancellationToken cancellationToken)
    {
        string unpooled = new MySqlConnectionStringBuilder(ConnectionString) { Pooling = false, ConnectionTimeout = 2 }.ConnectionString;
        return _shell.WaitUntilReadyAsync(
            async () =>
            {
                await using var connection = new MySqlConnection(unpooled);
                await connection.OpenAsync(cancellationToken);

                // Another server may listen on this port, if it was the faster one.
                await using var command = new MySqlCommand("SELECT @@datadir", connection);
                return Convert.ToString(
                    await command.ExecuteScalarAsync(cancellationToken),
                    CultureInfo.InvariantCulture) == Path.Combine(Folder, "data")
                    + "/";
            },
            exception => exception is MySqlException or TimeoutException or IOException,
            StartLimit,
            cancellationToken);
    }
}
