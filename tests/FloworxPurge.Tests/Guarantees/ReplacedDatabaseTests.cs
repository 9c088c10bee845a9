using FloworxPurge.Reporting;
using FloworxPurge.Tests.Kit;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace FloworxPurge.Tests.Guarantees;

/// <summary>A plan is for one database, and not for another one that has taken its name and place since.</summary>
public sealed class ReplacedDatabaseTests
{
    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_file_that_was_created_anew_is_another_database()
    {
        await using SqliteTestDatabase database = SqliteTestDatabase.Create();
        await TwoTables.Graph.CreateAsync(database, rows: 2, cancellationToken: CancellationToken);
        await using ScenarioContext context = TwoTables.Graph.CreateContext(database);
        PurgePlan plan = await new Purger().PlanAsync(context, CancellationToken);
        SqliteConnection.ClearAllPools();
        File.Delete(database.FileName!);
        await TwoTables.Graph.CreateAsync(database, rows: 2, cancellationToken: CancellationToken);

        await AssertRefusedAsync(context, plan, "the plan was made for database \"test.db\"");
        Assert.Equal(2, await database.CountAsync("child", cancellationToken: CancellationToken));
    }

    [Fact]
    public async Task A_file_that_is_written_to_stays_the_same_database()
    {
        await using SqliteTestDatabase database = SqliteTestDatabase.Create();
        await TwoTables.Graph.CreateAsync(database, rows: 2, cancellationToken: CancellationToken);
        await using ScenarioContext context = TwoTables.Graph.CreateContext(database);
        PurgePlan plan = await new Purger().PlanAsync(context, CancellationToken);
        await database.ExecuteAsync("DELETE FROM child", CancellationToken);

        Assert.NotNull(plan.Database.DatabaseId);
        Assert.Equal(PurgeVerdict.Complete, (await new Purger().ExecuteAsync(context, plan, cancellationToken: CancellationToken)).Verdict);
    }

    [Fact]
    public async Task A_resetter_takes_a_file_that_was_created_anew_in_its_place()
    {
        await using SqliteTestDatabase database = SqliteTestDatabase.Create();
        await TwoTables.Graph.CreateAsync(database, rows: 2, cancellationToken: CancellationToken);
        await using ScenarioContext context = TwoTables.Graph.CreateContext(database);
        await using DatabaseResetter resetter = await DatabaseResetter.CreateAsync(context, cancellationToken: CancellationToken);
        SqliteConnection.ClearAllPools();
        File.Delete(database.FileName!);
        await TwoTables.Graph.CreateAsync(database, rows: 2, cancellationToken: CancellationToken);

        Assert.Equal(4, (await resetter.ResetAsync(context, CancellationToken)).Rows);
        Assert.Equal(0, await database.CountAsync("child", cancellationToken: CancellationToken));
    }

    [Fact]
    public async Task A_database_in_memory_has_no_file()
    {
        await using SqliteTestDatabase database = SqliteTestDatabase.CreateInMemory();
        await TwoTables.Graph.CreateAsync(database, rows: 2, cancellationToken: CancellationToken);
        await using ScenarioContext context = TwoTables.Graph.CreateContext(database);

        Assert.Null((await new Purger().PlanAsync(context, CancellationToken)).Database.DatabaseId);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_database_of_MariaDB_that_was_created_anew_is_another_one(bool seesNumbers)
    {
        await using MariaDbTestDatabase database = await MariaDbTestDatabase.CreateAsync(cancellationToken: CancellationToken);
        await TwoTables.Graph.CreateAsync(database, rows: 2, cancellationToken: CancellationToken);
        (string role, string login) = await database.CreateLoginAsync(CancellationToken);
        await database.ExecuteAsync($"GRANT SELECT, DELETE, TRIGGER ON \"{database.Name}\".* TO '{role}'@'%'", CancellationToken);
        await using var context = new ScenarioContext(
            null,
            TwoTables.Graph.BuildModel,
            options => options.UseMySQL(seesNumbers ? database.ConnectionString : login));
        PurgePlan plan = await new Purger().PlanAsync(context, CancellationToken);

        // Without numbers a table is identified by the second of its creation.
        await Task.Delay(TimeSpan.FromMilliseconds(1100), CancellationToken);
        await database.ExecuteAsync($"DROP DATABASE \"{database.Name}\"; CREATE DATABASE \"{database.Name}\"", CancellationToken);
        await TwoTables.Graph.CreateAsync(database, rows: 2, cancellationToken: CancellationToken);

        await AssertRefusedAsync(context, plan, seesNumbers ? "another object has the name" : "tables were created anew");
        Assert.Equal(2, await database.CountAsync("child", cancellationToken: CancellationToken));
    }

    [Fact]
    public async Task The_number_of_a_PostgreSQL_database_is_that_of_one_cluster()
    {
        await using PostgreSqlTestDatabase database = await TwoTables.CreateAsync(CancellationToken);
        await using ScenarioContext context = TwoTables.Graph.CreateContext(database);
        string expected = (
            await database.ScalarAsync<string>("SELECT d.oid || '/' || c.system_identifier FROM pg_database d, pg_control_system() c "
                + "WHERE d.datname = current_database()", CancellationToken))!;

        Assert.Equal(expected, (await new Purger().PlanAsync(context, CancellationToken)).Database.DatabaseId);
    }

    [Fact]
    public async Task A_role_that_may_not_read_the_cluster_plans_all_the_same()
    {
        await using PostgreSqlTestDatabase database = await TwoTables.CreateAsync(CancellationToken);
        string role = "reader_" + Guid.NewGuid().ToString("N")[..8];
        await database.ExecuteAsync(
            $"REVOKE EXECUTE ON FUNCTION pg_control_system() FROM PUBLIC; CREATE ROLE {role} LOGIN PASSWORD 'x'; GRANT SELECT, DELETE ON "
                + $"ALL TABLES IN SCHEMA public TO {role}",
            CancellationToken);
        try
        {
            await using ScenarioContext context = TwoTables.As(
                database,
                new NpgsqlConnectionStringBuilder(database.ConnectionString) { Username = role, Password = "x", Pooling = false }.ConnectionString);

            PurgePlan plan = await new Purger().PlanAsync(context, CancellationToken);

            Assert.Matches("^[0-9]+$", plan.Database.DatabaseId);
            Assert.Equal(2, plan.Tables.Count);
        }
        finally
        {
            await database.ExecuteAsync($"DROP OWNED BY {role}; DROP ROLE {role}", CancellationToken);
        }
    }

    private static async Task AssertRefusedAsync(ScenarioContext context, PurgePlan plan, string because)
    {
        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(
            () => new Purger().ExecuteAsync(context, plan, cancellationToken: CancellationToken));

        Assert.Equal(PurgeVerdict.Refused, exception.Report!.Verdict);
        Assert.Contains(because, exception.Message, StringComparison.Ordinal);
    }
}
