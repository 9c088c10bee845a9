using System.Buffers;
using System.Text;

namespace FloworxPurge.Engines;

/// <summary>
/// Writes rows in the text format of PostgreSQL's COPY: a line for each, a TAB between values, <c>\N</c> for NULL, and a backslash before
/// what would be taken for one of these.
/// </summary>
/// <param name="stream">Where the lines are written to.</param>
internal sealed class CopyLineWriter(Stream stream)
{
    private const int BufferSize = 64 * 1024;

    private static readonly SearchValues<byte> Escaped = SearchValues.Create("\\\b\f\n\r\t\v"u8);

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly byte[] _buffer = new byte[BufferSize];
    private int _used;
    private bool _isInLine;

    /// <summary>Gets the number of lines.</summary>
    public long Lines { get; private set; }

    /// <summary>Writes NULL.</summary>
    public void WriteNull()
    {
        Begin();
        Put((byte)'\\');
        Put((byte)'N');
    }

    /// <summary>Writes a text as UTF-8.</summary>
    /// <exception cref="EncoderFallbackException">The text is no valid Unicode.</exception>
    public void WriteText(string text) => WriteBytes([], Strict.GetBytes(text));

    /// <summary>Writes a prefix and bytes as they are, apart from the escapes.</summary>
    public void WriteBytes(ReadOnlySpan<byte> prefix, ReadOnlySpan<byte> bytes)
    {
        Begin();
        Put(prefix);
        for (int next = bytes.IndexOfAny(Escaped); next >= 0; next = bytes.IndexOfAny(Escaped))
        {
            Put(bytes[..next]);
            Put((byte)'\\');
            Put(Letter(bytes[next]));
            bytes = bytes[(next + 1)..];
        }

        Put(bytes);
    }

    /// <summary>Ends a line.</summary>
    public void EndLine()
    {
        Put((byte)'\n');
        _isInLine = false;
        Lines++;
    }

    /// <summary>Writes what is left in the buffer.</summary>
    public void Flush()
    {
        stream.Write(_buffer, 0, _used);
        _used = 0;
    }

    private void Begin()
    {
        if (_isInLine)
        {
            Put((byte)'\t');
        }

        _isInLine = true;
    }

    private static byte Letter(byte escaped)
        => escaped switch
        {
            (byte)'\b' => (byte)'b',
            (byte)'\f' => (byte)'f',
            (byte)'\n' => (byte)'n',
            (byte)'\r' => (byte)'r',
            (byte)'\t' => (byte)'t',
            (byte)'\v' => (byte)'v',
            _ => escaped,
        };

    private void Put(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            if (_used == BufferSize)
            {
                Flush();
            }

            int length = Math.Min(bytes.Length, BufferSize - _used);
            bytes[..length].CopyTo(_buffer.AsSpan(_used));
            _used += length;
            bytes = bytes[length..];
        }
    }

    private void Put(byte one)
    {
        if (_used == BufferSize)
        {
            Flush();
        }

        _buffer[_used++] = one;
    }
}
