using System.Globalization;

namespace FloworxPurge.Redis.Protocol;

/// <summary>Reads replies of RESP version 2. Takes nothing on trust: whatever is not exactly as the protocol has it, or is beyond the limits, is an error.</summary>
internal sealed class RespReader(Stream stream, RespLimits limits)
{
    private byte[] _buffer = new byte[4096];
    private int _start;
    private int _end;
    private long _bytes;
    private long _items;

    /// <summary>Whether bytes have arrived that are not part of a reply read so far.</summary>
    public bool HasUnread => _start < _end;

    /// <summary>Reads one reply, to its last byte.</summary>
    /// <exception cref="RespFormatException">It is malformed or beyond the limits.</exception>
    /// <exception cref="EndOfStreamException">The peer closed the connection before the end of the reply.</exception>
    public async Task<RespReply> ReadAsync(CancellationToken cancellationToken)
    {
        _bytes = 0;
        _items = 0;
        return await ReadValueAsync(depth: 0, cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask<RespReply> ReadValueAsync(int depth, CancellationToken cancellationToken)
    {
        ReadOnlyMemory<byte> line = await ReadLineAsync(cancellationToken).ConfigureAwait(false);
        ReadOnlyMemory<byte> rest = line[1..];
        switch ((char)line.Span[0])
        {
            case '+':
                return RespReply.OfBytes(RespKind.Status, rest.ToArray());
            case '-':
                return RespReply.OfBytes(RespKind.Error, rest.ToArray());
            case ':':
                return RespReply.OfNumber(Number(rest.Span));
            case '$':
                return await ReadBulkAsync(Length(rest.Span, limits.Bulk, "a string of {0} bytes"), cancellationToken).ConfigureAwait(false);
            default:
                return await ReadArrayAsync(Length(rest.Span, limits.Items, "an array of {0} values"), depth, cancellationToken).ConfigureAwait(false);
        }
    }

    private async ValueTask<RespReply> ReadArrayAsync(int? length, int depth, CancellationToken cancellationToken)
    {
        if (length is not { } count)
        {
            return RespReply.Null;
        }

        if (depth >= limits.Depth)
        {
            throw new RespFormatException(string.Create(CultureInfo.InvariantCulture, $"arrays are nested deeper than {limits.Depth} levels"));
        }

        _items += count;
        if (_items > limits.Items)
        {
            throw new RespFormatException(string.Create(CultureInfo.InvariantCulture, $"the reply has more than {limits.Items} values; if these are keys, give a smaller {nameof(RedisPurgeOptions.BatchSize)}"));
        }

        // The announced length is a claim: room is made for what arrives.
        List<RespReply> items = [];
        for (int i = 0; i < count; i++)
        {
            items.Add(await ReadValueAsync(depth + 1, cancellationToken).ConfigureAwait(false));
        }

        return RespReply.OfItems(items);
    }

    private async ValueTask<RespReply> ReadBulkAsync(int? length, CancellationToken cancellationToken)
    {
        if (length is not { } count)
        {
            return RespReply.Null;
        }

        Count(count + 2L);
        byte[] value = new byte[count];
        int buffered = Math.Min(count, _end - _start);
        _buffer.AsSpan(_start, buffered).CopyTo(value);
        _start += buffered;
        await stream.ReadExactlyAsync(value.AsMemory(buffered), cancellationToken).ConfigureAwait(false);

        while (_end - _start < 2)
        {
            await FillAsync(cancellationToken).ConfigureAwait(false);
        }

        if (_buffer[_start] != '\r' || _buffer[_start + 1] != '\n')
        {
            throw new RespFormatException(string.Create(CultureInfo.InvariantCulture, $"a string of {count} bytes does not end in CR LF"));
        }

        _start += 2;
        return RespReply.OfBytes(RespKind.Bulk, value);
    }

    /// <summary>The next line without its CR LF, at least one byte; valid until the next read.</summary>
    private async ValueTask<ReadOnlyMemory<byte>> ReadLineAsync(CancellationToken cancellationToken)
    {
        while (!HasUnread)
        {
            await FillAsync(cancellationToken).ConfigureAwait(false);
        }

        // Before the rest of the line: what is not RESP at all may never send a line end.
        byte type = _buffer[_start];
        if (!"+-:$*"u8.Contains(type))
        {
            throw new RespFormatException(string.Create(CultureInfo.InvariantCulture, $"the byte 0x{type:X2} begins no value"));
        }

        int searched = 0;
        while (true)
        {
            int at = _buffer.AsSpan(_start + searched, _end - _start - searched).IndexOfAny((byte)'\r', (byte)'\n');
            int length = at < 0 ? _end - _start : searched + at;
            if (length > limits.Line)
            {
                throw new RespFormatException(string.Create(CultureInfo.InvariantCulture, $"a line is longer than {limits.Line} bytes"));
            }

            if (at >= 0 && (_buffer[_start + length] == '\n' || _start + length + 1 < _end))
            {
                return EndLine(length);
            }

            searched = length;
            await FillAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private ReadOnlyMemory<byte> EndLine(int length)
    {
        if (_buffer[_start + length] != '\r' || _buffer[_start + length + 1] != '\n')
        {
            throw new RespFormatException("a line does not end in CR LF");
        }

        Count(length + 2L);
        ReadOnlyMemory<byte> line = _buffer.AsMemory(_start, length);
        _start += length + 2;
        return line;
    }

    private async ValueTask FillAsync(CancellationToken cancellationToken)
    {
        if (_start > 0)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            _end -= _start;
            _start = 0;
        }

        if (_end == _buffer.Length)
        {
            // No further than the longest line, its line end included, since longer ones are refused.
            Array.Resize(ref _buffer, Math.Min(_buffer.Length * 2, Math.Max(limits.Line, _buffer.Length) + 2));
        }

        int read = await stream.ReadAsync(_buffer.AsMemory(_end), cancellationToken).ConfigureAwait(false);
        if (read == 0)
        {
            throw new EndOfStreamException();
        }

        _end += read;
    }

    private void Count(long bytes)
    {
        _bytes += bytes;
        if (_bytes > limits.Reply)
        {
            throw new RespFormatException(string.Create(CultureInfo.InvariantCulture, $"the reply is longer than {limits.Reply} bytes; if these are long keys, give a smaller {nameof(RedisPurgeOptions.BatchSize)}"));
        }
    }

    private static int? Length(ReadOnlySpan<byte> digits, int limit, string what)
    {
        long length = Number(digits);
        return length switch
        {
            -1 => null,
            < 0 => throw new RespFormatException(string.Create(CultureInfo.InvariantCulture, $"the length {length} is negative")),
            _ when length > limit => throw new RespFormatException($"{string.Format(CultureInfo.InvariantCulture, what, length)} is over the limit of {limit.ToString(CultureInfo.InvariantCulture)}"),
            _ => (int)length,
        };
    }

    private static long Number(ReadOnlySpan<byte> digits)
    {
        // A plus sign is none that a server sends.
        if (digits.Length is > 0 and <= 20 && digits[0] != '+' && long.TryParse(digits, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number))
        {
            return number;
        }

        throw new RespFormatException("a length or an integer is not a whole number of 64 bits");
    }
}
