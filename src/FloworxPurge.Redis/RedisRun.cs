using System.Globalization;
using FloworxPurge.Extensibility;
using FloworxPurge.Redis.Protocol;

namespace FloworxPurge.Redis;

/// <summary>One purge of the keys, from the connection to the result.</summary>
internal sealed class RedisRun(RedisPurgeOptions options, RespLimits respLimits, ScanLimits scanLimits)
{
    private RedisKeyspace? _keyspace;
    private long? _before;
    private long _removed;
    private bool _isRemoving;

    private bool HasPattern => options.KeyPattern is not null;

    /// <summary>Counts, and unless it is a dry run removes and counts again.</summary>
    public async Task<TargetResult> RunAsync(bool isDryRun, CancellationToken cancellationToken)
    {
        try
        {
            RespConnection connection = await RedisConnector.ConnectAsync(options, respLimits, cancellationToken).ConfigureAwait(false);
            await using (connection.ConfigureAwait(false))
            {
                _keyspace = new RedisKeyspace(connection, options, scanLimits);
                await _keyspace.EnterAsync(cancellationToken).ConfigureAwait(false);
                return isDryRun
                    ? await CountAsync(_keyspace, cancellationToken).ConfigureAwait(false)
                    : await PurgeAsync(_keyspace, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (RedisException e)
        {
            return e.IsUnreachable ? TargetResult.Unreachable(e.Message) : Failed(e.Message);
        }
    }

    private async Task<TargetResult> CountAsync(RedisKeyspace keyspace, CancellationToken cancellationToken)
    {
        (long size, long? keys) = await MeasureAsync(keyspace, cancellationToken).ConfigureAwait(false);
        return new TargetResult(TargetOutcome.Done, keys, ItemsRemoved: 0, ItemsAfter: null, Remark(HasPattern ? Invariant($"DBSIZE is {size}") : null, Uncounted(keys, "match")));
    }

    private async Task<TargetResult> PurgeAsync(RedisKeyspace keyspace, CancellationToken cancellationToken)
    {
        (long sizeBefore, _before) = await MeasureAsync(keyspace, cancellationToken).ConfigureAwait(false);
        _isRemoving = true;
        await foreach (IReadOnlyList<ReadOnlyMemory<byte>> keys in keyspace.ScanAsync(sizeBefore, cancellationToken).ConfigureAwait(false))
        {
            // The server may give more keys than it was asked for.
            foreach (ReadOnlyMemory<byte>[] batch in keys.Chunk(options.BatchSize))
            {
                _removed += await keyspace.RemoveAsync(batch, cancellationToken).ConfigureAwait(false);
            }
        }

        (long sizeAfter, long? after) = await MeasureAsync(keyspace, cancellationToken).ConfigureAwait(false);
        string? sizes = HasPattern ? Invariant($"DBSIZE was {sizeBefore} before and is {sizeAfter} after") : null;
        string? left = after == 0 ? null
            : $"{(after is { } number ? Keys(number) + (number == 1 ? " is" : " are") + " left" : Uncounted(after, "are left"))}, written while the others were removed; stop what writes to {options.DatabaseName} and purge again";
        return new TargetResult(
            left is null ? TargetOutcome.Done : TargetOutcome.Failed,
            _before,
            _removed,
            after,
            Remark(left, Uncounted(_before, "matched before"), Difference(after), sizes));
    }

    /// <summary>DBSIZE, and the keys that are to go: all of them, or those of the pattern.</summary>
    private async Task<(long Size, long? Keys)> MeasureAsync(RedisKeyspace keyspace, CancellationToken cancellationToken)
    {
        long size = await keyspace.SizeAsync(cancellationToken).ConfigureAwait(false);
        if (!HasPattern)
        {
            return (size, size);
        }

        var counter = new KeyCounter(scanLimits.Counted);
        await foreach (IReadOnlyList<ReadOnlyMemory<byte>> keys in keyspace.ScanAsync(size, cancellationToken).ConfigureAwait(false))
        {
            foreach (ReadOnlyMemory<byte> key in keys)
            {
                counter.Add(key.Span);
            }

            if (counter.Count is null)
            {
                break;
            }
        }

        return (size, counter.Count);
    }

    private TargetResult Failed(string reason)
    {
        bool isOpen = _keyspace is { IsRemovalOpen: true };
        string text = isOpen ? $"{reason}; {Keys(_removed)} were removed before that, and whether the batch under way was is not known"
            : _removed > 0 ? $"{reason}; {Keys(_removed)} were removed before that"
            : reason;
        return TargetResult.Failed(text) with { ItemsBefore = _before, ItemsRemoved = _isRemoving && !isOpen ? _removed : null };
    }

    private string? Difference(long? after) => (_before - _removed - after) switch
    {
        > 0 and long gone => $"{Keys(gone)} went without this purge: expired, or removed by others",
        < 0 and long more => $"{Keys(-more)} came meanwhile",
        _ => null,
    };

    private string? Uncounted(long? keys, string what) => keys is null ? Invariant($"more than {scanLimits.Counted} keys {what}, too many to count each once") : null;

    private static string? Remark(params string?[] parts)
        => parts.Any(part => part is not null) ? string.Join("; ", parts.Where(part => part is not null)) : null;

    private static string Keys(long number) => Invariant($"{number} {(number == 1 ? "key" : "keys")}");

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
