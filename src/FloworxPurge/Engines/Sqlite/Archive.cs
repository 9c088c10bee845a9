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
    /// The class of a value, and the value: a text as its bytes, since a driver stops at a NUL and replaces what is no UTF-8.
    /// </summary>
    public static string Value(string column)
        => $"typeof({column}), CASE typeof({column}) WHEN 'text' THEN CAST({column} AS BLOB) ELSE {column} END";

    /// <summary>Writes the current row.</summary>
    public static void Write(DbDataReader reader, int columns, CopyLineWriter line)
    {
        for (int i = 0; i < columns; i++)
        {
            string kind = reader.GetString(2 * i);
            object value = reader.GetValue((2 * i) + 1);
            switch (kind, value)
            {
                case ("null", _):
                    line.WriteNull();
                    break;

                case ("integer", long number):
                    line.WriteText("i:" + number.ToString(CultureInfo.InvariantCulture));
                    break;

                case ("real", double number):
                    line.WriteText("r:" + number.ToString("R", CultureInfo.InvariantCulture));
                    break;

                case ("text", byte[] bytes):
                    line.WriteBytes("t:"u8, bytes);
                    break;

                case ("blob", byte[] bytes):
                    line.WriteText("b:" + Convert.ToHexStringLower(bytes));
                    break;

                default:
                    throw new NotSupportedException($"The driver returns a value of class {kind} as {value.GetType()}.");
            }
        }

        line.EndLine();
    }
}
