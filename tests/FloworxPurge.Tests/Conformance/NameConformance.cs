using FloworxPurge.Reporting;
using FloworxPurge.Tests.Conformance.Models;
using FloworxPurge.Tests.Kit;

namespace FloworxPurge.Tests.Conformance;

/// <summary>A table may be called anything that the engine takes.</summary>
public abstract class NameConformance(Engine engine) : ModelGroup(engine)
{
    [Fact]
    public async Task Every_table_is_found_under_its_own_name()
    {
        await using TestDatabase database = await CreateAsync(NameModels.AwkwardNames);
        await using ScenarioContext context = NameModels.AwkwardNames.CreateContext(database);

        PurgePlan plan = await Engine.Purger().PlanAsync(context, CancellationToken);

        Assert.Equal(
            NameModels.Tables.Order(StringComparer.Ordinal),
            plan.Tables.Select(table => table.Table.Name).Order(StringComparer.Ordinal));
        Assert.Equal(NameModels.Tables.Reverse(), plan.Tables.Select(table => table.Table.Name));
    }

    [Fact]
    public async Task Numbers_restart_whatever_the_table_is_called()
    {
        await using TestDatabase database = await CreateAsync(NameModels.AwkwardNames);
        await using ScenarioContext context = NameModels.AwkwardNames.CreateContext(database);
        Assert.SkipUnless(Engine.ResetsIdentity, $"{Engine} has no statement that restarts numbers.");

        PurgeReport report = await PurgeCompletelyAsync(database, context, options => options.ResetIdentity = true);

        Assert.Equal(NameModels.Tables.Count, report.IdentitiesReset.Count);
        foreach (string sql in NameModels.AwkwardNames.MoreRows)
        {
            // The rows reference number 1 again.
            await database.ExecuteAsync(sql, CancellationToken);
        }
    }

    [Fact]
    public async Task Only_tables_that_are_numbered_are_said_to_restart()
    {
        Assert.SkipUnless(Engine.ResetsIdentity, $"{Engine} has no statement that restarts numbers.");
        await using TestDatabase database = await CreateAsync(NameModels.NamesWithSqlInThem);
        await using ScenarioContext context = NameModels.NamesWithSqlInThem.CreateContext(database);

        PurgeReport report = await PurgeCompletelyAsync(database, context, options => options.ResetIdentity = true);

        Assert.Equal(["Numbered"], report.IdentitiesReset.Select(table => table.Name));
    }

    [Fact]
    public async Task A_name_without_wildcards_is_a_filter_for_itself_alone()
    {
        string[] kept = ["T{0}", "a.b", "back\\slash", "say \"hi\"", "@p0", "[brackets]", "two\nlines", "--comment", "100%", "日本語"];
        await using TestDatabase database = await CreateAsync(NameModels.AwkwardNames);
        await using ScenarioContext context = NameModels.AwkwardNames.CreateContext(database);

        PurgePlan plan = await Engine.Purger(
            options => Array.ForEach(kept, name => options.Exclude(name))).PlanAsync(context, CancellationToken);

        Assert.Equal(
            kept.Order(StringComparer.Ordinal),
            plan.Kept.Where(table => table.Reason == PlanReason.Excluded).Select(table => table.Table.Name).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task The_report_can_be_written_in_every_format()
    {
        await using TestDatabase database = await CreateAsync(NameModels.AwkwardNames);
        await using ScenarioContext context = NameModels.AwkwardNames.CreateContext(database);

        PurgeReport report = await PurgeCompletelyAsync(database, context);

        Assert.Equal(report.Tables.Select(table => table.Table), PurgeReport.FromJson(report.ToJson()).Tables.Select(table => table.Table));
        Assert.NotEmpty(report.ToMarkdown());
        Assert.NotEmpty(report.ToString());
    }
}

public sealed class SqliteNameConformance() : NameConformance(Engine.Sqlite);

public sealed class PostgreSqlNameConformance() : NameConformance(Engine.PostgreSql);

public sealed class AnsiNameConformance() : NameConformance(Engine.Ansi);

public sealed class MariaDbNameConformance() : NameConformance(Engine.MariaDb);
