using FloworxPurge.Schema;
using Microsoft.EntityFrameworkCore.Storage;

namespace FloworxPurge.Engines;

/// <summary>The digest of a row on MySQL and MariaDB: one SHA-256 for each column, over its bytes, and one over these.</summary>
/// <remarks>
/// No text is compared, so that no collation matters; no literal is empty and none holds a backslash, so that no SQL mode matters.
/// </remarks>
internal static class MySqlDigest
{
    /// <summary>A number below 2^60 for row t.</summary>
    public static string RowDigest(ISqlGenerationHelper sql, IReadOnlyList<Column> columns)
        => $"CAST(CONV(LEFT({RowText(sql, columns)}, 15), 16, 10) AS UNSIGNED)";

    /// <summary>The whole digest of row t.</summary>
    public static string RowText(ISqlGenerationHelper sql, IReadOnlyList<Column> columns)
    {
        // A column by itself is of a fixed length, so that neither a large value nor a long row meets max_allowed_packet.
        string all = string.Join(
            ", ",
            columns.Select(column => $"COALESCE(SHA2({Exactly("t." + sql.DelimitIdentifier(column.Name), column.StoreType)}, 256), '-')"));
        return $"SHA2(CONCAT({all}), 256)";
    }

    private static string Exactly(string column, string storeType)
    {
        int end = storeType.AsSpan().IndexOfAny('(', ' ');
        return (end < 0 ? storeType : storeType[..end]).ToUpperInvariant() switch
        {
            // A FLOAT is written with six digits, a DOUBLE with all that it has.
            "FLOAT" or "DOUBLE" => column + " * 1e0",

            // What it reads as depends on the time zone, and twice a year one text means two moments.
            "TIMESTAMP" => $"UNIX_TIMESTAMP({column})",

            // The number that is stored: an error value reads as the empty text.
            "ENUM" or "SET" => $"CAST({column} AS UNSIGNED)",
            _ => column,
        };
    }
}
