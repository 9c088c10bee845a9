using FloworxPurge.Reporting;
using FloworxPurge.Tests.Conformance;
using FloworxPurge.Tests.Kit;
using Microsoft.EntityFrameworkCore;

namespace FloworxPurge.Tests.Guarantees;

/// <summary>An error of the server is one sentence with the table, the server's own hint, and what to do.</summary>
public sealed class PostgreSqlMessageTests
{
    private const string Quiet =
        "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$; "
            + "CREATE TRIGGER t AFTER DELETE ON b FOR EACH ROW EXECUTE FUNCTION f()";

    private const string DeadServer =
        "CREATE EXTENSION postgres_fdw; CREATE SERVER dead FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '127.0.0.1', port '1'); "
            + "CREATE USER MAPPING FOR PUBLIC SERVER dead OPTIONS (user 'x', password 'x'); "
            + "CREATE FOREIGN TABLE far (\"Id\" int) SERVER dead";

    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_hint_of_the_server_is_in_the_message()
    {
        await using RunScenario scenario = await RunScenario.CreateAsync(Engine.PostgreSql, "b->a");
        await scenario.Database.ExecuteAsync(
            "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'orders are\nclosed' USING HINT = 'Open the books first.'; END $$; "
                + "CREATE TRIGGER t BEFORE DELETE ON b FOR EACH ROW EXECUTE FUNCTION f()",
            CancellationToken);

        PurgeException exception = await scenario.FailAsync();

        Assert.EndsWith(
            "P0001: orders are closed (the server's hint: Open the books first), in step 1 (Delete of \"public\".\"b\").",
            exception.Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_foreign_table_whose_server_does_not_answer_is_named_before_anything_is_deleted()
    {
        await using RunScenario scenario = await RunScenario.CreateAsync(Engine.PostgreSql, "b->a");
        await scenario.Database.ExecuteAsync($"{DeadServer}; {Quiet}", CancellationToken);

        PurgeException exception = await scenario.FailAsync();

        Assert.Contains(
            "the rows of kept foreign table \"public\".\"far\" cannot be read, so whether triggers change them is not known: 08001: could "
                + "not connect to server \"dead\"",
            exception.Message,
            StringComparison.Ordinal);
        Assert.DoesNotContain('\n', exception.Message);
        Assert.Equal(6, await scenario.CountAllAsync());
    }

    [Fact]
    public async Task A_foreign_table_whose_server_does_not_answer_stops_nothing_where_no_trigger_reaches_it()
    {
        await using RunScenario scenario = await RunScenario.CreateAsync(Engine.PostgreSql, "b->a");
        await scenario.Database.ExecuteAsync(DeadServer, CancellationToken);

        Assert.Equal(PurgeVerdict.Complete, (await scenario.PurgeAsync()).Verdict);
    }

    [Fact]
    public async Task A_kept_table_in_a_schema_without_USAGE_stops_nothing_that_it_does_not_reference()
    {
        await using RunScenario scenario = await RunScenario.CreateAsync(Engine.PostgreSql, "b->a, c");
        string role = $"r_{Guid.NewGuid():N}";
        await scenario.Database.ExecuteAsync(
            $"{Quiet}; CREATE SCHEMA s; CREATE TABLE s.kept (n int REFERENCES a(\"Id\")); CREATE ROLE {role}; "
                + $"GRANT SELECT, DELETE ON a, b, c TO {role}; GRANT SELECT ON s.kept TO {role}",
            CancellationToken);
        await scenario.Context.Database.OpenConnectionAsync(CancellationToken);
        await scenario.ExecuteAsync($"SET ROLE {role}");

        PurgeReport report = await scenario.PurgeAsync();

        Assert.Equal((PurgeVerdict.CompleteWithSkips, 6), (report.Verdict, report.RowsDeleted));
        Assert.Contains(
            "it is referenced by rows that this role may not see of \"s\".\"kept\"",
            Assert.Single(report.Skips).Explanation,
            StringComparison.Ordinal);
        await scenario.Context.Database.CloseConnectionAsync();
        await scenario.Database.ExecuteAsync($"DROP OWNED BY {role}; DROP ROLE {role}", CancellationToken);
    }
}
