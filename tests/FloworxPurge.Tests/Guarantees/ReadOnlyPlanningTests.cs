using System.Data.Common;
using System.Transactions;
using FloworxPurge.Tests.Conformance;
using FloworxPurge.Tests.Faults;
using FloworxPurge.Tests.Kit;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;

namespace FloworxPurge.Tests.Guarantees;

/// <summary>Planning reads and cannot write, whatever the database runs when it is read; the session is as it was found.</summary>
public sealed class ReadOnlyPlanningTests
{
    // A policy is asked for each row that is read.
    private const string Policy = """
        CREATE TABLE kept (n int); INSERT INTO kept VALUES (1), (2), (3); CREATE TABLE switch (is_on boolean); INSERT INTO switch VALUES (true);
        CREATE FUNCTION may_see() RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN IF (SELECT is_on FROM public.switch) THEN DELETE FROM public.kept; END IF; RETURN true; END $$;
        ALTER TABLE child ENABLE ROW LEVEL SECURITY; CREATE POLICY p ON child USING (may_see());
        """;

    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("")]
    [InlineData("transaction")]
    [InlineData("BEGIN")]
    [InlineData("scope")]
    [InlineData("open before the scope")]
    public async Task A_policy_function_that_deletes_kept_rows_deletes_none_when_a_plan_is_made(string around)
    {
        await using PostgreSqlTestDatabase database = await CreateAsync();
        await using ScenarioContext context = await AsOtherAsync(database);
        using TransactionScope? scope = around == "scope" ? new TransactionScope(TransactionScopeAsyncFlowOption.Enabled) : null;
        if (around.Length > 0)
        {
            await context.Database.OpenConnectionAsync(CancellationToken);
        }

        using TransactionScope? later = around == "open before the scope"
            ? new TransactionScope(TransactionScopeAsyncFlowOption.Enabled)
            : null;
        await using IDbContextTransaction? transaction = around == "transaction"
            ? await context.Database.BeginTransactionAsync(CancellationToken)
            : null;
        if (around == "BEGIN")
        {
            await ExecuteAsync(context, "BEGIN");
        }

        bool isIn = around is "transaction" or "BEGIN" or "scope";
        if (isIn)
        {
            await ExecuteAsync(context, "INSERT INTO parent VALUES (50)");
        }

        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(() => new Purger().PlanAsync(context, CancellationToken));

        Assert.StartsWith($"Something in database \"{database.Name}\" at ", exception.Message, StringComparison.Ordinal);
        Assert.Contains("tried to write while tables were only read", exception.Message, StringComparison.Ordinal);
        Assert.Contains("25006", exception.InnerException!.Message, StringComparison.Ordinal);
        if (isIn)
        {
            // What the caller has written is there, and the transaction goes on.
            await ExecuteAsync(context, "INSERT INTO parent VALUES (51)");
            if (transaction is null)
            {
                scope?.Complete();
                scope?.Dispose();
                await (scope is null ? ExecuteAsync(context, "COMMIT") : Task.CompletedTask);
            }
            else
            {
                await transaction.CommitAsync(CancellationToken);
            }

            Assert.Equal(5, await database.CountAsync("parent", cancellationToken: CancellationToken));
        }

        using var outside = new TransactionScope(TransactionScopeOption.Suppress, TransactionScopeAsyncFlowOption.Enabled);
        Assert.Equal(3, await database.CountAsync("kept", cancellationToken: CancellationToken));
    }

    [Fact]
    public async Task It_deletes_none_when_a_resetter_is_made_or_what_stands_after_a_commit_is_looked_at()
    {
        await using PostgreSqlTestDatabase database = await CreateAsync();
        var hook = new FaultHook();
        await using ScenarioContext context = await AsOtherAsync(database, hook);

        PurgeException made = await Assert.ThrowsAsync<PurgeException>(
            () => DatabaseResetter.CreateAsync(context, options => options.Exclude("parent"), CancellationToken));
        await database.ExecuteAsync("UPDATE switch SET is_on = false", CancellationToken);
        PurgePlan plan = await new Purger().PlanAsync(context, CancellationToken);
        hook.Arm((_, point) =>
            point == "after commit" ? database.ExecuteAsync("INSERT INTO child VALUES (9, 1); UPDATE switch SET is_on = true", CancellationToken) : Task.CompletedTask);
        await Assert.ThrowsAsync<PurgeException>(
            () => new Purger(options => options.Exclude("parent")).ExecuteAsync(context, plan, cancellationToken: CancellationToken));

        Assert.Equal(3, await database.CountAsync("kept", cancellationToken: CancellationToken));
        Assert.DoesNotContain("after commit", made.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("transaction")]
    [InlineData("BEGIN")]
    [InlineData("scope")]
    [InlineData("open before the scope")]
    public async Task A_plan_is_the_same_wherever_it_is_made_and_the_session_can_write_after_it(string around)
    {
        await using PostgreSqlTestDatabase database = await TwoTables.CreateAsync(CancellationToken);
        await using ScenarioContext first = TwoTables.Graph.CreateContext(database);
        PurgePlan expected = await new Purger().PlanAsync(first, CancellationToken);
        await using ScenarioContext context = TwoTables.Graph.CreateContext(database);
        using TransactionScope? scope = around == "scope" ? new TransactionScope(TransactionScopeAsyncFlowOption.Enabled) : null;
        await context.Database.OpenConnectionAsync(CancellationToken);
        using TransactionScope? later = around == "open before the scope"
            ? new TransactionScope(TransactionScopeAsyncFlowOption.Enabled)
            : null;
        await using IDbContextTransaction? transaction = around == "transaction"
            ? await context.Database.BeginTransactionAsync(CancellationToken)
            : null;
        await ExecuteAsync(context, around == "BEGIN" ? "BEGIN" : "SELECT 1");

        PurgePlan plan = await new Purger().PlanAsync(context, CancellationToken);

        Assert.Equal((expected.Fingerprint, 6L), (plan.Fingerprint, plan.Tables.Sum(table => table.Rows)));
        Assert.Equal(expected.Notes.Select(note => note.Text), plan.Notes.Select(note => note.Text));
        await ExecuteAsync(context, "INSERT INTO parent VALUES (51)");
    }

    [Fact]
    public async Task The_locks_of_many_tables_are_not_held_together()
    {
        await using PostgreSqlTestDatabase database = await PostgreSqlTestDatabase.CreateAsync(CancellationToken);
        GraphScenario graph = GraphScenario.Parse(string.Join(", ", Enumerable.Range(1, 430).Select(i => $"t{i}")));
        await graph.CreateAsync(database, rows: 1, CancellationToken);
        var hook = new CommandHook();
        await using ScenarioContext context = graph.CreateContext(database, options => options.AddInterceptors(hook));
        long most = 0;
        hook.Before = async (command, _) =>
        {
            if (command.Connection is Npgsql.NpgsqlConnection { FullState: System.Data.ConnectionState.Open } connection)
            {
                most = Math.Max(
                    most,
                    await database.ScalarAsync<long>($"SELECT COUNT(*) FROM pg_locks WHERE pid = {connection.ProcessID} AND locktype = "
                        + $"'relation'", CancellationToken));
            }
        };

        PurgePlan plan = await new Purger().PlanAsync(context, CancellationToken);

        Assert.Equal(430, plan.Tables.Sum(table => table.Rows));
        Assert.InRange(most, 1, 500);
        Assert.Equal(3, hook.Texts.Count(text => text.EndsWith("SET TRANSACTION READ ONLY", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("MariaDB", false)]
    [InlineData("MariaDB", true)]
    [InlineData("PostgreSQL", false)]
    [InlineData("PostgreSQL", true)]
    public async Task What_writes_over_the_connection_while_a_plan_is_made_is_refused_and_the_session_can_write_after_it(
        string name,
        bool joins)
    {
        Engine engine = new[] { Engine.MariaDb, Engine.PostgreSql }.Single(engine => engine.Name == name);
        await using FaultScenario scenario = await FaultScenario.CreateAsync(engine);
        await scenario.Context.Database.OpenConnectionAsync(CancellationToken);
        await using IDbContextTransaction? transaction = joins
            ? await scenario.Context.Database.BeginTransactionAsync(CancellationToken)
            : null;
        string session = await SessionText.ReadAsync(scenario.Database, scenario.Context, CancellationToken);
        bool isTried = false;
        scenario.Hook.Arm(async (_, point) =>
        {
            if (!isTried
                && (point.Contains("pg_depend", StringComparison.Ordinal) || point.Contains("KEY_COLUMN_USAGE", StringComparison.Ordinal)))
            {
                isTried = true;
                await ExecuteAsync(scenario.Context, "DELETE FROM k");
            }
        });

        Exception? exception = await Record.ExceptionAsync(() => scenario.Purger().PlanAsync(scenario.Context, CancellationToken));

        scenario.Hook.Disarm();
        Assert.True(isTried);

        // A transaction of the caller's cannot be made read-only on MariaDB, where a SELECT of tables runs nothing that could write.
        if (name == "MariaDB" && joins)
        {
            Assert.Null(exception);
            return;
        }

        Assert.Contains("tried to write", Assert.IsType<PurgeException>(exception).Message, StringComparison.Ordinal);
        Assert.Equal(session, await SessionText.ReadAsync(scenario.Database, scenario.Context, CancellationToken));
        await ExecuteAsync(scenario.Context, "UPDATE k SET \"Id\" = \"Id\" + 100".Replace('"', name == "MariaDB" ? '`' : '"'));
        await (transaction?.CommitAsync(CancellationToken) ?? Task.CompletedTask);
        Assert.Equal(3, await scenario.CountAsync("k"));
    }

    [Theory]
    [InlineData("MariaDB")]
    [InlineData("SQLite")]
    [InlineData("PostgreSQL")]
    public async Task A_pooled_connection_that_is_closed_while_a_plan_is_made_can_write_when_it_is_opened_again(string name)
    {
        Engine engine = new[] { Engine.MariaDb, Engine.Sqlite, Engine.PostgreSql }.Single(engine => engine.Name == name);
        await using RunScenario scenario = await RunScenario.CreateAsync(engine, "a, b");
        scenario.Hook.Before = async (command, _) =>
        {
            if (command.CommandText.Contains("COUNT(*)", StringComparison.OrdinalIgnoreCase))
            {
                scenario.Hook.Before = null;
                await command.Connection!.CloseAsync();
            }
        };

        Exception? exception = await Record.ExceptionAsync(() => scenario.PlanAsync());

        Assert.IsType<PurgeException>(exception);
        await using ScenarioContext next = scenario.Graph.CreateContext(scenario.Database);
        for (int i = 0; i < 3; i++)
        {
            await next.Database.ExecuteSqlAsync($"INSERT INTO a VALUES ({70 + i})", CancellationToken);
        }

        Assert.Equal(6, await scenario.Database.CountAsync("a", cancellationToken: CancellationToken));
    }

    private static async Task<PostgreSqlTestDatabase> CreateAsync()
    {
        PostgreSqlTestDatabase database = await TwoTables.CreateAsync(CancellationToken);
        await database.ExecuteAsync(Policy, CancellationToken);
        return database;
    }

    private static async Task<ScenarioContext> AsOtherAsync(PostgreSqlTestDatabase database, FaultHook? hook = null)
    {
        (string role, string login) = await database.CreateLoginAsync(CancellationToken);
        await database.ExecuteAsync($"GRANT ALL ON child, parent TO {role}", CancellationToken);
        return TwoTables.Graph.CreateContext(database, options =>
        {
            options.UseNpgsql(login);
            if (hook is not null)
            {
                options.AddInterceptors(hook);
            }
        });
    }

    private static async Task ExecuteAsync(DbContext context, string sql)
    {
        await using DbCommand command = context.Database.GetDbConnection().CreateCommand();
        command.CommandText = sql;
        command.Transaction = context.Database.CurrentTransaction?.GetDbTransaction();
        await command.ExecuteNonQueryAsync(CancellationToken);
    }
}
