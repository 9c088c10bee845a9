using System.Globalization;
using FloworxPurge.Extensibility;
using FloworxPurge.Schema;
using Microsoft.EntityFrameworkCore.Storage;

namespace FloworxPurge.Engines;

/// <content>Rows that a resetter puts back.</content>
internal sealed partial class MySqlDialect
{
    internal override IReadOnlyList<SessionSetting> CapturedRowSettings
        => [.. ArchiveSchemaSettings, Flag("foreign_key_checks", value: 0)];

    // One that was restarted has reserved no number: the one that it shows is the next. The next number less 1, whatever the increment is.
    internal override SqlStatement? NumberBefore(ISqlGenerationHelper sql, TableName table, TableName? sequence)
        => sequence is null
            ? LastNumber(sql, table, sequence)
            : SqlStatement.Of(
                "SELECT CASE WHEN q.next_not_cached_value <> q.start_value THEN q.next_not_cached_value - 1 END "
                    + $"FROM {Table(sql, sequence)} AS q");

    // ER_SEQUENCE_RUN_OUT: then the number that is shown is the one that it cannot give.
    internal override string DrawNumberBefore(ISqlGenerationHelper sql, TableName sequence)
        => $"""
            BEGIN NOT ATOMIC
                DECLARE number bigint;
                BEGIN
                    DECLARE EXIT HANDLER FOR 4084 SET number = (SELECT q.next_not_cached_value FROM {Table(sql, sequence)} AS q);
                    SET number = NEXTVAL({Table(sql, sequence)});
                END;
                SELECT number - 1;
            END
            """;

    internal override IReadOnlyList<SqlStatement> SetCounters(
        ISqlGenerationHelper sql,
        IReadOnlyList<(IdentityCounter Counter, long Last)> counters)
        => [.. counters.Select(counter =>
        {
            string next = (counter.Last + 1).ToString(CultureInfo.InvariantCulture);
            return SqlStatement.Of(counter.Counter.Sequence is { } sequence
                ? $"ALTER SEQUENCE {Table(sql, sequence)} RESTART {next}"
                : $"ALTER TABLE {Table(sql, counter.Counter.Table)} AUTO_INCREMENT = {next}");
        })];
}
