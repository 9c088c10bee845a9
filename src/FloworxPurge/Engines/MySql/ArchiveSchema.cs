using FloworxPurge.Schema;
using Microsoft.EntityFrameworkCore.Storage;

namespace FloworxPurge.Engines;

/// <content>Archives in another database of the same server.</content>
internal sealed partial class MySqlDialect
{
    internal override string? NoArchiveSchema => NoArchive;

    // Zero dates, values that an ENUM does not have, and moments that one local time means two of.
    internal override IReadOnlyList<SessionSetting> ArchiveSchemaSettings => [.. RestoreSettings.Take(2)];

    internal override string CreateArchiveTable(ISqlGenerationHelper sql, TableName name, RowSet source, IEnumerable<string> columns)
    {
        ArgumentNullException.ThrowIfNull(sql);
        string selected = string.Join(", ", columns.Select(column => "t." + sql.DelimitIdentifier(column)));
        return $"CREATE TABLE {Table(sql, name)}{TransactionalTable} SELECT {selected} FROM {Source(sql, source)} AS t LIMIT 0";
    }
}
