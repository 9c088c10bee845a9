using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using StackExchange.Redis;

namespace FloworxPurge.Tests.Servers;

/// <summary>
/// A throw-away Redis server with a temporary folder, on a free loopback port; both are gone when it is disposed or its owner dies.
/// </summary>
internal sealed class RedisProcess : IAsyncDisposable
{
    private const string Script = """
        folder=$1 program=$2
        shift 2
        umask 077
        mkdir "$folder" || exit 1
        trap 'rm -rf "$folder"' EXIT
        log=$folder/server.log
        printf '%s\n' "$PEM" >"$folder/server.pem"
        if [ -n "$SENTINEL" ]; then
            printf '%s\n' "dir $folder" "$SENTINEL" >"$folder/sentinel.conf"
            set -- "$folder/sentinel.conf" --sentinel
        else
            set -- --dir "$folder" "$@"
        fi
        exec 3<&0
        "$program" "$@" >"$log" 2>&1 </dev/null 3<&- &
        """ + ServerShell.Watch;

    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(20);

    private readonly ServerShell _shell;
    private readonly RedisStart _start;

    private RedisProcess(ServerShell shell, RedisStart start, string folder, int port)
    {
        _shell = shell;
        _start = start;
        Folder = folder;
        Port = port;
    }

    /// <summary>The temporary folder.</summary>
    public string Folder { get; }

    /// <summary>The loopback port.</summary>
    public int Port { get; }

    /// <summary>Starts a server.</summary>
    /// <exception cref="InvalidOperationException">The server did not start; the message holds the end of its log.</exception>
    public static Task<RedisProcess> StartAsync(string program, RedisStart start, CancellationToken cancellationToken)
        => ServerShell.StartAsync(() => Launch(program, start), server => server.WaitUntilReadyAsync(cancellationToken));

    /// <summary>The address, as a configuration string.</summary>
    public string Endpoint => string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{Port}");

    /// <summary>A connection of its own to a database, as the administrator of the test.</summary>
    public async Task<RedisClient> ConnectAsync(int database = 0)
        => new(await ConnectionMultiplexer.ConnectAsync(Administrator()), database);

    /// <summary>How the administrator of the test connects.</summary>
    public ConfigurationOptions Administrator()
    {
        ConfigurationOptions options = ConfigurationOptions.Parse(Endpoint);
        options.AllowAdmin = true;
        options.ConnectRetry = 1;
        options.TieBreaker = "";
        options.Password = _start.Password;
        if (_start.Watches is not null)
        {
            options.CommandMap = CommandMap.Sentinel;
        }

        if (_start.Certificate is { } expected)
        {
            options.Ssl = true;
            options.CertificateValidation += (_, shown, _, _) => expected.Equals(shown);
            options.CertificateSelection += (_, _, _, _, _) => expected;
        }

        return options;
    }

    /// <summary>Stops the server and deletes its folder.</summary>
    public ValueTask DisposeAsync()
    {
        _shell.Dispose();
        return ValueTask.CompletedTask;
    }

    private static RedisProcess Launch(string program, RedisStart start)
    {
        string folder = Path.Combine(Path.GetTempPath(), "floworxpurge-redis-" + Guid.NewGuid().ToString("N")[..12]);
        int port = ServerShell.FreePort();
        string number = port.ToString(CultureInfo.InvariantCulture);
        List<string> arguments = [
            "-c",
            Script,
            "sh",
            folder,
            program,
            "--bind",
            "127.0.0.1",
            "--save",
            "",
            "--appendonly",
            "no",
            "--databases",
            "1000"];
        arguments.AddRange(start.Certificate is null
            ? ["--port", number]
            : ["--port", "0", "--tls-port", number, "--tls-cert-file", Path.Combine(folder, "server.pem"), "--tls-key-file", Path.Combine(folder, "server.pem"), "--tls-ca-cert-file", Path.Combine(folder, "server.pem"), "--tls-auth-clients", start.AsksForCertificate ? "yes" : "no"]);
        if (start.Password is not null)
        {
            arguments.AddRange(["--requirepass", start.Password]);
        }

        arguments.AddRange(start.Settings);
        var process = new ProcessStartInfo("/bin/sh", arguments);
        process.Environment["PEM"] = start.Certificate is { } certificate
            ? $"{certificate.ExportCertificatePem()}\n{certificate.GetRSAPrivateKey()!.ExportPkcs8PrivateKeyPem()}"
            : "";
        process.Environment["SENTINEL"] = start.Watches is null ? "" : $"port {number}\nbind 127.0.0.1\nsentinel monitor {start.Watches} 1";
        return new RedisProcess(new ServerShell("Redis", process), start, folder, port);
    }

    private Task WaitUntilReadyAsync(CancellationToken cancellationToken)
        => _shell.WaitUntilReadyAsync(
            async () =>
            {
                await using RedisClient client = await ConnectAsync();
                if (_start.Watches is not null)
                {
                    return ((string?)await client.SendAsync("INFO", "server"))!.Contains(
                        $"config_file:{Folder}/",
                        StringComparison.Ordinal);
                }

                // Another server may listen on this port, if it was the faster one.
                var reply = (RedisResult[]?)await client.SendAsync("CONFIG", "GET", "dir");
                return reply is [_, var folder] && (string?)folder == Folder;
            },
            exception => exception is RedisException or RedisCommandException or SocketException or InvalidOperationException or TimeoutException,
            StartLimit,
            cancellationToken);
}
