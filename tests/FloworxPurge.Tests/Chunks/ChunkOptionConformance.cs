using System.Diagnostics;
using System.Transactions;
using FloworxPurge.Killed;
using FloworxPurge.Reporting;
using FloworxPurge.Tests.Conformance;
using FloworxPurge.Tests.Kit;
using FloworxPurge.Tests.RowScopes;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Storage;
using static FloworxPurge.Tests.RowScopes.RowScenario;

namespace FloworxPurge.Tests.Chunks;

/// <summary>The other options of a purge, together with several transactions and an archive.</summary>
public abstract class ChunkOptionConformance(Engine engine) : ConformanceGroup(engine)
{
    [Theory]
    [InlineData(Trip.Folder)]
    [InlineData(Trip.FolderInParts)]
    [InlineData(Trip.SchemaInParts)]
    public async Task Counters_are_restarted_and_move_forward_again(Trip trip)
    {
        await using RoundTrip scenario = await CreateAsync(trip);

        await scenario.AssertAsync(options => options.ResetIdentity = true, roots: 2);
    }

    [Theory]
    [InlineData(Trip.Folder, true)]
    [InlineData(Trip.FolderInParts, false)]
    [InlineData(Trip.SchemaInParts, true)]
    [InlineData(Trip.SchemaInParts, false)]
    public async Task Tables_are_locked_by_each_transaction(Trip trip, bool isOfRows)
    {
        await using RoundTrip scenario = await CreateAsync(trip);

        await scenario.AssertAsync(options =>
        {
            options.LockTables = true;
            _ = isOfRows ? options.Rows<Numbered>(row => row.IsMarked) : options;
        });
    }

    [Theory]
    [InlineData(Trip.Folder)]
    [InlineData(Trip.FolderInParts)]
    [InlineData(Trip.SchemaInParts)]
    public async Task Triggers_may_add_rows_to_a_named_table_in_each_transaction(Trip trip)
    {
        await using RoundTrip scenario = await CreateAsync(trip, database => database.Pick(
            sqlite: "CREATE TABLE audit (n int); "
                + "CREATE TRIGGER t AFTER DELETE ON numbered BEGIN INSERT INTO audit VALUES (OLD.\"Id\"); END",
            postgreSql: "CREATE TABLE audit (n int); CREATE FUNCTION t() RETURNS trigger LANGUAGE plpgsql AS "
                + "'BEGIN INSERT INTO audit VALUES (OLD.\"Id\"); RETURN NULL; END'; CREATE CONSTRAINT TRIGGER t AFTER DELETE ON numbered "
                + "DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION t()",
            mariaDb: "CREATE TABLE audit (n int); "
                + "CREATE TRIGGER t AFTER DELETE ON numbered FOR EACH ROW INSERT INTO audit VALUES (OLD.\"Id\")",
            sqlServer: string.Empty));

        await scenario.AssertAsync(
            options => options.Rows<Numbered>(row => row.IsMarked).AllowInserts("audit"),
            check: report => Assert.Equal(4, report.RowsAdded.Single().RowsArrived),
            besides: "audit");
    }

    [Fact]
    public async Task A_deferred_trigger_that_fails_takes_back_its_transaction_alone()
    {
        Assert.SkipUnless(Engine == Engine.PostgreSql, "The engine has no deferred triggers.");
        await using ChunkScenario scenario = await ChunkScenario.CreateAsync(Engine, ChunkScenario.Model, "A 1! 2! 3! 4!");
        using var folder = new TemporaryFolder();
        await scenario.Chunked.Database.ExecuteAsync(
            "CREATE FUNCTION t() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF OLD.\"Id\" = 3 THEN RAISE 'not 3'; END IF; RETURN NULL; "
                + "END $$; CREATE CONSTRAINT TRIGGER t AFTER DELETE ON \"A\" DEFERRABLE INITIALLY DEFERRED FOR EACH ROW "
                + "EXECUTE FUNCTION t()",
            CancellationToken);

        PurgeException failed = await Assert.ThrowsAsync<PurgeException>(() => RunAsync());
        Assert.Equal("3 4", await scenario.Chunked.KeysAsync("A"));
        await scenario.Chunked.Database.ExecuteAsync("DROP FUNCTION t() CASCADE", CancellationToken);
        PurgeReport report = await RunAsync();
        await using ScenarioContext context = scenario.Chunked.CreateContext(new CommandHook());
        await PurgeArchive.RestoreAsync(folder.Path, context, cancellationToken: CancellationToken);

        PurgeReport partial = failed.Report!;
        Assert.Equal((PurgeVerdict.Partial, 2), (partial.Verdict, partial.RowsDeleted));
        Assert.Contains("not 3", failed.Message, StringComparison.Ordinal);
        Assert.Equal((PurgeVerdict.Complete, 4, 4), (report.Verdict, report.RowsDeleted, report.Archive!.Rows));
        Assert.Equal("1 2 3 4", await scenario.Chunked.KeysAsync("A"));

        Task<PurgeReport> RunAsync()
            => scenario.PurgeAsync(options => options.Rows<A>(a => a.Marked), options => options.InChunks(1).ArchiveTo(folder.Path));
    }

    [Fact]
    public async Task Best_effort_is_refused()
    {
        await using ChunkScenario scenario = await ChunkScenario.CreateAsync(Engine, ChunkScenario.Model, "A 1!");

        ArgumentException refused = Assert.ThrowsAny<ArgumentException>(
            () => scenario.Purger(options => options.BestEffort = true, options => options.InChunks(1).ArchiveTo("archive")));

        Assert.Contains("BestEffort is true and InChunks is called", refused.Message, StringComparison.Ordinal);
        Assert.Contains("BestEffort is true, and ArchiveTo is called", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_ambient_transaction_is_refused_and_nothing_is_written()
    {
        await using ChunkScenario scenario = await ChunkScenario.CreateAsync(Engine, ChunkScenario.Model, "A 1! 2!");
        using var folder = new TemporaryFolder();
        Purger purger = scenario.Purger(options => options.Rows<A>(a => a.Marked), options => options.InChunks().ArchiveTo(folder.Path));
        PurgePlan plan = await purger.PlanAsync(scenario.Chunked.Context, CancellationToken);
        PurgeException refused;
        using (new TransactionScope(TransactionScopeAsyncFlowOption.Enabled))
        {
            refused = await Assert.ThrowsAsync<PurgeException>(
                () => purger.ExecuteAsync(scenario.Chunked.Context, plan, cancellationToken: CancellationToken));
        }

        // Microsoft.Data.Sqlite takes part in no ambient transaction.
        Assert.Contains("ransaction", refused.Message, StringComparison.Ordinal);
        Assert.Equal("1 2", await scenario.Chunked.KeysAsync("A"));
        Assert.False(Directory.Exists(folder.Path));
    }

    [Fact]
    public async Task A_database_in_memory_is_purged_into_an_archive_and_restored()
    {
        Assert.SkipUnless(Engine == Engine.Sqlite, "The engine has no database in memory.");
        await using TestDatabase database = SqliteTestDatabase.CreateInMemory();
        await using var context = new ScenarioContext(database, Build);
        await context.CreateTablesAsync(CancellationToken);
        context.AddRange(Rows());
        await context.SaveChangesAsync(CancellationToken);
        context.ChangeTracker.Clear();
        using var folder = new TemporaryFolder();
        Purger purger = Engine.Purger(options => options.Rows<Numbered>(row => row.IsMarked).InChunks(1).ArchiveTo(folder.Path));

        PurgeReport report = await purger.ExecuteAsync(
            context,
            await purger.PlanAsync(context, CancellationToken),
            cancellationToken: CancellationToken);
        await PurgeArchive.RestoreAsync(folder.Path, context, cancellationToken: CancellationToken);

        Assert.Equal((PurgeVerdict.Complete, 8, 4), (report.Verdict, report.RowsDeleted, report.Chunks!.Transactions));
        Assert.Equal(6, await context.Set<Numbered>().CountAsync(CancellationToken));
        Assert.Equal(6, await context.Set<Line>().CountAsync(CancellationToken));
    }

    [Fact]
    public async Task A_second_process_is_refused_while_the_first_one_waits_and_the_first_one_ends()
    {
        await using TestDatabase database = await Engine.CreateDatabaseAsync();
        using var folder = new TemporaryFolder();
        using var other = new TemporaryFolder();
        await using (var context = new KillContext(database.Engine, database.ConnectionString))
        {
            await context.GetService<IRelationalDatabaseCreator>().CreateTablesAsync(CancellationToken);
            context.AddRange(Enumerable.Range(1, 6).Select(i => new User { Id = i, Name = "name", IsTest = true }));
            await context.SaveChangesAsync(CancellationToken);
        }

        using Process first = Start(database, folder.Path, KillRun.PurgeInChunksAndWait);
        Assert.Equal("begun", await first.StandardOutput.ReadLineAsync(CancellationToken));
        Assert.Equal("waits", await first.StandardOutput.ReadLineAsync(CancellationToken));
        using Process second = Start(database, other.Path, KillRun.PurgeInChunks);
        string refusal = await second.StandardError.ReadToEndAsync(CancellationToken);
        await second.WaitForExitAsync(CancellationToken);
        string? during = await database.ScalarAsync<string>("SELECT state FROM floworxpurge_runs", CancellationToken);
        for (int i = 0; i < 10; i++)
        {
            await first.StandardInput.WriteLineAsync("go on");
        }

        await first.WaitForExitAsync(CancellationToken);

        Assert.Equal((1, 0), (second.ExitCode, first.ExitCode));
        Assert.Contains("another purge of this database is running", refusal, StringComparison.Ordinal);
        Assert.False(Directory.Exists(other.Path));
        Assert.Equal("running", during);
        Assert.Equal(0, await database.CountAsync("users", cancellationToken: CancellationToken));
        Assert.Equal("done", await database.ScalarAsync<string>("SELECT state FROM floworxpurge_runs", CancellationToken));
    }

    private static Process Start(TestDatabase database, string folder, string what)
    {
        string program = Path.Combine(
            AppContext.BaseDirectory.Replace("FloworxPurge.Tests", "FloworxPurge.Killed", StringComparison.Ordinal),
            "FloworxPurge.Killed");
        return Process.Start(new ProcessStartInfo(program, [database.Engine, database.ConnectionString, folder, what, "0"])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
    }

    private Task<RoundTrip> CreateAsync(Trip trip, Func<TestDatabase, string>? prepare = null)
        => RoundTrip.CreateAsync(Engine, trip, Build, Rows, prepare);

    private static IEnumerable<object> Rows()
        => Enumerable.Range(1, 6).Select(i => new Numbered { IsMarked = i % 3 != 0, Lines = [new Line()] });

    private static void Build(ModelBuilder model)
    {
        model.Entity<Numbered>(entity =>
        {
            entity.ToTable("numbered");
            entity.HasMany(it => it.Lines).WithOne().HasForeignKey(it => it.NumberedId).OnDelete(DeleteBehavior.Cascade);
        });
        model.Entity<Line>().ToTable("lines");
    }

    private sealed class Numbered
    {
        public int Id { get; set; }

        public bool IsMarked { get; set; }

        public List<Line> Lines { get; set; } = [];
    }

    private sealed class Line
    {
        public int Id { get; set; }

        public int NumberedId { get; set; }
    }

    private sealed class TemporaryFolder : IDisposable
    {
        private readonly DirectoryInfo _parent = Directory.CreateTempSubdirectory("floworxpurge-chunks-");

        public string Path => System.IO.Path.Combine(_parent.FullName, "archive");

        public void Dispose() => _parent.Delete(recursive: true);
    }
}

public sealed class SqliteChunkOptionConformance() : ChunkOptionConformance(Engine.Sqlite);

public sealed class PostgreSqlChunkOptionConformance() : ChunkOptionConformance(Engine.PostgreSql);

public sealed class MariaDbChunkOptionConformance() : ChunkOptionConformance(Engine.MariaDb);
