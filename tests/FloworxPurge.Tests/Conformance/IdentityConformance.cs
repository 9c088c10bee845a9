using FloworxPurge.Reporting;
using FloworxPurge.Tests.Kit;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;

namespace FloworxPurge.Tests.Conformance;

/// <summary>Identity counters restart at their declared seed when that is asked for, with the run and not without it.</summary>
public abstract class IdentityConformance(Engine engine) : ConformanceGroup(engine)
{
    private const string Unknown = "ANSI SQL has no statement that restarts a counter inside a transaction.";

    [Fact]
    public async Task Numbers_restart_at_their_seed()
    {
        Assert.SkipUnless(Engine.ResetsIdentity, Unknown);
        await using TestDatabase database = await CreateAsync();
        await using ScenarioContext context = Context(database);
        await InsertAsync(context, "used", 5);

        PurgeReport report = await PurgeAsync(context, options => options.ResetIdentity = true);

        Assert.Equal(["never_used", "seeded", "used"], report.IdentitiesReset.Select(table => table.Name).Order(StringComparer.Ordinal));
        Assert.Equal([1, 2], await InsertAsync(context, "used", 2));
        Assert.Equal([1], await InsertAsync(context, "never_used", 1));
    }

    [Fact]
    public async Task Numbers_restart_at_a_declared_seed_other_than_1()
    {
        Assert.SkipUnless(Engine == Engine.PostgreSql || Engine == Engine.SqlServer, "The counter of this engine knows no seed but 1.");
        await using TestDatabase database = await CreateAsync();
        await using ScenarioContext context = Context(database);
        Assert.Equal([1000, 1010], await InsertAsync(context, "seeded", 2));

        await PurgeAsync(context, options => options.ResetIdentity = true);

        Assert.Equal([1000, 1010], await InsertAsync(context, "seeded", 2));
    }

    [Fact]
    public async Task Numbers_restart_after_an_insert_that_was_rolled_back()
    {
        Assert.SkipUnless(Engine.ResetsIdentity, Unknown);
        await using TestDatabase database = await CreateAsync();
        await using ScenarioContext context = Context(database);
        await using (await context.Database.BeginTransactionAsync(CancellationToken))
        {
            await InsertAsync(context, "never_used", 4);
        }

        await PurgeAsync(context, options => options.ResetIdentity = true);

        Assert.Equal([1], await InsertAsync(context, "never_used", 1));
    }

    [Fact]
    public async Task Numbers_go_on_when_nobody_asked_for_a_restart()
    {
        Assert.SkipUnless(Engine.ResetsIdentity, "This engine's counter is not told apart from the highest number in the table.");
        await using TestDatabase database = await CreateAsync();
        await using ScenarioContext context = Context(database);
        await InsertAsync(context, "used", 5);

        PurgeReport report = await PurgeAsync(context);

        Assert.Empty(report.IdentitiesReset);
        Assert.Equal([6], await InsertAsync(context, "used", 1));
    }

    [Fact]
    public async Task Numbers_of_a_kept_table_go_on()
    {
        Assert.SkipUnless(Engine.ResetsIdentity, Unknown);
        await using TestDatabase database = await CreateAsync();
        await using ScenarioContext context = Context(database);
        await InsertAsync(context, "used", 5);
        await context.Database.ExecuteSqlRawAsync("DELETE FROM used WHERE \"Id\" > 2", CancellationToken);

        await PurgeAsync(context, options => options.Exclude("used").ResetIdentity = true);

        Assert.Equal([6], await InsertAsync(context, "used", 1));
    }

    [Fact]
    public async Task A_restart_is_rolled_back_with_the_run()
    {
        Assert.SkipUnless(Engine.ResetsIdentity, Unknown);
        await using TestDatabase database = await CreateAsync();
        await using ScenarioContext context = Context(database);
        await InsertAsync(context, "used", 5);
        string rows = await database.ChecksumAsync(CancellationToken);

        await using (var transaction = await context.Database.BeginTransactionAsync(CancellationToken))
        {
            await PurgeAsync(context, options => options.ResetIdentity = true);
            await transaction.RollbackAsync(CancellationToken);
        }

        Assert.Equal(rows, await database.ChecksumAsync(CancellationToken));
    }

    [Fact]
    public async Task A_counter_that_cannot_be_restarted_is_noted()
    {
        Assert.SkipWhen(Engine.ResetsIdentity, "This engine restarts every counter.");
        await using TestDatabase database = await CreateAsync();
        await using ScenarioContext context = Context(database);

        PurgeReport report = await PurgeAsync(context, options => options.ResetIdentity = true);

        Assert.Empty(report.IdentitiesReset);
        Assert.Contains(
            report.Notes,
            note => note.Grade == LogLevel.Warning && note.Table?.Name == "used" && note.Text.Contains("are not restarted", StringComparison.Ordinal));
    }

    private async Task<TestDatabase> CreateAsync()
    {
        TestDatabase database = await Engine.CreateDatabaseAsync();
        await using ScenarioContext context = Context(database);
        await context.CreateTablesAsync(CancellationToken);
        return database;
    }

    private static ScenarioContext Context(TestDatabase database)
        => new(database, database.Pick<Action<ModelBuilder>>(Plain, Seeded, Plain, SeededOnSqlServer));

    private static void Plain(ModelBuilder model)
    {
        model.SharedTypeEntity<Numbered>("used").ToTable("used");
        model.SharedTypeEntity<Numbered>("never used").ToTable("never_used");
        model.SharedTypeEntity<Numbered>("seeded").ToTable("seeded");
    }

    private static void Seeded(ModelBuilder model)
    {
        Plain(model);
        model.Entity("seeded").Property<int>("Id").HasIdentityOptions(startValue: 1000, incrementBy: 10);
    }

    private static void SeededOnSqlServer(ModelBuilder model)
    {
        Plain(model);
        model.Entity("seeded").Property<int>("Id").UseIdentityColumn(seed: 1000, increment: 10);
    }

    private static async Task<List<int>> InsertAsync(ScenarioContext context, string table, int rows)
    {
        List<int> numbers = [];
        for (int i = 0; i < rows; i++)
        {
            string sql = context.Database.IsSqlServer()
                ? $"INSERT INTO {table} (\"Text\") OUTPUT inserted.\"Id\" AS \"Value\" VALUES ('x')"
                : $"INSERT INTO {table} (\"Text\") VALUES ('x') RETURNING \"Id\" AS \"Value\"";
            numbers.AddRange(await context.Database.SqlQueryRaw<int>(sql).ToListAsync(CancellationToken));
        }

        return numbers;
    }

    private sealed class Numbered
    {
        public int Id { get; set; }

        public string Text { get; set; } = "";
    }
}

public sealed class SqliteIdentityConformance() : IdentityConformance(Engine.Sqlite);

public sealed class PostgreSqlIdentityConformance() : IdentityConformance(Engine.PostgreSql);

public sealed class AnsiIdentityConformance() : IdentityConformance(Engine.Ansi);

public sealed class MariaDbIdentityConformance() : IdentityConformance(Engine.MariaDb);
