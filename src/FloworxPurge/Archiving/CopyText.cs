namespace FloworxPurge.Archiving;

/// <summary>The text format of PostgreSQL's COPY: a row a line, a TAB between values, \N for NULL, and escapes with a backslash.</summary>
internal static class CopyText
{
    /// <summary>Reads the values of a line; null is NULL.</summary>
    /// <exception cref="FormatException">It has another number of values, an escape that is not written.</exception>
    public static void Read(ReadOnlySpan<byte> line, byte[]?[] values)
    {
        for (int i = 0; i < values.Length; i++)
        {
            int length = line.IndexOf((byte)'\t');
            bool isLast = i == values.Length - 1;
            if (isLast != length < 0)
            {
                throw new FormatException($"a line has {(isLast ? "more" : "fewer")} values than its table has columns");
            }

            values[i] = Value(isLast ? line : line[..length]);
            line = isLast ? [] : line[(length + 1)..];
        }
    }

    private static byte[]? Value(ReadOnlySpan<byte> value)
    {
        if (value.SequenceEqual("\\N"u8))
        {
            return null;
        }

        return value.IndexOf((byte)'\\') < 0 ? value.ToArray() : Unescape(value);
    }

    private static byte[] Unescape(ReadOnlySpan<byte> value)
    {
        byte[] plain = new byte[value.Length];
        int length = 0;
        for (int i = 0; i < value.Length; i++)
        {
            byte next = value[i];
            if (next == (byte)'\\')
            {
                i++;
                next = i == value.Length ? (byte)0 : value[i] switch
                {
                    (byte)'\\' => (byte)'\\',
                    (byte)'t' => (byte)'\t',
                    (byte)'n' => (byte)'\n',
                    (byte)'r' => (byte)'\r',
                    (byte)'b' => (byte)'\b',
                    (byte)'f' => (byte)'\f',
                    (byte)'v' => (byte)'\v',
                    _ => (byte)0,
                };
                if (next == 0)
                {
                    throw new FormatException("a value has an escape that is not written");
                }
            }

            plain[length++] = next;
        }

        return plain[..length];
    }
}
