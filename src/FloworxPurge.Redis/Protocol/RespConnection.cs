using System.Globalization;

namespace FloworxPurge.Redis.Protocol;

/// <summary>One connection: a command goes out, one reply comes back, both within a limit of time.</summary>
internal sealed class RespConnection(Stream stream, TimeSpan timeout, RespLimits limits) : IAsyncDisposable
{
    private readonly RespReader _reader = new(stream, limits);
    private bool _hasReplied;

    /// <summary>Sends a command and reads its reply, which may be an error of the server.</summary>
    /// <exception cref="RedisException">There is no whole and well-formed reply in time. The connection cannot be used any more.</exception>
    public async Task<RespReply> SendAsync(string command, IReadOnlyList<ReadOnlyMemory<byte>> arguments, CancellationToken cancellationToken)
    {
        if (_reader.HasUnread)
        {
            throw new RedisException($"malformed reply: the server sent more than one reply before {command}");
        }

        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(timeout);
        try
        {
            await stream.WriteAsync(RespWriter.Write(command, arguments), limit.Token).ConfigureAwait(false);
            await stream.FlushAsync(limit.Token).ConfigureAwait(false);
            RespReply reply = await _reader.ReadAsync(limit.Token).ConfigureAwait(false);
            _hasReplied = true;
            return reply;
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new RedisException(string.Create(CultureInfo.InvariantCulture, $"no whole reply to {command} within {timeout.TotalSeconds:0.###} s ({nameof(RedisPurgeOptions.Timeout)})"), e);
        }
        catch (RespFormatException e)
        {
            throw new RedisException($"malformed reply to {command}: {e.Message}{HintAtFirst()}", e);
        }
        catch (EndOfStreamException e)
        {
            throw new RedisException($"the server closed the connection before the end of its reply to {command}{HintAtFirst()}", e);
        }
        catch (IOException e)
        {
            throw new RedisException($"the connection was lost during {command}: {e.Message}{HintAtFirst()}", e);
        }
    }

    /// <summary>Closes the connection.</summary>
    public ValueTask DisposeAsync() => stream.DisposeAsync();

    private string HintAtFirst() => _hasReplied ? "" : $"; is it Redis that listens there, and are {nameof(RedisPurgeOptions.UseTls)} and {nameof(RedisPurgeOptions.ClientCertificate)} as it wants them?";
}
