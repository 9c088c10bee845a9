using System.Data.Common;
using FloworxPurge.Reporting;
using FloworxPurge.Tests.Kit;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;

namespace FloworxPurge.Tests.Guarantees;

/// <summary>A purge that cannot have what it waits for ends with a message that says so, and changes nothing.</summary>
public sealed class WaitingTests
{
    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Fact]
    public async Task On_SQLite_a_writer_of_another_connection_ends_the_run_after_the_default_timeout()
    {
        await using SqliteTestDatabase database = SqliteTestDatabase.Create();
        await TwoTables.Graph.CreateAsync(database, rows: 3, CancellationToken);
        string before = await database.ChecksumAsync(CancellationToken);
        await using ScenarioContext context = Impatient(database);
        PurgePlan plan = await new Purger().PlanAsync(context, CancellationToken);
        PurgeException exception;
        await using (DbConnection other = await database.OpenConnectionAsync(CancellationToken))
        await using (DbTransaction transaction = await other.BeginTransactionAsync(CancellationToken))
        {
            exception = await Assert.ThrowsAsync<PurgeException>(
                () => new Purger().ExecuteAsync(context, plan, cancellationToken: CancellationToken));
            await transaction.RollbackAsync(CancellationToken);
        }

        AssertLocked(exception);
        Assert.Equal(before, await database.ChecksumAsync(CancellationToken));
        Assert.Equal(PurgeVerdict.Complete, (await new Purger().ExecuteAsync(context, plan, cancellationToken: CancellationToken)).Verdict);
    }

    [Fact]
    public async Task On_SQLite_a_second_purge_at_once_ends_and_the_first_goes_on()
    {
        await using SqliteTestDatabase database = SqliteTestDatabase.Create();
        await TwoTables.Graph.CreateAsync(database, rows: 3, CancellationToken);
        await using ScenarioContext first = TwoTables.Graph.CreateContext(database);
        await using ScenarioContext second = Impatient(database);
        Purger purger = new();
        PurgePlan plan = await purger.PlanAsync(first, CancellationToken);
        PurgeException? exception = null;
        var progress = new ProgressLog((step, _) =>
        {
            if (step is { Phase: PurgePhase.Deleting, Step: 1 })
            {
                exception = Assert.Throws<PurgeException>(
                    () => purger.ExecuteAsync(second, plan, cancellationToken: CancellationToken).GetAwaiter().GetResult());
            }
        });

        PurgeReport report = await purger.ExecuteAsync([first], plan, progress, CancellationToken);

        Assert.Equal(PurgeVerdict.Complete, report.Verdict);
        AssertLocked(exception!);
    }

    [Fact]
    public async Task On_SQLite_a_file_that_is_open_for_reading_only_is_left_as_it_is()
    {
        await using SqliteTestDatabase database = SqliteTestDatabase.Create();
        await TwoTables.Graph.CreateAsync(database, rows: 3, CancellationToken);
        string before = await database.ChecksumAsync(CancellationToken);
        var readOnly = new SqliteConnectionStringBuilder(database.ConnectionString) { Mode = SqliteOpenMode.ReadOnly, Pooling = false };
        await using ScenarioContext context = TwoTables.Graph.CreateContext(
            database,
            options => options.UseSqlite(readOnly.ConnectionString));

        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(() => context.PurgeAsync(cancellationToken: CancellationToken));

        Assert.Contains(exception.Report!.Verdict, (PurgeVerdict[])[PurgeVerdict.Failed, PurgeVerdict.Refused]);
        Assert.Contains("readonly database", exception.Message, StringComparison.Ordinal);
        Assert.Equal(before, await database.ChecksumAsync(CancellationToken));
    }

    [Theory]
    [InlineData("LOCK TABLE parent IN ACCESS SHARE MODE; SELECT * FROM parent FOR UPDATE", null)]
    [InlineData(
        "SELECT 1",
        "CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(20); RETURN OLD; END $$; CREATE TRIGGER "
            + "slow BEFORE DELETE ON child FOR EACH ROW EXECUTE FUNCTION slow()")]
    public async Task On_PostgreSQL_a_statement_that_outlasts_the_command_timeout_fails_the_run(string otherSession, string? setUp)
    {
        await using PostgreSqlTestDatabase database = await TwoTables.CreateAsync(CancellationToken);
        if (setUp is not null)
        {
            await database.ExecuteAsync(setUp, CancellationToken);
        }

        string before = await database.ChecksumAsync(CancellationToken);
        await using ScenarioContext context = TwoTables.Graph.CreateContext(database);
        context.Database.SetCommandTimeout(1);
        PurgeException exception;
        await using (DbConnection other = await database.OpenConnectionAsync(CancellationToken))
        await using (DbTransaction transaction = await other.BeginTransactionAsync(CancellationToken))
        {
            await using DbCommand command = other.CreateCommand();
            command.CommandText = otherSession;
            await command.ExecuteNonQueryAsync(CancellationToken);
            exception = await Assert.ThrowsAsync<PurgeException>(() => context.PurgeAsync(cancellationToken: CancellationToken));
            await transaction.RollbackAsync(CancellationToken);
        }

        Assert.Equal(PurgeVerdict.Failed, exception.Report!.Verdict);
        Assert.Contains("a statement took longer than the command timeout of 1 s", exception.Message, StringComparison.Ordinal);
        Assert.Equal(before, await database.ChecksumAsync(CancellationToken));
    }

    [Fact]
    public async Task On_PostgreSQL_the_guards_refuse_too()
    {
        await using PostgreSqlTestDatabase database = await TwoTables.CreateAsync(CancellationToken);
        await using ScenarioContext context = TwoTables.Graph.CreateContext(database);
        string before = await database.ChecksumAsync(CancellationToken);

        foreach ((Action<PurgeOptions> configure, string because) in ((Action<PurgeOptions>, string)[])
            [
                (options => options.MaxRows = 5, "hold 6 rows, and MaxRows is 5"),
                (options => options.RequiredDatabase = database.Name.ToUpperInvariant(), "RequiredDatabase says"),
                (options => options.AllowDatabase("staging*"), $"AllowDatabase(\"{database.Name}\")"),
            ])
        {
            PurgeException exception = await Assert.ThrowsAsync<PurgeException>(
                () => context.PurgeAsync(configure, cancellationToken: CancellationToken));
            Assert.Equal(PurgeVerdict.Refused, exception.Report!.Verdict);
            Assert.Contains(because, exception.Message, StringComparison.Ordinal);
        }

        Assert.Equal(before, await database.ChecksumAsync(CancellationToken));
    }

    private static ScenarioContext Impatient(SqliteTestDatabase database)
    {
        var impatient = new SqliteConnectionStringBuilder(database.ConnectionString) { DefaultTimeout = 1, Pooling = false };
        return TwoTables.Graph.CreateContext(database, options => options.UseSqlite(impatient.ConnectionString));
    }

    private static void AssertLocked(PurgeException exception)
    {
        Assert.Equal(PurgeVerdict.Failed, exception.Report!.Verdict);
        Assert.Contains("the lock wait timed out", exception.Message, StringComparison.Ordinal);
        Assert.Contains("database is locked", exception.Message, StringComparison.Ordinal);
    }
}
