using System.Data;
using System.Data.Common;
using FloworxPurge.Execution;
using FloworxPurge.Reporting;
using FloworxPurge.Tests.Conformance;
using FloworxPurge.Tests.Kit;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;

namespace FloworxPurge.Tests.Faults;

/// <summary>A run that ends well leaves the session as it found it, whatever the caller has set there.</summary>
public abstract class SessionConformance(Engine engine) : ConformanceGroup(engine)
{
    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public async Task A_purge_leaves_the_session_as_it_found_it(bool isOpen, bool joins)
    {
        await using FaultScenario scenario = await FaultScenario.CreateAsync(Engine);
        scenario.Context.Database.SetCommandTimeout(123);
        await scenario.Context.Database.SetConnectionOpenAsync(isOpen);
        string settings = scenario.Database.Pick(
            sqlite: "",
            postgreSql: "CREATE SCHEMA mine; SET search_path = public, mine; SET lock_timeout = '7s'; SET statement_timeout = '50s'; SET "
                + "ROLE pg_monitor; RESET ROLE",
            mariaDb: "SET SESSION lock_wait_timeout = 77, innodb_lock_wait_timeout = 7, tx_isolation = 'READ-COMMITTED', sql_mode = "
                + "'ANSI_QUOTES,NO_BACKSLASH_ESCAPES'",
            sqlServer: "SET LOCK_TIMEOUT 7000; SET DEADLOCK_PRIORITY 3; SET TRANSACTION ISOLATION LEVEL REPEATABLE READ");
        if (isOpen && settings.Length > 0)
        {
            await scenario.Context.Database.ExecuteSqlRawAsync(settings, CancellationToken);
        }

        await using (
            IDbContextTransaction? transaction = joins ? await scenario.Context.Database.BeginTransactionAsync(CancellationToken) : null)
        {
            string session = await SessionText.ReadAsync(scenario.Database, scenario.Context, CancellationToken);

            PurgeReport report = await RunAsync(scenario);

            Assert.Equal(joins ? TransactionOutcome.LeftToCaller : TransactionOutcome.Committed, report.Transaction);
            Assert.Equal(session, await SessionText.ReadAsync(scenario.Database, scenario.Context, CancellationToken));
            await (transaction?.CommitAsync(CancellationToken) ?? Task.CompletedTask);
        }

        Assert.Equal(isOpen ? ConnectionState.Open : ConnectionState.Closed, scenario.Context.Database.GetDbConnection().State);
        Assert.Equal(0, await scenario.CountAsync("a"));
    }

    [Fact]
    public async Task What_was_switched_off_on_purpose_stays_off_and_kept_rows_stay()
    {
        await using RunScenario scenario = await RunScenario.CreateAsync(Engine, "kept->a:cascade, b->a");
        await scenario.Context.Database.OpenConnectionAsync(CancellationToken);
        string off = scenario.Database.Pick(
            sqlite: "PRAGMA foreign_keys = OFF",
            postgreSql: "ALTER TABLE b DISABLE TRIGGER ALL; ALTER TABLE kept DISABLE TRIGGER ALL",
            mariaDb: "SET SESSION foreign_key_checks = 0",
            sqlServer: "ALTER TABLE b DISABLE TRIGGER ALL; ALTER TABLE kept NOCHECK CONSTRAINT ALL");
        string objects = scenario.Database.Pick(
            sqlite: "SELECT 1",
            postgreSql: "SELECT string_agg(tgrelid::regclass || tgname || tgenabled::text, ', ' ORDER BY tgname) FROM pg_trigger WHERE "
                + "tgenabled = 'D'",
            mariaDb: "SELECT 1",
            sqlServer: "SELECT CONCAT((SELECT STRING_AGG(name, ',') FROM sys.triggers WHERE is_disabled = 1), ' ', (SELECT "
                + "STRING_AGG(name, ',') FROM sys.foreign_keys WHERE is_disabled = 1))");
        if (scenario.Database.HasSchemas)
        {
            await scenario.Database.RaiseOnDeleteAsync("b", "never", CancellationToken);
        }

        await scenario.ExecuteAsync(off);
        string session = await scenario.SessionAsync();
        string? state = await scenario.Database.ScalarAsync<string>(objects, CancellationToken);

        PurgeReport report = await scenario.PurgeAsync(options => options.Exclude("kept"));

        Assert.Equal((PurgeVerdict.CompleteWithSkips, PlanReason.Blocked), (report.Verdict, Skip(report, "a").Reason));
        Assert.Equal(
            [("a", 3), ("b", 0), ("kept", 3)],
            (await scenario.Graph.CountAsync(scenario.Database, CancellationToken)).Select(pair => (pair.Key, pair.Value)));
        Assert.Equal(session, await scenario.SessionAsync());
        Assert.Equal(state, await scenario.Database.ScalarAsync<string>(objects, CancellationToken));
    }

    [Fact]
    public async Task A_transaction_of_the_callers_that_lost_its_connection_is_not_purged_outside_of()
    {
        await using FaultScenario scenario = await FaultScenario.CreateAsync(Engine);
        PurgePlan plan = await scenario.Purger().PlanAsync(scenario.Context, CancellationToken);
        string before = await scenario.ChecksumAsync();
        IDbContextTransaction transaction = await scenario.Context.Database.BeginTransactionAsync(CancellationToken);
        scenario.Context.Database.GetDbConnection().Close();

        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(
            () => scenario.Purger().ExecuteAsync(scenario.Context, plan, cancellationToken: CancellationToken));

        Assert.Contains("transaction has ended", exception.Message, StringComparison.Ordinal);
        Assert.Equal(before, await scenario.ChecksumAsync());
        await transaction.DisposeAsync();
        Assert.Equal(TransactionOutcome.Committed, (await RunAsync(scenario)).Transaction);
    }

    [Fact]
    public async Task A_counter_that_cannot_be_restarted_is_reported_and_its_rows_are_deleted()
    {
        Assert.SkipUnless(Engine.ResetsIdentity, "There is no counter to set back.");
        await using FaultScenario scenario = await FaultScenario.CreateAsync(Engine);
        Purger purger = scenario.Purger(bestEffort: true);
        PurgePlan plan = await purger.PlanAsync(scenario.Context, CancellationToken);
        string sql = plan.Steps.Single(step => step.Kind == PlanStepKind.ResetIdentity).Sql;

        // After the commit MariaDB's statement has its lock time-out before it.
        scenario.Hook.Arm((_, point) =>
            point.StartsWith("before ", StringComparison.Ordinal) && point.EndsWith(sql, StringComparison.Ordinal) ? throw new FaultException() : Task.CompletedTask);

        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(
            () => purger.ExecuteAsync(scenario.Context, plan, cancellationToken: CancellationToken));

        PurgeReport report = exception.Report!;
        Assert.Equal((PurgeVerdict.Partial, TransactionOutcome.Committed), (report.Verdict, report.Transaction));
        Assert.Empty(report.IdentitiesReset);
        Assert.Equal(
            (3L, 0L, null),
            report.Tables.Where(table => table.Table.Name == "numbered").Select(table => (table.RowsDeleted, table.RowsAfter, table.Error)).Single());
        Assert.Contains(
            report.Notes,
            note => note.Table?.Name == "numbered" && note.Text.Contains("broken on purpose", StringComparison.Ordinal));
        Assert.Equal(0, await scenario.CountAsync("numbered"));
    }

    [Fact]
    public async Task A_counter_that_is_not_restarted_since_a_listener_fails_is_reported_too()
    {
        Assert.SkipUnless(Engine.ResetsIdentity, "There is no counter to set back.");
        await using FaultScenario scenario = await FaultScenario.CreateAsync(Engine);
        Purger purger = scenario.Purger();
        PurgePlan plan = await purger.PlanAsync(scenario.Context, CancellationToken);
        string before = await scenario.ChecksumAsync();
        string sql = plan.Steps.Single(step => step.Kind == PlanStepKind.ResetIdentity).Sql;
        scenario.Hook.Arm((_, point) =>
            point.StartsWith("before ", StringComparison.Ordinal) && point.EndsWith(sql, StringComparison.Ordinal)
                ? throw new InvalidOperationException("the listener broke")
                : Task.CompletedTask);

        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(
            () => purger.ExecuteAsync(scenario.Context, plan, cancellationToken: CancellationToken));

        PurgeReport report = exception.Report!;
        Assert.Empty(report.IdentitiesReset);
        if (report.Transaction == TransactionOutcome.RolledBack)
        {
            Assert.Equal(PurgeVerdict.Failed, report.Verdict);
            Assert.Equal(before, await scenario.ChecksumAsync());
            return;
        }

        // The restart commits by itself, and follows the commit.
        Assert.Equal((PurgeVerdict.Partial, TransactionOutcome.Committed), (report.Verdict, report.Transaction));
        Assert.Contains(
            report.Notes,
            note => note.Table?.Name == "numbered" && note.Text.Contains("the listener broke", StringComparison.Ordinal));
        Assert.Equal(0, await scenario.CountAsync("numbered"));
    }

    private static async Task<PurgeReport> RunAsync(FaultScenario scenario)
        => await scenario.Purger().ExecuteAsync(
            scenario.Context,
            await scenario.Purger().PlanAsync(scenario.Context, CancellationToken),
            cancellationToken: CancellationToken);
}

public sealed class SqliteSessionConformance() : SessionConformance(Engine.Sqlite);

public sealed class PostgreSqlSessionConformance() : SessionConformance(Engine.PostgreSql);

public sealed class AnsiSessionConformance() : SessionConformance(Engine.Ansi);

public sealed class MariaDbSessionConformance() : SessionConformance(Engine.MariaDb);
