using System.Buffers.Binary;
using System.Collections;
using System.Data.Common;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using FloworxPurge.Dialects;
using FloworxPurge.Schema;

namespace FloworxPurge.Execution;

/// <summary>The rows of a table by their hashes, for finding out later whether each of them is still there.</summary>
internal sealed class RowSnapshot
{
    private readonly Dictionary<UInt128, long> _rows = [];

    private RowSnapshot()
    {
    }

    /// <summary>Reads every row of a table.</summary>
    public static async Task<RowSnapshot> OfAsync(DatabaseSession session, TableSchema table, CancellationToken cancellationToken)
    {
        var snapshot = new RowSnapshot();
        await session.QueryEachAsync(
            PurgeDialect.SelectAll(session.Source(table)),
            reader =>
            {
                UInt128 hash = HashOf(reader);
                snapshot._rows[hash] = snapshot._rows.GetValueOrDefault(hash) + 1;
            },
            cancellationToken).ConfigureAwait(false);
        return snapshot;
    }

    /// <summary>Determines whether every row of this snapshot is in a later one, as often as here at least.</summary>
    public bool IsWithin(RowSnapshot later) => _rows.All(pair => later._rows.GetValueOrDefault(pair.Key) >= pair.Value);

    private static UInt128 HashOf(DbDataReader reader)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (int i = 0; i < reader.FieldCount; i++)
        {
            Append(hash, reader.GetValue(i));
        }

        return BinaryPrimitives.ReadUInt128BigEndian(hash.GetHashAndReset());
    }

    // Types and lengths are part of it, so that no two rows of other values have one hash.
    private static void Append(IncrementalHash hash, object value)
    {
        if (value is IEnumerable items and not (string or byte[]))
        {
            foreach (object? item in items)
            {
                Append(hash, item ?? DBNull.Value);
            }

            value = "end of " + value.GetType().Name;
        }

        byte[] bytes = value as byte[] ?? Encoding.UTF8.GetBytes(Text(value));
        hash.AppendData(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{value.GetType().Name}:{bytes.Length}:")));
        hash.AppendData(bytes);
    }

    private static string Text(object value) => value switch
    {
        DateTime or DateTimeOffset or DateOnly or TimeOnly => ((IFormattable)value).ToString("O", CultureInfo.InvariantCulture),
        TimeSpan time => time.ToString("c", CultureInfo.InvariantCulture),
        float or double => ((IFormattable)value).ToString("R", CultureInfo.InvariantCulture),
        IFormattable other => other.ToString(format: null, CultureInfo.InvariantCulture),
        _ => value.ToString() ?? string.Empty,
    };
}
