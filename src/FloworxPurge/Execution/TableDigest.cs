using System.Buffers.Binary;
using System.Data.Common;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using FloworxPurge.Dialects;
using FloworxPurge.Schema;

namespace FloworxPurge.Execution;

/// <summary>One text for the whole content of a table, whatever the order of its rows.</summary>
internal static class TableDigest
{
    /// <summary>The texts of several tables.</summary>
    public static async Task<Dictionary<TableName, string>> OfAsync(DatabaseSession session, IEnumerable<TableSchema> tables, CancellationToken cancellationToken)
    {
        var digests = new Dictionary<TableName, string>();
        foreach (TableSchema table in tables)
        {
            digests[table.Name] = await OfAsync(session, table, cancellationToken).ConfigureAwait(false);
        }

        return digests;
    }

    private static async Task<string> OfAsync(DatabaseSession session, TableSchema table, CancellationToken cancellationToken)
    {
        string source = session.Source(table);
        if (session.Dialect.Digest(source) is { } sql)
        {
            return await session.QueryTextAsync(sql, cancellationToken).ConfigureAwait(false);
        }

        long count = 0;
        UInt128 sum = 0;
        await session.QueryEachAsync(
            PurgeDialect.SelectAll(source),
            reader =>
            {
                count++;
                sum += OfRow(reader);
            },
            cancellationToken).ConfigureAwait(false);
        return string.Create(CultureInfo.InvariantCulture, $"{count} {sum}");
    }

    // Types and lengths go in, so that no two rows of other values read alike.
    private static UInt128 OfRow(DbDataReader reader)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (int i = 0; i < reader.FieldCount; i++)
        {
            object value = reader.GetValue(i);
            byte[] bytes = value as byte[] ?? Encoding.UTF8.GetBytes(Convert.ToString(value, CultureInfo.InvariantCulture) ?? string.Empty);
            hash.AppendData(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{value.GetType().Name}:{bytes.Length}:")));
            hash.AppendData(bytes);
        }

        return BinaryPrimitives.ReadUInt128BigEndian(hash.GetHashAndReset());
    }
}
