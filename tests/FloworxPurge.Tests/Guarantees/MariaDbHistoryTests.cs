using FloworxPurge.Execution;
using FloworxPurge.Reporting;
using FloworxPurge.Tests.Kit;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;

namespace FloworxPurge.Tests.Guarantees;

/// <summary>System-versioned tables: the rows that a table had go when that is asked for, with the run, and not otherwise.</summary>
public sealed class MariaDbHistoryTests
{
    private static readonly GraphScenario Graph = GraphScenario.Parse("child->parent, other");

    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Rows_and_the_rows_that_were_are_gone_in_one_transaction_and_that_is_verified()
    {
        await using MariaDbTestDatabase database = await CreateAsync();
        await using ScenarioContext context = Graph.CreateContext(database);
        Purger purger = new(options => options.PurgeHistory = true);

        PurgePlan plan = await purger.PlanAsync(context, CancellationToken);
        PurgeReport report = await purger.ExecuteAsync(context, plan, cancellationToken: CancellationToken);

        Assert.Equal(
            ["child", "parent"],
            plan.Steps.Where(step => step.Kind == PlanStepKind.PurgeHistory).Select(step => step.Tables.Single().Name).Order(StringComparer.Ordinal));
        Assert.Contains(
            plan.Notes,
            note => note.Grade == LogLevel.Warning && note.Table?.Name == "child" && note.Text.Contains("is emptied too (PurgeHistory)", StringComparison.Ordinal));
        Assert.Equal((PurgeVerdict.Complete, 9L), (report.Verdict, report.RowsDeleted));
        Assert.Contains(
            report.Verifications,
            verification => verification.Name.Contains("history", StringComparison.OrdinalIgnoreCase) && verification.Outcome == Outcome.Passed);
        Assert.Equal((0, 0), (await EverAsync(database, "child"), await EverAsync(database, "parent")));
    }

    [Fact]
    public async Task The_history_keeps_what_is_deleted_unless_it_is_asked_for_and_the_plan_says_so()
    {
        await using MariaDbTestDatabase database = await CreateAsync();
        await using ScenarioContext context = Graph.CreateContext(database);

        PurgeReport report = await context.PurgeAsync(cancellationToken: CancellationToken);

        Assert.Equal(PurgeVerdict.Complete, report.Verdict);
        Assert.Contains(
            report.Notes,
            note => note.Grade == LogLevel.Warning && note.Table?.Name == "child" && note.Text.Contains("keeps the deleted rows. Set PurgeHistory", StringComparison.Ordinal));
        Assert.Equal(
            (0, 4),
            (await database.CountAsync("child", cancellationToken: CancellationToken), await EverAsync(database, "child")));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_history_comes_back_with_the_rollback(bool joins)
    {
        await using MariaDbTestDatabase database = await CreateAsync();
        await using ScenarioContext context = Graph.CreateContext(database);
        if (!joins)
        {
            await database.RaiseOnDeleteAsync("other", "not this one", CancellationToken);
        }

        string before = await database.ChecksumAsync(CancellationToken);
        if (joins)
        {
            await using var transaction = await context.Database.BeginTransactionAsync(CancellationToken);
            PurgeReport report = await context.PurgeAsync(options => options.PurgeHistory = true, cancellationToken: CancellationToken);
            Assert.Equal(PurgeVerdict.Complete, report.Verdict);
            await transaction.RollbackAsync(CancellationToken);
        }
        else
        {
            PurgeException exception = await Assert.ThrowsAsync<PurgeException>(
                () => context.PurgeAsync(options => options.PurgeHistory = true, cancellationToken: CancellationToken));
            Assert.Equal(TransactionOutcome.RolledBack, exception.Report!.Transaction);
        }

        Assert.Equal(before, await database.ChecksumAsync(CancellationToken));
    }

    [Fact]
    public async Task The_history_of_a_kept_table_stays()
    {
        await using MariaDbTestDatabase database = await CreateAsync();
        await using ScenarioContext context = Graph.CreateContext(database);

        await context.PurgeAsync(options => options.Exclude("parent").PurgeHistory = true, cancellationToken: CancellationToken);

        Assert.Equal((0, 4), (await EverAsync(database, "child"), await EverAsync(database, "parent")));
    }

    [Fact]
    public async Task A_role_that_may_not_delete_a_history_is_reported()
    {
        await using MariaDbTestDatabase database = await CreateAsync();
        (string role, string login) = await database.CreateLoginAsync(CancellationToken);
        await database.ExecuteAsync($"GRANT SELECT, DELETE, TRIGGER ON \"{database.Name}\".* TO '{role}'@'%'", CancellationToken);
        await database.ExecuteAsync($"GRANT REFERENCES ON *.* TO '{role}'@'%'", CancellationToken);
        await using var context = new ScenarioContext(null, Graph.BuildModel, options => options.UseMySQL(login));
        Purger purger = new(options => options.PurgeHistory = true);

        PurgePlan plan = await purger.PlanAsync(context, CancellationToken);
        PurgeReport report = await purger.ExecuteAsync(context, plan, cancellationToken: CancellationToken);

        Assert.DoesNotContain(plan.Steps, step => step.Kind == PlanStepKind.PurgeHistory);
        Assert.Contains(
            report.Notes,
            note => note.Table?.Name == "child" && note.Text.Contains("this role has no right to delete them", StringComparison.Ordinal));
        Assert.Equal(4, await EverAsync(database, "child"));
    }

    private static async Task<MariaDbTestDatabase> CreateAsync()
    {
        MariaDbTestDatabase database = await MariaDbTestDatabase.CreateAsync(cancellationToken: CancellationToken);
        await Graph.CreateAsync(database, rows: 0, CancellationToken);
        await database.ExecuteAsync("ALTER TABLE child ADD SYSTEM VERSIONING; ALTER TABLE parent ADD SYSTEM VERSIONING", CancellationToken);
        await Graph.FillAsync(database, rows: 4, CancellationToken);

        // One row each that was, and three that are.
        await database.ExecuteAsync("DELETE FROM other WHERE \"Id\" = 4", CancellationToken);
        await database.ExecuteUncheckedAsync(
            "DELETE FROM child WHERE \"Id\" = 4; DELETE FROM parent WHERE \"Id\" = 4; UPDATE child SET parent_id = 1 WHERE parent_id = 4",
            CancellationToken);
        return database;
    }

    private static Task<int> EverAsync(MariaDbTestDatabase database, string table)
        => database.ScalarAsync<int>(
            $"SELECT COUNT(DISTINCT \"Id\") FROM {TestDatabase.Quote(table)} FOR SYSTEM_TIME ALL",
            CancellationToken);
}
