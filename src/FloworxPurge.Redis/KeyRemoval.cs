using StackExchange.Redis;

namespace FloworxPurge.Redis;

/// <summary>Removes batches of keys and counts what the servers report. In a cluster, each command has keys of one slot only.</summary>
internal sealed class KeyRemoval(RedisConnection connection, RedisSettings settings)
{
    private const string Older = "DEL";

    private readonly Lock _lock = new();
    private string _command = "UNLINK";

    /// <summary>Gets how many keys were removed, as the servers report it.</summary>
    public long Removed { get; private set; }

    /// <summary>Gets whether it is not known what became of a batch.</summary>
    public bool IsOpen { get; private set; }

    /// <summary>Removes a batch. Every command of it has ended when this method returns, or the connection is to be closed.</summary>
    /// <exception cref="RedisFailure">A server refused, or it is not known what became of the keys.</exception>
    public async Task RemoveAsync(RedisNode node, bool isCluster, byte[][] keys, CancellationToken cancellationToken)
    {
        // On a connection that stays open, no command may be left without its reply: there, the replies are awaited, within the
        // time-out.
        CancellationToken token = connection.IsOwn ? cancellationToken : CancellationToken.None;
        IEnumerable<byte[][]> groups = isCluster
            ? keys.GroupBy(key => connection.Multiplexer.HashSlot(key)).Select(group => group.ToArray())
            : [keys];
        IsOpen = true;
        Task all = Task.WhenAll(groups.Select(group => RemoveGroupAsync(node, group, token)));
        try
        {
            await all.ConfigureAwait(false);
            IsOpen = false;
        }
        catch (RedisFailure)
        {
            IsOpen = all.Exception!.InnerExceptions.Any(exception => exception is not RedisFailure { IsOpen: false });
            throw;
        }

        cancellationToken.ThrowIfCancellationRequested();
    }

    private async Task RemoveGroupAsync(RedisNode node, byte[][] keys, CancellationToken cancellationToken)
    {
        long removed;
        try
        {
            removed = await node.RemoveAsync(_command, keys, cancellationToken).ConfigureAwait(false);
        }
        catch (RedisServerException)
        {
            // The server does not know the command: Redis before version 4.
            removed = await RemoveByOlderCommandAsync(node, keys, cancellationToken).ConfigureAwait(false);
        }

        lock (_lock)
        {
            Removed += removed;
        }
    }

    private async Task<long> RemoveByOlderCommandAsync(RedisNode node, byte[][] keys, CancellationToken cancellationToken)
    {
        _command = Older;
        try
        {
            return await node.RemoveAsync(Older, keys, cancellationToken).ConfigureAwait(false);
        }
        catch (RedisServerException e)
        {
            throw settings.Errors.Explain(node.Name, Older, e);
        }
    }
}
