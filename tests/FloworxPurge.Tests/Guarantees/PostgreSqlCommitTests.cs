using System.Data.Common;
using System.Transactions;
using FloworxPurge.Execution;
using FloworxPurge.Reporting;
using FloworxPurge.Tests.Conformance;
using FloworxPurge.Tests.Faults;
using FloworxPurge.Tests.Kit;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;
using IsolationLevel = System.Data.IsolationLevel;

namespace FloworxPurge.Tests.Guarantees;

/// <summary>
/// What was verified is what stands: rows that arrive, snapshots, work at the commit, and the server's own word on the commit.
/// </summary>
public sealed class PostgreSqlCommitTests
{
    // One deferred trigger defers another, which fills a purged table and empties a kept one when the transaction commits.
    private const string Deferring = """
        CREATE TABLE kept (id int); INSERT INTO kept SELECT generate_series(1, 7);
        CREATE TABLE queue (id int);
        CREATE FUNCTION second() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN DELETE FROM kept; INSERT INTO c VALUES (99) ON CONFLICT DO NOTHING; RETURN NULL; END $$;
        CREATE CONSTRAINT TRIGGER second AFTER INSERT ON queue DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION second();
        """;

    private const string First = """
        CREATE FUNCTION first() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN SET CONSTRAINTS second DEFERRED; INSERT INTO queue VALUES (1); RETURN NULL; END $$;
        CREATE CONSTRAINT TRIGGER first AFTER DELETE ON c DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION first();
        """;

    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(IsolationLevel.RepeatableRead)]
    [InlineData(IsolationLevel.Serializable)]
    public async Task Rows_that_a_callers_snapshot_hides_make_the_result_unknown(IsolationLevel level)
    {
        await using RunScenario scenario = await RunScenario.CreateAsync(Engine.PostgreSql);
        await using IDbContextTransaction transaction = await scenario.Context.Database.BeginTransactionAsync(level, CancellationToken);
        await scenario.ExecuteAsync("SELECT 1 FROM c");
        await scenario.Database.ExecuteAsync("INSERT INTO c VALUES (100), (101), (102), (103)", CancellationToken);

        PurgeException exception = await scenario.FailAsync();

        Assert.Equal((PurgeVerdict.Partial, TransactionOutcome.LeftToCaller), (exception.Report!.Verdict, exception.Report!.Transaction));
        Assert.Contains(
            exception.Report!.Verifications,
            v => v.Outcome == Outcome.Unknown && v.Actual.Contains("hidden by the isolation level", StringComparison.Ordinal));
        await transaction.CommitAsync(CancellationToken);
        Assert.Equal(4, await scenario.Database.CountAsync("c", cancellationToken: CancellationToken));

        PurgeException seen = await Assert.ThrowsAsync<PurgeException>(
            () => scenario.Engine.Purger().VerifyAsync(scenario.Context, exception.Report!, CancellationToken));
        Assert.Equal(PurgeVerdict.Partial, seen.Report!.Verdict);
        Assert.Contains(seen.Report!.Notes, note => note.Text.Contains("4 in public.c", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_transaction_scope_of_the_default_level_makes_the_result_unknown()
    {
        await using RunScenario scenario = await RunScenario.CreateAsync(Engine.PostgreSql);
        using (new TransactionScope(TransactionScopeAsyncFlowOption.Enabled))
        {
            Assert.Equal(PurgeVerdict.Partial, (await scenario.FailAsync()).Report!.Verdict);
        }

        Assert.Equal(15, await scenario.CountAllAsync());
    }

    [Fact]
    public async Task Rows_that_another_session_deletes_are_not_booked_as_this_runs()
    {
        await using RunScenario scenario = await RunScenario.CreateAsync(Engine.PostgreSql, "a->b:cascade, c");
        OnDelete(scenario, "a", () => scenario.Database.ExecuteAsync("DELETE FROM a WHERE \"Id\" = 1", CancellationToken));

        PurgeReport report = await scenario.PurgeAsync();

        TableReport a = report.Tables.Single(table => table.Table.Name == "a");
        Assert.Equal((3, -1, 2, 0, 0), (a.RowsBefore, a.RowsArrived, a.RowsDeleted, a.RowsAfter, a.RowsDeletedByCascade));
        Assert.Contains(report.Notes, note => note.Text.StartsWith("1 row fewer", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_statement_of_a_listener_that_fails_in_silence_does_not_make_a_commit_of_a_rollback()
    {
        await using FaultScenario scenario = await FaultScenario.CreateAsync(Engine.PostgreSql);
        PurgePlan plan = await scenario.Purger().PlanAsync(scenario.Context, CancellationToken);
        string before = await scenario.ChecksumAsync();
        scenario.Hook.Arm(async (_, point) =>
        {
            if (point == "before commit")
            {
                DbTransaction transaction = scenario.Context.Database.CurrentTransaction!.GetDbTransaction();
                await using DbCommand command = transaction.Connection!.CreateCommand();
                command.CommandText = "SELECT 1 / 0";
                await Record.ExceptionAsync(() => command.ExecuteScalarAsync(CancellationToken));
            }
        });

        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(
            () => scenario.Purger().ExecuteAsync(scenario.Context, plan, cancellationToken: CancellationToken));

        scenario.Hook.Disarm();
        Assert.Equal(
            (PurgeVerdict.Failed, TransactionOutcome.RolledBack, 0),
            (exception.Report!.Verdict, exception.Report!.Transaction, exception.Report!.RowsDeleted));
        Assert.Contains("the server answered the COMMIT with a rollback", exception.Message, StringComparison.Ordinal);
        Assert.Equal(before, await scenario.ChecksumAsync());
    }

    [Fact]
    public async Task Rows_that_another_session_writes_around_the_commit_make_the_result_unknown_where_the_table_was_not_locked()
    {
        await using FaultScenario scenario = await FaultScenario.CreateAsync(Engine.PostgreSql);
        var purger = new Purger();
        PurgePlan plan = await purger.PlanAsync(scenario.Context, CancellationToken);
        scenario.Hook.Arm((_, point) => point == "before commit"
            ? scenario.Database.ExecuteAsync("INSERT INTO c (\"Id\") VALUES (99)", CancellationToken)
            : Task.CompletedTask);

        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(
            () => purger.ExecuteAsync(scenario.Context, plan, cancellationToken: CancellationToken));

        scenario.Hook.Disarm();
        Assert.Equal((PurgeVerdict.Partial, TransactionOutcome.Committed), (exception.Report!.Verdict, exception.Report!.Transaction));
        Assert.Contains(
            exception.Report!.Notes,
            note => note.Text.Contains("set LockTables to keep others from writing", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_deferred_trigger_that_defers_another_is_seen_before_the_commit()
    {
        await using RunScenario scenario = await RunScenario.CreateAsync(Engine.PostgreSql);
        await scenario.Database.ExecuteAsync(Deferring + First, CancellationToken);

        PurgeException exception = await scenario.FailAsync();

        Assert.Equal((PurgeVerdict.Failed, TransactionOutcome.RolledBack), (exception.Report!.Verdict, exception.Report!.Transaction));
        Assert.True(exception.Message.Contains("kept table public.kept", StringComparison.Ordinal), exception.Message);
        Assert.Equal(7, await scenario.Database.CountAsync("kept", cancellationToken: CancellationToken));
    }

    [Fact]
    public async Task Work_that_a_listener_queues_for_the_commit_is_seen_after_it()
    {
        await using FaultScenario scenario = await FaultScenario.CreateAsync(Engine.PostgreSql);
        await scenario.Database.ExecuteAsync(Deferring, CancellationToken);
        PurgePlan plan = await scenario.Purger().PlanAsync(scenario.Context, CancellationToken);
        scenario.Hook.Arm(async (_, point) =>
        {
            if (point == "before commit")
            {
                await scenario.Context.Database.ExecuteSqlRawAsync(
                    "SET CONSTRAINTS ALL DEFERRED; INSERT INTO queue VALUES (1)",
                    CancellationToken);
            }
        });

        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(
            () => scenario.Purger().ExecuteAsync(scenario.Context, plan, cancellationToken: CancellationToken));

        scenario.Hook.Disarm();
        PurgeReport report = exception.Report!;
        Assert.Equal((PurgeVerdict.Partial, TransactionOutcome.Committed), (report.Verdict, report.Transaction));
        Assert.Equal(
            ["after the commit: kept tables with fewer rows", "after the commit: rows in purged tables"],
            report.Verifications.Where(v => v.Outcome == Outcome.Failed).Select(v => v.Name).Order(StringComparer.Ordinal));
        Assert.Contains(report.Verifications, v => v.Actual == "public.kept: 7 before and 0 after");
        Assert.True(report.VerifiedAt < report.LookedAgainAt);
    }

    [Fact]
    public async Task Work_that_a_caller_has_deferred_to_its_commit_is_unknown_until_it_is_looked_at()
    {
        await using RunScenario scenario = await RunScenario.CreateAsync(Engine.PostgreSql);
        await scenario.Database.ExecuteAsync(Deferring, CancellationToken);
        await using IDbContextTransaction transaction = await scenario.Context.Database.BeginTransactionAsync(CancellationToken);

        PurgeException exception = await scenario.FailAsync();

        Assert.Equal(PurgeVerdict.Partial, exception.Report!.Verdict);
        PurgeException early = await Assert.ThrowsAsync<PurgeException>(
            () => scenario.Engine.Purger().VerifyAsync(scenario.Context, exception.Report!, CancellationToken));
        Assert.Contains("Commit it, and then call VerifyAsync", early.Message, StringComparison.Ordinal);
        await transaction.CommitAsync(CancellationToken);
        PurgeReport seen = await scenario.Engine.Purger().VerifyAsync(scenario.Context, exception.Report!, CancellationToken);
        Assert.Equal((PurgeVerdict.Complete, TransactionOutcome.Committed), (seen.Verdict, seen.Transaction));
        Assert.NotNull(seen.LookedAgainAt);
        PurgeReport again = await scenario.Engine.Purger().VerifyAsync(scenario.Context, seen, CancellationToken);
        Assert.Equal((seen.Verdict, seen.Summary), (again.Verdict, again.Summary));
    }

    [Fact]
    public async Task A_report_does_not_claim_deleted_rows_when_the_caller_rolls_back_to_a_savepoint_and_commits()
    {
        await using RunScenario scenario = await RunScenario.CreateAsync(Engine.PostgreSql);
        PurgeReport report;
        await using (IDbContextTransaction transaction = await scenario.Context.Database.BeginTransactionAsync(CancellationToken))
        {
            await transaction.CreateSavepointAsync("mine", CancellationToken);
            report = await scenario.PurgeAsync(options => options.LockTables = true);
            await transaction.RollbackToSavepointAsync("mine", CancellationToken);
            await scenario.ExecuteAsync("CREATE TABLE written (id int)");
            await transaction.CommitAsync(CancellationToken);
        }

        PurgeException seen = await Assert.ThrowsAsync<PurgeException>(
            () => scenario.Engine.Purger().VerifyAsync(scenario.Context, report, CancellationToken));

        Assert.Equal(PurgeVerdict.Partial, seen.Report!.Verdict);
        Assert.Equal(15, await scenario.CountAllAsync());
    }

    [Fact]
    public async Task A_guard_holds_for_rows_that_a_cascade_deletes_while_a_trigger_fires()
    {
        await using RunScenario scenario = await RunScenario.CreateAsync(Engine.PostgreSql, "c->p:cascade");
        await scenario.Database.ExecuteAsync(
            """
            CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN OLD; END $$;
            CREATE TRIGGER t BEFORE DELETE ON p FOR EACH ROW EXECUTE FUNCTION f()
            """,
            CancellationToken);
        OnDelete(scenario, "p", () => scenario.Database.ExecuteAsync("INSERT INTO c VALUES (10, 1), (11, 2)", CancellationToken));

        PurgeException exception = await scenario.FailAsync(options => options.MaxRows = 6);

        Assert.Contains("8 rows were deleted, and MaxRows is 6", exception.Message, StringComparison.Ordinal);
        Assert.Equal(8, await scenario.CountAllAsync());
    }

    [Fact]
    public async Task A_failed_statement_of_a_listener_after_the_commit_does_not_make_a_rollback_of_it()
    {
        await using FaultScenario scenario = await FaultScenario.CreateAsync(Engine.PostgreSql);
        PurgePlan plan = await scenario.Purger().PlanAsync(scenario.Context, CancellationToken);
        scenario.Hook.Arm(
            (_, point) => point == "after commit" ? scenario.Database.ExecuteAsync("SELECT 1 / 0", CancellationToken) : Task.CompletedTask);

        PurgeReport report = await scenario.Purger().ExecuteAsync(scenario.Context, plan, cancellationToken: CancellationToken);

        scenario.Hook.Disarm();
        Assert.Equal((PurgeVerdict.Complete, TransactionOutcome.Committed), (report.Verdict, report.Transaction));
        Assert.Equal(0, await scenario.CountAsync("a"));
    }

    [Fact]
    public async Task A_caller_who_rolls_back_hears_from_the_server_that_nothing_was_deleted()
    {
        await using RunScenario scenario = await RunScenario.CreateAsync(Engine.PostgreSql);
        PurgeReport report;
        await using (IDbContextTransaction transaction = await scenario.Context.Database.BeginTransactionAsync(CancellationToken))
        {
            report = await scenario.PurgeAsync();
            await transaction.RollbackAsync(CancellationToken);
        }

        PurgeException seen = await Assert.ThrowsAsync<PurgeException>(
            () => scenario.Engine.Purger().VerifyAsync(scenario.Context, report, CancellationToken));

        Assert.Equal(
            (PurgeVerdict.Failed, TransactionOutcome.RolledBackWithCaller, 0),
            (seen.Report!.Verdict, seen.Report!.Transaction, seen.Report!.RowsDeleted));
        Assert.All(seen.Report!.Tables, table => Assert.Equal((0, 0), (table.RowsDeleted, table.RowsDeletedByCascade)));
    }

    [Theory]
    [InlineData("SET LOCAL ROLE blind", "role blind")]
    [InlineData("PERFORM set_config('search_path', 'pg_temp', true)", "search_path pg_temp")]
    [InlineData("SET LOCAL row_security = off", "row_security off")]
    [InlineData("SET LOCAL session_replication_role = replica", "session_replication_role replica")]
    public async Task A_trigger_that_changes_the_session_fails_the_run(string statement, string now)
    {
        await using RunScenario scenario = await RunScenario.CreateAsync(Engine.PostgreSql, "a, b");
        string role = "blind_" + Guid.NewGuid().ToString("N")[..8];
        await scenario.Database.ExecuteAsync($"CREATE ROLE {role}; GRANT ALL ON ALL TABLES IN SCHEMA public TO {role}", CancellationToken);
        try
        {
            await scenario.Database.ExecuteAsync(
                $"CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
                    + $"{statement.Replace("blind", role, StringComparison.Ordinal)}; RETURN NULL; END $$; CREATE TRIGGER t AFTER DELETE "
                    + $"ON b FOR EACH STATEMENT EXECUTE FUNCTION f()",
                CancellationToken);

            PurgeException exception = await scenario.FailAsync();

            Assert.Equal(PurgeVerdict.Failed, exception.Report!.Verdict);
            Assert.Contains(now.Replace("blind", role, StringComparison.Ordinal), exception.Message, StringComparison.Ordinal);
            Assert.Equal(6, await scenario.CountAllAsync());
        }
        finally
        {
            await scenario.Database.ExecuteAsync($"DROP OWNED BY {role}; DROP ROLE {role}", CancellationToken);
        }
    }

    [Fact]
    public async Task An_aggregate_of_the_search_path_counts_nothing()
    {
        await using RunScenario scenario = await RunScenario.CreateAsync(Engine.PostgreSql, "a, b");
        await scenario.Database.ExecuteAsync(
            """
            CREATE FUNCTION never_more(bigint) RETURNS bigint LANGUAGE sql IMMUTABLE AS 'SELECT 0::bigint';
            CREATE AGGREGATE public.count(*) (SFUNC = never_more, STYPE = bigint, INITCOND = '0');
            CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
            CREATE TRIGGER t BEFORE DELETE ON b FOR EACH ROW EXECUTE FUNCTION f();
            DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET search_path = public, pg_catalog', current_database()); END $$;
            """,
            CancellationToken);

        PurgeException exception = await scenario.FailAsync();

        Assert.Contains("rows left in purged table public.b: expected 0, found 3", exception.Message, StringComparison.Ordinal);
    }

    private static void OnDelete(RunScenario scenario, string table, Func<Task> act) => scenario.Hook.Before = async (command, _) =>
    {
        if (CommandHook.Deletes(command) && command.CommandText.EndsWith("." + table, StringComparison.Ordinal))
        {
            scenario.Hook.Before = null;
            await act();
        }
    };
}
