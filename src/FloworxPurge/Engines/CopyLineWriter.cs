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
        foreach (byte one in prefix)
        {
            Put(one);
        }

        foreach (byte one in bytes)
        {
            Escape(one);
        }
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

    private void Escape(byte one)
    {
        byte letter = one switch
        {
            (byte)'\\' => (byte)'\\',
            (byte)'\b' => (byte)'b',
            (byte)'\f' => (byte)'f',
            (byte)'\n' => (byte)'n',
            (byte)'\r' => (byte)'r',
            (byte)'\t' => (byte)'t',
            (byte)'\v' => (byte)'v',
            _ => 0,
        };
        if (letter != 0)
        {
            Put((byte)'\\');
            Put(letter);
        }
        else
        {
            Put(one);
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
