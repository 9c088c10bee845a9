using FloworxPurge.Schema;
using Microsoft.EntityFrameworkCore.Storage;

namespace FloworxPurge.Engines;

/// <summary>The digest of a row on SQL Server: one SHA-256 for each column, over its binary form, and one over these.</summary>
internal static class SqlServerDigest
{
    /// <summary>Determines whether a value of this type has a binary form that holds all of it.</summary>
    public static bool IsReadInFull(string storeType) => Binary(string.Empty, storeType) is not null;

    /// <summary>A number for row t, of a type whose sum does not overflow.</summary>
    public static string RowDigest(ISqlGenerationHelper sql, IReadOnlyList<Column> columns)
    {
        string all = string.Concat(
            columns.Select(column => $" + COALESCE(HASHBYTES('SHA2_256', "
                + $"{Binary("t." + sql.DelimitIdentifier(column.Name), column.StoreType)}), 0x00)"));
        return $"CAST(CAST(SUBSTRING(HASHBYTES('SHA2_256', CAST(0x AS varbinary(max)){all}), 1, 7) AS bigint) AS decimal(38, 0))";
    }

    // The binary form of a number, a date or a time is the stored one, with every digit and independent of the language.
    private static string? Binary(string column, string storeType)
    {
        int end = storeType.IndexOf('(', StringComparison.Ordinal);
        return (end < 0 ? storeType : storeType[..end]).ToUpperInvariant() switch
        {
            "BIGINT" or "INT" or "SMALLINT" or "TINYINT" or "BIT" or "DECIMAL" or "NUMERIC" or "MONEY" or "SMALLMONEY" or "FLOAT" or "REAL"
                or "DATE" or "TIME" or "DATETIME" or "DATETIME2" or "SMALLDATETIME" or "DATETIMEOFFSET"
                or "CHAR" or "VARCHAR" or "NCHAR" or "NVARCHAR" or "BINARY" or "VARBINARY" or "IMAGE" or "ROWVERSION" or "TIMESTAMP"
                or "UNIQUEIDENTIFIER" or "XML" => $"CAST({column} AS varbinary(max))",
            "TEXT" => $"CAST(CAST({column} AS varchar(max)) AS varbinary(max))",
            "NTEXT" => $"CAST(CAST({column} AS nvarchar(max)) AS varbinary(max))",

            // 1 and '1' are two values. No value is longer than 8,016 bytes, type included.
            "SQL_VARIANT" => $"CAST(CAST(SQL_VARIANT_PROPERTY({column}, 'BaseType') AS nvarchar(128)) AS varbinary(256)) + "
                + $"CAST({column} AS varbinary(8000))",
            _ => null,
        };
    }
}
