using System.Data;
using System.Data.Common;
using FloworxPurge.Extensibility;
using FloworxPurge.Reporting;
using FloworxPurge.Tests.Conformance;
using FloworxPurge.Tests.Kit;
using Microsoft.EntityFrameworkCore;

namespace FloworxPurge.Tests.Extensibility;

/// <summary>Row counts and scalar SQL as acceptance criteria, over the context's own connection.</summary>
public abstract class SqlCheckConformance(Engine engine) : ConformanceGroup(engine)
{
    [Fact]
    public async Task An_empty_table_has_0_rows()
        => Assert.Equal(new CheckReport
        {
            Outcome = Outcome.Passed,
            Expected = "0 rows in users",
            Actual = "0 rows",
        }, await RunAsync(new RowCountCheck("users"), rows: 0));

    [Fact]
    public async Task A_table_with_rows_fails_with_their_number()
        => Assert.Equal(new CheckReport
        {
            Outcome = Outcome.Failed,
            Expected = "0 rows in users",
            Actual = "3 rows",
        }, await RunAsync(new RowCountCheck("users")));

    [Fact]
    public async Task Any_number_of_rows_can_be_expected()
    {
        Assert.Equal(Outcome.Passed, (await RunAsync(new RowCountCheck("users", expected: 3))).Outcome);
        Assert.Equal(new CheckReport
        {
            Outcome = Outcome.Failed,
            Expected = "1 row in users",
            Actual = "3 rows",
        }, await RunAsync(new RowCountCheck("users", expected: 1)));
    }

    [Fact]
    public async Task A_table_that_does_not_exist_is_not_0_rows()
    {
        CheckReport result = await RunAsync(new RowCountCheck("clients"));

        Assert.Equal((Outcome.NotRun, "0 rows in clients"), (result.Outcome, result.Expected));
        Assert.Contains("clients", result.Actual, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_name_with_a_quote_and_a_dot_is_only_a_name()
    {
        await using TestDatabase database = await Engine.CreateDatabaseAsync();
        await database.ExecuteAsync("""CREATE TABLE "a.b""; DROP TABLE users; --" (id INTEGER); INSERT INTO "a.b""; DROP TABLE users; --" VALUES (1)""", CancellationToken);
        await using var context = new ScenarioContext(database, _ => { });

        CheckReport result = await new RowCountCheck(
            "\"a.b\"\"; DROP TABLE users; --\"",
            expected: 1).RunAsync(After.Purge(context), CancellationToken);

        Assert.Equal((Outcome.Passed, "1 row"), (result.Outcome, result.Actual));
    }

    [Fact]
    public async Task A_schema_is_part_of_the_name()
    {
        Assert.SkipWhen(Engine == Engine.MariaDb, $"{Engine} has no schemas.");
        Assert.Equal(
            Outcome.Passed,
            (await RunAsync(new RowCountCheck((Engine.HasSchemas ? Engine.DefaultSchema : "main") + ".users", expected: 3))).Outcome);
    }

    [Fact]
    public async Task A_schema_that_does_not_exist_is_not_left_out()
    {
        CheckReport result = await RunAsync(new RowCountCheck("elsewhere.users", expected: 3));

        Assert.Equal(Outcome.NotRun, result.Outcome);
        Assert.Contains("elsewhere", result.Actual, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_tables_of_an_entity_type_are_counted_together_and_each()
    {
        await using TestDatabase database = await Engine.CreateDatabaseAsync();
        await using var context = new ScenarioContext(database, Hierarchy);
        await context.CreateTablesAsync(CancellationToken);
        context.AddRange(new Account { Id = 1 }, new Staff { Id = 2 }, new Staff { Id = 3, IsGone = true });
        await context.SaveChangesAsync(CancellationToken);

        CheckReport result = await RowCountCheck.For<Account>(expected: 5).RunAsync(After.Purge(context), CancellationToken);
        CheckReport staff = await RowCountCheck.For<Staff>().RunAsync(After.Purge(context), CancellationToken);

        Assert.Equal(new CheckReport
        {
            Outcome = Outcome.Passed,
            Expected = "5 rows in accounts, staff",
            Actual = "5 rows (accounts 3, staff 2)",
        }, result);
        Assert.Equal(
            (Outcome.Failed, 2, 2),
            (staff.Outcome, context.Set<Account>().Count(), context.Set<Account>().IgnoreQueryFilters().Count() - 1));
    }

    [Fact]
    public async Task The_context_that_knows_the_entity_type_is_asked()
    {
        await using TestDatabase database = await Engine.CreateDatabaseAsync();
        await using var other = new ScenarioContext(database, _ => { });
        await using var context = new ScenarioContext(database, Hierarchy);
        await context.CreateTablesAsync(CancellationToken);

        CheckReport result = await RowCountCheck.For<Account>().RunAsync(After.Purge(other, context), CancellationToken);
        CheckReport unknown = await RowCountCheck.For<Account>().RunAsync(After.Purge(other), CancellationToken);

        Assert.Equal((Outcome.Passed, Outcome.NotRun), (result.Outcome, unknown.Outcome));
        Assert.Contains("no context's model stores", unknown.Actual, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("SELECT COUNT(*) FROM users", 3, Outcome.Passed, "3")]
    [InlineData("SELECT COUNT(*) FROM users", 3L, Outcome.Passed, "3")]
    [InlineData("SELECT COUNT(*) FROM users", 3.0, Outcome.Passed, "3")]
    [InlineData("SELECT COUNT(*) FROM users", "3", Outcome.Passed, "3")]
    [InlineData("SELECT COUNT(*) FROM users", 0, Outcome.Failed, "3")]
    [InlineData("SELECT SUM(weight) FROM users", 1.5, Outcome.Passed, null)]
    [InlineData("SELECT MAX(name) FROM users", "u3", Outcome.Passed, "u3")]
    [InlineData("SELECT MAX(name) FROM users", "U3", Outcome.Failed, "u3")]
    [InlineData("SELECT MAX(name) FROM users WHERE id > 9", null, Outcome.Passed, "NULL")]
    [InlineData("SELECT MAX(name) FROM users WHERE id > 9", "", Outcome.Failed, "NULL")]
    [InlineData("SELECT MAX(name) FROM users", null, Outcome.Failed, "u3")]
    [InlineData("SELECT 'NULL'", null, Outcome.Failed, "the text NULL")]
    [InlineData("SELECT name FROM users WHERE id > 9", null, Outcome.Failed, "no row")]
    [InlineData("SELECT '{0} {not a format}'", "{0} {not a format}", Outcome.Passed, "{0} {not a format}")]
    [InlineData("SELECT CASE WHEN COUNT(*) = 3 THEN TRUE ELSE FALSE END FROM users", true, Outcome.Passed, null)]
    public async Task A_scalar_is_compared_by_value(string sql, object? expected, Outcome outcome, string? actual)
    {
        // T-SQL has no word for a truth value.
        string query = Engine == Engine.SqlServer
            ? sql.Replace("TRUE", "CAST(1 AS bit)", StringComparison.Ordinal).Replace("FALSE", "CAST(0 AS bit)", StringComparison.Ordinal)
            : sql;

        CheckReport result = await RunAsync(new ScalarSqlCheck(query, expected));

        Assert.Equal((outcome, actual ?? result.Actual), (result.Outcome, result.Actual));
    }

    [Fact]
    public async Task A_query_that_fails_was_not_run()
    {
        CheckReport result = await RunAsync(new ScalarSqlCheck("SELECT COUNT(*) FROM clients", 0));

        Assert.Equal((Outcome.NotRun, "0"), (result.Outcome, result.Expected));
        Assert.Contains("clients", result.Actual, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_long_value_is_shortened()
    {
        CheckReport result = await RunAsync(new ScalarSqlCheck($"SELECT '{new string('x', 5000)}'", "y"));

        Assert.Equal((Outcome.Failed, new string('x', 200) + "... (5000 characters)"), (result.Outcome, result.Actual));
    }

    [Fact]
    public async Task A_closed_connection_is_closed_again_and_an_open_one_stays_open()
    {
        await using TestDatabase database = await UsersAsync(rows: 1);
        await using var context = new ScenarioContext(database, _ => { });
        DbConnection connection = context.Database.GetDbConnection();

        await new ScalarSqlCheck("SELECT 1", 1).RunAsync(After.Purge(context), CancellationToken);
        await new RowCountCheck("clients").RunAsync(After.Purge(context), CancellationToken);
        Assert.Equal(ConnectionState.Closed, connection.State);

        await context.Database.OpenConnectionAsync(CancellationToken);
        await new ScalarSqlCheck("SELECT 1", 1).RunAsync(After.Purge(context), CancellationToken);
        await new RowCountCheck("clients").RunAsync(After.Purge(context), CancellationToken);
        Assert.Equal(ConnectionState.Open, connection.State);
    }

    [Fact]
    public async Task A_transaction_of_the_context_is_worked_in()
    {
        await using TestDatabase database = await UsersAsync(rows: 0);
        await using var context = new ScenarioContext(database, _ => { });
        await using var transaction = await context.Database.BeginTransactionAsync(CancellationToken);
        await context.Database.ExecuteSqlRawAsync("INSERT INTO users VALUES (7, 'u7', 0.5)", CancellationToken);

        CheckReport result = await new RowCountCheck("users", expected: 1).RunAsync(After.Purge(context), CancellationToken);

        Assert.Equal(Outcome.Passed, result.Outcome);
    }

    [Fact]
    public async Task A_database_that_cannot_be_reached_was_not_checked()
    {
        TestDatabase database = await Engine.CreateDatabaseAsync();
        await using var context = new ScenarioContext(database, _ => { });
        await database.DisposeAsync();

        CheckReport result = await new ScalarSqlCheck("SELECT 0", 0).RunAsync(After.Purge(context), CancellationToken);

        Assert.Equal(Outcome.NotRun, result.Outcome);
        Assert.NotEmpty(result.Actual);
    }

    private static void Hierarchy(ModelBuilder model)
    {
        model.Entity<Account>().ToTable("accounts").HasQueryFilter(account => !account.IsGone);
        model.Entity<Account>().Property(account => account.Id).ValueGeneratedNever();
        model.Entity<Staff>().ToTable("staff");
    }

    private async Task<CheckReport> RunAsync(IPurgeCheck check, int rows = 3)
    {
        await using TestDatabase database = await UsersAsync(rows);
        await using var context = new ScenarioContext(database, _ => { });
        return await check.RunAsync(After.Purge(context), CancellationToken);
    }

    private async Task<TestDatabase> UsersAsync(int rows)
    {
        TestDatabase database = await Engine.CreateDatabaseAsync();
        await database.ExecuteAsync("CREATE TABLE users (id INTEGER, name TEXT, weight NUMERIC(5, 2))", CancellationToken);
        for (int i = 1; i <= rows; i++)
        {
            await database.ExecuteAsync($"INSERT INTO users VALUES ({i}, 'u{i}', 0.5)", CancellationToken);
        }

        return database;
    }

    private class Account
    {
        public int Id { get; init; }

        public bool IsGone { get; init; }
    }

    private sealed class Staff : Account;
}

public sealed class SqliteSqlCheckConformance() : SqlCheckConformance(Engine.Sqlite);

public sealed class PostgreSqlSqlCheckConformance() : SqlCheckConformance(Engine.PostgreSql);

public sealed class AnsiSqlCheckConformance() : SqlCheckConformance(Engine.Ansi);

public sealed class MariaDbSqlCheckConformance() : SqlCheckConformance(Engine.MariaDb);
