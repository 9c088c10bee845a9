using System.Data.Common;
using FloworxPurge.Execution;
using FloworxPurge.Reporting;
using FloworxPurge.Tests.Conformance;
using FloworxPurge.Tests.Kit;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace FloworxPurge.Tests.Guarantees;

/// <summary>
/// Another session changes the structure between two statements of a purge: it is excluded, or the run fails, and kept rows are as they
/// were.
/// </summary>
public sealed class PostgreSqlStructureTests
{
    private const string Kept = "CREATE TABLE kept (id int PRIMARY KEY, p_id int); INSERT INTO kept VALUES (1, 1), (2, 2), (3, 3);";

    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("CASCADE", "SELECT 0, pg_catalog.count", false)]
    [InlineData("CASCADE", "DELETE", false)]
    [InlineData("CASCADE", "DELETE", true)]
    [InlineData("SET NULL", "DELETE", false)]
    public async Task A_foreign_key_to_a_table_that_is_being_purged_waits_for_the_purge(string action, string before, bool locks)
    {
        await using RunScenario scenario = await CreateAsync(Kept);
        string statement = $"SET lock_timeout = '50ms'; ALTER TABLE kept ADD FOREIGN KEY (p_id) REFERENCES b (\"Id\") ON DELETE {action}";
        Exception? refusal = null;
        Once(
            scenario,
            before,
            async () => refusal = await Record.ExceptionAsync(() => scenario.Database.ExecuteAsync(statement, CancellationToken)));

        PurgeReport report = await scenario.PurgeAsync(options => options.LockTables = locks);

        Assert.Equal(PostgresErrorCodes.LockNotAvailable, Assert.IsType<PostgresException>(refusal).SqlState);
        Assert.Equal(PurgeVerdict.Complete, report.Verdict);
        Assert.Equal(6, await scenario.Database.ScalarAsync<long>("SELECT sum(p_id) FROM kept", CancellationToken));
    }

    [Fact]
    public async Task A_foreign_key_that_comes_before_the_lock_is_in_the_facts_and_the_plan_no_longer_fits()
    {
        await using RunScenario scenario = await CreateAsync(Kept);
        Once(
            scenario,
            "LOCK TABLE",
            () => scenario.Database.ExecuteAsync("ALTER TABLE kept ADD CONSTRAINT late FOREIGN KEY (p_id) REFERENCES b (\"Id\") ON "
                + "DELETE CASCADE", CancellationToken));

        PurgeException exception = await scenario.FailAsync();

        Assert.Equal(PurgeVerdict.Refused, exception.Report!.Verdict);
        Assert.Contains("late: public.kept(p_id) -> public.b(Id)", exception.Message, StringComparison.Ordinal);
        Assert.Equal(3, await scenario.Database.CountAsync("kept", cancellationToken: CancellationToken));
    }

    [Fact]
    public async Task A_kept_table_that_comes_to_inherit_from_a_purged_one_keeps_its_rows_and_the_run_fails()
    {
        await using RunScenario scenario = await CreateAsync("CREATE TABLE heir (LIKE b INCLUDING ALL); INSERT INTO heir SELECT * FROM b;");
        Once(scenario, "DELETE", () => scenario.Database.ExecuteAsync("ALTER TABLE heir INHERIT b", CancellationToken));

        PurgeException exception = await scenario.FailAsync();

        Assert.Equal(PurgeVerdict.Failed, exception.Report!.Verdict);
        Assert.Contains(
            "\"public\".\"heir\" as a table that inherits from \"public\".\"b\" was added",
            exception.Message,
            StringComparison.Ordinal);
        Assert.Equal(3, await scenario.Database.CountAsync("heir", cancellationToken: CancellationToken));
    }

    [Theory]
    [InlineData("SELECT 0, pg_catalog.count")]
    [InlineData("DELETE")]
    public async Task A_kept_table_that_is_attached_as_a_partition_keeps_its_rows(string before)
    {
        await using RunScenario scenario = await CreateAsync("""
            DROP TABLE b CASCADE; CREATE TABLE b ("Id" int NOT NULL, c_id int NOT NULL) PARTITION BY RANGE ("Id");
            CREATE TABLE b1 PARTITION OF b FOR VALUES FROM (0) TO (100); INSERT INTO b SELECT i, i FROM generate_series(1, 3) i;
            CREATE TABLE mine ("Id" int NOT NULL, c_id int NOT NULL); INSERT INTO mine VALUES (101, 1), (102, 2);
            """);
        Once(
            scenario,
            before,
            () => scenario.Database.ExecuteAsync("ALTER TABLE b ATTACH PARTITION mine FOR VALUES FROM (100) TO (200)", CancellationToken));

        PurgeException exception = await scenario.FailAsync();

        Assert.Equal(PurgeVerdict.Failed, exception.Report!.Verdict);
        Assert.Contains("\"public\".\"mine\" as a partition of \"public\".\"b\" was added", exception.Message, StringComparison.Ordinal);
        Assert.Equal(2, await scenario.Database.CountAsync("mine", cancellationToken: CancellationToken));
        Assert.Equal(3, await scenario.Database.CountAsync("b1", cancellationToken: CancellationToken));
    }

    [Fact]
    public async Task A_table_that_was_away_when_it_was_to_be_locked_is_not_purged_though_the_plan_fits_again()
    {
        await using RunScenario scenario = await CreateAsync(Kept);
        bool isAway = false;
        scenario.Hook.Before = async (command, _) =>
        {
            bool locks = command.CommandText.StartsWith("LOCK TABLE", StringComparison.Ordinal);
            if (locks || isAway)
            {
                scenario.Hook.Before = locks ? scenario.Hook.Before : null;
                isAway = locks;
                await scenario.Database.ExecuteAsync(
                    locks ? "ALTER TABLE b RENAME TO away" : "ALTER TABLE away RENAME TO b",
                    CancellationToken);
            }
        };

        PurgeException exception = await scenario.FailAsync();

        Assert.Equal(PurgeVerdict.Refused, exception.Report!.Verdict);
        Assert.Contains("the structure of the tables cannot be locked", exception.Message, StringComparison.Ordinal);
        Assert.Equal(3, await scenario.Database.CountAsync("b", cancellationToken: CancellationToken));
    }

    [Theory]
    [InlineData("ALTER TABLE public.b SET SCHEMA other; ALTER TABLE aside.b SET SCHEMA public")]
    [InlineData("ALTER TABLE public.b RENAME TO was; ALTER TABLE aside.b SET SCHEMA public")]
    [InlineData("ALTER TABLE public.b RENAME TO was; CREATE VIEW public.b AS SELECT * FROM aside.b")]
    [InlineData("DROP TABLE public.b; CREATE TABLE public.b (LIKE aside.b INCLUDING ALL); INSERT INTO public.b SELECT * FROM aside.b")]
    public async Task Another_object_under_the_name_of_a_planned_table_is_refused(string swap)
    {
        await using RunScenario scenario = await RunScenario.CreateAsync(Engine.PostgreSql, "a, b");
        await scenario.Database.ExecuteAsync(
            "CREATE SCHEMA other; CREATE SCHEMA aside; CREATE TABLE aside.b (LIKE public.b INCLUDING ALL); INSERT INTO aside.b SELECT * "
                + "FROM public.b",
            CancellationToken);
        Once(scenario, "LOCK TABLE", () => scenario.Database.ExecuteAsync(swap, CancellationToken));

        PurgeException exception = await scenario.FailAsync();

        Assert.Equal(PurgeVerdict.Refused, exception.Report!.Verdict);
        Assert.Matches("another object has the name of \"public\".\"b\"|no longer purged: public.b", exception.Message);
        Assert.Equal(3, await scenario.Database.ScalarAsync<long>("SELECT count(*) FROM public.b", CancellationToken));
    }

    [Theory]
    [InlineData("ALTER TABLE a RENAME TO aa")]
    [InlineData("DROP TABLE a")]
    [InlineData("ALTER TABLE a ADD COLUMN more int")]
    [InlineData(
        "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN DELETE FROM kept; RETURN OLD; END'; CREATE TRIGGER t BEFORE "
            + "DELETE ON a FOR EACH ROW EXECUTE FUNCTION f()")]
    [InlineData("CREATE RULE r AS ON DELETE TO a DO ALSO DELETE FROM kept")]
    [InlineData("ALTER TABLE a ENABLE ROW LEVEL SECURITY; ALTER TABLE a FORCE ROW LEVEL SECURITY")]
    public async Task What_would_change_the_structure_of_a_purged_table_waits_from_the_first_fact_on(string statement)
    {
        await using RunScenario scenario = await CreateAsync(Kept);
        Exception? refusal = null;
        Once(
            scenario,
            "DELETE",
            async () => refusal = await Record.ExceptionAsync(() => scenario.Database.ExecuteAsync("SET lock_timeout = '50ms'; "
                    + statement, CancellationToken)));

        PurgeReport report = await scenario.PurgeAsync();

        Assert.Equal(PostgresErrorCodes.LockNotAvailable, Assert.IsType<PostgresException>(refusal).SqlState);
        Assert.Equal(PurgeVerdict.Complete, report.Verdict);
        Assert.Equal(3, await scenario.Database.CountAsync("kept", cancellationToken: CancellationToken));
    }

    [Theory]
    [InlineData("DROP TABLE kept; CREATE TABLE kept (id int)")]
    [InlineData("ALTER TABLE kept RENAME TO was; CREATE TABLE kept (LIKE was)")]
    [InlineData("ALTER TABLE whole DETACH PARTITION part")]
    [InlineData("DROP TABLE part; CREATE TABLE part PARTITION OF whole FOR VALUES IN (1)")]
    [InlineData("CREATE TABLE more PARTITION OF whole FOR VALUES IN (2); INSERT INTO whole VALUES (2)")]
    public async Task A_trigger_that_drops_replaces_or_divides_a_kept_table_fails_the_run(string statements)
    {
        await using RunScenario scenario = await CreateAsync($"""
            {Kept} CREATE TABLE whole (n int) PARTITION BY LIST (n); CREATE TABLE part PARTITION OF whole FOR VALUES IN (1); INSERT INTO whole VALUES (1);
            CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {statements}; RETURN NULL; END $$;
            CREATE TRIGGER t AFTER DELETE ON c FOR EACH STATEMENT EXECUTE FUNCTION f();
            """);

        PurgeException exception = await scenario.FailAsync();

        Assert.Equal((PurgeVerdict.Failed, TransactionOutcome.RolledBack), (exception.Report!.Verdict, exception.Report!.Transaction));
        Assert.Contains("kept tables that were dropped, replaced or partitioned otherwise", exception.Message, StringComparison.Ordinal);
        Assert.Equal(3, await scenario.Database.CountAsync("kept", cancellationToken: CancellationToken));
        Assert.Equal(1, await scenario.Database.CountAsync("whole", cancellationToken: CancellationToken));
    }

    [Fact]
    public async Task A_view_that_another_session_creates_over_a_purged_table_is_no_reason_to_fail()
    {
        await using RunScenario scenario = await CreateAsync(Kept);
        Once(scenario, "DELETE", () => scenario.Database.ExecuteAsync("CREATE VIEW late AS SELECT * FROM c", CancellationToken));

        Assert.Equal(PurgeVerdict.Complete, (await scenario.PurgeAsync()).Verdict);
    }

    [Fact]
    public async Task Writers_go_on_while_the_structure_is_locked()
    {
        await using RunScenario scenario = await CreateAsync(Kept);
        Once(
            scenario,
            "DELETE",
            () => scenario.Database.ExecuteAsync("SET lock_timeout = '50ms'; INSERT INTO c VALUES (77); UPDATE kept SET p_id = p_id + "
                + "1", CancellationToken));

        PurgeReport report = await scenario.PurgeAsync();

        Assert.Equal(PurgeVerdict.Complete, report.Verdict);
        Assert.Equal(9, await scenario.Database.ScalarAsync<long>("SELECT sum(p_id) FROM kept", CancellationToken));
    }

    [Fact]
    public async Task A_role_that_loses_its_exemption_from_row_security_fails_the_run()
    {
        await using PostgreSqlTestDatabase database = await TwoTables.CreateAsync(CancellationToken);
        (string role, string login) = await database.CreateLoginAsync(CancellationToken);
        await database.ExecuteAsync(
            $"CREATE POLICY mine ON parent USING (\"Id\" > 1); ALTER TABLE parent ENABLE ROW LEVEL SECURITY; GRANT ALL ON ALL TABLES IN "
                + $"SCHEMA public TO \"{role}\"; ALTER ROLE \"{role}\" BYPASSRLS",
            CancellationToken);
        var hook = new CommandHook();
        await using ScenarioContext context = TwoTables.Graph.CreateContext(
            database,
            options => options.UseNpgsql(login).AddInterceptors(hook));
        var purger = new Purger();
        PurgePlan plan = await purger.PlanAsync(context, CancellationToken);
        hook.Before = async (command, _) =>
        {
            if (CommandHook.Deletes(command) && command.CommandText.Contains("parent", StringComparison.Ordinal))
            {
                hook.Before = null;
                await database.ExecuteAsync($"ALTER ROLE \"{role}\" NOBYPASSRLS", CancellationToken);
            }
        };

        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(
            () => purger.ExecuteAsync(context, plan, cancellationToken: CancellationToken));

        Assert.Equal(PurgeVerdict.Failed, exception.Report!.Verdict);
        Assert.Contains("row security", exception.Message, StringComparison.Ordinal);
        Assert.Equal(3, await database.CountAsync("parent", cancellationToken: CancellationToken));
    }

    private static async Task<RunScenario> CreateAsync(string more)
    {
        RunScenario scenario = await RunScenario.CreateAsync(Engine.PostgreSql, "a->b->c");
        await scenario.Database.ExecuteAsync(more, CancellationToken);
        return scenario;
    }

    private static void Once(RunScenario scenario, string before, Func<Task> act)
    {
        bool isPlanned = false;
        scenario.Hook.Before = async (DbCommand command, int _) =>
        {
            // The plan counts, too, before the run takes its lock.
            isPlanned |= command.CommandText.StartsWith("LOCK TABLE", StringComparison.Ordinal);
            if (isPlanned && command.CommandText.StartsWith(before, StringComparison.Ordinal))
            {
                scenario.Hook.Before = null;
                await act();
            }
        };
    }
}
