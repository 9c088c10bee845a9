using FloworxPurge.Extensibility;
using FloworxPurge.Schema;
using Microsoft.EntityFrameworkCore.Storage;

namespace FloworxPurge.Engines;

/// <content>Archives in another schema: what DELETE returns is inserted there by the same statement.</content>
internal partial class PostgreSqlDialect
{
    internal override string? NoArchiveSchema => NoArchive;

    internal override SqlStatement FindSchema(string name)
        => SqlStatement.Of(
            $"SELECT {CountRows} FROM pg_catalog.pg_namespace n WHERE n.nspname::pg_catalog.text {PostgreSqlOperators.Eq} @p0",
            name);

    internal override string CreateArchiveTable(ISqlGenerationHelper sql, TableName name, RowSet source, IEnumerable<string> columns)
    {
        ArgumentNullException.ThrowIfNull(sql);
        string selected = string.Join(", ", columns.Select(column => "t." + sql.DelimitIdentifier(column)));
        return $"CREATE TABLE {Table(sql, name)} AS SELECT {selected} FROM {Source(sql, source)} AS t WITH NO DATA";
    }

    internal override bool DeletesInto => true;

    internal override string DeleteInto(ISqlGenerationHelper sql, string delete, TableName to, IReadOnlyList<string> columns)
    {
        ArgumentNullException.ThrowIfNull(sql);
        return $"WITH d AS ({DeleteReturning(sql, delete, columns)}) {InsertFrom(sql, Table(sql, to), "d", "d", columns, locks: false)}";
    }
}
