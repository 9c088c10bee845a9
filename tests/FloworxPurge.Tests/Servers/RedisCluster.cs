using System.Globalization;

namespace FloworxPurge.Tests.Servers;

/// <summary>A throw-away cluster of three primaries, and of replicas if a test asks for them.</summary>
internal sealed class RedisCluster : IAsyncDisposable
{
    private const int Primaries = 3;
    private const int Slots = 16384;

    private static readonly TimeSpan FormLimit = TimeSpan.FromSeconds(30);

    private readonly List<RedisProcess> _nodes = [];

    /// <summary>The nodes: the primaries, then the replicas of the first of them.</summary>
    public IReadOnlyList<RedisProcess> Nodes => _nodes;

    /// <summary>The names of the databases of all primaries, as the consent has to give them.</summary>
    public string Databases => string.Join(", ", _nodes.Take(Primaries).Select(node => $"{node.Endpoint}/0"));

    /// <summary>Starts the nodes and waits until each knows all of them and every slot is served.</summary>
    public static async Task<RedisCluster> StartAsync(int replicas = 0, params string[] settings)
    {
        var cluster = new RedisCluster();
        try
        {
            List<int> busPorts = [];
            for (int i = 0; i < Primaries + replicas; i++)
            {
                int busPort = ServerShell.FreePort();
                busPorts.Add(busPort);
                string[] own = [
                    "--cluster-enabled",
                    "yes",
                    "--cluster-node-timeout",
                    "1000",
                    "--cluster-port",
                    busPort.ToString(CultureInfo.InvariantCulture),
                    .. settings];
                cluster._nodes.Add(await RedisServer.StartAsync(new RedisStart { Settings = own }));
            }

            await cluster.FormAsync(busPorts);
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>A connection to all nodes, as the administrator of the test.</summary>
    public Task<RedisClient> ConnectAsync() => _nodes[0].ConnectAsync();

    /// <summary>The number of keys of each primary.</summary>
    public async Task<IReadOnlyList<long>> SizesAsync()
    {
        List<long> sizes = [];
        foreach (RedisProcess node in _nodes.Take(Primaries))
        {
            await using RedisClient client = await node.ConnectAsync();
            sizes.Add(await client.SizeAsync());
        }

        return sizes;
    }

    /// <summary>Stops the nodes.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (RedisProcess node in _nodes)
        {
            await node.DisposeAsync();
        }
    }

    private async Task FormAsync(List<int> busPorts)
    {
        for (int i = 0; i < _nodes.Count; i++)
        {
            await using RedisClient client = await _nodes[i].ConnectAsync();
            await client.SendAsync("CLUSTER", "SET-CONFIG-EPOCH", i + 1);
            if (i < Primaries)
            {
                await client.SendAsync("CLUSTER", "ADDSLOTSRANGE", Slots * i / Primaries, (Slots * (i + 1) / Primaries) - 1);
            }

            if (i > 0)
            {
                await client.SendAsync("CLUSTER", "MEET", "127.0.0.1", _nodes[0].Port, busPorts[0]);
            }
        }

        await WaitAsync(nodes =>
            nodes.Length == _nodes.Count && nodes.All(node => node.Contains(" connected", StringComparison.Ordinal) && !node.Contains("handshake", StringComparison.Ordinal)));
        string first = await MyIdAsync(_nodes[0]);
        foreach (RedisProcess node in _nodes.Skip(Primaries))
        {
            await using RedisClient client = await node.ConnectAsync();
            await client.SendAsync("CLUSTER", "REPLICATE", first);
        }

        await WaitAsync(nodes => nodes.Count(node => node.Contains("slave", StringComparison.Ordinal)) == _nodes.Count - Primaries);
    }

    private async Task WaitAsync(Func<string[], bool> isReady)
    {
        using var limit = new CancellationTokenSource(FormLimit);
        foreach (RedisProcess node in _nodes)
        {
            while (true)
            {
                await using RedisClient client = await node.ConnectAsync();
                string state = ((string?)await client.SendAsync("CLUSTER", "INFO"))!;
                string[] nodes = ((string?)await client.SendAsync("CLUSTER", "NODES"))!.Split('\n', StringSplitOptions.RemoveEmptyEntries);
                if (state.Contains("cluster_state:ok", StringComparison.Ordinal) && isReady(nodes))
                {
                    break;
                }

                await Task.Delay(50, limit.Token);
            }
        }
    }

    /// <summary>The identifier of a node.</summary>
    public Task<string> IdAsync(int node) => MyIdAsync(_nodes[node]);

    private static async Task<string> MyIdAsync(RedisProcess node)
    {
        await using RedisClient client = await node.ConnectAsync();
        return ((string?)await client.SendAsync("CLUSTER", "MYID"))!;
    }
}
