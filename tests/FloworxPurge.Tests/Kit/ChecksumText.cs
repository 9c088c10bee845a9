using System.Data.Common;
using System.Globalization;
using System.Text;

namespace FloworxPurge.Tests.Kit;

/// <summary>Collects the results of queries as sorted lines of text, so that two states of a database can be compared.</summary>
internal sealed class ChecksumText(DbConnection connection)
{
    private readonly StringBuilder _text = new();

    /// <summary>Adds a heading and the rows of a query, sorted ordinally.</summary>
    public async Task AddAsync(string heading, string sql, CancellationToken cancellationToken)
    {
        var lines = await RowsAsync(sql, cancellationToken);
        lines.Sort(StringComparer.Ordinal);
        _text.Append("== ").Append(heading).Append(" (").Append(lines.Count.ToString(CultureInfo.InvariantCulture)).Append(")\n");
        foreach (var line in lines)
        {
            _text.Append(line).Append('\n');
        }
    }

    /// <summary>The first column of a query's rows.</summary>
    public async Task<List<string>> NamesAsync(string sql, CancellationToken cancellationToken)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        List<string> names = [];
        while (await reader.ReadAsync(cancellationToken))
        {
            names.Add(reader.GetString(0));
        }

        return names;
    }

    /// <summary>Everything that was added.</summary>
    public override string ToString() => _text.ToString();

    private async Task<List<string>> RowsAsync(string sql, CancellationToken cancellationToken)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        List<string> rows = [];
        while (await reader.ReadAsync(cancellationToken))
        {
            rows.Add(string.Join(" | ", Enumerable.Range(0, reader.FieldCount).Select(i => Format(reader.GetValue(i)))));
        }

        return rows;
    }

    private static string Format(object value) => value switch
    {
        DBNull => "NULL",
        string text => "'" + text + "'",
        byte[] bytes => "x" + Convert.ToHexString(bytes),
        double number => number.ToString("R", CultureInfo.InvariantCulture),
        IFormattable formattable => formattable.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString() ?? "",
    };
}
