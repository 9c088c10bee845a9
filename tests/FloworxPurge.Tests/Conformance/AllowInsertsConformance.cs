using FloworxPurge.Reporting;
using FloworxPurge.Tests.Kit;
using Microsoft.EntityFrameworkCore.Storage;

namespace FloworxPurge.Tests.Conformance;

/// <summary>
/// A trigger may add rows to the kept tables that AllowInserts names, the report counts them, and anything else that changes there fails
/// the run.
/// </summary>
public abstract class AllowInsertsConformance(Engine engine) : ConformanceGroup(engine)
{
    private const string Unknown = "This engine's triggers are not known, and the plan says so.";
    private const string Audit = "INSERT INTO audit_log (what) VALUES ('deleted')";

    [Fact]
    public async Task A_trigger_adds_rows_to_an_excluded_table_of_the_model()
    {
        Assert.SkipUnless(Engine.KnowsTriggers, Unknown);
        await using RunScenario scenario = await RunScenario.CreateAsync(Engine, "a->b, audit");
        await scenario.Database.RunOnDeleteAsync("a", "INSERT INTO audit (\"Id\") VALUES (OLD.\"Id\" + 100)", CancellationToken);

        PurgeReport report = await scenario.PurgeAsync(options => options.Exclude("aud*").AllowInserts("aud*"));

        Assert.Equal(PurgeVerdict.Complete, report.Verdict);
        Assert.Equal([(Name("audit"), 3L)], report.RowsAdded.Select(table => (table.Table, table.RowsArrived)));
        Assert.EndsWith($" 3 rows were added to {Name("audit")}, as AllowInserts allows.", report.Summary, StringComparison.Ordinal);
        Assert.Equal(["AllowInserts(\"aud*\"): triggers may add rows to these kept tables"], report.Overrides);
        Assert.True(Assert.Single(report.Kept, kept => kept.Table == Name("audit")).AllowsInserts);
        Assert.Equal(6, await scenario.Database.CountAsync("audit", cancellationToken: CancellationToken));
        await AssertEmptyAsync(scenario.Database, "a", "b");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_trigger_adds_rows_to_a_table_outside_the_model(bool bestEffort)
    {
        Assert.SkipUnless(Engine.KnowsTriggers, Unknown);
        await using RunScenario scenario = await CreateAsync(Audit);

        PurgeReport report = await scenario.PurgeAsync(options => options.AllowInserts("audit_*").BestEffort = bestEffort);

        Assert.Equal(PurgeVerdict.Complete, report.Verdict);
        Assert.Equal([(Name("audit_log"), 3L)], report.RowsAdded.Select(table => (table.Table, table.RowsArrived)));
        Assert.Equal(5, await scenario.Database.CountAsync("audit_log", cancellationToken: CancellationToken));
    }

    [Fact]
    public async Task The_commit_may_be_the_callers()
    {
        Assert.SkipUnless(Engine.KnowsTriggers, Unknown);
        await using RunScenario scenario = await CreateAsync(Audit);
        await using IDbContextTransaction transaction = await scenario.Context.Database.BeginTransactionAsync(CancellationToken);

        PurgeReport report = await scenario.PurgeAsync(options => options.AllowInserts("audit_log"));
        await transaction.CommitAsync(CancellationToken);

        Assert.Equal([(Name("audit_log"), 3L)], report.RowsAdded.Select(table => (table.Table, table.RowsArrived)));
        Assert.Equal(5, await scenario.Database.CountAsync("audit_log", cancellationToken: CancellationToken));
    }

    [Fact]
    public async Task Where_nothing_is_added_the_report_names_no_table()
    {
        Assert.SkipUnless(Engine.KnowsTriggers, Unknown);
        await using RunScenario scenario = await CreateAsync("DELETE FROM audit_log WHERE what = 'no such row'");

        PurgeReport report = await scenario.PurgeAsync(options => options.AllowInserts("audit_log"));

        Assert.Equal((PurgeVerdict.Complete, 0), (report.Verdict, report.RowsAdded.Count));
        Assert.DoesNotContain("AllowInserts", report.Summary, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_the_option_the_run_fails_and_the_message_names_it()
    {
        Assert.SkipUnless(Engine.KnowsTriggers, Unknown);
        await using RunScenario scenario = await CreateAsync(Audit);
        string before = await ContentAsync(scenario);

        PurgeException exception = await scenario.FailAsync();

        Assert.Equal(PurgeVerdict.Failed, exception.Report?.Verdict);
        Assert.Matches("AllowInserts\\(\"([a-z]+\\.)?audit_log\"\\)", exception.Message);
        Assert.Empty(exception.Report!.RowsAdded);
        Assert.Equal(before, await ContentAsync(scenario));
    }

    [Theory]
    [InlineData("UPDATE audit_log SET what = 'changed' WHERE what = 'first'")]
    [InlineData("DELETE FROM audit_log WHERE what = 'first'")]
    [InlineData("UPDATE other SET txt = 'changed'")]
    [InlineData("INSERT INTO other VALUES (OLD.\"Id\" + 100, 'new')")]
    [InlineData("DELETE FROM other WHERE n = OLD.\"Id\"")]
    public async Task Whatever_else_a_trigger_changes_beside_the_rows_that_it_adds_fails_the_run(string write)
    {
        Assert.SkipUnless(Engine.KnowsTriggers, Unknown);
        await using RunScenario scenario = await CreateAsync($"{Audit}; {write}");
        string before = await ContentAsync(scenario);

        PurgeException exception = await scenario.FailAsync(options => options.AllowInserts("audit_log"));

        Assert.Equal(PurgeVerdict.Failed, exception.Report?.Verdict);
        Assert.Contains(
            write.Contains("other", StringComparison.Ordinal) ? "other" : "audit_log",
            exception.Message,
            StringComparison.Ordinal);
        Assert.Equal(before, await ContentAsync(scenario));
    }

    [Fact]
    public async Task A_plan_with_it_is_another_plan()
    {
        await using RunScenario scenario = await RunScenario.CreateAsync(Engine, "a, audit");
        PurgePlan plan = await scenario.PlanAsync(options => options.Exclude("audit"));
        Purger other = Engine.Purger(options => options.Exclude("audit").AllowInserts("audit"));

        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(
            () => other.ExecuteAsync(scenario.Context, plan, cancellationToken: CancellationToken));

        Assert.Equal(PurgeVerdict.Refused, exception.Report?.Verdict);
        Assert.Contains($"now allowed to grow (AllowInserts): {Name("audit")}", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_pattern_that_names_only_purged_tables_makes_no_plan()
    {
        await using RunScenario scenario = await RunScenario.CreateAsync(Engine, "a, audit");

        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(
            () => scenario.PlanAsync(options => options.AllowInserts("aud*")));

        Assert.StartsWith(
            $"AllowInserts(\"aud*\") names no table that is kept: {Name("audit").ToQuotedString()} is to be purged.",
            exception.Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_reset_lets_the_triggers_add_rows_too()
    {
        Assert.SkipUnless(Engine.KnowsTriggers, Unknown);
        await using RunScenario scenario = await CreateAsync(Audit);
        await using DatabaseResetter resetter = await Engine.ResetterAsync(scenario.Context, options => options.AllowInserts("audit_*"));

        LeakReport report = await resetter.ResetAsync(CancellationToken);

        Assert.Equal(3, report.Rows);
        await AssertEmptyAsync(scenario.Database, "a");
        Assert.Equal(
            2,
            await scenario.Database.ScalarAsync<long>("SELECT COUNT(*) FROM audit_log WHERE what IN ('first', "
                + "'second')", CancellationToken));

        // A superuser of PostgreSQL resets without triggers.
        Assert.Equal(
            Engine == Engine.PostgreSql ? 2 : 5,
            await scenario.Database.CountAsync("audit_log", cancellationToken: CancellationToken));
    }

    [Theory]
    [InlineData(false, "", "AllowInserts\\(\"audit_log\"\\)")]
    [InlineData(true, "; UPDATE audit_log SET what = 'changed' WHERE what = 'first'", "rows were changed or deleted there")]
    [InlineData(true, "; DELETE FROM audit_log WHERE what = 'first'", "rows were changed or deleted there")]
    public async Task A_reset_fails_without_it_and_when_a_trigger_does_more(bool allows, string more, string message)
    {
        Assert.SkipUnless(Engine.KnowsTriggers, Unknown);
        Assert.SkipWhen(
            Engine == Engine.PostgreSql,
            "A superuser of PostgreSQL resets without triggers; an owner does not, which ResetTriggerTests show.");
        await using RunScenario scenario = await CreateAsync(Audit + more);
        string before = await ContentAsync(scenario);
        await using DatabaseResetter resetter = await Engine.ResetterAsync(
            scenario.Context,
            options => _ = allows ? options.AllowInserts("audit_log") : options);

        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(() => resetter.ResetAsync(CancellationToken));

        Assert.Matches(message, exception.Message);
        Assert.Equal(before, await ContentAsync(scenario));
    }

    // The numbers that a trigger has drawn stay drawn on most engines, also when its rows are rolled back.
    private static Task<string> ContentAsync(RunScenario scenario)
        => Shop.ContentAsync(scenario.Database, CancellationToken, "a", "audit_log", "other");

    // Two rows in the audit table, which numbers its rows itself, and three in another table; each deleted row of "a" fires the trigger.
    private async Task<RunScenario> CreateAsync(string trigger)
    {
        RunScenario scenario = await RunScenario.CreateAsync(Engine, "a");
        TestDatabase database = scenario.Database;
        string number = database.Pick(
            sqlite: "INTEGER PRIMARY KEY AUTOINCREMENT",
            postgreSql: "integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
            mariaDb: "integer AUTO_INCREMENT PRIMARY KEY",
            sqlServer: "int IDENTITY PRIMARY KEY");
        string moment = database.Pick(sqlite: "TEXT", postgreSql: "timestamptz", mariaDb: "datetime(6)", sqlServer: "datetime2");
        await database.ExecuteAsync(
            $"""
            CREATE TABLE audit_log (id {number}, what varchar(20) NOT NULL, happened {moment} DEFAULT CURRENT_TIMESTAMP);
            INSERT INTO audit_log (what) VALUES ('first'), ('second');
            CREATE TABLE other (n integer, txt varchar(20)); INSERT INTO other VALUES (1, 'x'), (2, 'y'), (3, NULL)
            """,
            CancellationToken);
        await database.RunOnDeleteAsync("a", trigger, CancellationToken);
        return scenario;
    }
}

public sealed class SqliteAllowInsertsConformance() : AllowInsertsConformance(Engine.Sqlite);

public sealed class PostgreSqlAllowInsertsConformance() : AllowInsertsConformance(Engine.PostgreSql);

public sealed class AnsiAllowInsertsConformance() : AllowInsertsConformance(Engine.Ansi);

public sealed class MariaDbAllowInsertsConformance() : AllowInsertsConformance(Engine.MariaDb);
