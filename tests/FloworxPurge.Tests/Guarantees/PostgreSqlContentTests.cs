using FloworxPurge.Execution;
using FloworxPurge.Reporting;
using FloworxPurge.Tests.Kit;

namespace FloworxPurge.Tests.Guarantees;

/// <summary>
/// Where PostgreSQL does not count writes, content is compared: every column of every type in full, whatever the settings are and whatever
/// stands in the schemas of the search path.
/// </summary>
public sealed class PostgreSqlContentTests
{
    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    /// <summary>A type, a value, and another that is nearly the same.</summary>
    public static TheoryData<string, string, string> Values => new()
    {
        { "real", "1234567", "1234568" },
        { "double precision", "0.1", "0.1::float8 + 1e-17" },
        { "double precision", "0", "'-0'" },
        { "double precision", "'NaN'", "'Infinity'" },
        { "numeric", "1.0", "1.00" },
        { "numeric(40,20)", "1", "1.00000000000000000001" },
        { "money", "1.50", "1.51" },
        { "text", "'a'", "'a '" },
        { "text", "''", "NULL" },
        { "char(3)", "'a'", "'A'" },
        { "bytea", @"'\x00'", @"'\x0000'" },
        { "timestamptz", "'2020-01-01 00:00:00+00'", "'2020-01-01 00:00:00.000001+00'" },
        { "timetz", "'10:00+00'", "'11:00+01'" },
        { "interval", "'1 month'", "'30 days'" },
        { "json", "'{\"a\":1}'", "'{\"a\": 1}'" },
        { "jsonb", "'{\"a\":1}'", "'{\"a\":1.0}'" },
        { "xml", "'<a/>'", "'<a></a>'" },
        { "int[]", "'{1,2}'", "'[0:1]={1,2}'" },
        { "int4range", "'[1,3)'", "'[1,4)'" },
        { "tsvector", "'a:1'", "'a:2'" },
        { "bit varying", "'1'", "'10'" },
        { "inet", "'10.0.0.1'", "'10.0.0.1/8'" },
        { "point", "'(1,2)'", "'(1,2.0000000000000004)'" },
        { "mood", "'calm'", "'wild'" },
        { "pair", "'(1,a)'", "'(1,)'" },
        { "pair[]", "'{\"(1,a)\"}'", "'{\"(1,b)\"}'" },
        { "cents", "1.5", "1.50" },
        { "regclass", "'parent'", "'child'" },
    };

    [Theory]
    [MemberData(nameof(Values))]
    public async Task A_trigger_that_changes_a_value_by_the_least_is_seen(string type, string value, string other)
    {
        await using PostgreSqlTestDatabase database = await CreateAsync(
            "CREATE TYPE mood AS ENUM ('calm', 'wild'); CREATE TYPE pair AS (n int, t text); CREATE DOMAIN cents AS numeric;"
                + $"CREATE TABLE kept (gone int, v {type}, twice int GENERATED ALWAYS AS (1) STORED); ALTER TABLE kept DROP gone; INSERT "
                + $"INTO kept (v) VALUES ({value});" + Trigger($"UPDATE kept SET v = {other}"));
        await using ScenarioContext context = Fresh(database);

        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(() => context.PurgeAsync(cancellationToken: CancellationToken));

        Assert.Equal(PurgeVerdict.Failed, exception.Report!.Verdict);
        Assert.Contains("content of kept table public.kept", exception.Message, StringComparison.Ordinal);
        Assert.Contains("It may also be that another session wrote to public.kept meanwhile.", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Functions_and_operators_of_other_schemas_and_settings_of_the_database_hide_nothing()
    {
        await using PostgreSqlTestDatabase database = await CreateAsync(
            "CREATE TABLE kept (d double precision); INSERT INTO kept VALUES (0.1);" + Trigger("UPDATE kept SET d = 0.1::float8 + 1e-16"));
        await database.ExecuteAsync(
            """
            CREATE FUNCTION public.hashtextextended(text, int) RETURNS bigint LANGUAGE sql AS 'SELECT 1::bigint';
            CREATE FUNCTION public.hashtextextended(text, bigint) RETURNS bigint LANGUAGE sql AS 'SELECT 1::bigint';
            CREATE FUNCTION public.encode(bytea, text) RETURNS text LANGUAGE sql AS $$ SELECT 'x'::text $$;
            CREATE FUNCTION public.md5(text) RETURNS text LANGUAGE sql AS $$ SELECT 'x'::text $$;
            CREATE FUNCTION public.record_send(record) RETURNS bytea LANGUAGE plpgsql AS $$ BEGIN RETURN ''::bytea; END $$;
            """,
            CancellationToken);
        await database.ExecuteAsync(
            $"ALTER DATABASE \"{database.Name}\" SET extra_float_digits = -15; ALTER DATABASE \"{database.Name}\" SET bytea_output = "
                + $"'escape'; ALTER DATABASE \"{database.Name}\" SET search_path = public, pg_catalog",
            CancellationToken);
        await using ScenarioContext context = Fresh(database);

        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(() => context.PurgeAsync(cancellationToken: CancellationToken));

        Assert.Contains("content of kept table public.kept", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("aclitem", "aclitem")]
    [InlineData("aclitem[]", "aclitem[]")]
    [InlineData("holder", "holder")]
    public async Task A_column_of_a_type_without_a_binary_form_leaves_the_content_unknown(string type, string named)
    {
        await using PostgreSqlTestDatabase database = await CreateAsync(
            $"CREATE TYPE holder AS (a aclitem); CREATE TABLE kept (n int, rights {type}); INSERT INTO kept VALUES (1, "
                + $"NULL);" + Trigger("PERFORM 1"));
        await using ScenarioContext context = Fresh(database);

        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(() => context.PurgeAsync(options => options.AllowUnverified = true, cancellationToken: CancellationToken));

        Assert.Equal(PurgeVerdict.Partial, exception.Report!.Verdict);
        CheckReport unknown = Assert.Single(Unknown(exception.Report!));
        Assert.Equal(
            ("content of kept table public.kept", $"column \"rights\" of type {named} cannot be read in full"),
            (unknown.Name, unknown.Actual));
    }

    [Fact]
    public async Task A_trigger_that_writes_nothing_leaves_unknown_only_what_the_servers_count_would_show()
    {
        await using PostgreSqlTestDatabase database = await CreateAsync(
            "CREATE TABLE kept (n int, \"t\" text, \"a \"\" name\" int); INSERT INTO kept VALUES (1, 'x', 2);" + Trigger("PERFORM 1"));
        await using ScenarioContext context = Fresh(database);

        PurgeReport report = await PurgeAsync(context);

        Assert.Empty(Unknown(report));
        Assert.Contains(
            report.Verifications,
            verification => verification is { Name: "content of kept table public.kept", Outcome: Outcome.Passed });
    }

    [Theory]
    [InlineData("INSERT INTO kept VALUES (1, 'x'), (3, 'z')", 2)]
    [InlineData("INSERT INTO kept VALUES (1, NULL)", 1)]
    public async Task Rows_that_are_added_where_that_is_allowed_are_counted(string work, int added)
    {
        await using PostgreSqlTestDatabase database = await CreateAsync(
            "CREATE TABLE kept (n int, t text); INSERT INTO kept VALUES (1, 'x'), (1, 'x'), (2, 'y');" + Trigger(work));
        await using ScenarioContext context = Fresh(database);

        PurgeReport report = await PurgeAsync(context, options => options.AllowInserts("kept"));

        Assert.Equal(added, Assert.Single(report.RowsAdded).RowsArrived);
    }

    [Fact]
    public async Task A_row_that_is_changed_where_rows_may_be_added_fails_the_run()
    {
        await using PostgreSqlTestDatabase database = await CreateAsync(
            "CREATE TABLE kept (n int, t text); INSERT INTO kept VALUES (1, 'x'), (1, 'x'), (2, "
                + "'y');" + Trigger("UPDATE kept SET t = 'changed' WHERE n = 1; INSERT INTO kept VALUES (1, 'x')"));
        await using ScenarioContext context = Fresh(database);

        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(
            () => context.PurgeAsync(options => options.AllowInserts("kept"), cancellationToken: CancellationToken));

        Assert.Contains(
            "rows changed or deleted in kept table public.kept: expected 0, found 1",
            exception.Message,
            StringComparison.Ordinal);
    }

    // A row that another session adds after the first digest and a trigger deletes is in neither digest.
    private static async Task<PurgeReport> PurgeAsync(ScenarioContext context, Action<PurgeOptions>? configure = null)
    {
        PurgeReport report = (
            await Assert.ThrowsAsync<PurgeException>(() => context.PurgeAsync(
                options =>
                {
                    configure?.Invoke(options);
                    options.AllowUnverified = true;
                },
                cancellationToken: CancellationToken))).Report!;
        Assert.Equal((PurgeVerdict.Partial, TransactionOutcome.Committed), (report.Verdict, report.Transaction));
        Assert.Single(report.Verifications, IsOfCount);
        return report;
    }

    private static IEnumerable<CheckReport> Unknown(PurgeReport report)
        => report.Verifications.Where(verification => verification.Outcome == Outcome.Unknown && !IsOfCount(verification));

    private static bool IsOfCount(CheckReport verification)
        => verification.Outcome == Outcome.Unknown && verification.Actual.Contains("track_counts", StringComparison.Ordinal);

    // A pooled connection has the settings of before.
    private static ScenarioContext Fresh(PostgreSqlTestDatabase database)
        => TwoTables.As(database, database.ConnectionString + ";Application Name=fresh");

    private static string Trigger(string work)
        => $"CREATE FUNCTION work() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {work}; RETURN NULL; END $$; CREATE TRIGGER work AFTER "
            + $"DELETE ON child FOR EACH STATEMENT EXECUTE FUNCTION work();";

    private static async Task<PostgreSqlTestDatabase> CreateAsync(string ddl)
    {
        PostgreSqlTestDatabase database = await TwoTables.CreateAsync(CancellationToken);
        await database.ExecuteAsync($"ALTER DATABASE \"{database.Name}\" SET track_counts = off;" + ddl, CancellationToken);
        return database;
    }
}
