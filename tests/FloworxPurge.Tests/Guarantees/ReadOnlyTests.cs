using FloworxPurge.Execution;
using FloworxPurge.Reporting;
using FloworxPurge.Tests.Kit;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;
using Microsoft.Extensions.Logging;

namespace FloworxPurge.Tests.Guarantees;

/// <summary>A connection that cannot write can plan; a run says so before it writes, and what to do.</summary>
public sealed class ReadOnlyTests
{
    private static readonly GraphScenario Graph = GraphScenario.Parse("child->parent:cascade, a->b?, b->a?");

    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("SET default_transaction_read_only = on", false, false)]
    [InlineData("SET default_transaction_read_only = on", true, false)]
    [InlineData("SET default_transaction_read_only = on", false, true)]
    public async Task A_read_only_session_of_PostgreSQL_is_refused(string statement, bool bestEffort, bool joins)
    {
        await using PostgreSqlTestDatabase database = await PostgreSqlTestDatabase.CreateAsync(CancellationToken);
        await RefusedAsync(
            database,
            options => options.UseNpgsql(database.ConnectionString),
            statement,
            bestEffort,
            joins,
            "transaction_read_only is on",
            isPlanned: true);
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    public async Task A_read_only_connection_of_SQLite_is_refused(bool bestEffort, bool joins)
    {
        await using SqliteTestDatabase database = SqliteTestDatabase.Create();
        string readOnly = new SqliteConnectionStringBuilder(database.ConnectionString)
        {
            Mode = SqliteOpenMode.ReadOnly,
            Pooling = false,
        }.ConnectionString;
        await RefusedAsync(
            database,
            options => options.UseSqlite(readOnly),
            "SELECT 1",
            bestEffort,
            joins,
            "attempt to write a readonly database",
            isPlanned: false);
    }

    [Fact]
    public async Task A_connection_of_SQLite_that_may_only_query_is_refused()
    {
        await using SqliteTestDatabase database = SqliteTestDatabase.Create();
        await RefusedAsync(
            database,
            database.Configure,
            "PRAGMA query_only = ON",
            false,
            joins: false,
            "attempt to write a readonly database",
            isPlanned: true);
    }

    [Fact]
    public async Task A_transaction_of_SQLite_that_came_to_be_query_only_is_refused()
    {
        await using SqliteTestDatabase database = SqliteTestDatabase.Create();
        await Graph.CreateAsync(database, rows: 3, CancellationToken);
        await using ScenarioContext context = Graph.CreateContext(database);
        await using IDbContextTransaction transaction = await context.Database.BeginTransactionAsync(CancellationToken);
        await context.Database.ExecuteSqlRawAsync("PRAGMA query_only = ON", CancellationToken);

        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(() => context.PurgeAsync(cancellationToken: CancellationToken));

        Assert.Equal((PurgeVerdict.Refused, TransactionOutcome.NothingWritten), (exception.Report!.Verdict, exception.Report!.Transaction));
        Assert.Contains("PRAGMA query_only is on", exception.Message, StringComparison.Ordinal);
    }

    private static async Task RefusedAsync(
        TestDatabase database,
        Action<DbContextOptionsBuilder> configure,
        string statement,
        bool bestEffort,
        bool joins,
        string because,
        bool isPlanned)
    {
        await Graph.CreateAsync(database, rows: 3, CancellationToken);
        string before = await database.ChecksumAsync(CancellationToken);
        await using ScenarioContext context = Graph.CreateContext(database, configure);
        await context.Database.OpenConnectionAsync(CancellationToken);
        await context.Database.ExecuteSqlRawAsync(statement, CancellationToken);
        Purger purger = new(options => options.BestEffort = bestEffort);

        PurgePlan plan = await purger.PlanAsync(context, CancellationToken);
        await using IDbContextTransaction? transaction = joins ? await context.Database.BeginTransactionAsync(CancellationToken) : null;
        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(
            () => purger.ExecuteAsync(context, plan, cancellationToken: CancellationToken));

        Assert.Equal(4, plan.Tables.Count);
        Assert.Equal(
            isPlanned,
            plan.Notes.Any(note => note.Grade == LogLevel.Warning && note.Text.Contains("This connection is read-only", StringComparison.Ordinal)));
        Assert.Equal((PurgeVerdict.Refused, TransactionOutcome.NothingWritten), (exception.Report!.Verdict, exception.Report!.Transaction));
        Assert.Contains("the connection is read-only", exception.Message, StringComparison.Ordinal);
        Assert.Contains(because, exception.Message, StringComparison.Ordinal);
        Assert.Contains("Purge through a connection that may write", exception.Message, StringComparison.Ordinal);
        Assert.Equal(before, await database.ChecksumAsync(CancellationToken));
    }
}
