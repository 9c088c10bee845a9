using System.Data.Common;
using FloworxPurge.Execution;
using FloworxPurge.Reporting;
using FloworxPurge.Tests.Conformance;
using FloworxPurge.Tests.Kit;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;

namespace FloworxPurge.Tests.Faults;

/// <summary>A commit that was not acknowledged may have been done or not, and the report says so.</summary>
public abstract class CommitFaultConformance(Engine engine) : ConformanceGroup(engine)
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_commit_without_acknowledgement_is_reported_as_open(bool wasDone)
    {
        await using FaultScenario scenario = await FaultScenario.CreateAsync(Engine);
        PurgePlan plan = await scenario.Purger().PlanAsync(scenario.Context, CancellationToken);
        scenario.Hook.Arm(async (_, point) =>
        {
            if (point == "before commit")
            {
                if (wasDone)
                {
                    await scenario.Context.Database.CurrentTransaction!.GetDbTransaction().CommitAsync(CancellationToken);
                }

                await scenario.KillAsync();
                throw new FaultException();
            }
        });

        if (AsksTheServer(scenario))
        {
            await AssertTheServerWasAskedAsync(scenario, plan, wasDone);
            return;
        }

        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(
            () => scenario.Purger().ExecuteAsync(scenario.Context, plan, cancellationToken: CancellationToken));

        scenario.Hook.Disarm();
        PurgeReport report = exception.Report!;
        Assert.IsType<FaultException>(exception.InnerException);
        Assert.Equal((PurgeVerdict.Failed, TransactionOutcome.Unknown, 0), (report.Verdict, report.Transaction, report.RowsDeleted));
        Assert.Contains(
            "failed during the commit, and it is not known whether it was committed: the commit was not acknowledged (broken on purpose)",
            report.Summary,
            StringComparison.Ordinal);
        Assert.All([report.ToString(), report.ToMarkdown()], text =>
        {
            Assert.Contains("failed, not known whether committed", text, StringComparison.Ordinal);
            Assert.DoesNotContain(
                "rolled back",
                text.Replace(ReportText.Mode(isBestEffort: false), string.Empty, StringComparison.Ordinal),
                StringComparison.Ordinal);
            Assert.DoesNotContain("as they were", text, StringComparison.Ordinal);
            Assert.DoesNotContain("nothing was written", text, StringComparison.Ordinal);
        });
        Assert.Contains("\"transaction\": \"Unknown\"", report.ToJson(), StringComparison.Ordinal);
        Assert.Equal(wasDone ? 0 : 3, await scenario.CountAsync("a"));
        Assert.Equal(
            TransactionOutcome.Committed,
            (await scenario.Purger().ExecuteAsync(scenario.Context, await scenario.Purger().PlanAsync(scenario.Context, CancellationToken), cancellationToken: CancellationToken)).Transaction);
    }

    [Fact]
    public async Task An_interceptor_that_fails_after_the_commit_leaves_it_open()
    {
        await using FaultScenario scenario = await FaultScenario.CreateAsync(Engine);
        PurgePlan plan = await scenario.Purger().PlanAsync(scenario.Context, CancellationToken);
        scenario.Hook.Arm((_, point) => point == "after commit" ? throw new NotSupportedException("too late") : Task.CompletedTask);

        if (AsksTheServer(scenario))
        {
            PurgeReport report = await scenario.Purger().ExecuteAsync(scenario.Context, plan, cancellationToken: CancellationToken);

            Assert.Equal((PurgeVerdict.Complete, TransactionOutcome.Committed), (report.Verdict, report.Transaction));
            Assert.Contains(report.Notes, note => note.Text.Contains("was not acknowledged (too late)", StringComparison.Ordinal));
            return;
        }

        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(
            () => scenario.Purger().ExecuteAsync(scenario.Context, plan, cancellationToken: CancellationToken));

        Assert.Equal(TransactionOutcome.Unknown, exception.Report!.Transaction);
        Assert.IsType<NotSupportedException>(exception.InnerException);
        Assert.Equal(0, await scenario.CountAsync("a"));
    }

    [Fact]
    public async Task An_interceptor_that_stops_the_commit_is_rolled_back()
    {
        await using FaultScenario scenario = await FaultScenario.CreateAsync(Engine);
        PurgePlan plan = await scenario.Purger().PlanAsync(scenario.Context, CancellationToken);
        scenario.Hook.Arm((_, point) => point == "before commit" ? throw new NotSupportedException("not today") : Task.CompletedTask);

        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(
            () => scenario.Purger().ExecuteAsync(scenario.Context, plan, cancellationToken: CancellationToken));

        Assert.Equal((PurgeVerdict.Failed, TransactionOutcome.RolledBack), (exception.Report!.Verdict, exception.Report!.Transaction));
        Assert.IsType<NotSupportedException>(exception.InnerException);
        Assert.Equal(3, await scenario.CountAsync("a"));
    }

    [Fact]
    public async Task A_commit_that_the_database_rejects_is_known_to_be_rolled_back()
    {
        Assert.SkipUnless(Engine.RejectsCommits, $"{Engine} checks nothing at the commit that it has not checked before.");
        await using FaultScenario scenario = await FaultScenario.CreateAsync(Engine);
        PurgePlan plan = await scenario.Purger().PlanAsync(scenario.Context, CancellationToken);
        string before = await scenario.ChecksumAsync();
        scenario.Hook.Arm(async (_, point) =>
        {
            if (point == "before commit")
            {
                await ViolateAtCommitAsync(scenario);
            }
        });

        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(
            () => scenario.Purger().ExecuteAsync(scenario.Context, plan, cancellationToken: CancellationToken));

        // Without an SQLSTATE, a dialect that does not know the engine cannot tell an answer from a lost one.
        TransactionOutcome expected = !Engine.HasDialect ? TransactionOutcome.Unknown : TransactionOutcome.RolledBack;
        Assert.Equal((PurgeVerdict.Failed, expected), (exception.Report!.Verdict, exception.Report!.Transaction));
        Assert.IsType<DbException>(exception.InnerException, exactMatch: false);
        Assert.Equal(before, await scenario.ChecksumAsync());
        Assert.DoesNotContain(exception.Report!.Notes, note => note.Text.Contains("could not be sent", StringComparison.Ordinal));
    }

    private bool AsksTheServer(FaultScenario scenario) => Engine.HasDialect && scenario.Database.Pick(false, true, false, false);

    // The connection is gone, and another one answers.
    private static async Task AssertTheServerWasAskedAsync(FaultScenario scenario, PurgePlan plan, bool wasDone)
    {
        if (wasDone)
        {
            PurgeReport report = await scenario.Purger().ExecuteAsync(scenario.Context, plan, cancellationToken: CancellationToken);

            Assert.Equal((PurgeVerdict.Complete, TransactionOutcome.Committed), (report.Verdict, report.Transaction));
            Assert.Contains(
                report.Notes,
                note => note.Text.Contains("was not acknowledged (broken on purpose); asked again, the server says that the transaction "
                    + "is committed", StringComparison.Ordinal));
            Assert.Equal(0, await scenario.CountAsync("a"));
        }
        else
        {
            PurgeException exception = await Assert.ThrowsAsync<PurgeException>(
                () => scenario.Purger().ExecuteAsync(scenario.Context, plan, cancellationToken: CancellationToken));

            Assert.Equal((PurgeVerdict.Failed, TransactionOutcome.RolledBack), (exception.Report!.Verdict, exception.Report!.Transaction));
            Assert.Equal(3, await scenario.CountAsync("a"));
        }

        scenario.Hook.Disarm();
    }

    // A deferred foreign key, checked by the commit, that does not hold.
    private static async Task ViolateAtCommitAsync(FaultScenario scenario)
    {
        DbTransaction transaction = scenario.Context.Database.CurrentTransaction!.GetDbTransaction();
        await using DbCommand command = transaction.Connection!.CreateCommand();
        command.Transaction = transaction;
        command.CommandText = scenario.Database.Pick("PRAGMA defer_foreign_keys = ON; ", "", "", "")
            + "CREATE TABLE late (id integer REFERENCES c (\"Id\") DEFERRABLE INITIALLY DEFERRED); INSERT INTO late VALUES (4711)";
        await command.ExecuteNonQueryAsync(CancellationToken);
    }
}

public sealed class SqliteCommitFaultConformance() : CommitFaultConformance(Engine.Sqlite);

public sealed class PostgreSqlCommitFaultConformance() : CommitFaultConformance(Engine.PostgreSql);

public sealed class AnsiCommitFaultConformance() : CommitFaultConformance(Engine.Ansi);

public sealed class MariaDbCommitFaultConformance() : CommitFaultConformance(Engine.MariaDb);
