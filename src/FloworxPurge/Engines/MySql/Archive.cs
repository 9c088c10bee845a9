using System.Data.Common;

namespace FloworxPurge.Engines;

/// <summary>The values of MySQL and MariaDB in an archive: each as a text that the server makes, which no driver has a part in.</summary>
internal static class MySqlArchive
{
    // Character sets of which every character is one of Unicode, and that hold no other bytes.
    private const string ExactCharacterSets = "'utf8mb4', 'utf8mb3', 'utf8', 'latin1', 'ascii', 'ucs2', 'utf16', 'utf16le', 'utf32'";

    private const string ExactTypes = """
        'tinyint', 'smallint', 'mediumint', 'int', 'bigint', 'decimal', 'float', 'double', 'bit',
            'year', 'date', 'time', 'datetime', 'timestamp',
            'char', 'varchar', 'tinytext', 'text', 'mediumtext', 'longtext', 'enum', 'set',
            'binary', 'varbinary', 'tinyblob', 'blob', 'mediumblob', 'longblob',
            'geometry', 'point', 'linestring', 'polygon', 'multipoint', 'multilinestring', 'multipolygon', 'geometrycollection',
            'uuid', 'inet4', 'inet6'
        """;

    /// <summary>Gets the columns that are stored. Those of a period are the engine's own.</summary>
    public const string Columns = $"""
        SELECT NULL, c.TABLE_NAME, c.COLUMN_NAME, c.COLUMN_TYPE,
               CASE WHEN c.DATA_TYPE NOT IN ({ExactTypes}) THEN CONCAT('values of type ', c.DATA_TYPE, ' have no exact text')
                    WHEN c.CHARACTER_SET_NAME IS NOT NULL AND c.DATA_TYPE NOT IN ('enum', 'set')
                         AND c.CHARACTER_SET_NAME NOT IN ({ExactCharacterSets})
                    THEN CONCAT('not every text of character set ', c.CHARACTER_SET_NAME, ' comes back from UTF-8') END,
               0
        FROM information_schema.COLUMNS c
        WHERE c.TABLE_SCHEMA = DATABASE() AND COALESCE(CHAR_LENGTH(c.GENERATION_EXPRESSION), 0) = 0
        ORDER BY c.TABLE_NAME, c.ORDINAL_POSITION
        """;

    /// <summary>The form of a column: digits of bytes, the number of an ENUM or a SET, a TIMESTAMP in UTC, or the text.</summary>
    public static string Value(string column, string type)
    {
        int end = type.AsSpan().IndexOfAny('(', ' ');
        string form = (end < 0 ? type : type[..end]).ToLowerInvariant() switch
        {
            "bit" => $"HEX({column} + 0)",
            "binary" or "varbinary" or "tinyblob" or "blob" or "mediumblob" or "longblob"
                or "geometry" or "point" or "linestring" or "polygon"
                or "multipoint" or "multilinestring" or "multipolygon" or "geometrycollection" => $"HEX({column})",

            // A FLOAT is written with six digits, and as a DOUBLE with all that it has.
            "float" => $"CAST({column} * 1e0 AS CHAR)",

            // The number that is stored: an error value reads as the empty text.
            "enum" or "set" => $"CAST(CAST({column} AS UNSIGNED) AS CHAR)",

            // What it reads as depends on the time zone, and twice a year one text means two moments.
            "timestamp" => $"CASE WHEN UNIX_TIMESTAMP({column}) = 0 THEN '0000-00-00 00:00:00' ELSE CAST(TIMESTAMPADD(MICROSECOND, "
                + $"CAST(UNIX_TIMESTAMP({column}) * 1000000 AS SIGNED), CAST('1970-01-01 00:00:00' AS DATETIME)) AS CHAR) END",
            _ => $"CAST({column} AS CHAR)",
        };

        // As bytes of UTF-8, so that neither the driver nor the character set of the connection changes them.
        return $"CAST(CONVERT({form} USING utf8mb4) AS BINARY)";
    }

    /// <summary>Writes the current row.</summary>
    public static void Write(DbDataReader reader, int columns, CopyLineWriter line)
    {
        for (int i = 0; i < columns; i++)
        {
            switch (reader.GetValue(i))
            {
                case DBNull:
                    line.WriteNull();
                    break;

                case byte[] bytes:
                    line.WriteBytes([], bytes);
                    break;

                case { } value:
                    throw new NotSupportedException($"The driver returns bytes as {value.GetType()}.");
            }
        }

        line.EndLine();
    }
}
