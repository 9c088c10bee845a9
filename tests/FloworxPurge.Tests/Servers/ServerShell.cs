using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace FloworxPurge.Tests.Servers;

/// <summary>A shell that runs a server and ends it when it is disposed or its owner dies.</summary>
internal sealed class ServerShell : IDisposable
{
    /// <summary>
    /// What a script does after it has started its server in the background with <c>3&lt;&amp;-</c>; before, it has to say <c>exec
    /// 3&lt;&amp;0</c> and to set <c>log</c>, and <c>stop</c> where the server wants another signal than INT.
    /// </summary>
    // The shell holds the read end of a pipe whose write end is in this process. However this process ends, kill -9 included,
    // the read returns, the server is stopped, and the script goes on to its end.
    public const string Watch = """

        server=$!
        { read -r _ <&3; kill "-${stop:-INT}" "$server"; } >/dev/null 2>&1 &
        watcher=$!
        trap 'kill "-${stop:-INT}" "$server"' INT TERM HUP
        status=0
        while kill -0 "$server" 2>/dev/null; do wait "$server"; status=$?; done
        kill "$watcher" 2>/dev/null
        [ "$status" -eq 0 ] || tail -n 20 "$log" >&2
        exit "$status"
        """;

    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(30);

    private readonly string _name;
    private readonly Process _process;
    private readonly StringBuilder _errors = new();
    private bool _stopped;

    /// <summary>Starts the shell.</summary>
    /// <param name="name">The server's name, for messages.</param>
    /// <param name="start">The program and its arguments; the streams and the folder are set here.</param>
    public ServerShell(string name, ProcessStartInfo start)
    {
        _name = name;
        start.UseShellExecute = false;
        start.RedirectStandardInput = start.RedirectStandardError = start.RedirectStandardOutput = true;
        start.WorkingDirectory = "/";
        start.Environment["LC_ALL"] = "C";
        _process = new Process { StartInfo = start };
        _process.ErrorDataReceived += (_, line) =>
        {
            lock (_errors)
            {
                _errors.AppendLine(line.Data);
            }
        };
        _process.Start();
        _process.BeginErrorReadLine();
        _process.BeginOutputReadLine();
        AppDomain.CurrentDomain.ProcessExit += OnProcessExit;
    }

    /// <summary>
    /// A folder in memory, where creating and dropping databases takes a tenth of the time, if that much is free; else one on a disk.
    /// </summary>
    public static string TemporaryFolder(long memoryNeeded)
    {
        const string memory = "/dev/shm";
        return Directory.Exists(memory) && new DriveInfo(memory).AvailableFreeSpace >= memoryNeeded ? memory : DiskFolder();
    }

    /// <summary>A folder on a disk that a server's user can enter.</summary>
    public static string DiskFolder()
    {
        // Files there outlive a restart of the machine, so they are on a disk.
        const string lasting = "/var/tmp";
        if (Directory.Exists(lasting))
        {
            return lasting;
        }

        // A server's user may have no way into root's own temporary folder.
        return Environment.IsPrivilegedProcess ? "/tmp" : Path.GetTempPath();
    }

    /// <summary>A loopback port that was free a moment ago.</summary>
    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    /// <summary>
    /// Starts a server, up to three times: between the moment a port is found free and the moment the server binds it, another process may
    /// take it.
    /// </summary>
    public static async Task<T> StartAsync<T>(Func<T> launch, Func<T, Task> waitUntilReady)
        where T : IAsyncDisposable
    {
        const int attempts = 3;
        for (var attempt = 1; ; attempt++)
        {
            var server = launch();
            try
            {
                await waitUntilReady(server);
                return server;
            }
            catch (InvalidOperationException) when (attempt < attempts)
            {
                await server.DisposeAsync();
            }
            catch
            {
                await server.DisposeAsync();
                throw;
            }
        }
    }

    /// <summary>Asks until the server is ready.</summary>
    /// <param name="isReady">
    /// Whether it answers as itself. What it throws, if it is of the kind that a server throws which is not up yet, means no.
    /// </param>
    /// <param name="isTransient">Whether an exception is of that kind.</param>
    /// <param name="limit">How long that may take.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="InvalidOperationException">The server ended, with the end of its log, or did not answer in time.</exception>
    public async Task WaitUntilReadyAsync(
        Func<Task<bool>> isReady,
        Func<Exception, bool> isTransient,
        TimeSpan limit,
        CancellationToken cancellationToken)
    {
        var clock = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                if (await isReady())
                {
                    return;
                }
            }
            catch (Exception exception) when (isTransient(exception))
            {
                if (!_process.HasExited && clock.Elapsed > limit)
                {
                    throw new InvalidOperationException($"{_name} did not accept connections within {limit.TotalSeconds:0} s.", exception);
                }
            }

            if (_process.HasExited)
            {
                // The overload without a time limit also waits for the last line of the redirected stream.
                await _process.WaitForExitAsync(cancellationToken);
                lock (_errors)
                {
                    throw new InvalidOperationException($"{_name} did not start (exit code {_process.ExitCode}): {_errors}");
                }
            }

            await Task.Delay(20, cancellationToken);
        }
    }

    /// <summary>Ends the server and waits until the shell has cleaned up.</summary>
    public void Dispose()
    {
        AppDomain.CurrentDomain.ProcessExit -= OnProcessExit;
        Stop();
    }

    private void OnProcessExit(object? sender, EventArgs e) => Stop();

    private void Stop()
    {
        if (_stopped)
        {
            return;
        }

        _stopped = true;
        using (_process)
        {
            _process.StandardInput.Close();
            if (!_process.WaitForExit(StopLimit))
            {
                throw new InvalidOperationException($"{_name} did not stop within {StopLimit.TotalSeconds:0} s.");
            }
        }
    }
}
