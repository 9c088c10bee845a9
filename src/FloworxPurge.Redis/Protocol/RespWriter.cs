using System.Buffers;
using System.Globalization;
using System.Text;

namespace FloworxPurge.Redis.Protocol;

/// <summary>Writes commands the way RESP wants them: an array of strings of bytes.</summary>
internal static class RespWriter
{
    /// <summary>The bytes of a command.</summary>
    public static ReadOnlyMemory<byte> Write(string name, IReadOnlyList<ReadOnlyMemory<byte>> arguments)
    {
        var bytes = new ArrayBufferWriter<byte>();
        WriteHeader(bytes, '*', arguments.Count + 1);
        WriteBulk(bytes, Encoding.ASCII.GetBytes(name));
        foreach (ReadOnlyMemory<byte> argument in arguments)
        {
            WriteBulk(bytes, argument.Span);
        }

        return bytes.WrittenMemory;
    }

    private static void WriteHeader(ArrayBufferWriter<byte> bytes, char type, int number)
        => bytes.Write(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{type}{number}\r\n")));

    private static void WriteBulk(ArrayBufferWriter<byte> bytes, ReadOnlySpan<byte> value)
    {
        WriteHeader(bytes, '$', value.Length);
        bytes.Write(value);
        bytes.Write("\r\n"u8);
    }
}
