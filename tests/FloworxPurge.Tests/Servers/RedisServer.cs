using FloworxPurge.Tests.Servers;

[assembly: AssemblyFixture(typeof(RedisServer))]

namespace FloworxPurge.Tests.Servers;

/// <summary>The Redis server that the tests share, each in a database of its own; started by the first test that needs it.</summary>
public sealed class RedisServer : IAsyncDisposable
{
    private readonly Lazy<Task<RedisProcess>> _shared = new(
        () => RedisProcess.StartAsync(Program(), new RedisStart(), CancellationToken.None));
    private int _databases;

    /// <summary>
    /// The shared server, and the number of a database that no other test has. Skips the test where there is no server; fails it when
    /// <c>CI</c> is <c>true</c>.
    /// </summary>
    internal static async Task<(RedisProcess Server, int Database)> GetAsync()
    {
        _ = Program();
        RedisServer shared = await TestContext.Current.GetFixture<RedisServer>()
            ?? throw new InvalidOperationException("The Redis server is a fixture of this assembly, reached from within a test only.");
        return (await shared._shared.Value, Interlocked.Increment(ref shared._databases));
    }

    /// <summary>Starts a server for one test. Skips the test where there is none; fails it when <c>CI</c> is <c>true</c>.</summary>
    internal static Task<RedisProcess> StartAsync(RedisStart start)
        => RedisProcess.StartAsync(Program(), start, TestContext.Current.CancellationToken);

    /// <summary>Stops the shared server, if it was started.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_shared.IsValueCreated)
        {
            await (await _shared.Value).DisposeAsync();
        }
    }

    private static string Program()
    {
        QuickRun.SkipBefore("A Redis server");
        string? program = OperatingSystem.IsWindows() ? null : Programs.OnPath("redis-server") ?? Programs.OnPath("valkey-server");
        if (program is null)
        {
            // The test command looks for these first words in the results.
            const string reason = "No Redis server: neither redis-server nor valkey-server is on PATH.";
            if (string.Equals(Environment.GetEnvironmentVariable("CI"), "true", StringComparison.OrdinalIgnoreCase))
            {
                Assert.Fail(reason);
            }

            Assert.Skip(reason);
        }

        return program!;
    }
}
