using FloworxPurge.Extensibility;
using FloworxPurge.Schema;
using Microsoft.EntityFrameworkCore.Storage;

namespace FloworxPurge.Engines;

/// <content>Rows that a resetter puts back.</content>
internal sealed partial class SqliteDialect
{
    // A key of a table of row numbers that is no alias for them has an index of its own.
    internal override string TablesByRowNumber => """
        SELECT NULL, t.name FROM main.pragma_table_list() t
        WHERE t.schema = 'main' AND t.type = 'table' AND t.wr = 0
        AND (SELECT COUNT(*) FROM main.pragma_table_info(t.name) c WHERE c.pk > 0) = 1
        AND NOT EXISTS (SELECT 1 FROM main.pragma_index_list(t.name) i WHERE i.origin = 'pk')
        """;

    // A column without a type holds each value as it is.
    internal override string CreateCopy(
        ISqlGenerationHelper sql,
        TableName name,
        RowSet source,
        IReadOnlyList<Column> columns,
        string? rowNumber)
    {
        IEnumerable<string> definitions = columns.Select(column => sql.DelimitIdentifier(column.Name)
            + (string.Equals(column.Name, rowNumber, StringComparison.Ordinal) ? " INTEGER PRIMARY KEY" : string.Empty));
        return $"CREATE TABLE {Table(sql, name)} ({string.Join(", ", definitions)})";
    }

    internal override IReadOnlyList<SqlStatement> SetCounters(
        ISqlGenerationHelper sql,
        IReadOnlyList<(IdentityCounter Counter, long Last)> counters)
        => [.. counters.SelectMany(counter => new[]
        {
            SqlStatement.Of("DELETE FROM main.sqlite_sequence WHERE name = @p0", counter.Counter.Table.Name),
            SqlStatement.Of(
                "INSERT INTO main.sqlite_sequence (name, seq) VALUES (@p0, @p1)",
                counter.Counter.Table.Name,
                counter.Last),
        })];
}
