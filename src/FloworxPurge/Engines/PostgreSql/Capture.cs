using System.Globalization;
using FloworxPurge.Extensibility;
using FloworxPurge.Schema;
using Microsoft.EntityFrameworkCore.Storage;
using static FloworxPurge.Engines.PostgreSqlOperators;

namespace FloworxPurge.Engines;

/// <content>Rows that a resetter puts back: each row shows the transaction that wrote it.</content>
internal partial class PostgreSqlDialect
{
    // There are never as many rows that were put back.
    private const string Other = "-1000000000";

    internal override string? RowStamp => "SELECT pg_catalog.pg_current_xact_id()::pg_catalog.xid::pg_catalog.text";

    internal override string? CountUntouched(
        ISqlGenerationHelper sql,
        RowSet source,
        string copy,
        IReadOnlyList<Column> columns,
        IReadOnlyList<string> key,
        string? stamp)
        => $"SELECT COALESCE(pg_catalog.sum(CASE WHEN t.xmin {Eq} '{stamp}'::pg_catalog.xid THEN 1 ELSE {Other} END), 0) "
            + $"FROM {Source(sql, source)} AS t";

    internal override IReadOnlyList<SqlStatement> SetCounters(
        ISqlGenerationHelper sql,
        IReadOnlyList<(IdentityCounter Counter, long Last)> counters)
    {
        (string Sequence, long Last)[] sequences = [.. counters
            .Where(counter => counter.Counter.Sequence is not null)
            .Select(counter => (Table(sql, counter.Counter.Sequence!), counter.Last))];
        IEnumerable<string> calls = sequences.Select((_, i) => string.Create(
            CultureInfo.InvariantCulture,
            $"pg_catalog.setval(CAST(@p{2 * i} AS pg_catalog.text)::pg_catalog.regclass, @p{(2 * i) + 1}, true)"));
        return sequences.Length == 0
            ? []
            : [SqlStatement.Of(
                $"SELECT {string.Join(", ", calls)}",
                [.. sequences.SelectMany(sequence => new object?[] { sequence.Sequence, sequence.Last })])];
    }
}
