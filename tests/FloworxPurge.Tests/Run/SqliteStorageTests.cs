using System.Data;
using FloworxPurge.Execution;
using FloworxPurge.Reporting;
using FloworxPurge.Tests.Conformance;
using FloworxPurge.Tests.Kit;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.EntityFrameworkCore.Storage;

namespace FloworxPurge.Tests.Run;

/// <summary>A SQLite database is a file, a name in memory that connections share, or one open connection.</summary>
public sealed class SqliteStorageTests
{
    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_database_in_memory_lives_through_its_purge()
    {
        await using var connection = new SqliteConnection("Data Source=:memory:");
        await connection.OpenAsync(CancellationToken);
        await using Notes context = new(options => options.UseSqlite(connection));
        await context.FillAsync();

        PurgeReport report = await context.PurgeAsync(cancellationToken: CancellationToken);

        Assert.Equal((PurgeVerdict.Complete, 2, ":memory:"), (report.Verdict, report.RowsDeleted, report.Database?.Database));
        Assert.Equal(ConnectionState.Open, connection.State);
        Assert.Equal(0, await context.Set<Note>().CountAsync(CancellationToken));
    }

    [Fact]
    public async Task A_database_in_memory_that_connections_share_is_purged_for_all_of_them()
    {
        await using var database = SqliteTestDatabase.CreateInMemory();
        await using Notes context = new(database.Configure);
        await context.FillAsync();

        PurgeReport report = await context.PurgeAsync(cancellationToken: CancellationToken);

        Assert.Equal((PurgeVerdict.Complete, 2), (report.Verdict, report.RowsDeleted));
        Assert.Equal(0, await database.CountAsync("Note", cancellationToken: CancellationToken));
    }

    [Fact]
    public async Task A_database_in_a_file_is_called_by_the_files_name()
    {
        await using var database = SqliteTestDatabase.Create();
        await using Notes context = new(database.Configure);
        await context.FillAsync();

        PurgeReport report = await context.PurgeAsync(cancellationToken: CancellationToken);

        Assert.Equal((PurgeVerdict.Complete, 2, "test.db"), (report.Verdict, report.RowsDeleted, report.Database?.Database));
        Assert.Equal(database.FileName, report.Database?.Server);
        Assert.Equal(ConnectionState.Closed, context.Database.GetDbConnection().State);
    }

    [Fact]
    public async Task A_file_that_is_not_there_is_not_created()
    {
        await using var database = SqliteTestDatabase.Create();
        string file = database.FileName + ".missing";
        await using Notes context = new(options => options.UseSqlite($"Data Source={file}"));

        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(() => context.PurgeAsync(cancellationToken: CancellationToken));

        Assert.Contains("does not exist", exception.Message, StringComparison.Ordinal);
        Assert.Null(exception.Report);
        Assert.False(File.Exists(file));
    }

    [Fact]
    public async Task A_trigger_that_rolls_the_transaction_back_fails_the_run_and_changes_nothing()
    {
        await using RunScenario scenario = await RunScenario.CreateAsync(Engine.Sqlite);
        await scenario.Database.ExecuteAsync(
            "CREATE TRIGGER stop BEFORE DELETE ON c BEGIN SELECT RAISE(ROLLBACK, 'all of it'); END",
            CancellationToken);
        string rows = await scenario.ChecksumAsync();

        foreach (bool bestEffort in (bool[])[false, true])
        {
            PurgeException exception = await scenario.FailAsync(options => options.BestEffort = bestEffort);

            Assert.Equal(
                (PurgeVerdict.Failed, 0, TransactionOutcome.RolledBack),
                (exception.Report!.Verdict, exception.Report!.RowsDeleted, exception.Report!.Transaction));
            Assert.Contains("all of it", exception.Message, StringComparison.Ordinal);
            Assert.Equal(rows, await scenario.ChecksumAsync());
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_trigger_that_rolls_back_the_callers_transaction_is_said_to_have_done_that(bool bestEffort)
    {
        await using RunScenario scenario = await RunScenario.CreateAsync(Engine.Sqlite);
        await scenario.Database.ExecuteAsync(
            "CREATE TRIGGER stop BEFORE DELETE ON c BEGIN SELECT RAISE(ROLLBACK, 'all of it'); END",
            CancellationToken);
        string rows = await scenario.ChecksumAsync();

        await using (IDbContextTransaction transaction = await scenario.Context.Database.BeginTransactionAsync(CancellationToken))
        {
            await scenario.ExecuteAsync("INSERT INTO c (\"Id\") VALUES (77)");

            PurgeException exception = await scenario.FailAsync(options => options.BestEffort = bestEffort);

            Assert.Equal(
                (PurgeVerdict.Failed, TransactionOutcome.RolledBackWithCaller),
                (exception.Report!.Verdict, exception.Report!.Transaction));
            Assert.Contains(
                "was rolled back together with the caller's whole transaction: SQLite Error 19: 'all of it'",
                exception.Message,
                StringComparison.Ordinal);
            Assert.Contains(
                exception.Report!.Notes,
                note => note.Text.Contains("what the caller wrote there before is rolled back, too", StringComparison.Ordinal));
        }

        Assert.Equal(rows, await scenario.ChecksumAsync());
    }

    [Fact]
    public async Task A_transaction_scope_which_SQLite_cannot_join_is_refused()
    {
        await using RunScenario scenario = await RunScenario.CreateAsync(Engine.Sqlite);
        PurgePlan plan = await scenario.PlanAsync();
        using (new System.Transactions.TransactionScope(System.Transactions.TransactionScopeAsyncFlowOption.Enabled))
        {
            PurgeException exception = await Assert.ThrowsAsync<PurgeException>(
                () => Engine.Sqlite.Purger().ExecuteAsync(scenario.Context, plan, cancellationToken: CancellationToken));

            Assert.Contains("ambient transaction", exception.Message, StringComparison.Ordinal);
        }

        Assert.Equal(15, await scenario.CountAllAsync());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_transaction_scope_is_refused_also_where_EFs_warning_of_it_is_off(bool bestEffort)
    {
        await using RunScenario scenario = await RunScenario.CreateAsync(
            Engine.Sqlite,
            configure: (_, options) => options.ConfigureWarnings(warnings => warnings.Ignore(RelationalEventId.AmbientTransactionWarning)));
        await scenario.Database.RaiseOnDeleteAsync("c", "not this one", CancellationToken);
        string rows = await scenario.ChecksumAsync();
        using (new System.Transactions.TransactionScope(System.Transactions.TransactionScopeAsyncFlowOption.Enabled))
        {
            PurgeException exception = await scenario.FailAsync(options => options.BestEffort = bestEffort);

            Assert.Equal(PurgeVerdict.Refused, exception.Report?.Verdict);
            Assert.Contains("does not take part in", exception.Message, StringComparison.Ordinal);
        }

        Assert.Equal(rows, await scenario.ChecksumAsync());
    }

    private sealed class Notes(Action<DbContextOptionsBuilder> configure) : DbContext
    {
        public async Task FillAsync()
        {
            await Database.EnsureCreatedAsync(CancellationToken);
            AddRange(new Note { Text = "one" }, new Note { Text = "two" });
            await SaveChangesAsync(CancellationToken);
        }

        protected override void OnConfiguring(DbContextOptionsBuilder optionsBuilder) => configure(optionsBuilder.AllowManyProviders());

        protected override void OnModelCreating(ModelBuilder modelBuilder) => modelBuilder.Entity<Note>();
    }

    private sealed class Note
    {
        public int Id { get; set; }

        public string Text { get; set; } = "";
    }
}
