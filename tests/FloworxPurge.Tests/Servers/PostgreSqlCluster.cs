using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using Npgsql;

namespace FloworxPurge.Tests.Servers;

/// <summary>
/// A throw-away PostgreSQL server in a temporary folder, on a free loopback port; both are gone when it is disposed or its owner dies.
/// </summary>
internal sealed class PostgreSqlCluster : IAsyncDisposable
{
    private const string Script = """
        folder=$1 bin=$2 port=$3 from=$4
        shift 4
        umask 077
        mkdir "$folder" || exit 1
        trap 'rm -rf "$folder"' EXIT
        log=$folder/server.log
        if [ -n "$from" ]; then
            cp -a "$from/data" "$folder/data" && rm "$folder/data/postmaster.pid" && touch "$folder/data/standby.signal" || exit 1
        else
            "$bin/initdb" -D "$folder/data" -U postgres -A trust -E UTF8 --locale=C --no-sync >"$log" 2>&1 </dev/null || { cat "$log" >&2; exit 1; }
            printf 'host %s all 127.0.0.1/32 trust\n' all replication >"$folder/data/pg_hba.conf"
        fi
        exec 3<&0
        "$bin/postgres" -D "$folder/data" -p "$port" \
            -c listen_addresses=127.0.0.1 -c unix_socket_directories= "$@" >>"$log" 2>&1 </dev/null 3<&- &
        """ + ServerShell.Watch;

    private static readonly string[] FastSettings =
    [
        "max_connections=200", "shared_buffers=32MB", "max_wal_size=256MB", "fsync=off", "full_page_writes=off", "wal_level=minimal", "max_wal_senders=0",
        "autovacuum=off", "jit=off", "timezone=UTC", "log_timezone=UTC",
    ];

    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);

    private const long MemoryNeeded = 4L << 30;

    private readonly ServerShell _shell;

    private PostgreSqlCluster(ServerShell shell, string folder, int port)
    {
        _shell = shell;
        Folder = folder;
        Port = port;
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
    /// <param name="isDurable">
    /// Whether it is on a disk and has the settings that initdb gives, for measuring; else it is as fast as a server can be whose data
    /// nobody needs.
    /// </param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <param name="settings">Settings of the server on top of those, such as <c>max_connections=10</c>.</param>
    /// <exception cref="InvalidOperationException">The server did not start; the message holds the end of its log.</exception>
    public static Task<PostgreSqlCluster> StartAsync(
        string binFolder,
        bool isDurable,
        CancellationToken cancellationToken,
        params string[] settings)
        => ServerShell.StartAsync(
            () => Launch(binFolder, isDurable, standbyOf: null, settings),
            cluster => cluster.WaitUntilReadyAsync(cancellationToken));

    /// <summary>
    /// Creates a standby of a cluster to which nobody writes meanwhile, and starts it. The cluster needs the settings <c>wal_level=replica</c>
    /// and <c>max_wal_senders</c>.
    /// </summary>
    /// <param name="primary">The cluster.</param>
    /// <param name="binFolder">The folder of its programs.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <param name="settings">The settings that the cluster was started with.</param>
    public static async Task<PostgreSqlCluster> StartStandbyAsync(
        PostgreSqlCluster primary,
        string binFolder,
        CancellationToken cancellationToken,
        params string[] settings)
    {
        // After a checkpoint of an idle server, a copy of its files is one that a server can begin with.
        await using (NpgsqlDataSource source = NpgsqlDataSource.Create(primary.ConnectionString))
        await using (NpgsqlCommand checkpoint = source.CreateCommand("CHECKPOINT"))
        {
            await checkpoint.ExecuteNonQueryAsync(cancellationToken);
        }

        string[] all = [.. settings, $"primary_conninfo=host=127.0.0.1 port={primary.Port} user=postgres"];
        return await ServerShell.StartAsync(
            () => Launch(binFolder, isDurable: false, primary.Folder, all),
            cluster => cluster.WaitUntilReadyAsync(cancellationToken));
    }

    /// <summary>Stops the server and deletes its folder.</summary>
    public ValueTask DisposeAsync()
    {
        _shell.Dispose();
        return ValueTask.CompletedTask;
    }

    private static PostgreSqlCluster Launch(string binFolder, bool isDurable, string? standbyOf, string[] settings)
    {
        var asRoot = Environment.IsPrivilegedProcess;

        var folder = Path.Combine(
            isDurable ? ServerShell.DiskFolder() : ServerShell.TemporaryFolder(MemoryNeeded),
            "floworxpurge-pg-" + Guid.NewGuid().ToString("N")[..12]);
        var port = ServerShell.FreePort();

        string[] shell = [
            "-c",
            Script,
            "sh",
            folder,
            binFolder,
            port.ToString(CultureInfo.InvariantCulture),
            standbyOf ?? string.Empty,
            .. (isDurable ? [] : FastSettings).Concat(settings).SelectMany(setting => new[] { "-c", setting })];
        string[] arguments = asRoot ? ["-u", "postgres", "--", "/bin/sh", .. shell] : shell;
        var start = new ProcessStartInfo(asRoot ? "runuser" : "/bin/sh", arguments);
        foreach (var name in start.Environment.Keys.Where(key => key.StartsWith("PG", StringComparison.Ordinal)).ToList())
        {
            start.Environment.Remove(name);
        }

        return new PostgreSqlCluster(new ServerShell("PostgreSQL", start), folder, port);
    }

    private Task WaitUntilReadyAsync(CancellationToken cancellationToken)
    {
        var unpooled = new NpgsqlConnectionStringBuilder(ConnectionString) { Pooling = false, Timeout = 2 }.ConnectionString;
        return _shell.WaitUntilReadyAsync(
            async () =>
            {
                await using var connection = new NpgsqlConnection(unpooled);
                await connection.OpenAsync(cancellationToken);

                // Another server may listen on this port, if it was the faster one.
                await using var command = new NpgsqlCommand("SHOW data_directory", connection);
                return (string?)await command.ExecuteScalarAsync(cancellationToken) == Path.Combine(Folder, "data");
            },
            exception => exception is NpgsqlException or TimeoutException or SocketException,
            StartLimit,
            cancellationToken);
    }
}
