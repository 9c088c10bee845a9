using System.Data.Common;
using FloworxPurge.Reporting;
using FloworxPurge.Tests.Kit;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace FloworxPurge.Tests.Guarantees;

/// <summary>
/// Work that PostgreSQL does out of sight (at the commit, on another server, behind a name) does not slip past the verification.
/// </summary>
public sealed class PostgreSqlHiddenWorkTests
{
    private const string Kept = "CREATE TABLE kept (n int, t text); INSERT INTO kept VALUES (1, 'x'), (2, 'y');";

    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("DELETE FROM kept WHERE n = 1", "rows changed in kept table public.kept: expected 0, found 1 deleted")]
    [InlineData("UPDATE kept SET n = n + 1", "rows changed in kept table public.kept: expected 0, found 6 updated")]
    public Task A_constraint_trigger_that_waits_for_the_commit_is_run_before_the_verification(string work, string found)
        => FailsAsync(
            Kept
                + Function(work)
                + "CREATE CONSTRAINT TRIGGER late AFTER DELETE ON child DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION work()",
            options => { },
            found,
            "\"late\" on public.child");

    [Fact]
    public async Task A_purged_table_that_is_filled_at_the_commit_is_cleared_again()
    {
        await using PostgreSqlTestDatabase database = await TwoTables.CreateAsync(CancellationToken);
        await database.ExecuteAsync(
            Function("INSERT INTO parent VALUES (100)")
                + "CREATE CONSTRAINT TRIGGER late AFTER DELETE ON child DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (OLD.\"Id\" = 1) "
                + "EXECUTE FUNCTION work()",
            CancellationToken);
        await using ScenarioContext context = TwoTables.Graph.CreateContext(database);

        PurgeReport report = await context.PurgeAsync(cancellationToken: CancellationToken);

        Assert.Equal(PurgeVerdict.Complete, report.Verdict);
        Assert.Contains(report.Notes, note => note.Text.Contains("cleared again", StringComparison.Ordinal));
        Assert.Equal(0, await database.CountAsync("parent", cancellationToken: CancellationToken));
    }

    [Fact]
    public Task A_kept_table_with_a_column_named_like_an_alias_is_compared_whole()
        => FailsAsync(
            Kept
                + Function("UPDATE kept SET n = n + 1")
                + "CREATE TRIGGER soon AFTER DELETE ON child FOR EACH STATEMENT EXECUTE FUNCTION work()",
            options => { },
            "rows changed in kept table public.kept: expected 0, found 2 updated");

    [Fact]
    public Task An_event_trigger_that_a_restarted_counter_fires_is_watched()
        => FailsAsync(
            Kept + "CREATE TABLE numbered (n int); CREATE SEQUENCE numbers OWNED BY child.parent_id;"
            + "CREATE FUNCTION event_work() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN UPDATE kept SET n = n + 1; END';"
            + "CREATE EVENT TRIGGER ddl ON ddl_command_end WHEN TAG IN ('ALTER SEQUENCE') EXECUTE FUNCTION event_work()",
            options => options.ResetIdentity = true,
            "rows changed in kept table public.kept: expected 0, found 2 updated",
            "\"ddl\"");

    [Fact]
    public async Task A_temporary_table_named_like_the_catalog_hides_no_trigger()
    {
        await using PostgreSqlTestDatabase database = await TwoTables.CreateAsync(CancellationToken);
        await database.ExecuteAsync(
            Kept
                + Function("UPDATE kept SET n = n + 1")
                + "CREATE TRIGGER soon AFTER DELETE ON child FOR EACH STATEMENT EXECUTE FUNCTION work()",
            CancellationToken);
        await using ScenarioContext context = TwoTables.Graph.CreateContext(database);
        await Microsoft.EntityFrameworkCore.RelationalDatabaseFacadeExtensions.OpenConnectionAsync(context.Database, CancellationToken);
        await Microsoft.EntityFrameworkCore.RelationalDatabaseFacadeExtensions.ExecuteSqlRawAsync(
            context.Database,
            "CREATE TEMP TABLE pg_trigger (LIKE pg_catalog.pg_trigger); CREATE TEMP TABLE pg_class (LIKE pg_catalog.pg_class)",
            CancellationToken);

        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(() => context.PurgeAsync(cancellationToken: CancellationToken));

        Assert.Equal(PurgeVerdict.Failed, exception.Report!.Verdict);
    }

    [Fact]
    public async Task A_partition_on_another_server_blocks_its_table()
    {
        await using PostgreSqlTestDatabase database = await PostgreSqlTestDatabase.CreateAsync(CancellationToken);
        await database.ExecuteAsync(
            "CREATE TABLE a (\"Id\" int NOT NULL) PARTITION BY RANGE (\"Id\"); CREATE TABLE a1 PARTITION OF a FOR VALUES FROM (0) TO (10);"
            + "CREATE EXTENSION file_fdw; CREATE SERVER f FOREIGN DATA WRAPPER file_fdw;"
            + "CREATE FOREIGN TABLE a2 PARTITION OF a FOR VALUES FROM (10) TO (20) SERVER f OPTIONS (filename '/dev/null')",
            CancellationToken);
        await using ScenarioContext context = GraphScenario.Parse("a").CreateContext(database);

        PurgePlan plan = await new Purger().PlanAsync(context, CancellationToken);

        Assert.Contains(
            "its partition \"public\".\"a2\" is kept (ForeignTable)",
            Assert.Single(plan.Skips).Explanation,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_sequence_that_numbers_a_kept_table_too_is_not_restarted_and_the_plan_says_so()
    {
        await using PostgreSqlTestDatabase database = await TwoTables.CreateAsync(CancellationToken);
        await database.ExecuteAsync(
            "CREATE SEQUENCE numbers OWNED BY child.parent_id; CREATE TABLE kept (id int DEFAULT nextval('numbers')); INSERT INTO kept "
                + "DEFAULT VALUES",
            CancellationToken);
        await using ScenarioContext context = TwoTables.Graph.CreateContext(database);

        PurgeReport report = await context.PurgeAsync(options => options.ResetIdentity = true, cancellationToken: CancellationToken);

        Assert.Contains(
            report.Notes,
            note => note.Grade == LogLevel.Warning && note.Text.Contains("\"numbers\" numbers other tables", StringComparison.Ordinal));
        Assert.Equal(2, await database.ScalarAsync<long>("SELECT nextval('numbers')", CancellationToken));
    }

    [Fact]
    public async Task What_another_session_creates_meanwhile_does_not_fail_the_run()
    {
        await using PostgreSqlTestDatabase database = await TwoTables.CreateAsync(CancellationToken);
        await using ScenarioContext context = TwoTables.Graph.CreateContext(database);
        Purger purger = new();
        PurgePlan plan = await purger.PlanAsync(context, CancellationToken);
        var progress = new OnVerifying(() => database.ExecuteAsync("CREATE TABLE unrelated (id int PRIMARY KEY)", CancellationToken));

        PurgeReport report = await purger.ExecuteAsync([context], plan, progress, CancellationToken);

        Assert.Equal(PurgeVerdict.Complete, report.Verdict);
    }

    [Fact]
    public async Task Temporary_tables_of_another_session_do_not_change_the_plan()
    {
        await using PostgreSqlTestDatabase database = await TwoTables.CreateAsync(CancellationToken);
        await using ScenarioContext context = TwoTables.Graph.CreateContext(database);
        Purger purger = new();
        PurgePlan plan = await purger.PlanAsync(context, CancellationToken);
        await using DbConnection other = await database.OpenConnectionAsync(CancellationToken);
        await using DbCommand command = other.CreateCommand();
        command.CommandText = "CREATE TEMP TABLE p (id serial PRIMARY KEY); CREATE TEMP TABLE d (id int REFERENCES p ON DELETE CASCADE)";
        await command.ExecuteNonQueryAsync(CancellationToken);

        PurgePlan again = await purger.PlanAsync(context, CancellationToken);
        PurgeReport report = await purger.ExecuteAsync(context, plan, cancellationToken: CancellationToken);

        Assert.Equal(plan.Fingerprint, again.Fingerprint);
        Assert.Equal(PurgeVerdict.Complete, report.Verdict);
    }

    [Theory]
    [InlineData("DELETE FROM far WHERE n = 1", "rows of kept table public.far: expected 2, found 1")]
    [InlineData("UPDATE far SET n = n + 1", "content of kept table public.far")]
    public async Task A_trigger_that_changes_a_table_on_another_server_fails_the_run(string work, string found)
    {
        await using PostgreSqlTestDatabase far = await PostgreSqlTestDatabase.CreateAsync(CancellationToken);
        await far.ExecuteAsync("CREATE TABLE far (n int, t text); INSERT INTO far VALUES (1, 'x'), (2, 'y')", CancellationToken);
        var there = new NpgsqlConnectionStringBuilder(far.ConnectionString);
        string before = await far.ChecksumAsync(CancellationToken);

        await FailsAsync(
            $"CREATE EXTENSION postgres_fdw; CREATE SERVER s FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '{there.Host}', port "
                + $"'{there.Port}', dbname '{there.Database}');"
            + $"CREATE USER MAPPING FOR CURRENT_USER SERVER s OPTIONS (user '{there.Username}', password '{there.Password ?? "none"}', "
            + $"password_required 'false');"
            + "CREATE FOREIGN TABLE far (n int, t text) SERVER s;"
            + Function(work) + "CREATE TRIGGER soon AFTER DELETE ON child FOR EACH STATEMENT EXECUTE FUNCTION work()",
            options => { },
            found,
            "\"soon\" on public.child");

        Assert.Equal(before, await far.ChecksumAsync(CancellationToken));
    }

    private static string Function(string work)
        => $"CREATE FUNCTION work() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN {work}; RETURN NULL; END';";

    private static async Task FailsAsync(string ddl, Action<PurgeOptions> configure, params string[] words)
    {
        await using PostgreSqlTestDatabase database = await TwoTables.CreateAsync(CancellationToken);
        await database.ExecuteAsync(ddl, CancellationToken);
        string before = await database.ChecksumAsync(CancellationToken);
        await using ScenarioContext context = TwoTables.Graph.CreateContext(database);

        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(
            () => context.PurgeAsync(configure, cancellationToken: CancellationToken));

        Assert.Equal(PurgeVerdict.Failed, exception.Report!.Verdict);
        Assert.All(words, word => Assert.Contains(word, exception.Message, StringComparison.Ordinal));
        Assert.Equal(before, await database.ChecksumAsync(CancellationToken));
    }

    private sealed class OnVerifying(Func<Task> act) : IProgress<PurgeProgress>
    {
        public void Report(PurgeProgress value)
        {
            if (value.Phase == PurgePhase.Verifying)
            {
                act().GetAwaiter().GetResult();
            }
        }
    }
}
