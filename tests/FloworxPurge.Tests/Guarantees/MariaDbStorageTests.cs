using FloworxPurge.Execution;
using FloworxPurge.Reporting;
using FloworxPurge.Tests.Conformance;
using FloworxPurge.Tests.Faults;
using FloworxPurge.Tests.Kit;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;

namespace FloworxPurge.Tests.Guarantees;

/// <summary>
/// What MariaDB does beside rows and keys: storage without transactions, other databases, numbers that restart after the commit, checks
/// that are off for a while.
/// </summary>
public sealed class MariaDbStorageTests
{
    private const string Checks = "SELECT @@foreign_key_checks AS \"Value\"";

    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("ENGINE = MyISAM")]
    [InlineData("ENGINE = Aria")]
    [InlineData("ENGINE = MyISAM, ADD SYSTEM VERSIONING")]
    public async Task Rows_of_a_table_without_transactions_are_warned_about_and_not_reported_as_rolled_back(string change)
    {
        await using RunScenario scenario = await RunScenario.CreateAsync(Engine.MariaDb, "a, b");
        await scenario.Database.ExecuteAsync($"ALTER TABLE a {change}", CancellationToken);
        await scenario.Database.RaiseOnDeleteAsync("b", "not this one", CancellationToken);

        PurgePlan plan = await scenario.PlanAsync();
        PurgeException exception = await scenario.FailAsync();

        Assert.Contains(
            plan.Notes,
            note => note.Grade == LogLevel.Warning && note.Table?.Name == "a" && note.Text.Contains("has no transactions", StringComparison.Ordinal));
        Assert.Contains(
            exception.Report!.Notes,
            note => note.Table?.Name == "a" && note.Text.Contains("Was not rolled back", StringComparison.Ordinal));
        Assert.Equal(
            [("a", 0), ("b", 3)],
            (await scenario.Graph.CountAsync(scenario.Database, CancellationToken)).Select(pair => (pair.Key, pair.Value)));
    }

    [Theory]
    [InlineData("ON DELETE CASCADE")]
    [InlineData("ON DELETE SET NULL")]
    [InlineData("")]
    public async Task A_table_of_another_database_that_points_at_ours_blocks_and_keeps_its_rows(string action)
    {
        await using RunScenario scenario = await RunScenario.CreateAsync(Engine.MariaDb, "a, b");
        await using MariaDbTestDatabase elsewhere = await MariaDbTestDatabase.CreateAsync(cancellationToken: CancellationToken);
        string ours = ((MariaDbTestDatabase)scenario.Database).Name;
        await elsewhere.ExecuteAsync(
            $"CREATE TABLE theirs (n int PRIMARY KEY, a_id int, FOREIGN KEY (a_id) REFERENCES \"{ours}\".a (\"Id\") {action}); INSERT "
                + $"INTO theirs VALUES (1, 1), (2, NULL)",
            CancellationToken);
        string before = await elsewhere.ChecksumAsync(CancellationToken);
        try
        {
            PurgeReport report = await scenario.PurgeAsync();

            PlanTable skip = Assert.Single(report.Skips);
            Assert.Equal((PlanReason.Blocked, "a"), (skip.Reason, skip.Table.Name));
            Assert.Contains($"\"{elsewhere.Name}\".\"theirs\"", skip.Explanation, StringComparison.Ordinal);
            Assert.Equal(before, await elsewhere.ChecksumAsync(CancellationToken));
            Assert.Equal(
                [("a", 3), ("b", 0)],
                (await scenario.Graph.CountAsync(scenario.Database, CancellationToken)).Select(pair => (pair.Key, pair.Value)));

            await elsewhere.ExecuteAsync("DELETE FROM theirs WHERE n = 1", CancellationToken);
            Assert.Equal(PurgeVerdict.Complete, (await scenario.PurgeAsync()).Verdict);
            Assert.Equal(1, await elsewhere.CountAsync("theirs", cancellationToken: CancellationToken));
        }
        finally
        {
            // It holds the database of the scenario.
            await elsewhere.ExecuteAsync("DROP TABLE theirs", CancellationToken);
        }
    }

    [Fact]
    public async Task A_table_that_is_mapped_to_another_database_is_skipped_and_the_one_of_its_name_here_is_kept()
    {
        await using MariaDbTestDatabase database = await MariaDbTestDatabase.CreateAsync(cancellationToken: CancellationToken);
        await using MariaDbTestDatabase elsewhere = await MariaDbTestDatabase.CreateAsync(cancellationToken: CancellationToken);
        GraphScenario graph = GraphScenario.Parse("a, b");
        await graph.CreateAsync(database, rows: 3, CancellationToken);
        await graph.CreateAsync(elsewhere, rows: 3, CancellationToken);
        await using var context = new ScenarioContext(database, model =>
        {
            graph.BuildModel(model);
            model.Entity("a").ToTable("a", elsewhere.Name);
            model.Entity("b").ToTable("b", database.Name);
        });

        PurgeReport report = await context.PurgeAsync(cancellationToken: CancellationToken);

        PlanTable skip = Assert.Single(report.Skips);
        Assert.Equal((PlanReason.TableMissing, new TableName(elsewhere.Name, "a")), (skip.Reason, skip.Table));
        Assert.Contains(
            $"is mapped to another database than the connection's \"{database.Name}\"",
            skip.Explanation,
            StringComparison.Ordinal);
        Assert.Equal(
            (3, 0),
            (await database.CountAsync("a", cancellationToken: CancellationToken), await database.CountAsync("b", cancellationToken: CancellationToken)));
        Assert.Equal(
            (3, 3),
            (await elsewhere.CountAsync("a", cancellationToken: CancellationToken), await elsewhere.CountAsync("b", cancellationToken: CancellationToken)));
    }

    [Fact]
    public async Task A_table_that_is_mapped_to_this_database_and_does_not_exist_is_reported_as_missing()
    {
        await using MariaDbTestDatabase database = await MariaDbTestDatabase.CreateAsync(cancellationToken: CancellationToken);
        await database.ScalarAsync<int>("SELECT 1", CancellationToken);
        GraphScenario graph = GraphScenario.Parse("a");
        await using var context = new ScenarioContext(database, model =>
        {
            graph.BuildModel(model);
            model.Entity("a").ToTable("a", database.Name);
        });

        PurgePlan plan = await new Purger().PlanAsync(context, CancellationToken);

        PlanTable skip = Assert.Single(plan.Skips);
        Assert.Equal(PlanReason.TableMissing, skip.Reason);
        Assert.Contains("does not exist in the database", skip.Explanation, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Names_with_the_quote_of_the_engine_are_only_names()
    {
        const string Name = "a`; DROP TABLE b; -- ";
        await using MariaDbTestDatabase database = await MariaDbTestDatabase.CreateAsync(cancellationToken: CancellationToken);
        await database.ExecuteAsync(
            $"CREATE TABLE \"`{Name}x\" (\"Id`\" int AUTO_INCREMENT PRIMARY KEY, \"`\" longtext); INSERT INTO \"`{Name}x\" () VALUES (), "
                + $"()",
            CancellationToken);
        await database.ExecuteAsync(
            $"CREATE TABLE b (n int PRIMARY KEY); INSERT INTO b VALUES (1); CREATE TABLE \"kept`\" (\"`\" int, FOREIGN KEY (\"`\") "
                + $"REFERENCES \"`{Name}x\" (\"Id`\") ON DELETE CASCADE)",
            CancellationToken);
        await using var context = new ScenarioContext(database, model => model.SharedTypeEntity<Dictionary<string, object>>("entity", entity =>
        {
            entity.ToTable($"`{Name}x");
            entity.IndexerProperty<int>("Id").HasColumnName("Id`");
            entity.IndexerProperty<string>("Text").HasColumnName("`");
        }));

        PurgeReport report = await context.PurgeAsync(
            options => options.LockTables = options.ResetIdentity = true,
            cancellationToken: CancellationToken);

        Assert.Equal((PurgeVerdict.Complete, 2L), (report.Verdict, report.RowsDeleted));
        Assert.Equal(1, await database.CountAsync("b", cancellationToken: CancellationToken));
        await database.ExecuteAsync($"INSERT INTO \"`{Name}x\" () VALUES ()", CancellationToken);
        Assert.Equal(1, await database.ScalarAsync<int>($"SELECT \"Id`\" FROM \"`{Name}x\"", CancellationToken));
    }

    [Fact]
    public async Task Numbers_restart_after_the_commit_and_the_plan_says_so()
    {
        await using MariaDbTestDatabase database = await CreateNumberedAsync();
        await using ScenarioContext context = Numbered(database);
        Purger purger = new(options => options.ResetIdentity = true);

        PurgePlan plan = await purger.PlanAsync(context, CancellationToken);
        PurgeReport report = await purger.ExecuteAsync(context, plan, cancellationToken: CancellationToken);

        Assert.True(plan.Units[^1].RunsAfterCommit);
        Assert.Equal("numbered", Assert.Single(report.IdentitiesReset).Name);
        await database.ExecuteAsync("INSERT INTO numbered () VALUES ()", CancellationToken);
        Assert.Equal(1, await database.ScalarAsync<int>("SELECT \"Id\" FROM numbered", CancellationToken));
    }

    [Fact]
    public async Task A_connection_that_is_lost_behind_the_commit_makes_no_strategy_purge_again()
    {
        await using MariaDbTestDatabase database = await CreateNumberedAsync();
        var hook = new CommandHook
        {
            Before = async (command, _) =>
            {
                if (command.CommandText.Contains("AUTO_INCREMENT = ", StringComparison.Ordinal))
                {
                    await command.Connection!.CloseAsync();
                    await database.ExecuteAsync("INSERT INTO numbered () VALUES ()", CancellationToken);
                    throw new FaultException();
                }
            },
        };
        await using var context = new ScenarioContext(null, BuildNumbered, options =>
        {
            database.ConfigureRelational(
                options,
                relational => relational.WithExecutionStrategyFactory(dependencies => new RetryFaults(dependencies)));
            options.AddInterceptors(hook);
        });
        Purger purger = new(options => options.ResetIdentity = true);

        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(async () => await purger.ExecuteAsync(
            context,
            await purger.PlanAsync(context, CancellationToken),
            cancellationToken: CancellationToken));

        PurgeReport report = exception.Report!;
        Assert.Equal(
            (PurgeVerdict.Partial, TransactionOutcome.Committed, 1),
            (report.Verdict, report.Transaction, report.Attempts));
        Assert.Equal(1, await database.CountAsync("numbered", cancellationToken: CancellationToken));
    }

    [Fact]
    public async Task Numbers_that_the_role_may_not_restart_are_foreseen_and_the_rest_is_done()
    {
        await using MariaDbTestDatabase database = await CreateNumberedAsync();
        (string role, string login) = await database.CreateLoginAsync(CancellationToken);
        await database.ExecuteAsync($"GRANT SELECT, DELETE, TRIGGER ON \"{database.Name}\".* TO '{role}'@'%'", CancellationToken);
        await database.ExecuteAsync($"GRANT REFERENCES ON *.* TO '{role}'@'%'", CancellationToken);
        await using var context = new ScenarioContext(null, BuildNumbered, options => options.UseMySQL(login));

        PurgePlan plan = await context.PlanPurgeAsync(options => options.ResetIdentity = true, CancellationToken);
        PurgeReport report = await context.PurgeAsync(options => options.ResetIdentity = true, cancellationToken: CancellationToken);

        Assert.Contains(
            plan.Notes,
            note => note.Grade == LogLevel.Warning
                && note.Table?.Name == "numbered"
                && note.Text.Contains("are not restarted: this role may not restart them", StringComparison.Ordinal));
        Assert.Empty(report.IdentitiesReset);
        Assert.Equal((PurgeVerdict.Complete, TransactionOutcome.Committed), (report.Verdict, report.Transaction));
        Assert.Equal(0, await database.CountAsync("numbered", cancellationToken: CancellationToken));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Numbers_that_a_history_holds_are_reported_as_restarted_only_when_it_is_emptied(bool purgesHistory)
    {
        await using MariaDbTestDatabase database = await CreateNumberedAsync();
        await database.ExecuteAsync("ALTER TABLE numbered ADD SYSTEM VERSIONING", CancellationToken);
        await using ScenarioContext context = Numbered(database);

        PurgeReport report = await context.PurgeAsync(
            options => (options.ResetIdentity, options.PurgeHistory) = (true, purgesHistory),
            cancellationToken: CancellationToken);

        await database.ExecuteAsync("INSERT INTO numbered () VALUES ()", CancellationToken);
        Assert.Equal(purgesHistory ? 1 : 4, await database.ScalarAsync<int>("SELECT \"Id\" FROM numbered", CancellationToken));
        Assert.Equal(purgesHistory ? 1 : 0, report.IdentitiesReset.Count);
        Assert.Equal(
            !purgesHistory,
            report.Notes.Any(note => note.Text.Contains("would restart after their numbers", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_restart_that_would_commit_the_callers_transaction_is_left_to_the_caller()
    {
        await using MariaDbTestDatabase database = await CreateNumberedAsync();
        await using ScenarioContext context = Numbered(database);
        string before = await database.ChecksumAsync(CancellationToken);
        await using (var transaction = await context.Database.BeginTransactionAsync(CancellationToken))
        {
            PurgeReport report = await context.PurgeAsync(options => options.ResetIdentity = true, cancellationToken: CancellationToken);

            Assert.Empty(report.IdentitiesReset);
            Assert.Contains(
                report.Notes,
                note => note.Table?.Name == "numbered" && note.Text.Contains("Not done, since it would commit the caller's transaction", StringComparison.Ordinal) && note.Text.Contains("ALTER TABLE `numbered` AUTO_INCREMENT = 1", StringComparison.Ordinal));
            await transaction.RollbackAsync(CancellationToken);
        }

        Assert.Equal(before, await database.ChecksumAsync(CancellationToken));
    }

    [Theory]
    [InlineData(false, true)]
    [InlineData(false, false)]
    [InlineData(true, true)]
    [InlineData(true, false)]
    public async Task Checks_that_were_turned_off_for_a_cycle_are_on_again_however_the_run_ends(bool bestEffort, bool fails)
    {
        await using RunScenario scenario = await RunScenario.CreateAsync(Engine.MariaDb, "a->b, b->a, c");
        if (fails)
        {
            await scenario.Database.RaiseOnDeleteAsync("b", "not this one", CancellationToken);
        }

        await scenario.Context.Database.OpenConnectionAsync(CancellationToken);
        PurgePlan plan = await scenario.PlanAsync(options => options.BestEffort = bestEffort);

        Exception? exception = await Record.ExceptionAsync(() => scenario.PurgeAsync(options => options.BestEffort = bestEffort));

        Assert.Contains(plan.Steps, step => step.Kind == PlanStepKind.DisableConstraints);
        Assert.Equal(fails, exception is PurgeException);
        Assert.Equal(1, await scenario.Context.Database.SqlQueryRaw<int>(Checks).SingleAsync(CancellationToken));
        int left = fails ? 3 : 0;
        Assert.Equal(
            [("a", left), ("b", left), ("c", fails && !bestEffort ? 3 : 0)],
            (await scenario.Graph.CountAsync(scenario.Database, CancellationToken)).Select(pair => (pair.Key, (int)pair.Value)));
    }

    [Fact]
    public async Task Checks_that_are_off_do_not_orphan_a_kept_row()
    {
        await using RunScenario scenario = await RunScenario.CreateAsync(Engine.MariaDb, "a->b, b->a, kept->a");

        PurgeReport report = await scenario.PurgeAsync(options => options.Exclude("kept"));

        Assert.Equal(PlanReason.Blocked, Assert.Single(report.Skips, skip => skip.Table.Name == "a").Reason);
        Assert.Equal(9, await scenario.CountAllAsync());
    }

    private static async Task<MariaDbTestDatabase> CreateNumberedAsync()
    {
        MariaDbTestDatabase database = await MariaDbTestDatabase.CreateAsync(cancellationToken: CancellationToken);
        await database.ExecuteAsync(
            "CREATE TABLE numbered (\"Id\" int NOT NULL AUTO_INCREMENT PRIMARY KEY); INSERT INTO numbered () VALUES (), (), ()",
            CancellationToken);
        return database;
    }

    private static ScenarioContext Numbered(TestDatabase database) => new(database, BuildNumbered);

    private static void BuildNumbered(ModelBuilder model)
        => model.SharedTypeEntity<Dictionary<string, object>>("numbered", entity => entity.ToTable("numbered").IndexerProperty<int>("Id"));
}
