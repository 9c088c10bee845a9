using FloworxPurge.Reporting;
using FloworxPurge.Tests.Kit;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using Respawn;

namespace FloworxPurge.Tests.Api;

/// <summary>The rows of the README's comparison that decide most, shown by running all four.</summary>
public sealed class AlternativesTests
{
    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Kept_rows_that_point_at_a_purged_table_stay_and_the_table_is_skipped()
    {
        await using TestDatabase database = await PostgreSqlTestDatabase.CreateAsync();
        GraphScenario graph = await KeptAsync(database);
        await using ScenarioContext db = graph.CreateContext(database);

        PurgeReport report = await db.PurgeAsync(options => options.Exclude("kept"), cancellationToken: CancellationToken);

        Assert.Equal(("gone", PlanReason.Blocked), (Assert.Single(report.Skips).Table.Name, report.Skips[0].Reason));
        Assert.Equal(3, await database.CountAsync("kept"));
    }

    [Fact]
    public async Task Truncate_with_cascade_empties_them()
    {
        await using TestDatabase database = await PostgreSqlTestDatabase.CreateAsync();
        await KeptAsync(database);

        await database.ExecuteAsync("TRUNCATE gone CASCADE");

        Assert.Equal(0, await database.CountAsync("kept"));
    }

    [Fact]
    public async Task Respawn_empties_them_on_PostgreSql_although_they_are_ignored()
    {
        await using TestDatabase database = await PostgreSqlTestDatabase.CreateAsync();
        GraphScenario graph = await KeptAsync(database);
        await using ScenarioContext db = graph.CreateContext(database);
        await using var connection = new NpgsqlConnection(db.Database.GetConnectionString());
        await connection.OpenAsync(CancellationToken);

        Respawner respawner = await Respawner.CreateAsync(
            connection,
            new RespawnerOptions { DbAdapter = DbAdapter.Postgres, TablesToIgnore = ["kept"] });
        await respawner.ResetAsync(connection);

        Assert.Contains("cascade", respawner.DeleteSql, StringComparison.OrdinalIgnoreCase);
        Assert.Equal(0, await database.CountAsync("kept"));
    }

    [Theory]
    [InlineData(true, "2 3")]
    [InlineData(false, "gone gone")]
    public async Task Tables_outside_the_model_and_the_migrations_history_stay_in_a_purge_and_go_with_the_database(
        bool isPurge,
        string left)
    {
        await using TestDatabase database = SqliteTestDatabase.Create();
        GraphScenario graph = GraphScenario.Parse("a->b");
        await graph.CreateAsync(database, rows: 3);
        await database.ExecuteAsync("""
            CREATE TABLE outside (id INTEGER); INSERT INTO outside VALUES (1), (2);
            CREATE TABLE __EFMigrationsHistory (MigrationId TEXT PRIMARY KEY, ProductVersion TEXT); INSERT INTO __EFMigrationsHistory VALUES ('1', '10'), ('2', '10'), ('3', '10')
            """);
        await using ScenarioContext db = graph.CreateContext(database);

        if (isPurge)
        {
            await db.PurgeAsync(cancellationToken: CancellationToken);
        }
        else
        {
            await db.Database.EnsureDeletedAsync(CancellationToken);
            await db.Database.EnsureCreatedAsync(CancellationToken);
        }

        Assert.Equal(left, $"{await RowsAsync(database, "outside")} {await RowsAsync(database, "__EFMigrationsHistory")}");
        Assert.Equal("0 0", $"{await RowsAsync(database, "a")} {await RowsAsync(database, "b")}");
    }

    private static async Task<GraphScenario> KeptAsync(TestDatabase database)
    {
        GraphScenario graph = GraphScenario.Parse("kept->gone");
        await graph.CreateAsync(database, rows: 3);
        return graph;
    }

    private static async Task<string> RowsAsync(TestDatabase database, string table)
        => await database.ScalarAsync<long>($"SELECT COUNT(*) FROM sqlite_master WHERE name = '{table}'") == 0
            ? "gone"
            : (await database.CountAsync(table)).ToString(System.Globalization.CultureInfo.InvariantCulture);
}
