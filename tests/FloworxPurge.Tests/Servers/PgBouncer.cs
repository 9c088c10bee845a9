using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using Npgsql;

namespace FloworxPurge.Tests.Servers;

/// <summary>A PgBouncer in front of the PostgreSQL server of the tests; its clients are the user that its connection string names.</summary>
internal sealed class PgBouncer : IAsyncDisposable
{
    private const string Program = "pgbouncer";

    private const string Script = """
        folder=$1 program=$2 port=$3 mode=$4 sessions=$5 target=$6
        umask 077
        mkdir "$folder" || exit 1
        trap 'rm -rf "$folder"' EXIT
        log=$folder/server.log
        cat >"$folder/pgbouncer.ini" <<END
        [databases]
        * = $target
        [pgbouncer]
        listen_addr = 127.0.0.1
        listen_port = $port
        unix_socket_dir =
        auth_type = any
        pool_mode = $mode
        default_pool_size = $sessions
        ignore_startup_parameters = extra_float_digits,search_path
        END
        exec 3<&0
        stop=TERM
        "$program" "$folder/pgbouncer.ini" >>"$log" 2>&1 </dev/null 3<&- &
        """ + ServerShell.Watch;

    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);

    private readonly ServerShell _shell;

    private PgBouncer(ServerShell shell, string connectionString)
    {
        _shell = shell;
        ConnectionString = connectionString;
    }

    /// <summary>The connection string to the same database through the pooler.</summary>
    public string ConnectionString { get; }

    /// <summary>Starts a pooler, or skips the test where there is none; fails it when <c>CI</c> is <c>true</c>.</summary>
    /// <param name="connectionString">The database behind it.</param>
    /// <param name="mode">How long a client keeps a session: <c>session</c> or <c>transaction</c>.</param>
    /// <param name="sessions">How many sessions the pooler opens.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task<PgBouncer> StartAsync(
        string connectionString,
        string mode,
        int sessions,
        CancellationToken cancellationToken)
    {
        if (Programs.OnPath(Program) is not { } program)
        {
            const string reason = "No PostgreSQL server: PgBouncer is not installed.";
            Assert.SkipUnless(string.Equals(Environment.GetEnvironmentVariable("CI"), "true", StringComparison.OrdinalIgnoreCase), reason);
            throw new InvalidOperationException(reason);
        }

        return await ServerShell.StartAsync(
            () => Launch(program, connectionString, mode, sessions),
            pooler => pooler.WaitUntilReadyAsync(cancellationToken));
    }

    public ValueTask DisposeAsync()
    {
        _shell.Dispose();
        return ValueTask.CompletedTask;
    }

    private static PgBouncer Launch(string program, string connectionString, string mode, int sessions)
    {
        var server = new NpgsqlConnectionStringBuilder(connectionString);
        int port = ServerShell.FreePort();
        string target = string.Create(CultureInfo.InvariantCulture, $"host={server.Host} port={server.Port} user={server.Username}")
            + (server.Password is { Length: > 0 } password ? $" password='{password.Replace("'", "''", StringComparison.Ordinal)}'" : "");
        string[] shell = [
            "-c",
            Script,
            "sh",
            Path.Combine(ServerShell.DiskFolder(), "floworxpurge-pooler-" + Guid.NewGuid().ToString("N")[..12]),
            program,
            port.ToString(CultureInfo.InvariantCulture),
            mode,
            sessions.ToString(CultureInfo.InvariantCulture),
            target,
        ];

        // It refuses to run as root, as the server does.
        var start = Environment.IsPrivilegedProcess
            ? new ProcessStartInfo("runuser", ["-u", "postgres", "--", "/bin/sh", .. shell])
            : new ProcessStartInfo("/bin/sh", shell);
        return new PgBouncer(
            new ServerShell("PgBouncer", start),
            new NpgsqlConnectionStringBuilder(connectionString)
            {
                Host = "127.0.0.1",
                Port = port,
                SslMode = SslMode.Disable,
                GssEncryptionMode = GssEncryptionMode.Disable,
                Pooling = false,
            }.ConnectionString);
    }

    private Task WaitUntilReadyAsync(CancellationToken cancellationToken)
        => _shell.WaitUntilReadyAsync(
            async () =>
            {
                await using var connection = new NpgsqlConnection(ConnectionString);
                await connection.OpenAsync(cancellationToken);
                return true;
            },
            exception => exception is NpgsqlException or TimeoutException or SocketException,
            StartLimit,
            cancellationToken);
}
