using FloworxPurge.Extensibility;
using FloworxPurge.Schema;
using Microsoft.EntityFrameworkCore.Storage;

namespace FloworxPurge.Engines;

/// <content>Rows that a resetter puts back.</content>
internal sealed partial class SqliteDialect
{
    // A column without a type holds each value as it is.
    internal override string CreateCopy(ISqlGenerationHelper sql, TableName name, RowSet source, IReadOnlyList<Column> columns)
        => $"CREATE TABLE {Table(sql, name)} ({string.Join(", ", columns.Select(column => sql.DelimitIdentifier(column.Name)))})";

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
