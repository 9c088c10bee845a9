using System.Net;
using StackExchange.Redis;

namespace FloworxPurge.Redis;

/// <summary>Finds every primary that the client leads to. Replicas are never read or written.</summary>
internal static class Primaries
{
    private const int Slots = 16384;

    /// <summary>Returns the primaries, in the order of their names.</summary>
    /// <exception cref="RedisFailure">A primary is not connected, or it is not known which there are.</exception>
    public static IReadOnlyList<IServer> Find(RedisSettings settings, IConnectionMultiplexer multiplexer)
    {
        IServer[] servers = multiplexer.GetServers();
        IServer[] connected = [.. servers.Where(server => server.IsConnected)];
        if (connected.Length == 0)
        {
            throw new RedisFailure($"no connection to {settings.Place}") { IsUnreachable = true };
        }

        if (connected.Any(server => server.ServerType == ServerType.Sentinel))
        {
            throw new RedisFailure($"{settings.Place} is a sentinel; give serviceName, or hand over the connection to its service");
        }

        IServer[] nodes = [.. connected.Where(server => server.ServerType == ServerType.Cluster)];
        IReadOnlyList<IServer> primaries = nodes.Length > 0 ? OfCluster(multiplexer, servers, nodes) : OfServers(settings, servers);
        return [.. primaries.OrderBy(server => EndPointName.Of(server.EndPoint), StringComparer.Ordinal)];
    }

    private static IServer[] OfServers(RedisSettings settings, IServer[] servers)
    {
        // It is not known whether a server that has not answered is a replica.
        IServer[] silent = settings.IsNamedBySentinel ? [] : [.. servers.Where(server => !server.IsConnected && !server.IsReplica)];
        if (silent.Length > 0)
        {
            throw new RedisFailure($"no connection to {Names(silent)}, and whether it is a primary is not known; "
                + "start it, or leave it out of the configuration");
        }

        IServer[] primaries = [.. servers.Where(server => server.IsConnected && !server.IsReplica)];
        return primaries.Length > 0
            ? primaries
            : throw new RedisFailure(
                $"the server is a read-only replica; give the primary ({Names(servers.Where(server => server.IsConnected))})");
    }

    // The nodes of a cluster are those that it names itself: a server that was configured by another name would be met twice.
    private static List<IServer> OfCluster(IConnectionMultiplexer multiplexer, IServer[] servers, IServer[] nodes)
    {
        ClusterConfiguration cluster = nodes.Select(node => node.ClusterConfiguration).FirstOrDefault(found => found is not null)
            ?? throw new RedisFailure(
                $"{Names(nodes)} is a node of a cluster whose other nodes are not known; the user needs CLUSTER NODES");
        ClusterNode[] primaries = [.. cluster.Nodes.Where(node => !node.IsReplica && !node.IsHandshake)];
        RequireSlots(servers, nodes, primaries);
        RequireOneCluster(servers, nodes, cluster, primaries);
        HashSet<EndPoint> known = [.. servers.Select(server => server.EndPoint)];
        List<IServer> found = [];
        List<string> silent = [];
        foreach (EndPoint endPoint in primaries.Select(primary => primary.EndPoint!))
        {
            IServer? server = known.Contains(endPoint) ? multiplexer.GetServer(endPoint) : null;
            if (server is { IsConnected: true })
            {
                found.Add(server);
            }
            else
            {
                silent.Add(EndPointName.Of(endPoint));
            }
        }

        return silent.Count == 0
            ? found
            : throw new RedisFailure(
                $"no connection to {string.Join(", ", silent.Order(StringComparer.Ordinal))}, a primary of the cluster; "
                    + "start it, or wait for its replica to take over");
    }

    // What is configured beside a cluster would be neither read nor emptied, and the report would name it all the same.
    private static void RequireOneCluster(IServer[] servers, IServer[] nodes, ClusterConfiguration cluster, ClusterNode[] primaries)
    {
        IServer[] others = [.. servers.Where(server => server.IsConnected && server.ServerType != ServerType.Cluster)];
        if (others.Length > 0)
        {
            throw new RedisFailure($"{Names(others)} is no node of the cluster of {Names(nodes)}; give each a target of its own");
        }

        HashSet<EndPoint> named = [.. primaries.Select(primary => primary.EndPoint!)];
        IServer[] disagreeing = [.. nodes.Where(node => node.ClusterConfiguration is { } own
            && !named.SetEquals(own.Nodes.Where(other => !other.IsReplica && !other.IsHandshake).Select(other => other.EndPoint!)))];
        if (disagreeing.Length > 0)
        {
            throw new RedisFailure($"{Names(disagreeing)} names other primaries than {Names(nodes.Except(disagreeing))} does: "
                + "they are nodes of different clusters, or a failover is under way; configure one cluster, and try again when it is done");
        }

        HashSet<EndPoint> members = [.. cluster.Nodes.Select(node => node.EndPoint!)];
        IServer[] silent = [.. servers.Where(server => !server.IsConnected && !members.Contains(server.EndPoint))];
        if (silent.Length > 0)
        {
            throw new RedisFailure(
                $"no connection to {Names(silent)}, and whether it belongs to the cluster of {Names(nodes)} is not known; "
                + "start it, or leave it out of the configuration");
        }
    }

    // The client leaves out a node that the cluster has given up: its slots are what is missing then, and the keys in them.
    private static void RequireSlots(IServer[] servers, IServer[] nodes, ClusterNode[] primaries)
    {
        int covered = primaries.Sum(node => node.Slots.Sum(slot => slot.To - slot.From + 1));
        if (covered != Slots)
        {
            string silent = Names(servers.Where(server => !server.IsConnected));
            string who = silent.Length > 0 ? $"no connection to {silent}, and " : "";
            throw new RedisFailure(Text.Invariant($"{who}the cluster of {Names(nodes)} has a primary for {covered} of {Slots} slots only; ")
                + "start the node, wait for its replica to take over, or repair the cluster");
        }
    }

    private static string Names(IEnumerable<IServer> servers)
        => string.Join(", ", servers.Select(server => EndPointName.Of(server.EndPoint)).Order(StringComparer.Ordinal));
}
