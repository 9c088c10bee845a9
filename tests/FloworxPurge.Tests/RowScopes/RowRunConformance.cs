using FloworxPurge.Planning;
using FloworxPurge.Reporting;
using FloworxPurge.Tests.Conformance;
using FloworxPurge.Tests.Kit;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;
using static FloworxPurge.Tests.RowScopes.RowScenario;

namespace FloworxPurge.Tests.RowScopes;

/// <summary>A purge of single rows is planned, scripted, joined, cancelled and refused as one of whole tables is.</summary>
public abstract class RowRunConformance(Engine engine) : ConformanceGroup(engine)
{
    private const string Data = "A 1! 2 3! B 1>1 2>2 3>3 C 1>1/1 2>2/1 3>3/3 D 1>1 2>2 3>1";

    [Fact]
    public async Task Scenario_12_nothing_matched_is_a_verdict_of_its_own_and_an_error_where_a_match_is_required()
    {
        await using RowScenario scenario = await RowScenario.CreateAsync(Engine, Model, Data);
        string before = await scenario.Database.ChecksumAsync(CancellationToken);

        (_, PurgeReport report) = await scenario.PurgeAsync(options => options.Rows<A>(a => a.Id > 100));
        PurgeException required = await Assert.ThrowsAsync<PurgeException>(() => scenario.PurgeAsync(options =>
        {
            options.Rows<A>(a => a.Id > 100);
            options.RequireMatch = true;
        }));

        Assert.Equal((PurgeVerdict.NothingMatched, 0), (report.Verdict, report.RowsDeleted));
        Assert.Contains("no row matches Rows<A>(a => a.Id > 100)", report.Summary, StringComparison.Ordinal);
        Assert.Equal(PurgeVerdict.Refused, required.Report!.Verdict);
        Assert.Contains("RequireMatch", required.Message, StringComparison.Ordinal);
        Assert.Equal(before, await scenario.Database.ChecksumAsync(CancellationToken));
    }

    [Fact]
    public async Task The_report_counts_the_rows_that_are_deleted_and_those_that_stay()
    {
        await using RowScenario scenario = await RowScenario.CreateAsync(Engine, Model, Data);

        (PurgePlan plan, PurgeReport report) = await scenario.PurgeAsync(Configure);

        TableReport rows = report.Tables.Single(table => table.Table == Name("A"));
        Assert.Equal((2, 2, 0, 1), (rows.RowsBefore, rows.RowsDeleted, rows.RowsAfter, rows.RowsKept));
        Assert.Equal(plan.Tables.Single(table => table.Table == Name("A")).RowSet!.Filter, rows.RowSet!.Filter);
        string[] checks = [$"rows of table {Name("A")} that were not to be deleted", $"rows deleted from table {Name("A")}"];
        Assert.Contains(
            report.Verifications,
            check => checks.Contains(check.Name, StringComparer.Ordinal) && check.Outcome == Outcome.Passed);
    }

    [Fact]
    public async Task The_script_does_what_a_run_does()
    {
        await using RowScenario scenario = await RowScenario.CreateAsync(Engine, Model, Data);
        string text = "it's";
        PurgePlan plan = await Engine.Purger(options => options.Rows<A>(a => a.Marked && a.Code != text).Keep<D>(d => d.Id == 100))
            .PlanAsync(scenario.Context, CancellationToken);

        (int exitCode, string output, string errors) = await Shell.RunScriptAsync(scenario.Database, plan.ToSqlScript(), CancellationToken);

        Assert.True(exitCode == 0, errors + output);
        await AssertDoneAsync(scenario);
    }

    [Fact]
    public async Task A_callers_transaction_is_joined_and_its_commit_verified_afterwards()
    {
        await using RowScenario scenario = await RowScenario.CreateAsync(Engine, Model, Data);
        Purger purger = Engine.Purger(Configure);
        string before = await scenario.Database.ChecksumAsync(CancellationToken);
        await using (IDbContextTransaction undone = await scenario.Context.Database.BeginTransactionAsync(CancellationToken))
        {
            PurgePlan inside = await purger.PlanAsync(scenario.Context, CancellationToken);
            PurgeReport rolledBack = await purger.ExecuteAsync(scenario.Context, inside, cancellationToken: CancellationToken);
            Assert.Equal((true, 8), (rolledBack.JoinedTransaction, rolledBack.RowsDeleted));
            await undone.RollbackAsync(CancellationToken);
        }

        Assert.Equal(before, await scenario.Database.ChecksumAsync(CancellationToken));
        PurgeReport report;
        await using (IDbContextTransaction done = await scenario.Context.Database.BeginTransactionAsync(CancellationToken))
        {
            PurgePlan plan = await purger.PlanAsync(scenario.Context, CancellationToken);
            report = await purger.ExecuteAsync(scenario.Context, plan, cancellationToken: CancellationToken);
            await done.CommitAsync(CancellationToken);
        }

        PurgeReport verified = await purger.VerifyAsync(scenario.Context, report, CancellationToken);
        Assert.Equal(PurgeVerdict.Complete, verified.Verdict);
        Assert.Contains(verified.Verifications, check => check.Name.Contains("that the queries name", StringComparison.Ordinal));
        await AssertDoneAsync(scenario);
    }

    [Fact]
    public async Task A_committed_run_can_be_verified_again_later()
    {
        await using RowScenario scenario = await RowScenario.CreateAsync(Engine, Model, Data);
        Purger purger = Engine.Purger(Configure);
        PurgePlan plan = await purger.PlanAsync(scenario.Context, CancellationToken);
        PurgeReport report = await purger.ExecuteAsync(scenario.Context, plan, cancellationToken: CancellationToken);

        PurgeReport verified = await purger.VerifyAsync(scenario.Context, report, CancellationToken);
        await scenario.InsertAsync("A 9!");
        PurgeException later = await Assert.ThrowsAsync<PurgeException>(
            () => purger.VerifyAsync(scenario.Context, report, CancellationToken));

        Assert.True(verified.Verdict == PurgeVerdict.Complete, verified.Summary + verified.ToMarkdown());
        Assert.DoesNotContain(verified.Verifications, check => check.Outcome != Outcome.Passed);
        Assert.Contains(
            later.Report!.Verifications,
            check => check.Outcome == Outcome.Unknown
                && check.Actual!.StartsWith("1, which may have been added since", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Best_effort_deletes_rows_with_what_depends_on_them_or_none()
    {
        await using RowScenario scenario = await RowScenario.CreateAsync(Engine, Model, Data);
        await scenario.Database.RaiseOnDeleteAsync("A", "not this one", CancellationToken);
        string before = await scenario.Database.ChecksumAsync(CancellationToken);

        PurgeException partial = await Assert.ThrowsAsync<PurgeException>(() => scenario.PurgeAsync(options =>
        {
            Configure(options);
            options.BestEffort = true;
        }));

        Assert.True(partial.Report!.Verdict == PurgeVerdict.Partial, partial.Message);
        Assert.Equal(0, partial.Report!.RowsDeleted);
        Assert.Equal(before, await scenario.Database.ChecksumAsync(CancellationToken));
    }

    [Fact]
    public async Task A_failure_rolls_everything_back_and_leaves_no_table_of_keys()
    {
        await using RowScenario scenario = await RowScenario.CreateAsync(Engine, Model, Data);
        await scenario.Database.RaiseOnDeleteAsync("A", "not this one", CancellationToken);
        await scenario.Context.Database.OpenConnectionAsync(CancellationToken);
        string before = await scenario.Database.ChecksumAsync(CancellationToken);

        PurgeException failed = await Assert.ThrowsAsync<PurgeException>(() => scenario.PurgeAsync(Configure));

        Assert.Equal(PurgeVerdict.Failed, failed.Report!.Verdict);
        Assert.Contains("not this one", failed.Message, StringComparison.Ordinal);
        Assert.Equal(before, await scenario.Database.ChecksumAsync(CancellationToken));
        await AssertNoKeysAsync(scenario);
    }

    [Fact]
    public async Task A_dry_run_and_a_plan_delete_nothing_and_leave_no_table_of_keys()
    {
        await using RowScenario scenario = await RowScenario.CreateAsync(Engine, Model, Data);
        await scenario.Context.Database.OpenConnectionAsync(CancellationToken);
        string before = await scenario.Database.ChecksumAsync(CancellationToken);
        Purger purger = Engine.Purger(Configure);

        PurgePlan plan = await purger.PlanAsync(scenario.Context, CancellationToken);
        PurgeReport report = await purger.DryRunAsync(scenario.Context, plan, CancellationToken);

        Assert.Equal(PurgeVerdict.Planned, report.Verdict);
        Assert.Contains("would delete 8 rows from 4 tables", report.Summary, StringComparison.Ordinal);
        Assert.Equal(before, await scenario.Database.ChecksumAsync(CancellationToken));
        await AssertNoKeysAsync(scenario);
        await purger.ExecuteAsync(scenario.Context, plan, cancellationToken: CancellationToken);
        await AssertNoKeysAsync(scenario);
        await AssertDoneAsync(scenario);
    }

    [Fact]
    public async Task A_run_can_be_cancelled_at_any_command()
    {
        await using RowScenario scenario = await RowScenario.CreateAsync(Engine, Model, Data);
        string before = await scenario.Database.ChecksumAsync(CancellationToken);
        Purger purger = Engine.Purger(Configure);
        PurgePlan plan = await purger.PlanAsync(scenario.Context, CancellationToken);
        bool isDone = false;
        for (int gap = 1; !isDone; gap += 3)
        {
            using var cancelling = new CancellationTokenSource();
            var hook = new CommandHook { Before = (_, number) => number == gap ? new ValueTask(cancelling.CancelAsync()) : ValueTask.CompletedTask };
            await using ScenarioContext context = scenario.CreateContext(hook);
            try
            {
                PurgeReport report = await purger.ExecuteAsync(context, plan, cancellationToken: cancelling.Token);
                isDone = report.RowsDeleted == 8;
            }
            catch (PurgeException exception)
            {
                isDone = exception.Report!.IsCommitted == true;
            }

            Assert.True(isDone || before == await scenario.Database.ChecksumAsync(CancellationToken), $"cancelled at command {gap}");
        }

        await AssertDoneAsync(scenario);
    }

    [Fact]
    public async Task Another_value_of_a_parameter_or_another_action_is_another_plan()
    {
        await using RowScenario scenario = await RowScenario.CreateAsync(Engine, Model, Data);
        async Task<string> FingerprintAsync(int id, ReferenceAction? action = null)
            => (await Engine.Purger(options =>
            {
                options.Rows<A>(a => a.Id == id);
                if (action is { } chosen)
                {
                    options.OnReference<C>(c => c.OtherId, chosen);
                }
            }).PlanAsync(scenario.Context, CancellationToken)).Fingerprint;

        string first = await FingerprintAsync(1);
        await scenario.InsertAsync("A 50 B 50>1");

        Assert.Equal(first, await FingerprintAsync(1));
        Assert.NotEqual(first, await FingerprintAsync(3));
        Assert.NotEqual(first, await FingerprintAsync(1, ReferenceAction.Block));
        PurgePlan plan = await Engine.Purger(options => options.Rows<A>(a => a.Id == 1)).PlanAsync(scenario.Context, CancellationToken);
        PurgeException refused = await Assert.ThrowsAsync<PurgeException>(
            () => Engine.Purger(options => options.Rows<A>(a => a.Id == 3))
                .ExecuteAsync(scenario.Context, plan, cancellationToken: CancellationToken));
        Assert.Equal(PurgeVerdict.Refused, refused.Report!.Verdict);
        Assert.Contains("the queries are others: those of the plan are Rows<A>(a => a.Id == 1)", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Counts_that_changed_since_the_plan_are_said()
    {
        await using RowScenario scenario = await RowScenario.CreateAsync(Engine, Model, Data);
        Purger purger = Engine.Purger(Configure);
        PurgePlan plan = await purger.PlanAsync(scenario.Context, CancellationToken);
        await scenario.InsertAsync("B 9>1");

        PurgeReport report = await purger.ExecuteAsync(scenario.Context, plan, cancellationToken: CancellationToken);

        Assert.Equal(9, report.RowsDeleted);
        Assert.Contains(report.Notes, note => note.Table == Name("B") && note.Text.StartsWith(
            "3 rows were selected, and 2 rows when the plan was made", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_limit_of_rows_counts_the_selected_rows_alone()
    {
        await using RowScenario scenario = await RowScenario.CreateAsync(Engine, Model, Data);

        PurgeException refused = await Assert.ThrowsAsync<PurgeException>(() => scenario.PurgeAsync(options =>
        {
            Configure(options);
            options.MaxRows = 7;
        }));
        Assert.Equal(PurgeVerdict.Refused, refused.Report!.Verdict);
        (_, PurgeReport report) = await scenario.PurgeAsync(options =>
        {
            Configure(options);
            options.MaxRows = 8;
        });
        Assert.Equal(8, report.RowsDeleted);
    }

    [Fact]
    public async Task A_trigger_that_changes_a_row_that_stays_fails_the_run()
    {
        await using RowScenario scenario = await RowScenario.CreateAsync(Engine, Model, Data);
        await scenario.Database.RunOnDeleteAsync("B", "UPDATE \"D\" SET \"Code\" = 'changed' WHERE \"Id\" = 2", CancellationToken);
        string before = await scenario.Database.ChecksumAsync(CancellationToken);

        PurgeException failed = await Assert.ThrowsAsync<PurgeException>(() => scenario.PurgeAsync(Configure));

        Assert.Equal(PurgeVerdict.Failed, failed.Report!.Verdict);
        Assert.Equal(before, await scenario.Database.ChecksumAsync(CancellationToken));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_trigger_that_changes_more_of_a_row_that_loses_a_reference_fails_the_run(bool isOfPlannedTable)
    {
        await using RowScenario scenario = await RowScenario.CreateAsync(
            Engine,
            model =>
            {
                Optional<C, A>(model, nameof(Row.OtherId), DeleteBehavior.ClientSetNull);
                if (isOfPlannedTable)
                {
                    Optional<C, A>(model, nameof(Row.ParentId), DeleteBehavior.ClientCascade);
                }
            },
            "A 1! 2 C 1/1 2/2");
        foreach (string statement in scenario.Database.Pick<string[]>(
            sqlite: ["CREATE TRIGGER more AFTER UPDATE OF \"OtherId\" ON \"C\" BEGIN UPDATE \"C\" SET \"Code\" = 'changed' WHERE \"Id\" = NEW.\"Id\"; END"],
            postgreSql:
            [
                "CREATE FUNCTION more() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.\"Code\" := ''changed''; RETURN NEW; END'",
                "CREATE TRIGGER more BEFORE UPDATE ON \"C\" FOR EACH ROW EXECUTE FUNCTION more()",
            ],
            mariaDb: ["CREATE TRIGGER more BEFORE UPDATE ON \"C\" FOR EACH ROW SET NEW.\"Code\" = 'changed'"],
            sqlServer: ["CREATE TRIGGER more ON \"C\" AFTER UPDATE AS UPDATE \"C\" SET \"Code\" = 'changed' WHERE \"Id\" IN (SELECT \"Id\" FROM inserted)"]))
        {
            await scenario.Database.ExecuteUncheckedAsync(statement, CancellationToken);
        }

        string before = await scenario.Database.ChecksumAsync(CancellationToken);

        PurgeException failed = await Assert.ThrowsAsync<PurgeException>(() => scenario.PurgeAsync(Configure));

        Assert.True(failed.Report!.Verdict == PurgeVerdict.Failed, failed.Message);
        Assert.Contains("C", failed.Message, StringComparison.Ordinal);
        Assert.Equal(before, await scenario.Database.ChecksumAsync(CancellationToken));
    }

    private static void Configure(PurgeOptions options) => options.Rows<A>(a => a.Marked);

    // A <- B <- C (which also references A and loses that), A <- D.
    private static void Model(ModelBuilder model)
    {
        Required<B, A>(model, nameof(Row.ParentId), DeleteBehavior.Cascade);
        Required<C, B>(model, nameof(Row.ParentId), DeleteBehavior.Cascade);
        Optional<C, A>(model, nameof(Row.OtherId), DeleteBehavior.ClientSetNull);
        Required<D, A>(model, nameof(Row.ParentId), DeleteBehavior.Cascade);
    }

    private static async Task AssertDoneAsync(RowScenario scenario)
    {
        Assert.Equal("2", await scenario.KeysAsync("A"));
        Assert.Equal("2", await scenario.KeysAsync("B"));
        Assert.Equal("2", await scenario.KeysAsync("C"));
        Assert.Equal("2", await scenario.KeysAsync("D"));
        Assert.Equal("-", await scenario.ValuesAsync("SELECT \"OtherId\" FROM \"C\""));
    }

    private static async Task AssertNoKeysAsync(RowScenario scenario)
    {
        await using var command = scenario.Context.Database.GetDbConnection().CreateCommand();
        command.CommandText = scenario.Database.Pick(
            sqlite: "SELECT COUNT(*) FROM temp.sqlite_master",
            postgreSql: "SELECT count(*) FROM pg_class WHERE relname LIKE 'floworxpurge%' AND relpersistence = 't'",
            mariaDb: "SELECT COUNT(*) FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME LIKE 'floworxpurge%'",
            sqlServer: "SELECT COUNT(*) FROM tempdb.sys.tables WHERE name LIKE '#floworxpurge%'");
        Assert.Equal(0, Convert.ToInt32(await command.ExecuteScalarAsync(CancellationToken), System.Globalization.CultureInfo.InvariantCulture));
    }
}

public sealed class SqliteRowRunConformance() : RowRunConformance(Engine.Sqlite);

public sealed class PostgreSqlRowRunConformance() : RowRunConformance(Engine.PostgreSql);

public sealed class MariaDbRowRunConformance() : RowRunConformance(Engine.MariaDb);

/// <summary>An engine of which the library knows neither temporary tables nor locks.</summary>
public sealed class UnknownEngineRowTests
{
    [Fact]
    public async Task Rows_are_refused_before_anything_is_read()
    {
        await using RowScenario scenario = await RowScenario.CreateAsync(Engine.Ansi, _ => { }, "A 1!");

        PurgeException refused = await Assert.ThrowsAsync<PurgeException>(
            () => scenario.PurgeAsync(options => options.Rows<A>(a => a.Marked)));

        Assert.Contains("Rows is not supported on ", refused.Message, StringComparison.Ordinal);
        Assert.Equal("1", await scenario.KeysAsync("A"));
    }
}
