using System.Data.Common;
using System.Transactions;
using FloworxPurge.Schema;
using FloworxPurge.Tests.Conformance;
using FloworxPurge.Tests.Kit;
using Microsoft.EntityFrameworkCore;

namespace FloworxPurge.Tests.Resetting;

/// <summary>A reset finds the tables that hold rows, empties them, and leaves everything else alone.</summary>
public abstract class ResetConformance(Engine engine) : ConformanceGroup(engine)
{
    private static readonly GraphScenario Graph = GraphScenario.Parse("d->c->b->a, e->e?, f->g?, g->f?, h");

    [Fact]
    public async Task Tables_that_hold_rows_are_emptied_and_named_dependents_first()
    {
        await using TestDatabase database = await Engine.CreateDatabaseAsync();
        await Graph.CreateAsync(database, cancellationToken: CancellationToken);
        await using DatabaseResetter resetter = await CreateAsync(database);

        LeakReport report = await resetter.ResetAsync(CancellationToken);

        Assert.Equal(8 * 3, report.Rows);
        Assert.Equal(
            ["a", "b", "c", "d", "e", "f", "g", "h"],
            report.Tables.Select(table => table.Table.Name).Order(StringComparer.Ordinal));
        Assert.All(report.Tables, table => Assert.Equal(3, table.RowsBefore));
        Assert.Equal(
            ["d", "c", "b", "a"],
            report.Tables.Select(table => table.Table.Name).Where(name => "abcd".Contains(name, StringComparison.Ordinal)));
        await AssertEmptyAsync(database, [.. Graph.Tables]);
    }

    [Fact]
    public async Task A_clean_database_is_reported_as_clean_and_stays_so()
    {
        await using TestDatabase database = await Engine.CreateDatabaseAsync();
        await Graph.CreateAsync(database, rows: 0, CancellationToken);
        await using DatabaseResetter resetter = await CreateAsync(database);

        for (int i = 0; i < 3; i++)
        {
            LeakReport report = await resetter.ResetAsync(CancellationToken);
            Assert.True(report.IsClean, report.ToString());
            Assert.Equal("clean", report.ToString());
        }
    }

    [Fact]
    public async Task Only_what_was_written_since_is_reported_time_after_time()
    {
        await using TestDatabase database = await Engine.CreateDatabaseAsync();
        await Graph.CreateAsync(database, cancellationToken: CancellationToken);
        await using DatabaseResetter resetter = await CreateAsync(database);
        string key = Graph.Edges.Single(edge => edge.Dependent == "b").Column;
        await resetter.ResetAsync(CancellationToken);

        for (int i = 1; i <= 12; i++)
        {
            await database.ExecuteAsync(
                $"INSERT INTO a (\"Id\") VALUES ({i}); INSERT INTO b (\"Id\", \"{key}\") VALUES ({i}, {i})",
                CancellationToken);
            LeakReport report = await resetter.ResetAsync(CancellationToken);
            Assert.Equal(["b", "a"], report.Tables.Select(table => table.Table.Name));
            Assert.Equal($"2 rows: {Name("b").ToQuotedString()} 1, {Name("a").ToQuotedString()} 1", report.ToString());
            await AssertEmptyAsync(database, "a", "b");
            Assert.True((await resetter.ResetAsync(CancellationToken)).IsClean);
        }
    }

    [Fact]
    public async Task Excluded_tables_keep_their_rows()
    {
        await using TestDatabase database = await Engine.CreateDatabaseAsync();
        await Graph.CreateAsync(database, cancellationToken: CancellationToken);
        await using DatabaseResetter resetter = await CreateAsync(database, options => options.Exclude("a").Exclude("h"));

        LeakReport report = await resetter.ResetAsync(CancellationToken);

        Assert.DoesNotContain(report.Tables, table => table.Table.Name is "a" or "h");
        Assert.Equal(3, await database.CountAsync("a", cancellationToken: CancellationToken));
        Assert.Equal(3, await database.CountAsync("h", cancellationToken: CancellationToken));
        await AssertEmptyAsync(database, "b", "c", "d");
    }

    [Theory]
    [InlineData("kept->emptied?")]
    [InlineData("kept->emptied?:cascade")]
    [InlineData("kept->emptied?:setnull")]
    [InlineData("kept->emptied?:restrict")]
    public async Task A_kept_row_that_points_at_a_table_stops_the_reset_before_anything_is_written(string notation)
    {
        await using TestDatabase database = await Engine.CreateDatabaseAsync();
        GraphScenario graph = GraphScenario.Parse(notation);
        await graph.CreateAsync(database, rows: 0, CancellationToken);
        await using ScenarioContext context = graph.CreateContext(database);
        await using DatabaseResetter resetter = await Engine.ResetterAsync(context, options => options.Exclude("kept"));
        await resetter.ResetAsync(CancellationToken);
        await graph.FillAsync(database, cancellationToken: CancellationToken);
        string before = await database.ChecksumAsync(CancellationToken);

        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(() => resetter.ResetAsync(CancellationToken));

        Assert.Contains(
            $"{Name("emptied").ToQuotedString()} cannot be reset: rows of {Name("kept").ToQuotedString()}, which is kept, reference it",
            exception.Message,
            StringComparison.Ordinal);
        Assert.Equal(before, await database.ChecksumAsync(CancellationToken));

        await database.ExecuteAsync("DELETE FROM kept", CancellationToken);
        Assert.Equal(3, (await resetter.ResetAsync(CancellationToken)).Rows);
    }

    [Fact]
    public async Task A_table_that_differs_from_the_model_is_an_error_that_names_it_and_can_be_allowed()
    {
        await using TestDatabase database = await Engine.CreateDatabaseAsync();
        await Graph.CreateAsync(database, cancellationToken: CancellationToken);
        await database.ExecuteAsync("DROP TABLE h", CancellationToken);

        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(() => CreateAsync(database));
        await using DatabaseResetter resetter = await CreateAsync(database, options => options.ThrowOnSkips = false);

        Assert.Contains("\"h\" does not exist", exception.Message, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("ThrowOnSkips", exception.Message, StringComparison.Ordinal);
        Assert.Equal(7 * 3, (await resetter.ResetAsync(CancellationToken)).Rows);
    }

    [Fact]
    public async Task A_database_without_any_table_of_the_model_is_one_sentence()
    {
        await using TestDatabase database = await Engine.CreateDatabaseAsync();
        await database.ExecuteAsync("CREATE TABLE unmapped (id int)", CancellationToken);

        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(() => CreateAsync(database));

        Assert.StartsWith("No table of the model (", exception.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("\n", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_change_of_the_schema_is_noticed_and_planned_anew()
    {
        await using TestDatabase database = await Engine.CreateDatabaseAsync();
        await Graph.CreateAsync(database, cancellationToken: CancellationToken);
        await using DatabaseResetter resetter = await CreateAsync(database);
        await resetter.ResetAsync(CancellationToken);

        await database.ExecuteAsync(
            "CREATE TABLE unmapped (id INT PRIMARY KEY, a INT, FOREIGN KEY (a) REFERENCES a (\"Id\") ON DELETE CASCADE)",
            CancellationToken);
        await database.ExecuteAsync("INSERT INTO a (\"Id\") VALUES (1)", CancellationToken);
        await database.ExecuteAsync("INSERT INTO unmapped VALUES (1, 1)", CancellationToken);
        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(() => resetter.ResetAsync(CancellationToken));
        Assert.Contains(Name("unmapped").ToQuotedString(), exception.Message, StringComparison.Ordinal);
        Assert.Equal(1, await database.CountAsync("unmapped", cancellationToken: CancellationToken));

        await database.ExecuteAsync("DROP TABLE unmapped", CancellationToken);
        Assert.Equal(1, (await resetter.ResetAsync(CancellationToken)).Rows);
    }

    [Fact]
    public async Task A_table_that_was_dropped_and_created_again_is_emptied_like_before()
    {
        await using TestDatabase database = await Engine.CreateDatabaseAsync();
        await Graph.CreateAsync(database, cancellationToken: CancellationToken);
        await using DatabaseResetter resetter = await CreateAsync(database);
        await resetter.ResetAsync(CancellationToken);

        await database.ExecuteAsync("DROP TABLE h", CancellationToken);
        await database.ExecuteAsync("CREATE TABLE h (\"Id\" INTEGER NOT NULL PRIMARY KEY)", CancellationToken);
        await database.ExecuteAsync("INSERT INTO h VALUES (1)", CancellationToken);

        Assert.Equal(1, (await resetter.ResetAsync(CancellationToken)).Rows);
        await AssertEmptyAsync(database, "h");
    }

    [Fact]
    public async Task Calls_at_the_same_time_wait_for_each_other()
    {
        await using TestDatabase database = await Engine.CreateDatabaseAsync();
        await Graph.CreateAsync(database, cancellationToken: CancellationToken);
        await using DatabaseResetter one = await CreateAsync(database);

        // On an engine without an exclusive purge lock, only the deletes of two resetters exclude each other: both may have read the rows.
        await using DatabaseResetter other = Engine.HasDialect ? await CreateAsync(database) : one;

        LeakReport[] reports = await Task.WhenAll(
            Enumerable.Range(0, 20).Select(i => Task.Run(() => (i % 2 == 0 ? one : other).ResetAsync(CancellationToken))));

        Assert.Equal(24, reports.Sum(report => report.Rows));
        await AssertEmptyAsync(database, [.. Graph.Tables]);
    }

    [Fact]
    public async Task A_context_is_reset_over_its_own_connection_and_forgets_what_it_tracked()
    {
        await using TestDatabase database = await Engine.CreateDatabaseAsync();
        await Graph.CreateAsync(database, cancellationToken: CancellationToken);
        await using ScenarioContext context = Graph.CreateContext(database);
        await using DatabaseResetter resetter = await Engine.ResetterAsync(context);
        context.Set<Dictionary<string, object>>("h").Add(new Dictionary<string, object> { ["Id"] = 7 });

        LeakReport report = await resetter.ResetAsync(context, CancellationToken);

        Assert.Equal(24, report.Rows);
        Assert.Empty(context.ChangeTracker.Entries());
        Assert.Equal(System.Data.ConnectionState.Closed, context.Database.GetDbConnection().State);
        await AssertEmptyAsync(database, [.. Graph.Tables]);
        Assert.True((await resetter.ResetAsync(context, CancellationToken)).IsClean);
    }

    [Fact]
    public async Task A_context_in_a_transaction_is_refused()
    {
        await using TestDatabase database = await Engine.CreateDatabaseAsync();
        await Graph.CreateAsync(database, cancellationToken: CancellationToken);
        await using ScenarioContext context = Graph.CreateContext(database);
        await using DatabaseResetter resetter = await Engine.ResetterAsync(context);
        await using (await context.Database.BeginTransactionAsync(CancellationToken))
        {
            PurgeException exception = await Assert.ThrowsAsync<PurgeException>(() => resetter.ResetAsync(context, CancellationToken));
            Assert.Contains("End the transaction first", exception.Message, StringComparison.Ordinal);
        }

        Assert.Equal(24, (await resetter.ResetAsync(context, CancellationToken)).Rows);
    }

    [Fact]
    public async Task A_context_inside_of_a_transaction_scope_is_refused()
    {
        await using TestDatabase database = await Engine.CreateDatabaseAsync();
        await Graph.CreateAsync(database, cancellationToken: CancellationToken);
        await using ScenarioContext context = Graph.CreateContext(database);
        await using DatabaseResetter resetter = await Engine.ResetterAsync(context);
        using (new TransactionScope(TransactionScopeAsyncFlowOption.Enabled))
        {
            PurgeException exception = await Assert.ThrowsAsync<PurgeException>(() => resetter.ResetAsync(context, CancellationToken));
            Assert.Contains("End the scope first", exception.Message, StringComparison.Ordinal);
        }

        Assert.Equal(24, (await resetter.ResetAsync(context, CancellationToken)).Rows);
    }

    [Fact]
    public async Task A_given_connection_is_left_open_or_closed_as_it_was()
    {
        await using TestDatabase database = await Engine.CreateDatabaseAsync();
        await Graph.CreateAsync(database, cancellationToken: CancellationToken);
        await using DatabaseResetter resetter = await CreateAsync(database);
        await using DbConnection closed = database.CreateConnection();
        await using DbConnection open = await database.OpenConnectionAsync(CancellationToken);

        Assert.Equal(24, (await resetter.ResetAsync(closed, CancellationToken)).Rows);
        Assert.Equal(System.Data.ConnectionState.Closed, closed.State);
        await Graph.FillAsync(database, cancellationToken: CancellationToken);
        Assert.Equal(24, (await resetter.ResetAsync(open, CancellationToken)).Rows);
        Assert.Equal(System.Data.ConnectionState.Open, open.State);
    }

    [Fact]
    public async Task A_connection_to_another_database_is_refused()
    {
        await using TestDatabase database = await Engine.CreateDatabaseAsync();
        await Graph.CreateAsync(database, cancellationToken: CancellationToken);
        await using TestDatabase other = await Engine.CreateDatabaseAsync();
        await Graph.CreateAsync(other, cancellationToken: CancellationToken);
        await using DatabaseResetter resetter = await CreateAsync(database);
        await using DbConnection connection = other.CreateConnection();

        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(() => resetter.ResetAsync(connection, CancellationToken));

        Assert.Contains("this resetter was made for another one", exception.Message, StringComparison.Ordinal);
        Assert.Equal(3, await other.CountAsync("a", cancellationToken: CancellationToken));
    }

    [Fact]
    public async Task A_connection_string_can_be_asked_for_each_time_a_connection_is_opened()
    {
        await using TestDatabase database = await Engine.CreateDatabaseAsync();
        await Graph.CreateAsync(database, cancellationToken: CancellationToken);
        int asked = 0;
        await using DatabaseResetter resetter = await CreateAsync(database, options => options.ConnectionString = _ =>
        {
            asked++;
            return ValueTask.FromResult(database.ConnectionString);
        });

        Assert.Equal(24, (await resetter.ResetAsync(CancellationToken)).Rows);
        await resetter.ResetAsync(CancellationToken);

        Assert.Equal(1, asked);
    }

    [Fact]
    public async Task Several_contexts_on_one_database_are_reset_together()
    {
        await using TestDatabase database = await Engine.CreateDatabaseAsync();
        GraphScenario one = GraphScenario.Parse("b->a");
        GraphScenario two = GraphScenario.Parse("d->c");
        await one.CreateAsync(database, cancellationToken: CancellationToken);
        await two.CreateAsync(database, cancellationToken: CancellationToken);
        await using ScenarioContext first = one.CreateContext(database);
        await using ScenarioContext second = two.CreateContext(database);
        await using DatabaseResetter resetter = await DatabaseResetter.CreateAsync(
            [first, second],
            options => options.AllowDatabase("main"),
            CancellationToken);

        Assert.Equal(12, (await resetter.ResetAsync(CancellationToken)).Rows);
    }

    [Fact]
    public async Task A_cancelled_reset_changes_nothing_and_the_next_one_works()
    {
        await using TestDatabase database = await Engine.CreateDatabaseAsync();
        await Graph.CreateAsync(database, cancellationToken: CancellationToken);
        await using DatabaseResetter resetter = await CreateAsync(database);
        string before = await database.ChecksumAsync(CancellationToken);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => resetter.ResetAsync(new CancellationToken(canceled: true)));

        Assert.Equal(before, await database.ChecksumAsync(CancellationToken));
        Assert.Equal(24, (await resetter.ResetAsync(CancellationToken)).Rows);
    }

    [Fact]
    public async Task A_disposed_resetter_says_so()
    {
        await using TestDatabase database = await Engine.CreateDatabaseAsync();
        await Graph.CreateAsync(database, cancellationToken: CancellationToken);
        DatabaseResetter resetter = await CreateAsync(database);
        await resetter.ResetAsync(CancellationToken);
        await resetter.DisposeAsync();
        await resetter.DisposeAsync();

        await Assert.ThrowsAsync<ObjectDisposedException>(() => resetter.ResetAsync(CancellationToken));
    }

    private async Task<DatabaseResetter> CreateAsync(TestDatabase database, Action<ResetOptions>? configure = null)
    {
        await using ScenarioContext context = Graph.CreateContext(database);
        return await Engine.ResetterAsync(context, configure);
    }
}

public sealed class SqliteResetConformance() : ResetConformance(Engine.Sqlite);

public sealed class PostgreSqlResetConformance() : ResetConformance(Engine.PostgreSql);

public sealed class AnsiResetConformance() : ResetConformance(Engine.Ansi);

public sealed class MariaDbResetConformance() : ResetConformance(Engine.MariaDb);
