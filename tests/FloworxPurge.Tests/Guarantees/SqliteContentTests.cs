using FloworxPurge.Engines;
using FloworxPurge.Reporting;
using FloworxPurge.Tests.Conformance;
using FloworxPurge.Tests.Kit;

namespace FloworxPurge.Tests.Guarantees;

/// <summary>On SQLite kept tables are read as they are stored: types, bytes of texts and all digits.</summary>
public sealed class SqliteContentTests
{
    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    /// <summary>A value, and another that is nearly the same.</summary>
    public static TheoryData<string, string> Values => new()
    {
        { "0.1", "0.1 + 2e-17" },
        { "1", "1.0" },
        { "1", "'1'" },
        { "'a'", "x'61'" },
        { "'a'", "'a '" },
        { "''", "NULL" },
        { "CAST(x'610062' AS TEXT)", "CAST(x'610063' AS TEXT)" },
        { "CAST(x'FF' AS TEXT)", "CAST(x'FE' AS TEXT)" },
        { "9223372036854775807", "9223372036854775806" },
        { "'2020-01-01 00:00:00'", "'2020-01-01 00:00:00.0000001'" },
    };

    [Theory]
    [MemberData(nameof(Values))]
    public async Task A_trigger_that_changes_a_value_by_the_least_is_seen(string value, string other)
    {
        await using RunScenario scenario = await RunScenario.CreateAsync(Engine.Sqlite, "a");
        await scenario.Database.ExecuteAsync(
            $"CREATE TABLE kept (n INTEGER, v BLOB, \"a \"\" name\" TEXT, twice AS (n * 2) STORED); INSERT INTO kept (n, v) VALUES (1, "
                + $"{value})",
            CancellationToken);
        await scenario.Database.RunOnDeleteAsync("a", $"UPDATE kept SET v = {other}", CancellationToken);
        string before = await scenario.ChecksumAsync();

        PurgeException exception = await scenario.FailAsync();

        Assert.Equal(PurgeVerdict.Failed, exception.Report!.Verdict);
        Assert.Contains("content of kept table kept", exception.Message, StringComparison.Ordinal);
        Assert.Equal(before, await scenario.ChecksumAsync());
    }

    [Theory]
    [InlineData("datetime")]
    [InlineData("decimal")]
    [InlineData("guid")]
    [InlineData("")]
    public async Task A_declared_type_that_the_value_does_not_fit_stops_nothing(string type)
    {
        await using RunScenario scenario = await RunScenario.CreateAsync(Engine.Sqlite, "a");
        await scenario.Database.ExecuteAsync(
            $"CREATE TABLE kept (v {type}); INSERT INTO kept VALUES ('no such value'), (1.5), (x'00'), (NULL)",
            CancellationToken);
        await scenario.Database.RunOnDeleteAsync("a", "DELETE FROM kept WHERE v = 'x'", CancellationToken);

        PurgeReport report = await scenario.PurgeAsync();

        Assert.Equal(PurgeVerdict.Complete, report.Verdict);
        Assert.Contains(
            report.Verifications,
            verification => verification is { Name: "content of kept table kept", Outcome: Outcome.Passed });
    }

    [Fact]
    public async Task A_type_that_the_dialect_does_not_read_in_full_leaves_the_content_unknown()
    {
        await using RunScenario scenario = await RunScenario.CreateAsync(Engine.Sqlite, "a");
        await scenario.Database.ExecuteAsync("CREATE TABLE kept (n INTEGER, v BLOB); INSERT INTO kept VALUES (1, x'00')", CancellationToken);

        PurgeException exception = await scenario.FailAsync(options =>
        {
            options.Dialect = new WithoutBlobs();
            options.AllowUnverified = true;
        });

        Assert.Equal(PurgeVerdict.Partial, exception.Report!.Verdict);
        CheckReport unknown = Assert.Single(exception.Report!.Verifications, verification => verification.Outcome == Outcome.Unknown);
        Assert.Equal(("content of kept table kept", "column \"v\" of type BLOB cannot be read in full"), (unknown.Name, unknown.Actual));
    }

    private sealed class WithoutBlobs : AnsiDialect
    {
        public override bool IsReadInFull(string storeType) => storeType != "BLOB";
    }
}
