using FloworxPurge.Reporting;
using FloworxPurge.Tests.Kit;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;
using Microsoft.Extensions.Logging;

namespace FloworxPurge.Tests.Guarantees;

/// <summary>
/// On PostgreSQL the server's own count says which kept tables the transaction wrote to: no more is blamed on a trigger, and no less.
/// </summary>
public sealed class PostgreSqlWriteCountTests
{
    private const string Kept = "CREATE TABLE kept (n int, t text); INSERT INTO kept VALUES (1, 'x'), (2, 'y');";

    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_another_session_writes_to_a_kept_table_is_not_blamed_on_a_harmless_trigger()
    {
        await using PostgreSqlTestDatabase database = await CreateAsync(Kept + Trigger("PERFORM 1"));
        await using ScenarioContext context = TwoTables.Graph.CreateContext(database);
        Purger purger = new();
        PurgePlan plan = await purger.PlanAsync(context, CancellationToken);
        var meanwhile = new OnPhase(
            PurgePhase.Deleting,
            () => database.ExecuteAsync("INSERT INTO kept VALUES (3, 'z'); UPDATE kept SET t = 'other' WHERE n = 1; DELETE FROM kept "
                + "WHERE n = 2", CancellationToken));

        PurgeReport report = await purger.ExecuteAsync([context], plan, meanwhile, CancellationToken);

        Assert.Equal((PurgeVerdict.Complete, 6), (report.Verdict, report.RowsDeleted));
        Assert.Contains(
            report.Verifications,
            verification => verification is
            {
                Name: "rows changed in kept table "
                + "public.kept", Expected: "0", Actual: "0", Outcome: Outcome.Passed
            });
    }

    [Fact]
    public async Task A_kept_table_that_another_session_renames_meanwhile_is_still_kept()
    {
        await using PostgreSqlTestDatabase database = await CreateAsync(Kept + Trigger("UPDATE moved SET t = 'changed' WHERE n = 1"));
        await using ScenarioContext context = TwoTables.Graph.CreateContext(database);
        Purger purger = new();
        PurgePlan plan = await purger.PlanAsync(context, CancellationToken);
        var meanwhile = new OnPhase(PurgePhase.Deleting, () => database.ExecuteAsync("ALTER TABLE kept RENAME TO moved", CancellationToken));

        PurgeException failed = await Assert.ThrowsAsync<PurgeException>(
            () => purger.ExecuteAsync([context], plan, meanwhile, CancellationToken));

        Assert.Equal(PurgeVerdict.Failed, failed.Report!.Verdict);
        Assert.Contains("rows changed in kept table public.kept: expected 0, found 1 updated", failed.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("TRUNCATE kept")]
    [InlineData("UPDATE kept SET t = 'changed'; TRUNCATE kept; INSERT INTO kept VALUES (1, 'x'), (2, 'y')")]
    [InlineData("ALTER TABLE kept ALTER n TYPE bigint")]
    public Task A_trigger_that_truncates_or_rewrites_a_kept_table_fails_the_run(string work)
        => FailsAsync(
            Kept + Trigger(work),
            "storage of kept table public.kept: expected as before, found truncated or rewritten by this transaction",
            "\"work\" on public.child");

    [Fact]
    public async Task A_kept_table_that_another_session_truncates_is_its_own_affair()
    {
        await using PostgreSqlTestDatabase database = await CreateAsync(Kept + Trigger("PERFORM 1"));
        await using ScenarioContext context = TwoTables.Graph.CreateContext(database);
        Purger purger = new();
        PurgePlan plan = await purger.PlanAsync(context, CancellationToken);

        PurgeReport report = await purger.ExecuteAsync(
            [context],
            plan,
            new OnPhase(PurgePhase.Deleting, () => database.ExecuteAsync("TRUNCATE kept", CancellationToken)),
            CancellationToken);

        Assert.Equal(PurgeVerdict.Complete, report.Verdict);
    }

    [Fact]
    public async Task What_the_caller_wrote_to_a_kept_table_before_is_not_the_purges()
    {
        await using PostgreSqlTestDatabase database = await CreateAsync(Kept + Trigger("PERFORM 1"));
        await using ScenarioContext context = TwoTables.Graph.CreateContext(database);
        await using IDbContextTransaction transaction = await context.Database.BeginTransactionAsync(CancellationToken);
        await context.Database.ExecuteSqlRawAsync(
            "UPDATE kept SET t = 'mine'; DELETE FROM kept WHERE n = 1; INSERT INTO kept VALUES (3, 'z')",
            CancellationToken);

        PurgeReport report = await context.PurgeAsync(cancellationToken: CancellationToken);
        await transaction.CommitAsync(CancellationToken);

        Assert.Contains(
            report.Verifications,
            verification => verification is { Name: "rows changed in kept table public.kept", Outcome: Outcome.Passed });
        Assert.Equal(2, await database.CountAsync("kept", cancellationToken: CancellationToken));
    }

    [Fact]
    public async Task What_a_trigger_writes_after_the_caller_wrote_there_still_fails_the_run()
    {
        await using PostgreSqlTestDatabase database = await CreateAsync(Kept + Trigger("UPDATE kept SET t = 'changed' WHERE n = 2"));
        await using ScenarioContext context = TwoTables.Graph.CreateContext(database);
        await using IDbContextTransaction transaction = await context.Database.BeginTransactionAsync(CancellationToken);
        await context.Database.ExecuteSqlRawAsync("UPDATE kept SET t = 'mine'; INSERT INTO kept VALUES (3, 'z')", CancellationToken);

        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(() => context.PurgeAsync(cancellationToken: CancellationToken));

        Assert.Contains("rows changed in kept table public.kept: expected 0, found 1 updated", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_trigger_that_adds_rows_beside_those_that_the_caller_added_is_counted_by_itself()
    {
        await using PostgreSqlTestDatabase database = await CreateAsync(Kept + Trigger("INSERT INTO kept VALUES (9, 'audit')"));
        await using ScenarioContext context = TwoTables.Graph.CreateContext(database);
        await using IDbContextTransaction transaction = await context.Database.BeginTransactionAsync(CancellationToken);
        await context.Database.ExecuteSqlRawAsync("INSERT INTO kept VALUES (3, 'z'), (4, 'z')", CancellationToken);

        PurgeReport report = await context.PurgeAsync(options => options.AllowInserts("kept"), cancellationToken: CancellationToken);

        Assert.Equal(1, Assert.Single(report.RowsAdded).RowsArrived);
    }

    [Fact]
    public async Task Rows_that_an_exception_block_has_taken_back_are_not_counted_as_added()
    {
        await using PostgreSqlTestDatabase database = await CreateAsync(
            Kept + Trigger("BEGIN INSERT INTO kept VALUES (8, 'gone'); RAISE EXCEPTION 'no'; EXCEPTION WHEN OTHERS THEN NULL; END; BEGIN "
                + "INSERT INTO kept VALUES (9, 'stays'); EXCEPTION WHEN OTHERS THEN NULL; END"));
        await using ScenarioContext context = TwoTables.Graph.CreateContext(database);

        PurgeReport report = await context.PurgeAsync(options => options.AllowInserts("kept"), cancellationToken: CancellationToken);

        Assert.Equal(1, Assert.Single(report.RowsAdded).RowsArrived);
        Assert.Equal(3, await database.CountAsync("kept", cancellationToken: CancellationToken));
    }

    [Theory]
    [InlineData("INSERT INTO kept VALUES (8, 'gone')")]
    [InlineData("UPDATE kept SET t = 'changed'")]
    [InlineData("INSERT INTO kept VALUES (8, 'gone'); UPDATE kept SET t = 'changed'")]
    public async Task A_trigger_that_takes_back_all_that_it_writes_fails_nothing(string work)
    {
        await using PostgreSqlTestDatabase database = await CreateAsync(
            Kept + Trigger($"BEGIN {work}; RAISE EXCEPTION 'no'; EXCEPTION WHEN OTHERS THEN NULL; END"));
        await using ScenarioContext context = TwoTables.Graph.CreateContext(database);

        PurgeReport report = await context.PurgeAsync(cancellationToken: CancellationToken);

        Assert.Equal((PurgeVerdict.Complete, 0), (report.Verdict, report.RowsAdded.Count));
    }

    [Fact]
    public Task A_delete_that_a_trigger_takes_back_leaves_no_proof_of_that_and_fails_the_run()
        => FailsAsync(
            Kept + Trigger("BEGIN DELETE FROM kept; RAISE EXCEPTION 'no'; EXCEPTION WHEN OTHERS THEN NULL; END"),
            "rows changed in kept table public.kept: expected 0, found 2 deleted");

    [Theory]
    [InlineData("INSERT INTO kept VALUES (9, 'z')")]
    [InlineData("UPDATE kept SET t = 'changed'")]
    [InlineData("DELETE FROM kept")]
    public async Task What_a_failed_table_of_best_effort_did_before_it_was_rolled_back_does_not_count(string work)
    {
        await using PostgreSqlTestDatabase database = await CreateAsync(Kept + Trigger(work + "; RAISE EXCEPTION 'children stay'"));
        await using ScenarioContext context = TwoTables.Graph.CreateContext(database);
        string kept = await KeptAsync(database);

        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(
            () => context.PurgeAsync(options => options.BestEffort = true, cancellationToken: CancellationToken));

        Assert.Equal(PurgeVerdict.Partial, exception.Report!.Verdict);
        Assert.Contains(
            exception.Report!.Verifications,
            verification => verification is { Name: "rows changed in kept table public.kept", Outcome: Outcome.Passed });
        Assert.Equal(kept, await KeptAsync(database));
    }

    [Fact]
    public async Task What_another_table_of_best_effort_does_after_a_rollback_still_fails_the_run()
    {
        await using PostgreSqlTestDatabase database = await PostgreSqlTestDatabase.CreateAsync(CancellationToken);
        GraphScenario graph = GraphScenario.Parse("a, b");
        await graph.CreateAsync(database, rows: 3, CancellationToken);
        await database.ExecuteAsync(
            Kept
                + "CREATE FUNCTION bad() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN UPDATE kept SET t = 'changed'; RAISE EXCEPTION "
                + "'stays'; END $$; CREATE TRIGGER bad AFTER DELETE ON a FOR EACH STATEMENT EXECUTE FUNCTION bad();"
                + "CREATE FUNCTION worse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN UPDATE kept SET t = 'changed' WHERE n = 1; "
                + "RETURN NULL; END $$; CREATE TRIGGER worse AFTER DELETE ON b FOR EACH STATEMENT EXECUTE FUNCTION worse();",
            CancellationToken);
        await using ScenarioContext context = graph.CreateContext(database);

        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(
            () => context.PurgeAsync(options => options.BestEffort = true, cancellationToken: CancellationToken));

        Assert.Equal(PurgeVerdict.Failed, exception.Report!.Verdict);
        Assert.Contains("rows changed in kept table public.kept: expected 0, found 1 updated", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("UPDATE log SET t = 'changed' WHERE n = 1", "rows changed in kept table public.log: expected 0, found 1 updated")]
    [InlineData("INSERT INTO log VALUES (2, 'new')", "rows changed in kept table public.log: expected 0, found 1 inserted")]
    public Task Rows_of_a_partition_are_those_of_its_kept_table(string work, string found)
        => FailsAsync(
            "CREATE TABLE log (n int, t text) PARTITION BY RANGE (n); CREATE SCHEMA parts; CREATE TABLE parts.log1 PARTITION OF log FOR "
                + "VALUES FROM (0) TO (10); INSERT INTO log VALUES (1, 'x');"
                + Trigger(work),
            found);

    [Fact]
    public async Task A_partitioned_table_may_grow_as_a_whole()
    {
        await using PostgreSqlTestDatabase database = await CreateAsync(
            "CREATE TABLE log (n int, t text) PARTITION BY RANGE (n); CREATE TABLE log1 PARTITION OF log FOR VALUES FROM (0) TO (10); "
                + "CREATE TABLE log2 PARTITION OF log DEFAULT; INSERT INTO log VALUES (1, 'x');"
                + Trigger("INSERT INTO log VALUES (2, 'new'), (20, 'new')"));
        await using ScenarioContext context = TwoTables.Graph.CreateContext(database);

        PurgeReport report = await context.PurgeAsync(options => options.AllowInserts("log"), cancellationToken: CancellationToken);

        Assert.Equal(("log", 2), (Assert.Single(report.RowsAdded).Table.Name, report.RowsAdded[0].RowsArrived));
    }

    [Fact]
    public Task A_trigger_that_switches_the_count_off_hides_nothing()
        => FailsAsync(
            Kept
                + Trigger(
                    "PERFORM set_config('track_counts', 'off', true); UPDATE kept SET t = 'changed'; PERFORM set_config('track_counts', "
                        + "'on', true)"),
            "content of kept table public.kept");

    [Fact]
    public Task A_trigger_whose_function_runs_without_the_count_hides_nothing()
        => FailsAsync(
            Kept
                + Trigger("UPDATE kept SET t = 'changed'").Replace(
                    "LANGUAGE plpgsql",
                    "LANGUAGE plpgsql SET track_counts = off",
                    StringComparison.Ordinal),
            "content of kept table public.kept");

    [Fact]
    public Task A_count_that_is_off_at_the_end_fails_the_run()
        => FailsAsync(
            Kept + Trigger("PERFORM set_config('track' || '_counts', 'off', true); UPDATE kept SET t = 'changed'"),
            "(track_counts): expected on, found off");

    [Fact]
    public async Task Large_objects_that_a_trigger_unlinks_fail_the_run()
        => await FailsAsync(
            "CREATE TABLE kept (n int, lob oid); INSERT INTO kept VALUES (1, lo_from_bytea(0, 'bytes'));"
                + Trigger("PERFORM lo_unlink(lob) FROM kept"),
            "entries of large objects changed or deleted: expected 0, found 2");

    [Fact]
    public async Task Large_objects_of_deleted_rows_that_the_servers_own_trigger_unlinks_are_noted()
    {
        await using PostgreSqlTestDatabase database = await CreateAsync(
            "CREATE EXTENSION lo; ALTER TABLE child ADD lob oid; UPDATE child SET lob = lo_from_bytea(0, 'bytes'); CREATE TRIGGER lobs "
                + "BEFORE UPDATE OR DELETE ON child FOR EACH ROW EXECUTE FUNCTION lo_manage(lob)");
        await using ScenarioContext context = TwoTables.Graph.CreateContext(database);

        PurgeReport report = await context.PurgeAsync(cancellationToken: CancellationToken);

        Assert.Equal(PurgeVerdict.Complete, report.Verdict);
        Assert.Contains(report.Notes, note => note.Grade == LogLevel.Warning && note.Text.Contains("lo_manage", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(
        "PERFORM setval('numbers', 2)",
        "value of kept sequence public.numbers, which a rollback does not set back: expected 5, found 2")]
    [InlineData(
        "ALTER SEQUENCE numbers RESTART",
        "value of kept sequence public.numbers, which a rollback does not set back: expected 5, found 0")]
    [InlineData(
        "PERFORM setval('numbers', -2)",
        "value of kept sequence public.numbers, which a rollback does not set back: expected -5, found -2",
        "CREATE SEQUENCE numbers INCREMENT -1; SELECT setval('numbers', -5);")]
    public async Task A_kept_sequence_that_a_trigger_sets_back_fails_the_run(
        string work,
        string found,
        string sequence = "CREATE SEQUENCE numbers; SELECT setval('numbers', 5);")
    {
        await using PostgreSqlTestDatabase database = await CreateAsync(sequence + Trigger(work));
        await using ScenarioContext context = TwoTables.Graph.CreateContext(database);

        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(() => context.PurgeAsync(cancellationToken: CancellationToken));

        Assert.Equal(PurgeVerdict.Failed, exception.Report!.Verdict);
        Assert.Contains(found, exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("CREATE SEQUENCE numbers; SELECT setval('numbers', 5);", "from 5 to 6")]
    [InlineData("CREATE SEQUENCE numbers INCREMENT -1; SELECT setval('numbers', -5);", "from -5 to -6")]
    public async Task A_kept_sequence_that_a_trigger_uses_is_noted(string sequence, string change)
    {
        await using PostgreSqlTestDatabase database = await CreateAsync(sequence + Trigger("PERFORM nextval('numbers')"));
        await using ScenarioContext context = TwoTables.Graph.CreateContext(database);

        PurgeReport report = await context.PurgeAsync(cancellationToken: CancellationToken);

        Assert.Equal(PurgeVerdict.Complete, report.Verdict);
        Assert.Contains(
            report.Notes,
            note => note.Text.Contains("\"public\".\"numbers\"", StringComparison.Ordinal)
                && note.Text.Contains(change, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_kept_sequence_that_only_another_session_moves_is_not_mentioned()
    {
        await using PostgreSqlTestDatabase database = await CreateAsync(
            "CREATE SEQUENCE numbers; SELECT setval('numbers', 5);" + Trigger("PERFORM 1"));
        await using ScenarioContext context = TwoTables.Graph.CreateContext(database);
        Purger purger = new();
        PurgePlan plan = await purger.PlanAsync(context, CancellationToken);

        PurgeReport report = await purger.ExecuteAsync(
            [context],
            plan,
            new OnPhase(PurgePhase.Deleting, () => database.ExecuteAsync("SELECT setval('numbers', 1)", CancellationToken)),
            CancellationToken);

        Assert.Equal(PurgeVerdict.Complete, report.Verdict);
        Assert.DoesNotContain(
            report.Notes,
            note => note.Grade == LogLevel.Warning && note.Text.Contains("numbers", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Statements_of_the_plan_itself_are_nobodys_change()
    {
        await using PostgreSqlTestDatabase database = await CreateAsync(
            Kept + "CREATE SEQUENCE numbers OWNED BY child.parent_id; SELECT setval('numbers', 5); CREATE MATERIALIZED VIEW seen AS "
                + "SELECT * FROM child;" + Trigger("PERFORM 1"));
        await using ScenarioContext context = TwoTables.Graph.CreateContext(database);

        PurgeReport report = await context.PurgeAsync(options => options.ResetIdentity = true, cancellationToken: CancellationToken);

        Assert.Equal(PurgeVerdict.Complete, report.Verdict);
        Assert.Equal(1, await database.ScalarAsync<long>("SELECT nextval('numbers')", CancellationToken));
    }

    [Fact]
    public Task The_message_says_what_can_be_done()
        => FailsAsync(
            Kept + Trigger("INSERT INTO kept VALUES (9, 'audit')"),
            "\"work\" on public.child",
            "Exclude the tables that have these triggers, or disable the triggers for the run. If these triggers are meant to add rows "
                + "there, as to an audit table, allow it: AllowInserts(\"public.kept\").");

    private static string Trigger(string work)
        => $"CREATE FUNCTION work() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {work}; RETURN NULL; END $$; CREATE TRIGGER work AFTER "
            + $"DELETE ON child FOR EACH STATEMENT EXECUTE FUNCTION work();";

    private static Task<string> KeptAsync(PostgreSqlTestDatabase database)
        => database.ScalarAsync<string>("SELECT string_agg(k::text, ' ' ORDER BY n) FROM kept k", CancellationToken)!;

    private static async Task<PostgreSqlTestDatabase> CreateAsync(string ddl)
    {
        PostgreSqlTestDatabase database = await TwoTables.CreateAsync(CancellationToken);
        await database.ExecuteAsync(ddl, CancellationToken);
        return database;
    }

    private static async Task FailsAsync(string ddl, params string[] words)
    {
        await using PostgreSqlTestDatabase database = await CreateAsync(ddl);
        string before = await database.ChecksumAsync(CancellationToken);
        await using ScenarioContext context = TwoTables.Graph.CreateContext(database);

        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(() => context.PurgeAsync(cancellationToken: CancellationToken));

        Assert.Equal(PurgeVerdict.Failed, exception.Report!.Verdict);
        Assert.All(words, word => Assert.Contains(word, exception.Message, StringComparison.Ordinal));
        Assert.Equal(before, await database.ChecksumAsync(CancellationToken));
    }

    private sealed class OnPhase(PurgePhase phase, Func<Task> act) : IProgress<PurgeProgress>
    {
        private bool _isDone;

        public void Report(PurgeProgress value)
        {
            if (value.Phase == phase && !_isDone)
            {
                _isDone = true;
                act().GetAwaiter().GetResult();
            }
        }
    }
}
