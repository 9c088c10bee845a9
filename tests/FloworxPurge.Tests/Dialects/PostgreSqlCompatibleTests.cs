using FloworxPurge.Engines;
using FloworxPurge.Extensibility;
using FloworxPurge.Planning;
using FloworxPurge.Tests.Kit;
using FloworxPurge.Tests.Planning;
using Microsoft.EntityFrameworkCore.Migrations;

namespace FloworxPurge.Tests.Dialects;

/// <summary>
/// PostgreSQL-compatible engines, with faked versions: the strings are those of the engines, and no such engine runs here.
/// <see cref="PostgreSqlCompatibleLiveTests"/> runs their statements on PostgreSQL.
/// </summary>
public sealed class PostgreSqlCompatibleTests
{
    public static TheoryData<string, string> FakedVersions => new()
    {
        { "CockroachDB CCL v26.2.5 (x86_64-pc-linux-gnu, built 2026/07/20 10:00:00, go1.25.5)", "CockroachDB" },
        { "CockroachDB CCL v24.3.5 (x86_64-pc-linux-gnu, built 2025/02/03 17:28:15, go1.22.8 X:nocoverageredesign)", "CockroachDB" },
        { "CockroachDB CCL v20.1.15 (x86_64-unknown-linux-gnu, built 2021/04/26 16:11:58, go1.13.9)", "CockroachDB" },
        { "CockroachDB OSS v23.1.11 (aarch64-unknown-linux-gnu, built 2023/09/27 01:53:43, go1.19.10)", "CockroachDB" },
        { "PostgreSQL 11.2-YB-2.20.1.0-b0 on x86_64-pc-linux-gnu, compiled by clang version 16.0.6, 64-bit", "YugabyteDB" },
        { "PostgreSQL 11.2-YB-2024.2.4.0-b0 on x86_64-pc-linux-gnu, compiled by clang version 17.0.6, 64-bit", "YugabyteDB" },
        { "PostgreSQL 15.12-YB-2025.2.1.0-b0 on x86_64-pc-linux-gnu, compiled by clang version 19.1.7, 64-bit", "YugabyteDB" },
        { "PostgreSQL 17.4 (Debian 17.4-1.pgdg120+2) on x86_64-pc-linux-gnu, compiled by gcc (Debian 12.2.0-14) 12.2.0, 64-bit "
            + "+citus", "Citus" },
        { "PostgreSQL 16.2 on x86_64-pc-linux-musl, compiled by gcc (Alpine 13.2.1_git20231014) 13.2.1 20231014, 64-bit "
            + "+timescaledb", "TimescaleDB" },
        { "PostgreSQL 13.3 on x86_64-pc-linux-gnu, compiled by x86_64-pc-linux-gnu-gcc (GCC) 7.4.0, 64-bit "
            + "+aurora", "Amazon Aurora PostgreSQL" },
        { "PostgreSQL 16.6 on aarch64-unknown-linux-gnu, compiled by aarch64-unknown-linux-gnu-gcc (GCC) 9.5.0, 64-bit "
            + "+aurora", "Amazon Aurora PostgreSQL" },
        { "PostgreSQL 15.18 (Debian 15.18-0+deb12u1) on x86_64-pc-linux-gnu, compiled by gcc (Debian 12.2.0-14+deb12u1) 12.2.0, "
            + "64-bit", "PostgreSQL" },
        { string.Empty, "PostgreSQL" },
    };

    public static TheoryData<string> FakedEngines
        => [.. FakedVersions.Where(row => row.Data.Item2 is not "PostgreSQL").Select(row => row.Data.Item1)];

    [Theory]
    [MemberData(nameof(FakedVersions))]
    public void The_engine_is_detected_from_a_faked_version_that_is_read_once(string version, string dialect)
    {
        PurgeDialect found = new PostgreSqlDialect().Detect(version);

        Assert.Equal(dialect, found.Name);
        Assert.NotNull(found.Engine);
        Assert.Null(found.ServerQuery);
        Assert.NotNull(new PostgreSqlDialect().ServerQuery);
    }

    [Theory]
    [MemberData(nameof(FakedEngines))]
    public void A_compatible_engine_that_is_detected_from_a_faked_version_deletes_and_never_truncates(string version)
    {
        PurgeDialect dialect = new PostgreSqlDialect().Detect(version);

        PurgePlan plan = Facts.Plan("b->a, d->d?, e->f?, f->e", dialect, truncate: true);

        Assert.Null(dialect.Truncate(Facts.Quoting, [Facts.Name("a")]));
        Assert.False(plan.Truncates);
        Assert.DoesNotContain(
            plan.Steps,
            step => step.Kind == PlanStepKind.Truncate || step.Sql.Contains("TRUNCATE", StringComparison.Ordinal));
        Assert.Equal(
            ["a", "b", "d", "e", "f"],
            plan.Steps.Where(step => step.Sql.Contains("DELETE", StringComparison.Ordinal)).SelectMany(step => step.Tables).Select(table => table.Name).Order());
        Assert.Contains(
            plan.Notes,
            note => note.Text.Contains($"engine is {dialect.Engine}", StringComparison.Ordinal) && note.Text.Contains("another version string", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("CockroachDB CCL v24.3.5 (x86_64-pc-linux-gnu)", false)]
    [InlineData("PostgreSQL 11.2-YB-2.20.1.0-b0", false)]
    [InlineData("PostgreSQL 17.4 +citus", true)]
    [InlineData("PostgreSQL 16.2 +timescaledb", true)]
    [InlineData("PostgreSQL 16.6 +aurora", true)]
    public void By_a_faked_version_no_advisory_lock_is_taken_where_there_is_none(string version, bool hasLocks)
    {
        PurgeDialect dialect = new PostgreSqlDialect().Detect(version);

        Assert.Equal(hasLocks, dialect.AcquirePurgeLock is not null);
        Assert.Equal(hasLocks, dialect.WaitForPurgeLock is not null);
        Assert.Equal(hasLocks, dialect.PurgeLockHolders is not null);
        Assert.Equal(hasLocks, dialect.Lock(Facts.Quoting, [Facts.Name("a")]) is not null);
        Assert.NotEqual(hasLocks, dialect.Notes.Any(note => note.Contains("can run at the same time", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("CockroachDB CCL v24.3.5 (x86_64-pc-linux-gnu)")]
    [InlineData("PostgreSQL 11.2-YB-2.20.1.0-b0")]
    public void By_a_faked_version_nothing_runs_that_a_rollback_does_not_undo(string version)
    {
        PurgeDialect dialect = new PostgreSqlDialect().Detect(version);

        Assert.Null(dialect.ResetIdentity(Facts.Quoting, Facts.Name("a"), "id", Facts.Name("a_id_seq")));
        Assert.Null(dialect.RefreshView(Facts.Quoting, Facts.Name("v")));
    }

    [Fact]
    public void Statements_of_CockroachDB_delete_rows_in_parts_but_rows_that_reference_each_other_at_once()
    {
        PurgePlan plan = Facts.Plan("b->a, c->c?", new CockroachDbDialect());

        Assert.Equal(
            ["DeleteInChunks: DELETE FROM \"b\" LIMIT 10000", "Delete: DELETE FROM \"c\"", "DeleteInChunks: DELETE FROM \"a\" LIMIT 10000"],
            plan.Steps.Select(step => $"{step.Kind}: {step.Sql}"));
        Assert.Equal(["DELETE FROM \"b\"", null, "DELETE FROM \"a\""], plan.Steps.Select(step => step.ScriptSql));
        Assert.Contains(plan.Notes, note => note.Text.StartsWith("Rows are deleted 10000 at a time", StringComparison.Ordinal));
        Assert.Contains(plan.Notes, note => note.Text.Contains("kv.transaction.max_intents_bytes", StringComparison.Ordinal));
    }

    [Fact]
    public void A_cycle_of_CockroachDB_is_opened_by_NULL_and_one_of_NOT_NULL_keys_is_skipped()
    {
        Assert.Equal(
            [
                "UPDATE \"f\" SET \"e_id\" = NULL WHERE \"e_id\" IS NOT NULL",
                "DELETE FROM \"e\" LIMIT 10000",
                "DELETE FROM \"f\" LIMIT 10000"],
            Facts.Plan("e->f, f->e?", new CockroachDbDialect()).Steps.Select(step => step.Sql));
        PlanRequest request = Facts.Request("e<->f", new CockroachDbDialect());
        Assert.All(
            PurgePlanner.SkipUnbreakableCycles(request.Dispositions, request.Schema, request.Dialect, request.Sql),
            disposition => Assert.Equal(PlanReason.CycleCannotBeBroken, disposition.Skip!.Reason));
    }

    [Fact]
    public void A_script_deletes_at_once_what_a_run_deletes_in_parts_and_says_so()
    {
        PurgePlan plan = Facts.Plan("a", new CockroachDbDialect());
        string script = plan.ToSqlScript();

        Assert.Contains(
            "-- A run of the plan deletes a part of the rows at a time. A script cannot repeat a statement until it finds none, and "
                + "deletes all at once.\nDELETE FROM \"a\";\n",
            script,
            StringComparison.Ordinal);
        Assert.DoesNotContain("LIMIT", script, StringComparison.Ordinal);
        Assert.Equal(script, PurgePlan.FromJson(plan.ToJson()).ToSqlScript());
        Assert.DoesNotContain("scriptSql", Facts.Plan("a").ToJson(), StringComparison.Ordinal);
        Assert.NotEqual(plan.Fingerprint, plan.WithSteps(plan.Steps[0] with { ScriptSql = "DELETE FROM other" }).Fingerprint);
    }

    [Fact]
    public void CockroachDB_stores_integer_as_bigint_and_checks_RESTRICT_as_NO_ACTION()
    {
        var dialect = new CockroachDbDialect();

        Assert.Equal(dialect.CanonicalTypeName("bigint"), dialect.CanonicalTypeName("int4"));
        Assert.NotEqual(dialect.CanonicalTypeName("bigint"), dialect.CanonicalTypeName("uuid"));
        Assert.True(dialect.ChecksAtStatementEnd(ReferentialAction.Restrict));
        Assert.Null(dialect.DeferConstraints);
        Assert.Null(dialect.RunDeferred);
    }
}
