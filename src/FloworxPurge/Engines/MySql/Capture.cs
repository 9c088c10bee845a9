using System.Globalization;
using FloworxPurge.Extensibility;
using FloworxPurge.Schema;
using Microsoft.EntityFrameworkCore.Storage;

namespace FloworxPurge.Engines;

/// <content>Rows that a resetter puts back.</content>
internal sealed partial class MySqlDialect
{
    internal override IReadOnlyList<SqlStatement> SetCounters(
        ISqlGenerationHelper sql,
        IReadOnlyList<(IdentityCounter Counter, long Last)> counters)
        => [.. counters
            .Where(counter => counter.Counter.Sequence is null)
            .Select(counter => SqlStatement.Of(string.Create(
                CultureInfo.InvariantCulture,
                $"ALTER TABLE {Table(sql, counter.Counter.Table)} AUTO_INCREMENT = {counter.Last + 1}")))];
}
