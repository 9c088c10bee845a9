using FloworxPurge.Reporting;
using FloworxPurge.Tests.Archives;
using FloworxPurge.Tests.Conformance;
using FloworxPurge.Tests.Kit;
using Microsoft.EntityFrameworkCore;

namespace FloworxPurge.Tests.Chunks;

/// <summary>How a round trip is made.</summary>
public enum Trip
{
    /// <summary>Into a folder, in one call.</summary>
    Folder,

    /// <summary>Into a folder, by a call for each transaction.</summary>
    FolderInParts,

    /// <summary>Into a schema, by a call for each transaction.</summary>
    SchemaInParts,
}

/// <summary>
/// Two equal databases. One is purged in one transaction, the other in several with an archive: both are equal again, and after a restore
/// the second one is what it was.
/// </summary>
public sealed class RoundTrip : IAsyncDisposable
{
    private const int MostCalls = 100;

    private readonly Engine _engine;
    private readonly Action<ModelBuilder> _model;
    private readonly Trip _trip;
    private readonly string _place;

    private RoundTrip(Engine engine, Action<ModelBuilder> model, Trip trip, TestDatabase chunked, TestDatabase whole)
    {
        (_engine, _model, _trip, Chunked, Whole) = (engine, model, trip, chunked, whole);
        _place = trip == Trip.SchemaInParts ? SchemaScenario.NewName()
            : Path.Combine(Path.GetTempPath(), "floworxpurge-" + Guid.NewGuid().ToString("N"));
    }

    public TestDatabase Chunked { get; }

    public TestDatabase Whole { get; }

    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    /// <summary>Creates the databases.</summary>
    public static async Task<RoundTrip> CreateAsync(
        Engine engine,
        Trip trip,
        Action<ModelBuilder> model,
        Func<IEnumerable<object>> rows,
        Func<TestDatabase, string>? prepare = null)
    {
        Assert.SkipWhen(trip == Trip.SchemaInParts && engine == Engine.Sqlite, "SQLite has no schemas.");
        var scenario = new RoundTrip(engine, model, trip, await engine.CreateDatabaseAsync(), await engine.CreateDatabaseAsync());
        foreach (TestDatabase database in new[] { scenario.Chunked, scenario.Whole })
        {
            await using var context = new ScenarioContext(database, model);
            await context.CreateTablesAsync(CancellationToken);
            context.AddRange(rows());
            await context.SaveChangesAsync(CancellationToken);
            if (prepare is not null)
            {
                await database.ExecuteAsync(prepare(database), CancellationToken);
            }
        }

        return scenario;
    }

    /// <summary>Purges both, compares them, restores and compares again.</summary>
    /// <param name="configure">Sets the options of both.</param>
    /// <param name="restore">Sets the options of the restore.</param>
    /// <param name="check">Checks the report of the run in several transactions.</param>
    /// <param name="roots">How many selected rows a transaction deletes.</param>
    /// <param name="besides">A table to which triggers add rows, which stay.</param>
    public async Task<PurgeReport> AssertAsync(
        Action<PurgeOptions> configure,
        Action<RestoreOptions>? restore = null,
        Action<PurgeReport>? check = null,
        int roots = 1,
        string besides = "no such table")
    {
        string original = await RowsAsync(Chunked, besides);
        PurgeReport whole = await PurgeAsync(Whole, configure);
        PurgeReport report = await PurgeInChunksAsync(configure, roots);
        check?.Invoke(report);
        Assert.Equal(whole.RowsDeleted, report.RowsDeleted);
        Assert.Equal(whole.Verdict, report.Verdict);
        Assert.Equal(whole.Scope?.BlockedRows, report.Scope?.BlockedRows);
        Assert.NotNull(report.Archive);
        Assert.True(report.Chunks!.Transactions > 1, $"{report.Chunks.Transactions} transactions");
        long least = _trip == Trip.Folder ? 1 : report.Chunks.Transactions;

        // The last one may find that what is left is blocked.
        Assert.InRange(report.Chunks.Sessions, least, _trip == Trip.Folder ? 1 : least + 1);
        Assert.Equal(await RowsAsync(Whole), await RowsAsync(Chunked));
        await RestoreAsync(restore);
        Assert.Equal(original, await RowsAsync(Chunked, besides));
        return report;
    }

    public async ValueTask DisposeAsync()
    {
        if (_trip == Trip.SchemaInParts)
        {
            await Chunked.ExecuteAsync(
                $"DROP SCHEMA IF EXISTS {TestDatabase.Quote(_place)}{(Chunked.HasSchemas ? " CASCADE" : string.Empty)}",
                CancellationToken);
        }
        else if (Directory.Exists(_place))
        {
            Directory.Delete(_place, recursive: true);
        }

        await Chunked.DisposeAsync();
        await Whole.DisposeAsync();
    }

    private async Task<PurgeReport> PurgeAsync(TestDatabase database, Action<PurgeOptions> configure)
    {
        await using var context = new ScenarioContext(database, _model);
        Purger purger = _engine.Purger(configure);
        return await purger.ExecuteAsync(
            context,
            await purger.PlanAsync(context, CancellationToken),
            cancellationToken: CancellationToken);
    }

    private async Task<PurgeReport> PurgeInChunksAsync(Action<PurgeOptions> configure, int roots)
    {
        for (int call = 1; ; call++)
        {
            try
            {
                return await PurgeAsync(Chunked, options =>
                {
                    configure(options);
                    _ = _trip == Trip.SchemaInParts ? options.ArchiveTo(schema: _place) : options.ArchiveTo(_place);
                    _ = _trip == Trip.Folder ? options.InChunks(roots)
                        : options.InChunks(roots, when: (_, _) => Task.FromResult(false), patience: TimeSpan.Zero);
                });
            }
            catch (PurgeException e) when (_trip != Trip.Folder
                && call < MostCalls
                && e.Report is { Verdict: PurgeVerdict.Partial, Chunks.HasEnded: false })
            {
            }
        }
    }

    private async Task RestoreAsync(Action<RestoreOptions>? configure)
    {
        await using var context = new ScenarioContext(Chunked, _model);
        RestoreReport report = _trip == Trip.SchemaInParts
            ? await PurgeArchive.RestoreSchemaAsync(_place, context, null, configure, CancellationToken)
            : await PurgeArchive.RestoreAsync(_place, context, configure, CancellationToken);
        Assert.Equal(RestoreVerdict.Restored, report.Verdict);
    }

    // The rows of all tables but the journal and the archive, and all counters.
    private async Task<string> RowsAsync(TestDatabase database, params string[] without)
    {
        string text = await database.ChecksumAsync(CancellationToken);
        return string.Join("== ", text.Split("== ").Where(part
            => (part.StartsWith("rows of ", StringComparison.Ordinal) || part.StartsWith("sequence ", StringComparison.Ordinal))
            && !without.Append("floworxpurge_").Append(_place).Any(name => part.Split('\n')[0].Contains(name, StringComparison.Ordinal))));
    }
}
