using FloworxPurge.Reporting;
using FloworxPurge.Tests.Chunks;
using FloworxPurge.Tests.Conformance;
using FloworxPurge.Tests.Kit;
using FloworxPurge.Tests.RowScopes;

namespace FloworxPurge.Tests.Archives;

/// <summary>A run that was stopped continues its archive only where that is still the archive of these tables.</summary>
public abstract class ArchiveContinuationConformance(Engine engine) : ConformanceGroup(engine)
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_column_that_was_added_meanwhile_stops_the_run_before_more_is_deleted(bool isInSchema)
    {
        await using ContinuedArchive archive = await CreateAsync(isInSchema);
        await archive.Database.ExecuteAsync("ALTER TABLE \"A\" ADD COLUMN \"Extra\" integer", CancellationToken);

        PurgeException refused = await Assert.ThrowsAsync<PurgeException>(() => archive.ContinueAsync());

        Assert.Contains("the tables or their columns are not those of the archive in ", refused.Message, StringComparison.Ordinal);
        Assert.Equal("2 3", await archive.KeysAsync());
        await archive.Database.ExecuteAsync("ALTER TABLE \"A\" DROP COLUMN \"Extra\"", CancellationToken);
        await archive.ContinueAsync();
        await archive.RestoreAsync();
        Assert.Equal("1 2 3", await archive.KeysAsync());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_restore_says_that_the_run_has_not_ended_and_cannot_be_continued(bool isInSchema)
    {
        await using ContinuedArchive archive = await CreateAsync(isInSchema);

        RestoreReport report = await archive.RestoreAsync();

        Assert.Contains(report.Notes, note => note.StartsWith(
            "The run that wrote the archive has not ended. What it has deleted so far is restored, and it cannot be continued",
            StringComparison.Ordinal));
        Assert.Equal("1 2 3", await archive.KeysAsync());
    }

    [Fact]
    public async Task A_description_that_was_changed_meanwhile_stops_the_run_before_more_is_deleted()
    {
        await using ContinuedArchive archive = await CreateAsync(isInSchema: true);
        await archive.Database.ExecuteAsync("UPDATE floworxpurge_runs SET manifest = CONCAT(manifest, ' ')", CancellationToken);

        await Assert.ThrowsAsync<PurgeException>(() => archive.ContinueAsync());

        Assert.Equal("2 3", await archive.KeysAsync());
    }

    [Fact]
    public async Task A_run_whose_description_was_changed_meanwhile_says_so()
    {
        await using ContinuedArchive archive = await CreateAsync(isInSchema: true);
        await archive.Database.ExecuteAsync("UPDATE floworxpurge_runs SET manifest = CONCAT(manifest, ' ')", CancellationToken);

        PurgeException refused = await Assert.ThrowsAsync<PurgeException>(() => archive.ContinueAsync());

        Assert.True(refused.Message.Contains("it is not what the receipt covers", StringComparison.Ordinal), refused.Message);
    }

    [Fact]
    public async Task A_table_with_rows_that_bears_the_name_of_one_of_the_archive_stays()
    {
        Assert.SkipUnless(Engine == Engine.MariaDb, "Elsewhere a rollback takes the tables back.");
        await using ContinuedArchive archive = await ContinuedArchive.CreateAsync(Engine, isInSchema: true);
        bool isKilled = false;
        var hook = new CommandHook
        {
            // What would undo the rest is not run either, as where the process is killed.
            Before = (command, _) =>
            {
                isKilled |= command.CommandText.StartsWith("INSERT INTO", StringComparison.Ordinal)
                    && command.CommandText.Contains(archive.Schema, StringComparison.Ordinal);
                return isKilled ? throw new InvalidOperationException("killed") : ValueTask.CompletedTask;
            },
        };
        await Assert.ThrowsAnyAsync<Exception>(() => archive.ContinueAsync(hook));
        string left = await archive.TableAsync();
        await archive.Database.ExecuteAsync($"INSERT INTO {left} SELECT * FROM \"A\" WHERE \"Id\" = 2", CancellationToken);

        PurgeException refused = await Assert.ThrowsAsync<PurgeException>(() => archive.ContinueAsync());

        Assert.Contains("holds rows, though no transaction of run ", refused.Message, StringComparison.Ordinal);
        Assert.Equal("2", await archive.KeysAsync(left));
        Assert.Equal("1 2 3", await archive.KeysAsync());
    }

    private async Task<ContinuedArchive> CreateAsync(bool isInSchema)
    {
        Assert.SkipWhen(isInSchema && Engine == Engine.Sqlite, "SQLite has no schemas.");
        ContinuedArchive archive = await ContinuedArchive.CreateAsync(Engine, isInSchema);
        await archive.StopAsync();
        Assert.Equal("2 3", await archive.KeysAsync());
        return archive;
    }

    /// <summary>An archive, in a folder or in a schema, of a run in several transactions that is stopped behind its first one.</summary>
    private sealed class ContinuedArchive(ChunkScenario scenario, bool isInSchema) : IAsyncDisposable
    {
        private readonly ArchiveFiles _files = new();

        public string Schema { get; } = SchemaScenario.NewName();

        public TestDatabase Database => scenario.Chunked.Database;

        public static async Task<ContinuedArchive> CreateAsync(Engine engine, bool isInSchema)
            => new(await ChunkScenario.CreateAsync(engine, ChunkScenario.Model, "A 1! 2! 3!"), isInSchema);

        public Task<string> KeysAsync(string table = "\"A\"")
            => scenario.Chunked.ValuesAsync($"SELECT \"Id\" FROM {table} ORDER BY \"Id\"");

        public async Task StopAsync()
            => await Assert.ThrowsAsync<PurgeException>(() => scenario.PurgeAsync(
                options => options.Rows<A>(a => a.Marked),
                options => To(options.InChunks(1, when: (_, _) => Task.FromResult(false), patience: TimeSpan.Zero))));

        public Task<PurgeReport> ContinueAsync(CommandHook? hook = null)
            => scenario.PurgeAsync(options => options.Rows<A>(a => a.Marked), options => To(options.InChunks(1)), hook);

        public async Task<RestoreReport> RestoreAsync()
        {
            await using ScenarioContext context = scenario.Chunked.CreateContext(new CommandHook());
            return isInSchema
                ? await PurgeArchive.RestoreSchemaAsync(Schema, context, cancellationToken: CancellationToken)
                : await PurgeArchive.RestoreAsync(_files.Folder, context, cancellationToken: CancellationToken);
        }

        /// <summary>The archive table of A.</summary>
        public async Task<string> TableAsync()
        {
            string name = await scenario.Chunked.ValuesAsync(
                $"SELECT table_name FROM information_schema.tables WHERE table_schema = '{Schema}' AND table_name LIKE '%\\_A'");
            return $"{TestDatabase.Quote(Schema)}.{TestDatabase.Quote(name)}";
        }

        public async ValueTask DisposeAsync()
        {
            if (isInSchema)
            {
                await Database.ExecuteAsync(
                    $"DROP SCHEMA IF EXISTS {TestDatabase.Quote(Schema)}{(Database.HasSchemas ? " CASCADE" : string.Empty)}",
                    CancellationToken);
            }

            _files.Dispose();
            await scenario.DisposeAsync();
        }

        private PurgeOptions To(PurgeOptions options) => isInSchema ? options.ArchiveTo(schema: Schema) : options.ArchiveTo(_files.Folder);
    }
}

public sealed class SqliteArchiveContinuationConformance() : ArchiveContinuationConformance(Engine.Sqlite);

public sealed class PostgreSqlArchiveContinuationConformance() : ArchiveContinuationConformance(Engine.PostgreSql);

public sealed class MariaDbArchiveContinuationConformance() : ArchiveContinuationConformance(Engine.MariaDb);
