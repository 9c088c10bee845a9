using FloworxPurge.Planning;
using FloworxPurge.Reporting;
using FloworxPurge.Tests.Conformance;
using Microsoft.EntityFrameworkCore;
using static FloworxPurge.Tests.RowScopes.RowScenario;

namespace FloworxPurge.Tests.RowScopes;

/// <summary>What depends on the rows that are named is deleted with them, and nothing else is.</summary>
public abstract class RowClosureConformance(Engine engine) : ConformanceGroup(engine)
{
    [Fact]
    public async Task Scenario_13_a_chain_of_three_is_followed()
    {
        await using RowScenario scenario = await RowScenario.CreateAsync(Engine, Chain, "A 1! 2 B 1>1 2>2 3>1 C 1>1 2>2 3>3 4>3");

        (PurgePlan plan, PurgeReport report) = await scenario.PurgeAsync(options => options.Rows<A>(a => a.Marked));

        Assert.Equal(PurgeVerdict.Complete, report.Verdict);
        Assert.Equal("2 | 2 | 2", await KeysAsync(scenario, "A", "B", "C"));
        Assert.Equal((1, 6), (plan.Scope!.Matched, report.RowsDeleted));
        Assert.Equal([2, 3], plan.Scope.References.Select(reference => reference.Rows ?? -1).Order());
    }

    [Fact]
    public async Task Scenario_14_a_row_that_two_ways_lead_to_is_counted_once()
    {
        await using RowScenario scenario = await RowScenario.CreateAsync(
            Engine,
            model =>
            {
                Required<B, A>(model, nameof(Row.ParentId), DeleteBehavior.Cascade);
                Required<C, A>(model, nameof(Row.ParentId), DeleteBehavior.Cascade);
                Optional<D, B>(model, nameof(Row.ParentId), DeleteBehavior.ClientCascade);
                Optional<D, C>(model, nameof(Row.OtherId), DeleteBehavior.ClientCascade);
            },
            "A 1! 2 B 1>1 2>2 C 1>1 2>2 D 1>1/1 2>2/2 3>1/2 4>2/1 5");

        (PurgePlan plan, PurgeReport report) = await scenario.PurgeAsync(options => options.Rows<A>(a => a.Marked));

        Assert.Equal("2 | 2 | 2 | 2 5", await KeysAsync(scenario, "A", "B", "C", "D"));
        Assert.Equal(6, report.RowsDeleted);
        Assert.Equal(3, plan.Tables.Single(table => table.Table.Name == "D").Rows);
    }

    [Fact]
    public async Task Scenario_15_a_self_reference_is_followed_a_thousand_rows_deep()
    {
        await using RowScenario scenario = await RowScenario.CreateAsync(
            Engine,
            model => Optional<A, A>(model, nameof(Row.ParentId), DeleteBehavior.ClientCascade),
            "A 1! " + string.Join(" ", Enumerable.Range(2, 999).Select(i => $"{i}>{i - 1}")) + " 2000 2001>2000");

        (_, PurgeReport report) = await scenario.PurgeAsync(options => options.Rows<A>(a => a.Marked));

        Assert.Equal("2000 2001", await scenario.KeysAsync("A"));
        Assert.Equal(1000, report.RowsDeleted);
    }

    [Fact]
    public async Task Scenario_16_a_cycle_of_two_tables_that_accept_no_null_is_deleted()
    {
        await using RowScenario scenario = await RowScenario.CreateAsync(
            Engine,
            model =>
            {
                Required<A, B>(model, nameof(Row.ParentId), DeleteBehavior.ClientCascade);
                Required<B, A>(model, nameof(Row.ParentId), DeleteBehavior.ClientCascade);
            },
            "A 1!>1 2>2 3>1 B 1>1 2>2 3>3");

        (_, PurgeReport report) = await scenario.PurgeAsync(options => options.Rows<A>(a => a.Marked));

        Assert.Equal("2 | 2", await KeysAsync(scenario, "A", "B"));
        Assert.Equal(4, report.RowsDeleted);
    }

    [Fact]
    public async Task Scenario_17_a_reference_to_an_alternate_key_is_followed()
    {
        await using RowScenario scenario = await RowScenario.CreateAsync(
            Engine,
            model =>
            {
                model.Entity<A>().Property(a => a.Code).IsRequired();
                model.Entity<B>().HasOne<A>().WithMany().HasForeignKey(b => b.Code).HasPrincipalKey(a => a.Code).OnDelete(DeleteBehavior.Cascade);
                Required<C, B>(model, nameof(Row.ParentId), DeleteBehavior.Cascade);
            },
            "A 1! 2 B 1 2 C 1>1 2>2 3>1");

        (_, PurgeReport report) = await scenario.PurgeAsync(options => options.Rows<A>(a => a.Marked));

        Assert.Equal("2 | 2 | 2", await KeysAsync(scenario, "A", "B", "C"));
        Assert.Equal(4, report.RowsDeleted);
    }

    [Fact]
    public async Task Scenario_18_a_composite_key_with_a_part_that_is_null_references_nothing()
    {
        await using RowScenario scenario = await RowScenario.CreateAsync(
            Engine,
            model =>
            {
                model.Entity<A>().Property(a => a.OtherId).IsRequired();
                model.Entity<A>().HasAlternateKey(a => new { a.Id, a.OtherId });
                model.Entity<B>().HasOne<A>().WithMany().HasForeignKey(b => new { b.ParentId, b.OtherId })
                    .HasPrincipalKey(a => new { a.Id, a.OtherId }).OnDelete(DeleteBehavior.ClientCascade).IsRequired(false);
            },
            "A 1!/7 2/7 B 1>1/7 2>2/7 3>1 4/7");

        (_, PurgeReport report) = await scenario.PurgeAsync(options => options.Rows<A>(a => a.Marked));

        Assert.Equal("2 | 2 3 4", await KeysAsync(scenario, "A", "B"));
        Assert.Equal(2, report.RowsDeleted);
    }

    [Fact]
    public async Task Scenario_19_a_row_that_loses_a_reference_is_otherwise_the_same_and_counted_as_changed()
    {
        await using RowScenario scenario = await RowScenario.CreateAsync(
            Engine,
            model => Optional<B, A>(model, nameof(Row.ParentId), DeleteBehavior.SetNull),
            "A 1! 2 B 1>1/5 2!>2/6 3>1");

        (PurgePlan plan, PurgeReport report) = await scenario.PurgeAsync(options => options.Rows<A>(a => a.Marked));

        Assert.Equal("2 | 1 2 3", await KeysAsync(scenario, "A", "B"));
        Assert.Equal("- 2 -", await scenario.ValuesAsync("SELECT \"ParentId\" FROM \"B\" ORDER BY \"Id\""));
        Assert.Equal("5 6 -", await scenario.ValuesAsync("SELECT \"OtherId\" FROM \"B\" ORDER BY \"Id\""));
        Assert.Equal((2, 2, 1), (plan.Scope!.Detached, report.Scope!.Detached, report.RowsDeleted));
    }

    [Fact]
    public async Task Scenario_20_a_reference_that_would_be_lost_takes_part_in_the_order_where_both_rows_are_deleted()
    {
        await using RowScenario scenario = await RowScenario.CreateAsync(
            Engine,
            model =>
            {
                Required<B, A>(model, nameof(Row.ParentId), DeleteBehavior.Cascade);
                Required<C, A>(model, nameof(Row.ParentId), DeleteBehavior.Cascade);
                Optional<B, C>(model, nameof(Row.OtherId), DeleteBehavior.ClientSetNull);
                Optional<C, B>(model, nameof(Row.OtherId), DeleteBehavior.ClientSetNull);
            },
            "A 1! 2 B 1>1/1 2>2/1 C 1>1/1 2>2/2");

        (_, PurgeReport report) = await scenario.PurgeAsync(options => options.Rows<A>(a => a.Marked));

        Assert.Equal("2 | 2 | 2", await KeysAsync(scenario, "A", "B", "C"));
        Assert.Equal("-", await scenario.ValuesAsync("SELECT \"OtherId\" FROM \"B\""));
        Assert.Equal((3, 1), (report.RowsDeleted, report.Scope!.Detached));
    }

    [Fact]
    public async Task Scenario_21_a_restricted_reference_blocks_one_of_a_hundred_and_the_others_are_deleted_whole()
    {
        await using RowScenario scenario = await RowScenario.CreateAsync(
            Engine,
            model =>
            {
                Required<B, A>(model, nameof(Row.ParentId), DeleteBehavior.Cascade);
                Required<C, B>(model, nameof(Row.ParentId), DeleteBehavior.Restrict);
            },
            $"A {string.Join(" ", Enumerable.Range(1, 100).Select(i => $"{i}!"))} B {string.Join(" ", Enumerable.Range(1, 100).Select(i => $"{i}>{i}"))} C 1>17");

        (PurgePlan plan, PurgeReport report) = await scenario.PurgeAsync(options => options.Rows<A>(a => a.Marked));

        Assert.Equal("17 | 17 | 1", await KeysAsync(scenario, "A", "B", "C"));
        Assert.Equal((100, 1, 198), (plan.Scope!.Matched, plan.Scope.BlockedRows, report.RowsDeleted));
        ScopeBlock block = Assert.Single(report.Scope!.Blocked);
        Assert.Equal(("C", 1, "17"), (block.Table.Name, block.Rows, Assert.Single(block.Examples)));
        Assert.EndsWith(" that stay (the model has Restrict; OnReference decides otherwise)", block.Reason, StringComparison.Ordinal);
        Assert.Equal(PurgeVerdict.CompleteWithSkips, report.Verdict);

        PurgeException none = await Assert.ThrowsAsync<PurgeException>(
            () => scenario.PurgeAsync(options => options.Rows<A>(a => a.Marked).OnBlocked = OnBlocked.Fail));
        Assert.Contains("\"C\"", none.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Where_every_row_is_blocked_nothing_is_done_and_no_check_is_run()
    {
        await using RowScenario scenario = await RowScenario.CreateAsync(
            Engine,
            model => Required<B, A>(model, nameof(Row.ParentId), DeleteBehavior.Restrict),
            "A 1! 2! 3 B 1>1 2>2");

        (PurgePlan plan, PurgeReport report) = await scenario.PurgeAsync(
            options => options.Rows<A>(a => a.Marked).AddRowCountCheck<A>("one is left", 1));

        Assert.Equal("1 2 3 | 1 2", await KeysAsync(scenario, "A", "B"));
        Assert.Equal((PurgeVerdict.NothingMatched, 2, 0), (report.Verdict, report.Scope!.BlockedRows, report.RowsDeleted));
        Assert.EndsWith("all 2 rows that Rows<A>(a => a.Marked) names are blocked.", report.Summary, StringComparison.Ordinal);
        Assert.Contains("would delete nothing from ", PurgeReport.FromPlan(plan).Summary, StringComparison.Ordinal);
        Assert.Equal(Outcome.NotRun, Assert.Single(report.Checks).Outcome);
    }

    [Fact]
    public async Task Scenario_22_what_a_blocked_row_would_have_taken_with_it_blocks_in_turn()
    {
        await using RowScenario scenario = await RowScenario.CreateAsync(
            Engine,
            model =>
            {
                Required<B, A>(model, nameof(Row.ParentId), DeleteBehavior.Cascade);
                Optional<B, A>(model, nameof(Row.OtherId), DeleteBehavior.Restrict);
                Required<C, B>(model, nameof(Row.ParentId), DeleteBehavior.Restrict);
            },
            "A 1! 2! 3! 4! B 1>1/2 2>2/3 3>3 4>4 C 1>1");

        (PurgePlan plan, _) = await scenario.PurgeAsync(options => options.Rows<A>(a => a.Marked));

        Assert.Equal("1 2 3 | 1 2 3 | 1", await KeysAsync(scenario, "A", "B", "C"));
        Assert.Equal((4, 3), (plan.Scope!.Matched, plan.Scope.BlockedRows));
    }

    [Fact]
    public async Task Scenario_23_a_row_that_is_kept_keeps_everything_that_it_references()
    {
        await using RowScenario scenario = await RowScenario.CreateAsync(
            Engine,
            model =>
            {
                Required<B, A>(model, nameof(Row.ParentId), DeleteBehavior.Cascade);
                Required<C, B>(model, nameof(Row.ParentId), DeleteBehavior.Cascade);
                Optional<D, A>(model, nameof(Row.ParentId), DeleteBehavior.SetNull);
            },
            "A 1! 2! 3! B 1>1 2>2 3>3 C 1!>1 2>2 3>3 D 1!>3 2>2");

        (PurgePlan plan, _) = await scenario.PurgeAsync(
            options => options.Rows<A>(a => a.Marked).Keep<C>(c => c.Marked).Keep<D>(d => d.Marked));

        Assert.Equal("1 3 | 1 3 | 1 3 | 1 2", await KeysAsync(scenario, "A", "B", "C", "D"));
        Assert.Equal("3 -", await scenario.ValuesAsync("SELECT \"ParentId\" FROM \"D\" ORDER BY \"Id\""));
        Assert.Equal(2, plan.Scope!.BlockedRows);
        Assert.All(plan.Scope.Blocked, block => Assert.Contains("Keep<", block.Reason, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Scenario_24_a_table_that_is_excluded_blocks_what_its_rows_reference()
    {
        await using RowScenario scenario = await RowScenario.CreateAsync(Engine, Chain, "A 1! 2! B 1>1 2>2 C 1>1");

        (PurgePlan plan, PurgeReport report) = await scenario.PurgeAsync(options => options.Rows<A>(a => a.Marked).Exclude<C>());

        Assert.Equal("1 | 1 | 1", await KeysAsync(scenario, "A", "B", "C"));
        Assert.Equal((1, 2), (plan.Scope!.BlockedRows, report.RowsDeleted));
        Assert.DoesNotContain("OnReference", Assert.Single(plan.Scope.Blocked).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Scenario_25_a_table_that_is_not_in_the_model_blocks_even_where_the_database_would_cascade()
    {
        await using RowScenario scenario = await RowScenario.CreateAsync(Engine, Chain, "A 1! 2! B 1>1 2>2 C 1>1");
        await scenario.Database.ExecuteAsync(
            """
            CREATE TABLE "outside" ("Id" int NOT NULL PRIMARY KEY, "b" int NOT NULL, FOREIGN KEY ("b") REFERENCES "B" ("Id") ON DELETE CASCADE);
            INSERT INTO "outside" VALUES (1, 2);
            """,
            CancellationToken);

        (PurgePlan plan, _) = await scenario.PurgeAsync(options => options.Rows<A>(a => a.Marked));

        Assert.Equal("2 | 2", await KeysAsync(scenario, "A", "B"));
        Assert.Equal(("1", "outside"), (await scenario.KeysAsync("outside"), Assert.Single(plan.Scope!.Blocked).Table.Name));

        (PurgePlan included, _) = await scenario.PurgeAsync(options => options.Rows<A>(a => a.Marked).OnBlocked = OnBlocked.IncludeDependents);

        Assert.Equal(" |  | ", await KeysAsync(scenario, "A", "B", "outside"));
        Assert.Equal(0, included.Scope!.BlockedRows);
    }

    [Fact]
    public async Task Scenario_28_the_counts_are_right_where_the_database_cascades_within_a_table()
    {
        await using RowScenario scenario = await RowScenario.CreateAsync(
            Engine,
            model => Optional<A, A>(model, nameof(Row.ParentId), DeleteBehavior.ClientCascade),
            "A 1! 2>1 3>2 4 5>4");
        if (scenario.Database.Engine is "PostgreSQL")
        {
            await scenario.Database.ExecuteAsync(
                """
                ALTER TABLE "A" DROP CONSTRAINT "FK_A_A_ParentId";
                ALTER TABLE "A" ADD CONSTRAINT "FK_A_A_ParentId" FOREIGN KEY ("ParentId") REFERENCES "A" ("Id") ON DELETE CASCADE;
                """,
                CancellationToken);
        }

        (_, PurgeReport report) = await scenario.PurgeAsync(options => options.Rows<A>(a => a.Marked));

        Assert.Equal("4 5", await scenario.KeysAsync("A"));
        Assert.Equal(3, report.RowsDeleted);
    }

    private static void Chain(ModelBuilder model)
    {
        Required<B, A>(model, nameof(Row.ParentId), DeleteBehavior.Cascade);
        Required<C, B>(model, nameof(Row.ParentId), DeleteBehavior.Cascade);
    }

    private static async Task<string> KeysAsync(RowScenario scenario, params string[] tables)
    {
        List<string> keys = [];
        foreach (string table in tables)
        {
            keys.Add(await scenario.KeysAsync(table));
        }

        return string.Join(" | ", keys);
    }
}

public sealed class SqliteRowClosureConformance() : RowClosureConformance(Engine.Sqlite);

public sealed class PostgreSqlRowClosureConformance() : RowClosureConformance(Engine.PostgreSql);

public sealed class MariaDbRowClosureConformance() : RowClosureConformance(Engine.MariaDb);
