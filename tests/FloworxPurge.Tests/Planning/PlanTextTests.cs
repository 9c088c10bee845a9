using FloworxPurge.Engines;
using FloworxPurge.Planning;
using FloworxPurge.Schema;
using FloworxPurge.Tests.Kit;

namespace FloworxPurge.Tests.Planning;

/// <summary>A plan as people read it, and as a script for the engine's own shell.</summary>
public sealed class PlanTextTests
{
    // Each part of this name does harm somewhere: line breaks in comments, quotes in SQL, braces in formats, @p0 among parameters.
    private const string Awkward = "a\"b'c\r\nLevel 9 {0} @p0 -- ; DROP TABLE x\t]`";

    private const string Quoted = "\"a\"\"b'c\r\nLevel 9 {0} @p0 -- ; DROP TABLE x\t]`\"";

    [Fact]
    public void A_plan_reads_by_levels_with_what_is_skipped_and_kept()
    {
        PurgePlan plan = Facts.Plan(
            "a->b, b->c?, c->b, k->a",
            others: [Facts.Disposition("k", PlanReason.Excluded), Facts.Disposition("s", skip: PlanReason.ColumnMissing)]);
        plan = plan with { Tables = [.. plan.Tables.Select((table, i) => table with { Rows = i })] };

        Assert.Equal(
            $"""
            Purge plan for shop on server (Engine 1.0)
            3 tables to purge, 1 skipped, 1 kept; 4 statements; all or nothing; DELETE; dialect ANSI SQL
            Fingerprint {plan.Fingerprint}

            Level 1
              a      0 rows

            Level 2
              c       1 row
              b      2 rows

            Cycles
              b, c: set to NULL first: FK_b_c_c_id: b(c_id) -> c(Id)

            Skipped, and left as they are
              s (ColumnMissing): because

            Kept
              k (Excluded)

            Notes
              Warning: The provider Provider has no dialect of its own. The SQL dialect is ANSI SQL, and the live schema is read through the provider's scaffolding. Triggers, privileges and row security are not known, and the content of every kept table is compared before the commit.
              Information: ANSI SQL has no lock that holds the structure of tables while other sessions write: tables, columns and foreign keys are read again before the commit, and a run during which they changed fails.

            Statements
              1. DELETE FROM "a"
              2. UPDATE "b" SET "c_id" = NULL WHERE "c_id" IS NOT NULL
              3. DELETE FROM "c"
              4. DELETE FROM "b"

            """,
            plan.ToString(),
            ignoreLineEndingDifferences: true);
    }

    [Fact]
    public void A_plan_without_tables_says_that_there_is_nothing_to_do()
    {
        PurgePlan plan = Facts.Plan("k", others: [Facts.Disposition("k", PlanReason.Excluded)]);

        Assert.Contains("Nothing to do: no table is to be purged.", plan.ToString(), StringComparison.Ordinal);
        Assert.Empty(plan.Steps);
    }

    [Fact]
    public void One_table_and_one_row_are_not_called_tables_and_rows()
    {
        PurgePlan plan = Facts.Plan("a", new SqliteDialect());

        Assert.StartsWith("-- Purge of shop (Engine): 1 table, 0 skipped, 0 kept.\n", plan.ToSqlScript(), StringComparison.Ordinal);
        Assert.Contains("1 table to purge, 0 skipped, 0 kept; 1 statement; ", plan.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_script_is_one_transaction_and_then_the_counts()
    {
        PurgePlan plan = Facts.Plan("a->b", new SqliteDialect());

        Assert.Equal(
            $"""
            -- Purge of shop (Engine): 2 tables, 0 skipped, 0 kept.
            -- Plan {plan.Fingerprint}
            -- Made 2026-01-02 03:04:05Z. Rows and structure may have changed since: a run of the plan would notice, this script does not.

            .bail on
            PRAGMA foreign_keys = ON;
            BEGIN IMMEDIATE;

            -- 1. no table of the plan depends on it
            DELETE FROM "a";

            -- 2. its dependents are empty by now
            DELETE FROM "b";

            COMMIT;

            -- Every count below should be 0, in the order of the tables: a, b
            SELECT 0, COUNT(*) FROM "a" UNION ALL SELECT 1, COUNT(*) FROM "b";

            """,
            plan.ToSqlScript(),
            ignoreLineEndingDifferences: true);
    }

    [Fact]
    public void A_name_full_of_syntax_is_quoted_in_every_statement()
    {
        PurgePlan plan = AwkwardPlan();

        Assert.Equal("DELETE FROM " + Quoted, plan.Steps[0].Sql);
        Assert.Equal("SELECT 0, COUNT(*) FROM " + Quoted, Assert.Single(plan.ScriptCounts));
        string script = plan.ToSqlScript();
        Assert.Contains("DELETE FROM " + Quoted + ";", script, StringComparison.Ordinal);
        Assert.Equal(plan.Fingerprint, PurgePlan.FromJson(plan.ToJson()).Fingerprint);
    }

    [Fact]
    public void A_name_full_of_syntax_does_not_end_a_comment_of_the_script()
    {
        PurgePlan plan = AwkwardPlan();
        plan = plan.WithSteps(plan.Steps[0] with { Reason = Awkward }) with
        {
            Skips = [PlanTable.Skipped(plan.Tables[0].Table, [], PlanReason.Blocked, Awkward, [])],
            Database = plan.Database with { Database = Awkward },
        };

        string comments = string.Join(
            '\n',
            plan.ToSqlScript().Replace("FROM " + Quoted, string.Empty, StringComparison.Ordinal).ReplaceLineEndings("\n").Split('\n').Where(line => line.Contains("DROP TABLE", StringComparison.Ordinal)));

        Assert.All(comments.Split('\n'), line => Assert.StartsWith("-- ", line, StringComparison.Ordinal));
    }

    [Fact]
    public void A_name_with_line_breaks_does_not_forge_a_line_of_the_plan()
    {
        string[] lines = AwkwardPlan().ToString().ReplaceLineEndings("\n").Split('\n');

        Assert.DoesNotContain(lines, line => line.StartsWith("Level 9", StringComparison.Ordinal));
    }

    [Fact]
    public void Values_stand_in_the_script_as_texts_each_in_its_own_place()
    {
        PurgePlan plan = AwkwardPlan();
        string[] values = ["it's @p1", "@p0", "c2", "c3", "c4", "c5", "c6", "c7", "c8", "c9", "ten"];
        plan = plan.WithSteps(
            plan.Steps[0] with
            {
                Kind = PlanStepKind.ResetIdentity,
                Sql = $"UPDATE {Quoted} SET '@p0' = @p0, b = @p1, c = "
                + $"@p10",
                Parameters = [.. values.Select(PlanParameter.Of)]
            });

        Assert.Contains($"UPDATE {Quoted} SET '@p0' = 'it''s @p1', b = '@p0', c = 'ten';", plan.ToSqlScript(), StringComparison.Ordinal);
    }

    [Fact]
    public void Counters_are_set_back_after_the_deletes_and_those_that_cannot_be_are_noted()
    {
        PlanRequest request = Facts.Request("a->b", new SqliteDialect()) with { ResetIdentity = true };
        request = request with
        {
            Schema = request.Schema with
            {
                Live = request.Schema.Live with
                {
                    Identities = [
                        new IdentityCounter(Facts.Name("b"), "id", Sequence: null),
                        new IdentityCounter(Facts.Name("kept"), "id", Sequence: null)],
                },
            },
        };

        PurgePlan plan = PurgePlanner.Plan(request);

        PlanStep last = plan.Steps[^1];
        Assert.Equal((PlanStepKind.ResetIdentity, "b"), (last.Kind, Assert.Single(last.Tables).Name));
        Assert.Equal([PlanParameter.Of("b")], last.Parameters);
        Assert.Contains("WHERE name = 'b';", plan.ToSqlScript(), StringComparison.Ordinal);

        PurgePlan cannot = PurgePlanner.Plan(request with { Dialect = new Facts.NoSchemas() });
        Assert.DoesNotContain(cannot.Steps, step => step.Kind == PlanStepKind.ResetIdentity);
        Assert.Contains(
            cannot.Notes,
            note => note.Table == Facts.Name("b") && note.Text.Contains("no statement that restarts them", StringComparison.Ordinal));
    }

    [Fact]
    public void Each_engine_writes_a_cycle_in_its_own_way()
    {
        Assert.Equal(
            [
                "WITH d0 AS (DELETE FROM ONLY \"a\" RETURNING 1), d1 AS (DELETE FROM ONLY \"b\" RETURNING 1) SELECT (SELECT "
                    + "pg_catalog.count(*) FROM d0), (SELECT pg_catalog.count(*) FROM d1)"],
            Facts.Plan("a<->b", new PostgreSqlDialect()).Steps.Select(step => step.Sql));
        Assert.Equal(
            ["PRAGMA defer_foreign_keys = ON", "DELETE FROM \"a\"", "DELETE FROM \"b\""],
            Facts.Plan("a<->b", new SqliteDialect()).Steps.Select(step => step.Sql));
        Assert.Collection(
            Facts.Plan("a<->b", new PostgreSqlDialect(), truncate: true).Steps.Select(step => step.Sql),
            sql => Assert.StartsWith("LOCK TABLE \"a\", \"b\" IN ", sql, StringComparison.Ordinal),
            sql => Assert.Equal("TRUNCATE TABLE ONLY \"a\", ONLY \"b\"", sql));
    }

    private static PurgePlan AwkwardPlan()
    {
        TableDisposition disposition = Facts.Disposition("x") with { Name = new TableName(schema: null, Awkward) };
        return PurgePlanner.Plan(Facts.Request("x", new Facts.NoSchemas()) with { Dispositions = [disposition] });
    }
}
