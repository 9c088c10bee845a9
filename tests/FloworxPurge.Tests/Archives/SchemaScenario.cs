using FloworxPurge.Reporting;
using FloworxPurge.Tests.Conformance;
using FloworxPurge.Tests.Kit;
using FloworxPurge.Tests.RowScopes;
using Microsoft.EntityFrameworkCore;

namespace FloworxPurge.Tests.Archives;

/// <summary>A database, and the name of a schema of it, or of another database of its server, for archives.</summary>
public sealed class SchemaScenario : IAsyncDisposable
{
    private SchemaScenario(Engine engine, RowScenario rows, string schema)
        => (Engine, Rows, Schema) = (engine, rows, schema);

    public Engine Engine { get; }

    public RowScenario Rows { get; }

    public TestDatabase Database => Rows.Database;

    public string Schema { get; }

    /// <summary>What the database was at the beginning.</summary>
    public string Original { get; private set; } = string.Empty;

    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    public static async Task<SchemaScenario> CreateAsync(
        Engine engine,
        string? schema = null,
        Action<ModelBuilder>? references = null,
        string rows = RestoreScenario.Data)
    {
        RowScenario database = await RowScenario.CreateAsync(engine, references ?? RestoreScenario.Model, rows);
        return new SchemaScenario(engine, database, schema ?? NewName())
        {
            Original = await database.Database.ChecksumAsync(CancellationToken),
        };
    }

    public static string NewName(string text = "purged") => $"{text} {Guid.NewGuid().ToString("N")[..12]}";

    public async Task<PurgeReport> PurgeAsync(Action<PurgeOptions>? configure = null)
        => (await Rows.PurgeAsync(options =>
        {
            Marked(options);
            configure?.Invoke(options);
        })).Report;

    public void Marked(PurgeOptions options) => options.Rows<A>(a => a.Marked).ArchiveTo(schema: Schema);

    public Task<RestoreReport> RestoreAsync(string? runId = null)
        => PurgeArchive.RestoreSchemaAsync(Schema, Rows.Context, runId, cancellationToken: CancellationToken);

    public Task<RestorePlan> PlanAsync(string? runId = null)
        => PurgeArchive.RestoreSchemaPlanAsync(Schema, Rows.Context, runId, cancellationToken: CancellationToken);

    /// <summary>The tables in the schema.</summary>
    public async Task<string[]> TablesAsync()
        => (await Rows.ValuesAsync(
            "SELECT CONCAT(table_name, '|') FROM information_schema.tables "
                + $"WHERE table_schema = '{Schema.Replace("'", "''", StringComparison.Ordinal)}' ORDER BY table_name"))
            .Split('|', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    /// <summary>The quoted name of the archive table of a table.</summary>
    public async Task<string> TableAsync(string table, int position = 0)
    {
        string[] tables = [.. (await TablesAsync()).Where(name => name.EndsWith($"_{table}", StringComparison.Ordinal))];
        return $"{TestDatabase.Quote(Schema)}.{TestDatabase.Quote(tables[position])}";
    }

    /// <summary>The rows of a table as texts, in the order of their keys.</summary>
    public Task<string> RowsOfAsync(string from)
        => Rows.ValuesAsync(
            "SELECT CONCAT(\"Id\", '>', COALESCE(CAST(\"ParentId\" AS CHAR(9)), '-'), '/', COALESCE(CAST(\"OtherId\" AS CHAR(9)), '-'), "
                + $"COALESCE(\"Code\", '-'), \"Marked\") FROM {from} ORDER BY \"Id\"");

    /// <summary>Asserts that the database is what it was at the beginning, but for the journal and the archives.</summary>
    public async Task AssertOriginalAsync()
    {
        await DropAsync();
        Assert.Equal(Original, await ChecksumWithoutJournal.OfAsync(Database, CancellationToken));
    }

    public async ValueTask DisposeAsync()
    {
        await DropAsync();
        await Rows.DisposeAsync();
    }

    private Task DropAsync()
        => Database.ExecuteAsync(
            $"DROP SCHEMA IF EXISTS {TestDatabase.Quote(Schema)}{(Database.HasSchemas ? " CASCADE" : string.Empty)}",
            CancellationToken);
}
