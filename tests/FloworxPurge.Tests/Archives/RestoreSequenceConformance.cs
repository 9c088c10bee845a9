using FloworxPurge.Archiving;
using FloworxPurge.Reporting;
using FloworxPurge.Tests.Conformance;
using FloworxPurge.Tests.Kit;
using FloworxPurge.Tests.Resetting;
using Microsoft.EntityFrameworkCore;

namespace FloworxPurge.Tests.Archives;

/// <summary>
/// Rows that had their numbers from a sequence that no column owns come back, and the sequence does not give their numbers again.
/// </summary>
public abstract class RestoreSequenceConformance(Engine engine) : ConformanceGroup(engine)
{
    [Fact]
    public async Task A_sequence_that_the_purge_restarted_moves_behind_the_restored_rows()
    {
        await using SequenceScenario scenario = await SequenceScenario.CreateAsync(Engine, "a");

        PurgeReport purge = await scenario.PurgeAsync();
        RestorePlan plan = await scenario.PlanAsync();
        RestoreReport report = await scenario.RestoreAsync();

        Assert.True(plan.CanRun, plan.ToString());
        Assert.NotEmpty(purge.IdentitiesReset);
        Assert.Equal(3, plan.Tables.Single().Counters["Id"]);
        Assert.Equal(RestoreVerdict.Restored, report.Verdict);
        await scenario.InsertAsync("a");
        Assert.Equal("1 2 3 4", await scenario.IdsAsync("a"));
    }

    [Fact]
    public async Task It_moves_although_another_session_has_drawn_numbers_since()
    {
        await using SequenceScenario scenario = await SequenceScenario.CreateAsync(Engine, "a");
        await scenario.PurgeAsync();
        Assert.Equal(1, await scenario.NextAsync());

        await scenario.RestoreAsync();

        await scenario.InsertAsync("a");
        Assert.Equal("1 2 3 4", await scenario.IdsAsync("a"));
    }

    [Fact]
    public async Task It_never_moves_back()
    {
        await using SequenceScenario scenario = await SequenceScenario.CreateAsync(Engine, "a");
        await scenario.PurgeAsync();
        await scenario.Database.ExecuteAsync(
            scenario.Database.Pick("", "SELECT setval('came_back', 20)", "SELECT SETVAL(came_back, 20)", ""),
            CancellationToken);

        await scenario.RestoreAsync();

        Assert.Equal(21, await scenario.NextAsync());
    }

    [Fact]
    public async Task Tables_that_share_it_come_back_together()
    {
        await using SequenceScenario scenario = await SequenceScenario.CreateAsync(Engine, "a", "b");
        await scenario.PurgeAsync();

        await scenario.RestoreAsync();

        await scenario.InsertAsync("a");
        Assert.Equal("1 2 3 7", await scenario.IdsAsync("a"));
        Assert.Equal("4 5 6", await scenario.IdsAsync("b"));
    }

    [Fact]
    public async Task A_sequence_that_is_gone_is_no_reason_against_a_restore()
    {
        await using SequenceScenario scenario = await SequenceScenario.CreateAsync(Engine, "a");
        await scenario.PurgeAsync();
        await scenario.Database.ExecuteAsync("ALTER TABLE a ALTER COLUMN \"Id\" DROP DEFAULT; DROP SEQUENCE came_back", CancellationToken);

        RestoreReport report = await scenario.RestoreAsync();

        Assert.Equal(RestoreVerdict.Restored, report.Verdict);
        Assert.Contains(
            report.Notes,
            note => note.Contains("\"came_back\", from which restored rows had their numbers, is not there", StringComparison.Ordinal));
        Assert.Equal("1 2 3", await scenario.IdsAsync("a"));
    }
}

/// <summary>Tables with three rows each, whose numbers come from one sequence.</summary>
internal sealed class SequenceScenario : IAsyncDisposable
{
    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("floworxpurge-sequence-");
    private readonly Action<ModelBuilder> _model;

    private SequenceScenario(TestDatabase database, Action<ModelBuilder> model) => (Database, _model) = (database, model);

    public TestDatabase Database { get; }

    private string Folder => Path.Combine(_root.FullName, "archive");

    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    public static async Task<SequenceScenario> CreateAsync(Engine engine, params string[] tables)
    {
        SequenceScenario scenario = new(await engine.CreateDatabaseAsync(), model =>
        {
            IdTables.Model(tables)(model);
            model.HasSequence("came_back");
        });
        string next = scenario.Database.Pick("", "nextval('came_back')", "NEXTVAL(came_back)", "");
        await scenario.Database.ExecuteAsync(
            "CREATE SEQUENCE came_back; " + string.Join("; ", tables.Select(
                table => $"CREATE TABLE {table} (\"Id\" int PRIMARY KEY DEFAULT {next}); "
                    + $"INSERT INTO {table} (\"Id\") VALUES (DEFAULT), (DEFAULT), (DEFAULT)")),
            CancellationToken);
        return scenario;
    }

    /// <summary>A database that is prepared by SQL, with a model of its own.</summary>
    public static async Task<SequenceScenario> CreateAsync(Engine engine, string sql, Action<ModelBuilder> model)
    {
        SequenceScenario scenario = new(await engine.CreateDatabaseAsync(), model);
        await scenario.Database.ExecuteAsync(sql, CancellationToken);
        return scenario;
    }

    public async Task<PurgeReport> PurgeAsync(bool restarts = true)
    {
        await using ScenarioContext context = new(Database, _model);
        return await PurgeAsync(context, restarts);
    }

    public Task<PurgeReport> PurgeAsync(ScenarioContext context, bool restarts = true)
        => context.PurgeAsync(
            options =>
            {
                options.ResetIdentity = restarts;
                options.ArchiveTo(Folder);
            },
            cancellationToken: CancellationToken);

    public async Task<RestorePlan> PlanAsync()
    {
        await using ScenarioContext context = new(Database, _model);
        return await PurgeArchive.RestorePlanAsync(Folder, context, cancellationToken: CancellationToken);
    }

    public async Task<RestoreReport> RestoreAsync()
    {
        await using ScenarioContext context = new(Database, _model);
        return await RestoreAsync(context);
    }

    public Task<RestoreReport> RestoreAsync(ScenarioContext context)
        => PurgeArchive.RestoreAsync(Folder, context, cancellationToken: CancellationToken);

    public Task InsertAsync(string table) => Database.ExecuteAsync($"INSERT INTO {table} (\"Id\") VALUES (DEFAULT)", CancellationToken);

    public Task<int> NextAsync()
        => Database.ScalarAsync<int>(
            Database.Pick("", "SELECT nextval('came_back')::int", "SELECT NEXTVAL(came_back)", ""),
            CancellationToken);

    public Task<string?> IdsAsync(string table)
        => Database.ScalarAsync<string>(
            Database.Pick(
                "",
                $"SELECT string_agg(\"Id\"::text, ' ' ORDER BY \"Id\") FROM {table}",
                $"SELECT GROUP_CONCAT(\"Id\" ORDER BY \"Id\" SEPARATOR ' ') FROM {table}",
                ""),
            CancellationToken);

    public async ValueTask DisposeAsync()
    {
        await Database.DisposeAsync();
        _root.Delete(recursive: true);
    }
}

public sealed class PostgreSqlRestoreSequenceConformance() : RestoreSequenceConformance(Engine.PostgreSql);

public sealed class MariaDbRestoreSequenceConformance() : RestoreSequenceConformance(Engine.MariaDb);
