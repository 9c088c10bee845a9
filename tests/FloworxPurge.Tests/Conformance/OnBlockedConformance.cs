using FloworxPurge.Reporting;
using FloworxPurge.Tests.Kit;
using Microsoft.Extensions.Logging;

namespace FloworxPurge.Tests.Conformance;

/// <summary>What is done about a table that rows to be kept point at: it is skipped, no plan is made, or the dependents go too.</summary>
public abstract class OnBlockedConformance(Engine engine) : ConformanceGroup(engine)
{
    [Fact]
    public async Task Fail_makes_no_plan_and_names_every_blocked_table()
    {
        await using RunScenario scenario = await RunScenario.CreateAsync(Engine, "kept->b->a, k2->c, z");
        string before = await scenario.ChecksumAsync();

        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(() => scenario.PlanAsync(options =>
        {
            options.OnBlocked = OnBlocked.Fail;
            options.Exclude("kept").Exclude("k2");
        }));

        Assert.Null(exception.Report);
        Assert.All(
            (string[])["a", "b", "c"],
            table => Assert.Contains($"{Name(table).ToQuotedString()} is blocked", exception.Message, StringComparison.Ordinal));
        Assert.Equal(before, await scenario.ChecksumAsync());
    }

    [Fact]
    public async Task Fail_is_no_matter_where_nothing_is_blocked()
    {
        await using RunScenario scenario = await RunScenario.CreateAsync(Engine, "a->b, b->kept");

        PurgeReport report = await scenario.PurgeAsync(options =>
        {
            options.OnBlocked = OnBlocked.Fail;
            options.Exclude("kept");
        });

        Assert.Equal(PurgeVerdict.Complete, report.Verdict);
    }

    [Theory]
    [InlineData("")]
    [InlineData("ON DELETE CASCADE")]
    [InlineData("ON DELETE SET NULL")]
    public async Task Included_dependents_outside_the_model_are_purged_down_the_whole_chain_and_each_is_named(string action)
    {
        await using RunScenario scenario = await RunScenario.CreateAsync(Engine, "a->b");
        await AddAsync(scenario, "u1", "b", action);
        await AddAsync(scenario, "u2", "u1", action);
        await AddAsync(scenario, "u3", "u2", action);
        await AddAsync(scenario, "leaf", principal: null, action);

        PurgePlan plan = await scenario.PlanAsync(Include);
        PurgeReport report = await scenario.PurgeAsync(Include);

        Assert.Equal(PurgeVerdict.Complete, report.Verdict);
        Assert.Equal(["a", "b", "u1", "u2", "u3"], plan.Tables.Select(table => table.Table.Name).Order(StringComparer.Ordinal));
        Assert.Equal(["u1", "u2", "u3"], Named(plan));
        Assert.Equal(12, report.RowsDeleted);
        await AssertEmptyAsync(scenario.Database, "a", "b", "u1", "u2", "u3");
        Assert.Equal(2, await scenario.Database.CountAsync("leaf", cancellationToken: CancellationToken));
    }

    [Fact]
    public async Task Included_dependents_that_no_include_names_are_purged_and_others_stay()
    {
        await using RunScenario scenario = await RunScenario.CreateAsync(Engine, "c->b->a, other->p, p");

        PurgePlan plan = await scenario.PlanAsync(options =>
        {
            Include(options);
            options.Include("a");
        });

        Assert.Equal(["a", "b", "c"], plan.Tables.Select(table => table.Table.Name).Order(StringComparer.Ordinal));
        Assert.Equal(["b", "c"], Named(plan));
        Assert.All(
            (string[])["other", "p"],
            table => Assert.Contains(plan.Kept, kept => kept.Table == Name(table) && kept.Reason == PlanReason.NotIncluded));
    }

    [Theory]
    [InlineData("a->b?, b->a?")]
    [InlineData("a->b?:cascade, b->a?:cascade")]
    public async Task Included_dependents_may_form_a_cycle_with_what_they_point_at(string notation)
    {
        await using RunScenario scenario = await RunScenario.CreateAsync(Engine, notation);
        await AddAsync(scenario, "u", "b", string.Empty);

        PurgeReport report = await scenario.PurgeAsync(options =>
        {
            Include(options);
            options.Include("a");
        });

        Assert.Equal(PurgeVerdict.Complete, report.Verdict);
        await AssertEmptyAsync(scenario.Database, "a", "b", "u");
    }

    [Fact]
    public async Task An_excluded_table_still_blocks_and_nothing_is_included_in_vain()
    {
        await using RunScenario scenario = await RunScenario.CreateAsync(Engine, "kept->a, z");
        await AddAsync(scenario, "u", "a", string.Empty);
        await AddAsync(scenario, "v", "u", string.Empty);
        string before = await Shop.ContentAsync(scenario.Database, CancellationToken, "u", "v", "a", "kept");

        PurgeReport report = await scenario.PurgeAsync(options =>
        {
            Include(options);
            options.Exclude("kept");
        });

        Assert.Equal(Name("a"), Assert.Single(report.Skips).Table);
        Assert.Equal(["kept", "u", "v"], report.Kept.Select(kept => kept.Table.Name));
        Assert.Equal(before, await Shop.ContentAsync(scenario.Database, CancellationToken, "u", "v", "a", "kept"));
        await AssertEmptyAsync(scenario.Database, "z");
    }

    [Fact]
    public async Task A_table_outside_the_model_that_an_exclude_names_still_blocks()
    {
        await using RunScenario scenario = await RunScenario.CreateAsync(Engine, "a, z");
        await AddAsync(scenario, "audit_log", "a", "ON DELETE CASCADE");

        PurgeReport report = await scenario.PurgeAsync(options =>
        {
            Include(options);
            options.Exclude("audit_*");
        });

        Assert.Equal(Name("a"), Assert.Single(report.Skips).Table);
        Assert.Equal(2, await scenario.Database.CountAsync("audit_log", cancellationToken: CancellationToken));
    }

    [Fact]
    public async Task A_drifted_table_that_no_include_names_still_blocks()
    {
        await using RunScenario scenario = await RunScenario.CreateAsync(Engine, "b->a, b->c");
        await scenario.Database.ExecuteAsync(
            "DROP TABLE b; CREATE TABLE b (\"Id\" integer NOT NULL PRIMARY KEY, a_id integer NOT NULL REFERENCES a (\"Id\")); INSERT "
                + "INTO b VALUES (1, 1)",
            CancellationToken);
        string before = await Shop.ContentAsync(scenario.Database, CancellationToken, "a", "b");

        PurgeReport report = await scenario.PurgeAsync(options =>
        {
            Include(options);
            options.Include("a");
        });

        Assert.Equal(Name("a"), Assert.Single(report.Skips).Table);
        Assert.Equal(before, await Shop.ContentAsync(scenario.Database, CancellationToken, "a", "b"));
    }

    [Fact]
    public async Task The_migrations_history_still_blocks()
    {
        Assert.SkipWhen(Engine == Engine.Ansi, "The provider's scaffolding leaves the migrations history out.");
        await using RunScenario scenario = await RunScenario.CreateAsync(Engine, "a, z");
        await AddAsync(scenario, "\"__EFMigrationsHistory\"", "a", string.Empty);

        PurgePlan plan = await scenario.PlanAsync(Include);

        Assert.Equal(["z"], plan.Tables.Select(table => table.Table.Name));
    }

    private static void Include(PurgeOptions options) => options.OnBlocked = OnBlocked.IncludeDependents;

    private static IEnumerable<string> Named(PurgePlan plan)
        => plan.Notes.Where(note => note.Grade == LogLevel.Warning && note.Text.Contains("IncludeDependents", StringComparison.Ordinal))
            .Select(note => note.Table!.Name)
            .Order(StringComparer.Ordinal);

    /// <summary>Adds a table outside the model, with two rows, which reference a principal or nothing.</summary>
    private static Task AddAsync(RunScenario scenario, string table, string? principal, string action)
    {
        string references = principal is null ? string.Empty : $"REFERENCES {principal} (\"Id\") {action}";
        return scenario.Database.ExecuteAsync(
            $"CREATE TABLE {table} (\"Id\" integer NOT NULL PRIMARY KEY, ref integer NULL {references}); INSERT INTO {table} VALUES (1, "
                + $"1), (2, 2)",
            CancellationToken);
    }
}

public sealed class SqliteOnBlockedConformance() : OnBlockedConformance(Engine.Sqlite);

public sealed class PostgreSqlOnBlockedConformance() : OnBlockedConformance(Engine.PostgreSql);

public sealed class AnsiOnBlockedConformance() : OnBlockedConformance(Engine.Ansi);

public sealed class MariaDbOnBlockedConformance() : OnBlockedConformance(Engine.MariaDb);
