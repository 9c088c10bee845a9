using FloworxPurge.Extensibility;
using FloworxPurge.Schema;
using Microsoft.EntityFrameworkCore.Storage;
using static FloworxPurge.Engines.PostgreSqlOperators;

namespace FloworxPurge.Engines;

/// <content>Rows that a resetter puts back: each row shows the transaction that wrote it.</content>
internal partial class PostgreSqlDialect
{
    internal override string? RowStamp => "SELECT pg_catalog.pg_current_xact_id()::pg_catalog.xid::pg_catalog.text";

    internal override string? CountUntouched(
        ISqlGenerationHelper sql,
        RowSet source,
        string copy,
        IReadOnlyList<Column> columns,
        IReadOnlyList<string> key,
        string? stamp)
        => $"SELECT {CountRows} FROM {Source(sql, source)} AS t WHERE t.xmin {Eq} '{stamp}'::pg_catalog.xid";

    internal override IReadOnlyList<SqlStatement> SetCounter(ISqlGenerationHelper sql, IdentityCounter counter, long last)
        => counter.Sequence is not { } sequence ? [] :
        [
            SqlStatement.Of(
                "SELECT pg_catalog.setval(CAST(@p0 AS pg_catalog.text)::pg_catalog.regclass, @p1, true)",
                Table(sql, sequence),
                last),
        ];
}
