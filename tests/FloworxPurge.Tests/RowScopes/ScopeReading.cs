using System.Data.Common;
using System.Globalization;
using FloworxPurge.Connections;
using FloworxPurge.Engines;
using FloworxPurge.Execution;
using FloworxPurge.Extensibility;
using FloworxPurge.Planning;
using FloworxPurge.Reading;
using FloworxPurge.Schema;
using FloworxPurge.Tests.Conformance;
using FloworxPurge.Tests.Kit;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Storage;

namespace FloworxPurge.Tests.RowScopes;

/// <summary>Reads the row scope of options against a database, as planning does it.</summary>
internal static class ScopeReading
{
    /// <summary>The scope that options make of the contexts and their database.</summary>
    public static async Task<RowScope> ReadAsync(Engine engine, Action<PurgeOptions> configure, params DbContext[] contexts)
    {
        var options = new PurgeOptions { Dialect = engine.Dialect };
        configure(options);
        PurgeSettings settings = options.ToSettings();
        PurgeDialect dialect = engine.Dialect ?? EngineRegistry.Select(contexts[0].Database.ProviderName!);
        CancellationToken token = TestContext.Current.CancellationToken;
        await using DatabaseSession session = await DatabaseSession.OpenAsync(contexts[0], dialect, token);
        return Read(contexts, await LiveSchemaReader.ReadAsync(session, token), settings, session.Dialect);
    }

    /// <summary>The scope for a live schema.</summary>
    public static RowScope Read(IReadOnlyList<DbContext> contexts, DatabaseSchema live, PurgeSettings settings, PurgeDialect dialect)
    {
        var types = new StoreTypeComparer(contexts[0].GetService<IRelationalTypeMappingSource>(), dialect);
        ComparedSchema schema = new SchemaComparer(dialect, types).Compare(ModelSchemaReader.Read(contexts, dialect), live);
        var filter = new TableFilter(settings.Rules, dialect.Identifiers);
        IReadOnlyList<TableDisposition> dispositions = TableDispositions.Assign(schema, filter, settings.DriftTolerance);
        return RowScopeReader.Read(contexts, schema, dispositions, settings, dialect);
    }

    /// <summary>The message that refuses options.</summary>
    public static async Task<string> RefusalAsync(Engine engine, Action<PurgeOptions> configure, params DbContext[] contexts)
        => (await Assert.ThrowsAsync<PurgeException>(() => ReadAsync(engine, configure, contexts))).Message;

    /// <summary>The keys that a query returns, such as <c>1</c> or <c>1/2</c>, in order.</summary>
    public static async Task<string[]> KeysAsync(this RowCommand command, TestDatabase database)
    {
        await using DbConnection connection = await database.OpenConnectionAsync(TestContext.Current.CancellationToken);
        await using DbCommand sent = connection.CreateCommand();
        sent.CommandText = command.Sql;
        command.AddParametersTo(sent);
        return await KeysAsync(sent);
    }

    /// <summary>The keys that the script of a query returns.</summary>
    public static async Task<string[]> KeysOfScriptAsync(this RowCommand command, TestDatabase database)
    {
        await using DbConnection connection = await database.OpenConnectionAsync(TestContext.Current.CancellationToken);
        await using DbCommand sent = connection.CreateCommand();
        sent.CommandText = command.Script;
        return await KeysAsync(sent);
    }

    private static async Task<string[]> KeysAsync(DbCommand command)
    {
        List<string> keys = [];
        await using DbDataReader reader = await command.ExecuteReaderAsync(TestContext.Current.CancellationToken);
        while (await reader.ReadAsync(TestContext.Current.CancellationToken))
        {
            IEnumerable<string?> values = Enumerable.Range(0, reader.FieldCount)
                .Select(i => Convert.ToString(reader.GetValue(i), CultureInfo.InvariantCulture));
            keys.Add(string.Join('/', values));
        }

        return [.. keys.Order(StringComparer.Ordinal)];
    }
}
