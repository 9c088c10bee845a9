using System.Buffers.Binary;
using System.Data.Common;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace FloworxPurge.Connections;

/// <summary>Computes the digest of a row that a driver has read, from values that .NET holds exactly.</summary>
internal sealed class RowReader
{
    /// <summary>Gets why a row could not be read in full, or <see langword="null"/> when all of them could.</summary>
    public string? Unknown { get; private set; }

    /// <summary>The digest of the current row: a number that is not negative.</summary>
    public long Digest(DbDataReader reader)
    {
        if (Unknown is not null)
        {
            return 0;
        }

        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (int i = 0; i < reader.FieldCount; i++)
        {
            (string Type, byte[] Bytes)? value;
            try
            {
                value = Exactly(reader.GetValue(i), reader.GetDataTypeName(i));
            }
            catch (Exception e) when (e is OverflowException or InvalidCastException or FormatException or ArgumentOutOfRangeException)
            {
                // A number or a date that .NET has no value for.
                value = null;
            }

            if (value is not { } exact)
            {
                Unknown = $"column \"{reader.GetName(i)}\" of type {reader.GetDataTypeName(i)} cannot be read in full";
                return 0;
            }

            // Types and lengths are part of it, so that no two rows of other values read alike.
            hash.AppendData(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{exact.Type}:{exact.Bytes.Length}:")));
            hash.AppendData(exact.Bytes);
        }

        return BinaryPrimitives.ReadInt64BigEndian(hash.GetHashAndReset()) & long.MaxValue;
    }

    private static (string Type, byte[] Bytes)? Exactly(object value, string storeType) => value switch
    {
        DBNull => ("null", []),
        byte[] bytes => ("bytes", bytes),

        // UTF-16, in which an unpaired surrogate stays what it is.
        string text => ("text", Encoding.Unicode.GetBytes(text)),
        char character => ("text", Encoding.Unicode.GetBytes([character])),
        long or int or short or sbyte or ulong or uint or ushort or byte => ("number", Ascii(value)),
        decimal number => ("decimal", Bytes(decimal.GetBits(number))),
        double number => ("double", Bytes(BitConverter.DoubleToInt64Bits(number))),

        // MySQL sends a FLOAT as six digits, and its drivers read TINYINT(1) as a boolean, with any number in it.
        float number when !string.Equals(storeType, "FLOAT", StringComparison.OrdinalIgnoreCase) => (
            "float",
            Bytes(BitConverter.SingleToInt32Bits(number))),
        bool flag when storeType.ToUpperInvariant() is "BOOLEAN" or "BIT" => ("flag", [flag ? (byte)1 : (byte)0]),
        Guid guid => ("guid", guid.ToByteArray()),
        DateTime time => ("time", Bytes(time.Ticks)),
        DateTimeOffset time => ("offset", [.. Bytes(time.Ticks), .. Bytes(time.Offset.Ticks)]),
        TimeSpan span => ("span", Bytes(span.Ticks)),
        DateOnly day => ("day", Bytes(day.DayNumber)),
        TimeOnly time => ("hour", Bytes(time.Ticks)),
        _ => null,
    };

    private static byte[] Ascii(object number) => Encoding.ASCII.GetBytes(Convert.ToString(number, CultureInfo.InvariantCulture)!);

    private static byte[] Bytes(long number)
    {
        byte[] bytes = new byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(bytes, number);
        return bytes;
    }

    private static byte[] Bytes(int[] numbers) => [.. numbers.SelectMany(number => Bytes((long)number))];
}
