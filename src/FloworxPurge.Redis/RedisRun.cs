using FloworxPurge.Extensibility;
using FloworxPurge.Reporting;
using StackExchange.Redis;

namespace FloworxPurge.Redis;

/// <summary>One purge of the keys, from the connection to the result.</summary>
internal sealed class RedisRun(RedisSettings settings)
{
    private KeyRemoval? _removal;
    private long? _before;

    private bool HasPattern => settings.Options.KeyPattern is not null;

    /// <summary>Counts, and unless it is a dry run deletes and counts again.</summary>
    public async Task<TargetReport> RunAsync(bool isDryRun, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(settings.Options.RunTimeout);
        try
        {
            RedisConnection connection = await RedisConnection.OpenAsync(settings, limit.Token).ConfigureAwait(false);
            await using (connection.ConfigureAwait(false))
            {
                return await RunAsync(connection, isDryRun, limit.Token).ConfigureAwait(false);
            }
        }
        catch (RedisFailure e)
        {
            return e.IsUnreachable ? TargetReport.Unreachable(e.Message) : Failed(e.Message);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return Failed($"not done {Text.Within(settings.Options.RunTimeout, nameof(RedisPurgeOptions.RunTimeout))}");
        }
    }

    private async Task<TargetReport> RunAsync(RedisConnection connection, bool isDryRun, CancellationToken cancellationToken)
    {
        IReadOnlyList<IServer> primaries = Primaries.Find(settings, connection.Multiplexer);
        bool isCluster = primaries.Any(server => server.ServerType == ServerType.Cluster);
        RedisNode[] nodes = [.. primaries.Select(server => new RedisNode(server, settings))];
        foreach (RedisNode node in nodes)
        {
            await LoginCheck.RequireAsync(settings, node, cancellationToken).ConfigureAwait(false);
            await node.SelectAsync(cancellationToken).ConfigureAwait(false);
        }

        Consent.Require(settings, primaries.Select(server => server.EndPoint));
        return isDryRun
            ? await CountAsync(nodes, cancellationToken).ConfigureAwait(false)
            : await PurgeAsync(nodes, new KeyRemoval(connection, settings), isCluster, cancellationToken).ConfigureAwait(false);
    }

    private async Task<TargetReport> CountAsync(RedisNode[] nodes, CancellationToken cancellationToken)
    {
        Measure now = await MeasureAsync(nodes, cancellationToken).ConfigureAwait(false);
        string? remark = Remark(HasPattern ? Text.Invariant($"DBSIZE is {now.Size}") : null, Uncounted(now.Keys, "match"));
        return new TargetReport { Outcome = Outcome.Passed, ItemsBefore = now.Keys, ItemsRemoved = 0, Reason = remark };
    }

    private async Task<TargetReport> PurgeAsync(RedisNode[] nodes, KeyRemoval removal, bool isCluster, CancellationToken cancellationToken)
    {
        Measure before = await MeasureAsync(nodes, cancellationToken).ConfigureAwait(false);
        _before = before.Keys;
        _removal = removal;
        for (int i = 0; i < nodes.Length; i++)
        {
            await foreach (IReadOnlyList<byte[]> keys in nodes[i].ScanAsync(before.Sizes[i], cancellationToken).ConfigureAwait(false))
            {
                // The server may return more keys than it was asked for.
                foreach (byte[][] batch in keys.Chunk(settings.Options.BatchSize))
                {
                    await removal.RemoveAsync(nodes[i], isCluster, batch, cancellationToken).ConfigureAwait(false);
                }
            }
        }

        Measure after = await MeasureAsync(nodes, cancellationToken).ConfigureAwait(false);
        string? sizes = HasPattern ? Text.Invariant($"DBSIZE was {before.Size} before and is {after.Size} after") : null;
        string? left = after.Keys == 0 ? null : Left(nodes, after);
        return new TargetReport
        {
            Outcome = left is null ? Outcome.Passed : Outcome.Failed,
            ItemsBefore = _before,
            ItemsRemoved = removal.Removed,
            ItemsAfter = after.Keys,
            Reason = Remark(left, Uncounted(_before, "matched before"), Difference(after.Keys), sizes),
        };
    }

    private string Left(RedisNode[] nodes, Measure after)
    {
        string number = after.Keys is { } keys ? Keys(keys) + (keys == 1 ? " is" : " are") + " left" : Uncounted(after.Keys, "are left")!;
        string places = string.Join(", ", nodes.Select(node => RedisSettings.DatabaseName(node.Name, settings.Database)));
        return $"{number}, written while the others were removed; stop what writes to {places} and purge again";
    }

    /// <summary>
    /// Reads DBSIZE of every primary, and counts the keys that are to be deleted: all of them, or those of the pattern.
    /// </summary>
    private async Task<Measure> MeasureAsync(RedisNode[] nodes, CancellationToken cancellationToken)
    {
        long[] sizes = new long[nodes.Length];
        long? keys = 0;
        for (int i = 0; i < nodes.Length; i++)
        {
            sizes[i] = await nodes[i].SizeAsync(cancellationToken).ConfigureAwait(false);
            keys += HasPattern ? await CountAsync(nodes[i], sizes[i], cancellationToken).ConfigureAwait(false) : sizes[i];
        }

        return new Measure(sizes, keys);
    }

    private async Task<long?> CountAsync(RedisNode node, long size, CancellationToken cancellationToken)
    {
        var counter = new KeyCounter(settings.Limits.Counted);
        await foreach (IReadOnlyList<byte[]> keys in node.ScanAsync(size, cancellationToken).ConfigureAwait(false))
        {
            foreach (byte[] key in keys)
            {
                counter.Add(key);
            }

            if (counter.Count is null)
            {
                break;
            }
        }

        return counter.Count;
    }

    private TargetReport Failed(string reason)
    {
        long removed = _removal?.Removed ?? 0;
        bool isOpen = _removal is { IsOpen: true };
        string text = isOpen ? $"{reason}; {Keys(removed)} were removed before that, and whether the batch under way was is not known"
            : removed > 0 ? $"{reason}; {Keys(removed)} were removed before that"
            : reason;
        return TargetReport.Failed(text) with { ItemsBefore = _before, ItemsRemoved = _removal is not null && !isOpen ? removed : null };
    }

    private string? Difference(long? after) => (_before - _removal!.Removed - after) switch
    {
        > 0 and long missing => $"{Keys(missing)} disappeared without this purge: expired, or removed by others",
        < 0 and long more => $"{Keys(-more)} came meanwhile",
        _ => null,
    };

    private string? Uncounted(long? keys, string what)
        => keys is null ? Text.Invariant($"more than {settings.Limits.Counted} keys {what}, too many to count each once") : null;

    private static string? Remark(params string?[] parts)
        => parts.Any(part => part is not null) ? string.Join("; ", parts.Where(part => part is not null)) : null;

    private static string Keys(long number) => Text.Invariant($"{number} {(number == 1 ? "key" : "keys")}");

    /// <summary>What was counted: DBSIZE of each primary, and the keys; null where there are too many to count.</summary>
    private sealed record Measure(long[] Sizes, long? Keys)
    {
        public long Size => Sizes.Sum();
    }
}
