using System.Transactions;
using FloworxPurge.Execution;
using FloworxPurge.Reporting;
using FloworxPurge.Tests.Conformance;
using FloworxPurge.Tests.Kit;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace FloworxPurge.Tests.Run;

/// <summary>What only a server has: ambient transactions and Npgsql's own retries.</summary>
public sealed class PostgreSqlTransactionTests
{
    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_transaction_scope_decides_what_becomes_of_the_purge(bool completes)
    {
        await using RunScenario scenario = await RunScenario.CreateAsync(Engine.PostgreSql);
        var readCommitted = new TransactionOptions { IsolationLevel = System.Transactions.IsolationLevel.ReadCommitted };
        using (var scope = new TransactionScope(TransactionScopeOption.Required, readCommitted, TransactionScopeAsyncFlowOption.Enabled))
        {
            PurgeReport report = await scenario.PurgeAsync();

            Assert.Equal((PurgeVerdict.Complete, true, 15), (report.Verdict, report.JoinedTransaction, report.RowsDeleted));
            if (completes)
            {
                scope.Complete();
            }
        }

        Assert.Equal(completes ? 0 : 15, await scenario.CountAllAsync());
    }

    [Fact]
    public async Task A_failure_inside_a_transaction_scope_says_that_the_caller_has_to_roll_back()
    {
        await using RunScenario scenario = await RunScenario.CreateAsync(Engine.PostgreSql);
        await scenario.Database.RaiseOnDeleteAsync("c", "not this one", CancellationToken);
        string rows = await scenario.ChecksumAsync();
        using (new TransactionScope(TransactionScopeAsyncFlowOption.Enabled))
        {
            PurgeException exception = await scenario.FailAsync();

            Assert.Equal((PurgeVerdict.Failed, true), (exception.Report!.Verdict, exception.Report!.JoinedTransaction));
            Assert.Contains(
                exception.Report!.Notes,
                note => note.Text.Contains("has to be rolled back by the caller", StringComparison.Ordinal));
            Assert.Equal(TransactionOutcome.RollbackLeftToCaller, exception.Report!.Transaction);
            Assert.Contains("failed, the caller has to roll back", exception.Report!.ToString(), StringComparison.Ordinal);
            Assert.DoesNotContain("was rolled back", exception.Message, StringComparison.Ordinal);
        }

        Assert.Equal(rows, await scenario.ChecksumAsync());
    }

    [Fact]
    public async Task Best_effort_inside_a_transaction_scope_is_refused()
    {
        await using RunScenario scenario = await RunScenario.CreateAsync(Engine.PostgreSql);
        using var scope = new TransactionScope(TransactionScopeAsyncFlowOption.Enabled);

        PurgeException exception = await scenario.FailAsync(options => options.BestEffort = true);

        Assert.Equal((PurgeVerdict.Refused, TransactionOutcome.NothingWritten), (exception.Report!.Verdict, exception.Report!.Transaction));
        Assert.Contains("savepoints", exception.Message, StringComparison.Ordinal);
        Assert.Empty(exception.Report!.Notes);
    }

    [Fact]
    public async Task Npgsqls_own_retries_begin_the_purge_again_after_a_failure_of_the_server()
    {
        await using RunScenario scenario = await RunScenario.CreateAsync(
            Engine.PostgreSql,
            configure: (database, options) => options.UseNpgsql(database.ConnectionString, npgsql => npgsql.EnableRetryOnFailure(3, TimeSpan.FromMilliseconds(1), null)));

        // A sequence does not go back with the transaction, so that only the first attempt fails.
        await scenario.Database.ExecuteAsync(
            """
            CREATE SEQUENCE attempts;
            CREATE FUNCTION fail_once() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                IF nextval('attempts') = 1 THEN
                    RAISE EXCEPTION 'could not serialize access' USING ERRCODE = '40001';
                END IF;
                RETURN NULL;
            END $$;
            CREATE TRIGGER fail_once BEFORE DELETE ON c FOR EACH STATEMENT EXECUTE FUNCTION fail_once();
            """,
            CancellationToken);

        PurgeReport report = await scenario.PurgeAsync();

        Assert.Equal((PurgeVerdict.Complete, 2, 15), (report.Verdict, report.Attempts, report.RowsDeleted));
        Assert.Equal(0, await scenario.CountAllAsync());
    }

    [Fact]
    public async Task A_context_that_retries_purges_inside_the_callers_transaction_when_the_caller_runs_the_strategy()
    {
        await using RunScenario scenario = await RunScenario.CreateAsync(
            Engine.PostgreSql,
            configure: (database, options) => options.UseNpgsql(database.ConnectionString, npgsql => npgsql.EnableRetryOnFailure()));

        await scenario.Context.Database.CreateExecutionStrategy().ExecuteAsync(async () =>
        {
            await using var transaction = await scenario.Context.Database.BeginTransactionAsync(CancellationToken);
            PurgeReport report = await scenario.PurgeAsync();
            Assert.True(report.JoinedTransaction);
            await transaction.CommitAsync(CancellationToken);
        });

        Assert.Equal(0, await scenario.CountAllAsync());
    }

    [Fact]
    public async Task A_connection_that_the_server_ends_fails_the_run_and_changes_nothing()
    {
        await using RunScenario scenario = await RunScenario.CreateAsync(Engine.PostgreSql);
        string rows = await scenario.ChecksumAsync();
        scenario.Hook.Before = async (command, _) =>
        {
            if (CommandHook.Deletes(command) && command.CommandText.EndsWith('c'))
            {
                int process = ((NpgsqlConnection)command.Connection!).ProcessID;
                await scenario.Database.ExecuteAsync($"SELECT pg_terminate_backend({process})", CancellationToken);
            }
        };

        PurgeException exception = await scenario.FailAsync();

        Assert.Equal(PurgeVerdict.Failed, exception.Report?.Verdict);
        Assert.Equal(rows, await scenario.ChecksumAsync());

        scenario.Hook.Before = null;
        Assert.Equal(PurgeVerdict.Complete, (await scenario.PurgeAsync()).Verdict);
    }
}
