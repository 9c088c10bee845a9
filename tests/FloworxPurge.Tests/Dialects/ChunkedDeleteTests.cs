using System.Globalization;
using FloworxPurge.Engines;
using FloworxPurge.Extensibility;
using FloworxPurge.Reporting;
using FloworxPurge.Tests.Kit;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;

namespace FloworxPurge.Tests.Dialects;

/// <summary>
/// A dialect whose statements delete two rows at most, live on SQLite and PostgreSQL: it is one transaction all the same.
/// </summary>
public sealed class ChunkedDeleteTests
{
    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    public static TheoryData<bool> Servers => [false, true];

    [Theory]
    [MemberData(nameof(Servers))]
    public async Task A_statement_is_repeated_until_it_finds_no_row(bool server)
    {
        await using TestDatabase database = await CreateAsync(server, "b->a");
        var hook = new CommandHook();
        var progress = new ProgressLog();
        await using ScenarioContext context = Graph("b->a").CreateContext(database, options => options.AddInterceptors(hook));
        Purger purger = PurgerFor(server);
        PurgePlan plan = await purger.PlanAsync(context, CancellationToken);

        PurgeReport report = await purger.ExecuteAsync([context], plan, progress, CancellationToken);

        Assert.Equal([PlanStepKind.DeleteInChunks, PlanStepKind.DeleteInChunks], plan.Steps.Select(step => step.Kind));
        Assert.Equal((PurgeVerdict.Complete, 10L), (report.Verdict, report.RowsDeleted));
        Assert.All(report.Tables, table => Assert.Equal((5, 5, 0), (table.RowsBefore, table.RowsDeleted, table.RowsDeletedByCascade)));
        Assert.Equal(8, hook.Texts.Count(CommandHook.Deletes));
        Assert.Equal(
            [0, 2, 4, 5, 5, 7, 9, 10],
            progress.Reports.Where(step => step.Phase == PurgePhase.Deleting).Select(step => step.RowsDeleted));
        Assert.Equal(0, await RowsAsync(database, "a", "b"));
    }

    [Theory]
    [MemberData(nameof(Servers))]
    public async Task Cancelled_between_two_statements_nothing_is_gone(bool server)
    {
        await using TestDatabase database = await CreateAsync(server, "b->a");
        await using ScenarioContext context = Graph("b->a").CreateContext(database);
        using CancellationTokenSource source = CancellationTokenSource.CreateLinkedTokenSource(CancellationToken);
        var progress = new ProgressLog((step, _) =>
        {
            if (step.RowsDeleted == 7)
            {
                source.Cancel();
            }
        });
        Purger purger = PurgerFor(server);
        PurgePlan plan = await purger.PlanAsync(context, CancellationToken);

        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(
            () => purger.ExecuteAsync([context], plan, progress, source.Token));

        Assert.Equal((PurgeVerdict.Cancelled, 0L), (exception.Report!.Verdict, exception.Report!.RowsDeleted));
        Assert.Equal(10, await RowsAsync(database, "a", "b"));
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public async Task A_failure_in_the_middle_takes_the_parts_before_it_back(bool server, bool bestEffort)
    {
        await using TestDatabase database = await CreateAsync(server, "a, b");
        await database.ExecuteAsync(
            server
                ? "CREATE FUNCTION stop() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF OLD.\"Id\" = 4 THEN RAISE EXCEPTION 'not this "
                    + "one'; END IF; RETURN OLD; END $$; CREATE TRIGGER stop BEFORE DELETE ON a FOR EACH ROW EXECUTE FUNCTION stop()"
                : "CREATE TRIGGER stop BEFORE DELETE ON a WHEN OLD.\"Id\" = 4 BEGIN SELECT RAISE(ABORT, 'not this one'); END",
            CancellationToken);
        await using ScenarioContext context = Graph("a, b").CreateContext(database);
        Purger purger = PurgerFor(server, options => options.BestEffort = bestEffort);
        PurgePlan plan = await purger.PlanAsync(context, CancellationToken);
        var progress = new ProgressLog();

        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(
            () => purger.ExecuteAsync([context], plan, progress, CancellationToken));

        Assert.Equal(bestEffort ? PurgeVerdict.Partial : PurgeVerdict.Failed, exception.Report!.Verdict);
        Assert.Equal(bestEffort ? 5 : 0, exception.Report!.RowsDeleted);
        Assert.Equal(5, await RowsAsync(database, "a"));
        Assert.Equal(bestEffort ? 0 : 5, await RowsAsync(database, "b"));
        Assert.Equal(
            bestEffort ? 5 : 2,
            progress.Reports.Last(step => step.Phase == PurgePhase.Deleting).RowsDeleted);
    }

    [Theory]
    [MemberData(nameof(Servers))]
    public async Task A_trigger_that_puts_back_what_is_deleted_does_not_keep_it_going(bool server)
    {
        await using TestDatabase database = await CreateAsync(server, "a");
        await database.ExecuteAsync(
            server
                ? "CREATE FUNCTION again() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO a VALUES (OLD.\"Id\" + 100); RETURN "
                    + "NULL; END $$; CREATE TRIGGER again AFTER DELETE ON a FOR EACH ROW EXECUTE FUNCTION again()"
                : "CREATE TRIGGER again AFTER DELETE ON a BEGIN INSERT INTO a VALUES (OLD.\"Id\" + 100); END",
            CancellationToken);
        await using ScenarioContext context = Graph("a").CreateContext(database);
        Purger purger = PurgerFor(server);
        PurgePlan plan = await purger.PlanAsync(context, CancellationToken);

        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(
            () => purger.ExecuteAsync(context, plan, cancellationToken: CancellationToken));

        Assert.Equal(PurgeVerdict.Failed, exception.Report!.Verdict);
        Assert.Equal(5, await database.ScalarAsync<long>("SELECT COUNT(*) FROM a WHERE \"Id\" < 100", CancellationToken));
    }

    [Theory]
    [MemberData(nameof(Servers))]
    public async Task A_table_that_a_trigger_fills_is_cleared_again_in_parts(bool server)
    {
        await using TestDatabase database = await CreateAsync(server, "a, b->a");
        await database.ExecuteAsync(
            server
                ? "CREATE FUNCTION once() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO b VALUES (OLD.\"Id\" + 100, NULL); "
                    + "RETURN NULL; END $$; ALTER TABLE b ALTER a_id DROP NOT NULL; CREATE TRIGGER once AFTER DELETE ON a FOR EACH ROW "
                    + "EXECUTE FUNCTION once()"
                : "DROP TABLE b; CREATE TABLE b (\"Id\" INTEGER NOT NULL PRIMARY KEY, a_id INTEGER REFERENCES a); INSERT INTO b VALUES "
                    + "(1, 1); CREATE TRIGGER once AFTER DELETE ON a BEGIN INSERT INTO b VALUES (OLD.\"Id\" + 100, NULL); END",
            CancellationToken);
        await using ScenarioContext context = Graph("a, b->a").CreateContext(database);
        Purger purger = PurgerFor(server);

        PurgeReport report = await purger.ExecuteAsync(
            context,
            await purger.PlanAsync(context, CancellationToken),
            cancellationToken: CancellationToken);

        Assert.Equal(PurgeVerdict.Complete, report.Verdict);
        Assert.Equal(0, await RowsAsync(database, "a", "b"));
    }

    [Theory]
    [MemberData(nameof(Servers))]
    public async Task An_empty_table_that_a_trigger_fills_with_many_rows_is_cleared_in_parts(bool server)
    {
        await using TestDatabase database = await CreateAsync(server, "a, b");
        const string Four = "INSERT INTO b SELECT OLD.\"Id\" * 10 + i FROM (SELECT 1 AS i UNION SELECT 2 UNION SELECT 3 UNION SELECT 4) n";
        await database.ExecuteAsync(
            server
                ? $"DELETE FROM b; CREATE FUNCTION fill() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {Four}; RETURN NULL; END $$; "
                    + "CREATE TRIGGER fill AFTER DELETE ON a FOR EACH ROW EXECUTE FUNCTION fill()"
                : $"DELETE FROM b; CREATE TRIGGER fill AFTER DELETE ON a BEGIN {Four}; END",
            CancellationToken);
        await using ScenarioContext context = Graph("a, b").CreateContext(database);
        Purger purger = PurgerFor(server);

        PurgeReport report = await purger.ExecuteAsync(
            context,
            await purger.PlanAsync(context, CancellationToken),
            cancellationToken: CancellationToken);

        Assert.Equal(PurgeVerdict.Complete, report.Verdict);
        Assert.Equal(0, await RowsAsync(database, "a", "b"));
    }

    [Theory]
    [MemberData(nameof(Servers))]
    public async Task A_reset_deletes_in_parts_too(bool server)
    {
        await using TestDatabase database = await CreateAsync(server, "b->a");
        var hook = new CommandHook();
        await using ScenarioContext context = Graph("b->a").CreateContext(database, options => options.AddInterceptors(hook));
        await using DatabaseResetter resetter = await DatabaseResetter.CreateAsync(
            context,
            options => options.Dialect = DialectFor(server),
            CancellationToken);

        LeakReport own = await resetter.ResetAsync(CancellationToken);
        Assert.Equal(0, await RowsAsync(database, "a", "b"));
        await Graph("b->a").FillAsync(database, rows: 5, CancellationToken);
        LeakReport through = await resetter.ResetAsync(context, CancellationToken);

        Assert.All([own, through], report => Assert.Equal(10, report.Tables.Sum(table => table.RowsBefore)));
        Assert.Equal(8, hook.Texts.Count(CommandHook.Deletes));
        Assert.Equal(0, await RowsAsync(database, "a", "b"));
    }

    private static GraphScenario Graph(string notation) => GraphScenario.Parse(notation);

    private static async Task<TestDatabase> CreateAsync(bool server, string notation)
    {
        TestDatabase database = server ? await PostgreSqlTestDatabase.CreateAsync(CancellationToken) : SqliteTestDatabase.Create();
        await Graph(notation).CreateAsync(database, rows: 5, CancellationToken);
        return database;
    }

    private static async Task<long> RowsAsync(TestDatabase database, params string[] tables)
    {
        long rows = 0;
        foreach (string table in tables)
        {
            rows += await database.CountAsync(table, cancellationToken: CancellationToken);
        }

        return rows;
    }

    private static PurgeDialect DialectFor(bool server) => server ? new TwoRowsOnPostgreSql() : new TwoRowsOnSqlite();

    private static Purger PurgerFor(bool server, Action<PurgeOptions>? configure = null) => new(options =>
    {
        options.Dialect = DialectFor(server);
        configure?.Invoke(options);
    });

    private static string Some(string source, string id, int rows)
        => string.Create(CultureInfo.InvariantCulture, $"DELETE FROM {source} WHERE {id} IN (SELECT {id} FROM {source} LIMIT {rows})");

    private sealed class TwoRowsOnPostgreSql() : PostgreSqlDialect(isDetected: true)
    {
        public override int? RowsPerStatement => 2;

        public override string DeleteSome(ISqlGenerationHelper sql, RowSet rows, int limit) => Some(Source(sql, rows), "ctid", limit);
    }

    private sealed class TwoRowsOnSqlite : AnsiDialect
    {
        public override bool HasSchemas => false;

        internal override CatalogQueries? Catalog => new SqliteDialect().Catalog;

        public override bool IsServer => false;

        public override int? RowsPerStatement => 2;

        public override string DeleteSome(ISqlGenerationHelper sql, RowSet rows, int limit) => Some(Source(sql, rows), "rowid", limit);
    }
}
