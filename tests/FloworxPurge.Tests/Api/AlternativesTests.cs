using FloworxPurge.Reporting;
using FloworxPurge.Tests.Kit;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using Npgsql;
using Respawn;

namespace FloworxPurge.Tests.Api;

/// <summary>The rows of the README's comparison that decide most, shown by running all four.</summary>
public sealed class AlternativesTests
{
    private const string Others = """
        CREATE TABLE outside (id INTEGER); INSERT INTO outside VALUES (1), (2);
        CREATE TABLE "__EFMigrationsHistory" ("MigrationId" TEXT PRIMARY KEY, "ProductVersion" TEXT);
        INSERT INTO "__EFMigrationsHistory" VALUES ('1', '10'), ('2', '10'), ('3', '10')
        """;

    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Kept_rows_that_point_at_a_purged_table_stay_and_the_table_is_skipped()
    {
        await using TestDatabase database = await PostgreSqlTestDatabase.CreateAsync();
        GraphScenario graph = await KeptAsync(database);
        await using ScenarioContext db = graph.CreateContext(database);

        PurgeReport report = await db.PurgeAsync(options => options.Exclude("kept"), cancellationToken: CancellationToken);

        Assert.Equal(("gone", PlanReason.Blocked), (Assert.Single(report.Skips).Table.Name, report.Skips[0].Reason));
        Assert.Equal("kept", Assert.Single(report.Skips[0].ForeignKeys).Dependent.Name);
        Assert.Contains("3 rows", report.Skips[0].Explanation, StringComparison.Ordinal);
        Assert.Equal(3, await database.CountAsync("kept"));
    }

    [Theory]
    [InlineData("TRUNCATE gone CASCADE", true)]
    [InlineData("TRUNCATE gone", false)]
    [InlineData("DELETE FROM gone", false)]
    public async Task Truncate_with_cascade_empties_them_and_statements_without_it_fail(string statement, bool succeeds)
    {
        await using TestDatabase database = await PostgreSqlTestDatabase.CreateAsync();
        await KeptAsync(database);

        if (succeeds)
        {
            await database.ExecuteAsync(statement);
        }
        else
        {
            await Assert.ThrowsAsync<PostgresException>(() => database.ExecuteAsync(statement));
        }

        Assert.Equal(succeeds ? 0 : 3, await database.CountAsync("kept"));
    }

    [Fact]
    public async Task EnsureDeleted_deletes_them_too()
    {
        await using TestDatabase database = SqliteTestDatabase.Create();
        GraphScenario graph = await KeptAsync(database);
        await using ScenarioContext db = graph.CreateContext(database);

        await db.Database.EnsureDeletedAsync(CancellationToken);
        await db.Database.EnsureCreatedAsync(CancellationToken);

        Assert.Equal("0 0", $"{await RowsAsync(database, "kept")} {await RowsAsync(database, "gone")}");
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
    [InlineData(false, "0 0")]
    [InlineData(true, "2 3")]
    public async Task Respawn_empties_tables_outside_the_model_and_the_migrations_history_unless_they_are_ignored(
        bool isIgnored,
        string left)
    {
        await using PostgreSqlTestDatabase database = await PostgreSqlTestDatabase.CreateAsync();
        await GraphScenario.Parse("a->b").CreateAsync(database, rows: 3);
        await database.ExecuteAsync(Others);
        await using var connection = new NpgsqlConnection(database.ConnectionString);
        await connection.OpenAsync(CancellationToken);

        Respawner respawner = await Respawner.CreateAsync(
            connection,
            new RespawnerOptions
            {
                DbAdapter = DbAdapter.Postgres,
                TablesToIgnore = isIgnored ? ["outside", "__EFMigrationsHistory"] : [],
            });
        await respawner.ResetAsync(connection);

        Assert.Equal(left, $"{await database.CountAsync("outside")} {await database.CountAsync("__EFMigrationsHistory")}");
        Assert.Equal(0, await database.CountAsync("a"));
    }

    [Fact]
    public async Task A_cycle_needs_a_superuser_in_Respawn_and_no_extra_right_in_a_purge()
    {
        await using PostgreSqlTestDatabase database = await PostgreSqlTestDatabase.CreateAsync();
        GraphScenario graph = GraphScenario.Parse("a<->b");
        await graph.CreateAsync(database, rows: 3);
        (string role, string login) = await database.CreateLoginAsync(CancellationToken);
        await database.ExecuteAsync($"ALTER TABLE a OWNER TO {role}; ALTER TABLE b OWNER TO {role}");
        await using var connection = new NpgsqlConnection(login);
        await connection.OpenAsync(CancellationToken);
        Respawner respawner = await Respawner.CreateAsync(connection, new RespawnerOptions { DbAdapter = DbAdapter.Postgres });

        PostgresException refused = await Assert.ThrowsAsync<PostgresException>(() => respawner.ResetAsync(connection));
        long left = await database.CountAsync("a");
        await using var db = new ScenarioContext(null, graph.BuildModel, options => options.UseNpgsql(login));
        PurgeReport report = await db.PurgeAsync(cancellationToken: CancellationToken);

        Assert.Equal((PostgresErrorCodes.InsufficientPrivilege, 3), (refused.SqlState, left));
        Assert.Equal((PurgeVerdict.Complete, 6), (report.Verdict, report.RowsDeleted));
    }

    [Fact]
    public async Task Respawn_cannot_restart_numbers_of_SQLite_where_no_table_has_AUTOINCREMENT()
    {
        await using SqliteTestDatabase database = SqliteTestDatabase.Create();
        await GraphScenario.Parse("a").CreateAsync(database);
        await using var connection = await database.OpenConnectionAsync(CancellationToken);
        Respawner respawner = await Respawner.CreateAsync(
            connection,
            new RespawnerOptions { DbAdapter = DbAdapter.Sqlite, WithReseed = true });

        Assert.Contains(
            "no such table: sqlite_sequence",
            (await Assert.ThrowsAsync<SqliteException>(() => respawner.ResetAsync(connection))).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Migrate_fails_on_a_database_that_EnsureCreated_has_made()
    {
        await using SqliteTestDatabase database = SqliteTestDatabase.Create();
        await using var db = new MigratedContext(database);
        await db.Database.MigrateAsync(CancellationToken);
        await db.Database.MigrateAsync(CancellationToken);

        await db.Database.EnsureDeletedAsync(CancellationToken);
        await db.Database.EnsureCreatedAsync(CancellationToken);

        Assert.Contains(
            "already exists",
            (await Assert.ThrowsAsync<SqliteException>(() => db.Database.MigrateAsync(CancellationToken))).Message,
            StringComparison.Ordinal);
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
        await database.ExecuteAsync(Others);
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

/// <summary>A context with one table, which one migration creates.</summary>
public sealed class MigratedContext(SqliteTestDatabase database) : DbContext
{
    /// <inheritdoc/>
    protected override void OnConfiguring(DbContextOptionsBuilder optionsBuilder) => database.Configure(optionsBuilder);

    /// <inheritdoc/>
    protected override void OnModelCreating(ModelBuilder modelBuilder) => GraphScenario.Parse("migrated").BuildModel(modelBuilder);
}

/// <summary>The migration of <see cref="MigratedContext"/>.</summary>
[DbContext(typeof(MigratedContext))]
[Migration("20261129000000_First")]
public sealed class FirstMigration : Migration
{
    /// <inheritdoc/>
    protected override void Up(MigrationBuilder migrationBuilder)
        => migrationBuilder.Sql("CREATE TABLE migrated (\"Id\" INTEGER NOT NULL PRIMARY KEY)");
}
