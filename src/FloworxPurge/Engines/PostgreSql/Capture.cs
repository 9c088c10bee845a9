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
        IEnumerable<string> values = sequences.Select((_, i) => string.Create(
            CultureInfo.InvariantCulture,
            $"(CAST(@p{2 * i} AS pg_catalog.text)::pg_catalog.regclass::pg_catalog.oid, @p{(2 * i) + 1})"));
        return sequences.Length == 0
            ? []
            : [SqlStatement.Of(
                $"SELECT {SetSequence("u.value")} FROM (VALUES {string.Join(", ", values)}) AS u(number, value) "
                    + $"JOIN pg_catalog.pg_sequence q ON q.seqrelid {Eq} u.number",
                [.. sequences.SelectMany(sequence => new object?[] { sequence.Sequence, sequence.Last })])];
    }

    /// <summary>Lets a sequence, a row q of the catalog, give next what follows a number, which may be out of its bounds.</summary>
    internal static string SetSequence(string last)
    {
        string isOutside = $"({last} {Lt} q.seqmin OR {last} {Gt} q.seqmax)";
        return $"pg_catalog.setval(q.seqrelid::pg_catalog.regclass, "
            + $"CASE WHEN {isOutside} THEN {last} {Plus} q.seqincrement ELSE {last} END, NOT {isOutside})";
    }
}
