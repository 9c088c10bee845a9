using System.Data.Common;
using FloworxPurge.Reporting;
using FloworxPurge.Tests.Conformance;
using FloworxPurge.Tests.Kit;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;

namespace FloworxPurge.Tests.Guarantees;

/// <summary>
/// On MariaDB the server computes digests of kept tables: every column in full, whatever a driver makes of it and whatever the SQL mode is.
/// </summary>
public sealed class MariaDbContentTests
{
    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    /// <summary>A type, a value, and another that is nearly the same.</summary>
    public static TheoryData<string, string, string> Values => new()
    {
        { "datetime(6)", "'2020-01-01 00:00:00'", "'2020-01-01 00:00:00.000001'" },
        { "timestamp(6) NULL", "'2020-01-01 00:00:00'", "'2020-01-01 00:00:00.000001'" },
        { "time(6)", "'10:00:00'", "'10:00:00.000001'" },
        { "float", "1234567", "1234574" },
        { "double", "0.1", "0.1e0 + 3e-17" },
        { "decimal(30,20)", "1", "1.00000000000000000001" },
        { "tinyint(1)", "1", "2" },
        { "bigint unsigned", "18446744073709551615", "18446744073709551614" },
        { "bit(9)", "b'100000001'", "b'100000000'" },
        { "year", "2020", "2021" },
        { "enum('a','b')", "'a'", "'b'" },
        { "set('a','b','c')", "'a,b'", "'a,c'" },
        { "varchar(10) COLLATE utf8mb4_general_ci", "'a'", "'A'" },
        { "varchar(10) COLLATE utf8mb4_general_ci", "'e'", "'é'" },
        { "varchar(10)", "'a'", "'a '" },
        { "varchar(10)", "''", "NULL" },
        { "varchar(10)", "'-'", "NULL" },
        { "varchar(10) CHARACTER SET latin1", "'e'", "'é'" },
        { "varchar(10) CHARACTER SET ucs2", "'e'", "'é'" },
        { "longtext", "REPEAT('x', 2000000)", "CONCAT(REPEAT('x', 1999999), 'y')" },
        { "longblob", "x'00'", "x'0000'" },
        { "binary(2)", "x'0001'", "x'0002'" },
        { "point", "POINT(1, 2)", "POINT(1, 2.0000000000000004)" },
        { "json", "'{\"a\":1}'", "'{\"a\": 1}'" },
        { "uuid", "'00000000-0000-0000-0000-000000000001'", "'00000000-0000-0000-0000-000000000002'" },
        { "inet6", "'::1'", "'::2'" },
        { "int INVISIBLE", "1", "2" },
    };

    [Theory]
    [MemberData(nameof(Values))]
    public async Task A_trigger_that_changes_a_value_by_the_least_is_seen(string type, string value, string other)
    {
        await using RunScenario scenario = await CreateAsync(
            $"CREATE TABLE kept (n int, v {type}); INSERT INTO kept (n, v) VALUES (1, {value})",
            $"UPDATE kept SET v = {other}");

        PurgeException exception = await scenario.FailAsync();

        Assert.Equal(PurgeVerdict.Failed, exception.Report!.Verdict);
        Assert.Contains("content of kept table kept", exception.Message, StringComparison.Ordinal);
        Assert.Contains(
            "\"follow_a\" on a. It may also be that another session wrote to kept meanwhile. Exclude the tables that have these triggers",
            exception.Message,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ANSI_QUOTES")]
    [InlineData("ANSI_QUOTES,NO_BACKSLASH_ESCAPES,NO_UNSIGNED_SUBTRACTION,PAD_CHAR_TO_FULL_LENGTH,HIGH_NOT_PRECEDENCE,IGNORE_SPACE")]
    [InlineData("ANSI,EMPTY_STRING_IS_NULL,REAL_AS_FLOAT,PIPES_AS_CONCAT")]
    [InlineData("STRICT_ALL_TABLES,NO_ZERO_DATE,NO_ZERO_IN_DATE,ERROR_FOR_DIVISION_BY_ZERO")]
    public async Task No_sql_mode_changes_what_is_compared(string mode)
    {
        await using RunScenario scenario = await CreateAsync(
            "CREATE TABLE kept (f float, d double, dt datetime(6), ts timestamp(6) NULL, v varchar(10), e varchar(10), c char(5), b "
                + "bit(3), s set('a','b'), g point, i bigint unsigned);"
                + "INSERT INTO kept VALUES (1234567, 0.1, '2020-01-01 00:00:00.000001', '2020-01-01 00:00:00.000001', 'a ', '', 'a', "
                + "b'101', 'a,b', POINT(1, 2), 18446744073709551615), (NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)",
            "UPDATE kept SET f = 1 WHERE f = 2");
        await scenario.Context.Database.OpenConnectionAsync(CancellationToken);
        await using (DbCommand command = scenario.Context.Database.GetDbConnection().CreateCommand())
        {
            command.CommandText = $"SET SESSION sql_mode = '{mode}'";
            await command.ExecuteNonQueryAsync(CancellationToken);
        }

        PurgeReport report = await scenario.PurgeAsync();

        Assert.Equal(PurgeVerdict.Complete, report.Verdict);
        Assert.Contains(
            report.Verifications,
            verification => verification is { Name: "content of kept table kept", Outcome: Outcome.Passed });
    }

    [Fact]
    public async Task The_time_zone_of_the_session_changes_nothing_and_hides_nothing()
    {
        // One text in Berlin, twice in that night.
        await using RunScenario scenario = await CreateAsync(
            "CREATE TABLE kept (ts timestamp NULL); INSERT INTO kept VALUES ('2020-10-25 00:30:00')",
            "SET time_zone = '+05:00'; UPDATE kept SET ts = FROM_UNIXTIME(UNIX_TIMESTAMP(ts) + 3600); SET time_zone = '+04:00'");

        PurgeException exception = await scenario.FailAsync();

        Assert.Contains("content of kept table kept", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_driver_that_reads_a_float_as_six_digits_leaves_the_content_unknown()
    {
        await using RunScenario scenario = await RunScenario.CreateAsync(Engine.AnsiMariaDb, "a");
        await scenario.Database.ExecuteAsync("CREATE TABLE kept (n int, f float); INSERT INTO kept VALUES (1, 1234567)", CancellationToken);

        PurgeException exception = await scenario.FailAsync(options => options.AllowUnverified = true);

        Assert.Equal(PurgeVerdict.Partial, exception.Report!.Verdict);
        CheckReport unknown = Assert.Single(exception.Report!.Verifications, verification => verification.Outcome == Outcome.Unknown);
        Assert.Equal(("content of kept table kept", "column \"f\" of type FLOAT cannot be read in full"), (unknown.Name, unknown.Actual));
    }

    [Theory]
    [InlineData("datetime(6)", "'2020-01-01 00:00:00'", "'2020-01-01 00:00:00.000001'")]
    [InlineData("double", "0.1", "0.1e0 + 3e-17")]
    public async Task Fractions_are_read_in_full_in_the_ANSI_dialect_too(string type, string value, string other)
    {
        await using RunScenario scenario = await RunScenario.CreateAsync(Engine.AnsiMariaDb, "a");
        await scenario.Database.ExecuteAsync(
            $"CREATE TABLE kept (n int, v {type}); INSERT INTO kept (n, v) VALUES (1, {value})",
            CancellationToken);
        await scenario.Database.RunOnDeleteAsync("a", $"UPDATE kept SET v = {other}", CancellationToken);

        PurgeException exception = await scenario.FailAsync();

        Assert.Contains("content of kept table kept", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("MyISAM")]
    [InlineData("Aria")]
    public async Task A_trigger_and_a_kept_table_that_a_rollback_does_not_reach_are_refused_before_anything_is_written(string storage)
    {
        await using RunScenario scenario = await CreateAsync(
            $"CREATE TABLE kept (n int) ENGINE = {storage}; INSERT INTO kept VALUES (1), (2), (3)",
            "DELETE FROM kept WHERE n < 3");
        string before = await scenario.ChecksumAsync();

        PurgeException exception = await scenario.FailAsync();

        Assert.Equal(PurgeVerdict.Refused, exception.Report!.Verdict);
        Assert.Contains("\"follow_a\" on a", exception.Message, StringComparison.Ordinal);
        Assert.Contains($"kept table \"kept\" (storage {storage})", exception.Message, StringComparison.Ordinal);
        Assert.Contains("AllowInserts(\"kept\")", exception.Message, StringComparison.Ordinal);
        Assert.Equal(before, await scenario.ChecksumAsync());
    }

    [Fact]
    public async Task A_reset_is_refused_there_too()
    {
        await using RunScenario scenario = await CreateAsync(
            "CREATE TABLE kept (n int) ENGINE = MyISAM; INSERT INTO kept VALUES (1), (2), (3)",
            "DELETE FROM kept WHERE n < 3");
        string before = await scenario.ChecksumAsync();
        await using DatabaseResetter resetter = await Engine.MariaDb.ResetterAsync(scenario.Context);

        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(() => resetter.ResetAsync(CancellationToken));

        Assert.Contains("kept table \"kept\" (storage MyISAM)", exception.Message, StringComparison.Ordinal);
        Assert.Equal(before, await scenario.ChecksumAsync());
    }

    [Fact]
    public async Task Where_the_rows_of_such_a_table_may_only_be_added_the_run_says_that_they_stay()
    {
        await using RunScenario scenario = await CreateAsync(
            "CREATE TABLE kept (n int) ENGINE = MyISAM; INSERT INTO kept VALUES (1)",
            "INSERT INTO kept VALUES (OLD.\"Id\" + 100)");

        PurgeReport report = await scenario.PurgeAsync(options => options.AllowInserts("kept"));

        Assert.Equal((PurgeVerdict.Complete, 3), (report.Verdict, Assert.Single(report.RowsAdded).RowsArrived));
        Assert.Contains(
            report.Notes,
            note => note.Grade == LogLevel.Warning && note.Table?.Name == "kept" && note.Text.Contains("stay, even if this run is rolled back", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Without_a_trigger_such_a_table_stops_nothing()
    {
        await using RunScenario scenario = await RunScenario.CreateAsync(Engine.MariaDb, "a");
        await scenario.Database.ExecuteAsync("CREATE TABLE kept (n int) ENGINE = MyISAM", CancellationToken);

        Assert.Equal(PurgeVerdict.Complete, (await scenario.PurgeAsync()).Verdict);
    }

    private static async Task<RunScenario> CreateAsync(string ddl, string trigger)
    {
        RunScenario scenario = await RunScenario.CreateAsync(Engine.MariaDb, "a");
        await scenario.Database.ExecuteAsync(ddl, CancellationToken);
        await scenario.Database.RunOnDeleteAsync("a", trigger, CancellationToken);
        return scenario;
    }
}
