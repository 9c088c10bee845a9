using FloworxPurge.Reporting;
using FloworxPurge.Tests.Kit;
using Microsoft.EntityFrameworkCore;

namespace FloworxPurge.Tests.Conformance.Models;

/// <summary>What the conformance groups about models share.</summary>
public abstract class ModelGroup(Engine engine) : ConformanceGroup(engine)
{
    /// <summary>Whether the live schema comes from the provider's scaffolding, which leaves the history of migrations out.</summary>
    protected bool IsScaffolded => ReferenceEquals(Engine, Engine.Ansi);

    /// <summary>A database with the model's tables, each of which has rows.</summary>
    protected async Task<TestDatabase> CreateAsync(ModelCase model)
    {
        ArgumentNullException.ThrowIfNull(model);
        if (model.Gap(Engine) is { } reason)
        {
            Assert.Skip(reason);
        }

        TestDatabase database = await Engine.CreateDatabaseAsync();
        await model.CreateAsync(database, CancellationToken);
        Assert.All(await CountAsync(database), table => Assert.True(table.Value > 0, $"There is no row in {table.Key}."));
        return database;
    }

    /// <summary>Purges, and checks that every table of the database is empty and that nothing else was said about any table.</summary>
    protected async Task<PurgeReport> PurgeCompletelyAsync(TestDatabase database, DbContext context, Action<PurgeOptions>? configure = null)
    {
        IReadOnlyDictionary<string, long> before = await CountAsync(database);
        PurgeReport report = await PurgeAsync(context, configure);
        AssertClean(report.Skips, report.Notes);
        Assert.Equal(PurgeVerdict.Complete, report.Verdict);
        Assert.Equal(before.Values.Sum(), report.RowsDeleted);
        Assert.All(await CountAsync(database), table => Assert.True(table.Value == 0, $"{table.Key} holds {table.Value} rows."));
        return report;
    }

    /// <summary>Purges with filters; the tables that keep their rows, in order, all others being empty.</summary>
    protected async Task<string[]> KeptByAsync(ModelCase model, Action<PurgeOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(model);
        await using TestDatabase database = await CreateAsync(model);
        await using ScenarioContext context = model.CreateContext(database);
        IReadOnlyDictionary<string, long> before = await CountAsync(database);

        PurgeReport report = await PurgeAsync(context, configure);

        AssertClean(report.Skips, report.Notes);
        IReadOnlyDictionary<string, long> after = await CountAsync(database);
        Assert.All(
            after,
            table => Assert.True(table.Value == 0 || table.Value == before[table.Key], $"{table.Key} holds {table.Value} of "
                + $"{before[table.Key]} rows."));
        return [.. after.Where(table => table.Value > 0).Select(table => table.Key).Order(StringComparer.Ordinal)];
    }

    /// <summary>Checks that nothing is skipped, and that no note is about a difference between model and database.</summary>
    protected static void AssertClean(IEnumerable<PlanTable> skips, IEnumerable<PlanNote> notes)
    {
        List<string> said = [.. skips.Select(skip => skip.Explanation)];
        said.AddRange(notes
            .Where(note => note.Text.StartsWith("Differs from the model", StringComparison.Ordinal))
            .Select(note => $"{note.Table}: {note.Text}"));
        Assert.True(said.Count == 0, string.Join(Environment.NewLine, said));
    }

    /// <summary>
    /// The rows of every table that the database has, read from its own catalog; the name with its schema unless that is the default.
    /// </summary>
    protected static async Task<IReadOnlyDictionary<string, long>> CountAsync(TestDatabase database)
    {
        ArgumentNullException.ThrowIfNull(database);
        string query = database.Pick(
            sqlite: "SELECT '', name FROM sqlite_master WHERE type = 'table' AND substr(name, 1, 7) <> 'sqlite_'",
            postgreSql: "SELECT schemaname, tablename FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')",
            mariaDb: "SELECT '', TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() AND TABLE_TYPE IN ('BASE "
                + "TABLE', 'SYSTEM VERSIONED')",
            sqlServer: "SELECT SCHEMA_NAME(schema_id), name FROM sys.tables WHERE temporal_type <> 1");
        List<(string Schema, string Name)> tables = [];
        await using (var connection = await database.OpenConnectionAsync(CancellationToken))
        {
            await using var command = connection.CreateCommand();
            command.CommandText = query;
            await using var reader = await command.ExecuteReaderAsync(CancellationToken);
            while (await reader.ReadAsync(CancellationToken))
            {
                tables.Add((reader.GetString(0), reader.GetString(1)));
            }
        }

        Dictionary<string, long> counts = new(StringComparer.Ordinal);
        foreach ((string schema, string name) in tables)
        {
            counts[schema is "" or "public" or "dbo" ? name : schema + "." + name] = await database.CountAsync(
                name,
                schema,
                CancellationToken);
        }

        return counts;
    }
}
