using System.Data.Common;
using System.Globalization;

namespace FloworxPurge.Engines;

/// <summary>
/// The values of SQLite in an archive: each with the class that it is stored as, since a column holds values of any (<c>i:12</c>,
/// <c>r:1.5</c>, <c>t:text</c>, <c>b:0aff</c>).
/// </summary>
internal static class SqliteArchive
{
    /// <summary>
    /// Gets the columns that are stored. A text of a database in UTF-16 is not read as the bytes that it has in an archive.
    /// </summary>
    public const string Columns = """
        SELECT NULL, t.name, c.name, c.type,
               CASE WHEN t.type = 'virtual' THEN 'the module behind the table keeps its rows'
                    WHEN e.encoding <> 'UTF-8' THEN 'the texts of the database are ' || e.encoding || ', not UTF-8' END, 0
        FROM main.pragma_table_list() t JOIN main.pragma_table_xinfo(t.name) c JOIN main.pragma_encoding() e
        WHERE t.schema = 'main' AND t.type IN ('table', 'virtual') AND t.name NOT LIKE 'sqlite\_%' ESCAPE '\' AND c.hidden IN (0, 1)
        ORDER BY t.name, c.cid
        """;

    /// <summary>
    /// The value in a form that a driver returns exactly and that shows its class: a text as its bytes, since a driver stops at a NUL and
    /// replaces what is no UTF-8, and bytes as the text of their digits.
    /// </summary>
    public static string Value(string column)
        => $"CASE typeof({column}) WHEN 'text' THEN CAST({column} AS BLOB) WHEN 'blob' THEN lower(hex({column})) ELSE {column} END";

    /// <summary>Writes the current row of such values.</summary>
    public static void Write(DbDataReader reader, int columns, CopyLineWriter line)
    {
        Span<byte> digits = stackalloc byte[32];
        for (int i = 0; i < columns; i++)
        {
            int length;
            switch (reader.GetValue(i))
            {
                case DBNull:
                    line.WriteNull();
                    break;

                case long number:
                    number.TryFormat(digits, out length, provider: CultureInfo.InvariantCulture);
                    line.WriteBytes("i:"u8, digits[..length]);
                    break;

                case double number:
                    number.TryFormat(digits, out length, "R", CultureInfo.InvariantCulture);
                    line.WriteBytes("r:"u8, digits[..length]);
                    break;

                case byte[] text:
                    line.WriteBytes("t:"u8, text);
                    break;

                case string bytes:
                    line.WriteText("b:" + bytes);
                    break;

                case var other:
                    throw new NotSupportedException($"The driver returns a value as {other.GetType()}.");
            }
        }

        line.EndLine();
    }
}
