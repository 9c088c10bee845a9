using System.Globalization;
using FloworxPurge.Extensibility;
using FloworxPurge.Schema;
using Microsoft.EntityFrameworkCore.Storage;

namespace FloworxPurge.Engines;

/// <content>Rows that a resetter puts back.</content>
internal sealed partial class MySqlDialect
{
    internal override IReadOnlyList<SqlStatement> SetCounter(ISqlGenerationHelper sql, IdentityCounter counter, long last)
        => counter.Sequence is not null ? [] :
        [
            SqlStatement.Of(string.Create(
                CultureInfo.InvariantCulture,
                $"ALTER TABLE {Table(sql, counter.Table)} AUTO_INCREMENT = {last + 1}")),
        ];
}
