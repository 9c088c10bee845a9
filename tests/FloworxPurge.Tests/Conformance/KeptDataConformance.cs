using FloworxPurge.Reporting;
using FloworxPurge.Tests.Kit;
using Microsoft.EntityFrameworkCore;

namespace FloworxPurge.Tests.Conformance;

/// <summary>What is kept loses nothing: no row of a kept table is deleted or changed, whatever the foreign keys would do.</summary>
public abstract class KeptDataConformance(Engine engine) : ConformanceGroup(engine)
{
    public static TheoryData<string> Actions() => ["NO ACTION", "RESTRICT", "CASCADE", "SET NULL", "SET DEFAULT"];

    [Theory]
    [MemberData(nameof(Actions))]
    public async Task Rows_of_an_unmapped_table_block_the_table_that_they_reference(string action)
    {
        await using TestDatabase database = await CreateAsync(action, "1");
        string before = await Shop.ContentAsync(database, CancellationToken, "notes", "logs");

        PurgeReport report = await PurgeShopAsync(database);

        AssertLogsAreBlocked(report, action, PlanReason.Unmapped);
        Assert.Equal(before, await Shop.ContentAsync(database, CancellationToken, "notes", "logs"));
        await AssertEmptyAsync(database, "countries", "customers", "orders");
    }

    [Theory]
    [MemberData(nameof(Actions))]
    public async Task An_unmapped_table_without_rows_blocks_nothing(string action)
    {
        await using TestDatabase database = await CreateAsync(action, value: null);

        PurgeReport report = await PurgeShopAsync(database);

        AssertAllPurged(report, PlanReason.Unmapped);
        await AssertEmptyAsync(database, "countries", "customers", "orders", "logs");
    }

    [Theory]
    [MemberData(nameof(Actions))]
    public async Task Rows_that_reference_nothing_block_nothing_and_stay(string action)
    {
        await using TestDatabase database = await CreateAsync(action, "NULL");
        string before = await Shop.ContentAsync(database, CancellationToken, "notes");

        PurgeReport report = await PurgeShopAsync(database);

        AssertAllPurged(report, PlanReason.Unmapped);
        Assert.Equal(before, await Shop.ContentAsync(database, CancellationToken, "notes"));
        await AssertEmptyAsync(database, "countries", "customers", "orders", "logs");
    }

    [Theory]
    [MemberData(nameof(Actions))]
    public async Task Rows_of_an_excluded_table_block_the_table_that_they_reference(string action)
    {
        await using TestDatabase database = await CreateAsync(action, "1");
        string before = await Shop.ContentAsync(database, CancellationToken, "notes", "logs");

        PurgeReport report = await PurgeShopAsync(database, mapsNotes: true, options => options.Exclude("notes"));

        AssertLogsAreBlocked(report, action, PlanReason.Excluded);
        Assert.Equal(before, await Shop.ContentAsync(database, CancellationToken, "notes", "logs"));
        await AssertEmptyAsync(database, "countries", "customers", "orders");
    }

    [Theory]
    [MemberData(nameof(Actions))]
    public async Task An_excluded_table_without_rows_blocks_nothing(string action)
    {
        await using TestDatabase database = await CreateAsync(action, value: null);

        PurgeReport report = await PurgeShopAsync(database, mapsNotes: true, options => options.Exclude("notes"));

        AssertAllPurged(report, PlanReason.Excluded);
        await AssertEmptyAsync(database, "countries", "customers", "orders", "logs");
    }

    [Theory]
    [MemberData(nameof(Actions))]
    public async Task Best_effort_changes_nothing_about_what_is_kept(string action)
    {
        await using TestDatabase database = await CreateAsync(action, "1");
        string before = await Shop.ContentAsync(database, CancellationToken, "notes", "logs");

        PurgeReport report = await PurgeShopAsync(database, mapsNotes: false, options => options.BestEffort = true);

        AssertLogsAreBlocked(report, action, PlanReason.Unmapped);
        Assert.Equal(before, await Shop.ContentAsync(database, CancellationToken, "notes", "logs"));
    }

    [Theory]
    [MemberData(nameof(Actions))]
    public async Task A_truncating_purge_changes_nothing_about_what_is_kept(string action)
    {
        await using TestDatabase database = await CreateAsync(action, "1");
        string before = await Shop.ContentAsync(database, CancellationToken, "notes", "logs");

        PurgeReport report = await PurgeShopAsync(database, mapsNotes: false, options => options.Truncate = true);

        AssertLogsAreBlocked(report, action, PlanReason.Unmapped);
        Assert.Equal(before, await Shop.ContentAsync(database, CancellationToken, "notes", "logs"));
        await AssertEmptyAsync(database, "countries", "customers", "orders");
    }

    [Fact]
    public async Task A_table_that_references_by_two_foreign_keys_is_reported_with_both()
    {
        await using TestDatabase database = await Engine.CreateDatabaseAsync();
        await Shop.CreateAsync(database, CancellationToken);
        await database.ExecuteAsync(
            """
            CREATE TABLE notes ("Id" integer NOT NULL PRIMARY KEY, "LogId" integer NULL REFERENCES logs ("Id") ON DELETE CASCADE, "OtherId" integer NULL REFERENCES logs ("Id"));
            INSERT INTO notes VALUES (1, 1, 2), (2, 2, NULL);
            """,
            CancellationToken);

        PlanTable skip = Skip(await PurgeShopAsync(database), "logs");

        Assert.Equal(2, skip.ForeignKeys.Count);
        Assert.Contains($"2 rows of {Name("notes").ToQuotedString()}", skip.Explanation, StringComparison.Ordinal);
        Assert.Contains($"; and by 1 row of {Name("notes").ToQuotedString()}", skip.Explanation, StringComparison.Ordinal);
        Assert.Contains($"{Name("notes")}(OtherId) -> {Name("logs")}(Id)", skip.Explanation, StringComparison.Ordinal);
    }

    /// <summary>A table that references the logs, with three rows that hold <paramref name="value"/>, or none.</summary>
    private async Task<TestDatabase> CreateAsync(string action, string? value)
    {
        Assert.SkipWhen(action == "SET DEFAULT" && !Engine.HasSetDefault, $"{Engine} keeps SET DEFAULT as RESTRICT.");
        Assert.SkipWhen(action == "RESTRICT" && !Engine.HasRestrict, $"{Engine} has no RESTRICT.");
        TestDatabase database = await Engine.CreateDatabaseAsync();
        await Shop.CreateAsync(database, CancellationToken);
        string rows = value is null ? string.Empty : $"INSERT INTO notes VALUES (1, {value}, 'x'), (2, {value}, 'y'), (3, {value}, 'z');";
        await database.ExecuteAsync(
            $"""
            CREATE TABLE notes ("Id" integer NOT NULL PRIMARY KEY, "LogId" integer NULL DEFAULT 2, "Text" text NULL,
                CONSTRAINT "FK_notes" FOREIGN KEY ("LogId") REFERENCES logs ("Id") ON DELETE {action});
            {rows}
            """,
            CancellationToken);
        return database;
    }

    private async Task<PurgeReport> PurgeShopAsync(TestDatabase database, bool mapsNotes = false, Action<PurgeOptions>? configure = null)
    {
        await using ScenarioContext context = mapsNotes ? new ScenarioContext(database, BuildWithNotes) : Shop.CreateContext(database);
        return await PurgeAsync(context, configure);
    }

    // The model need not know the foreign key: the database has it.
    private static void BuildWithNotes(ModelBuilder model)
    {
        Shop.BuildModel(model);
        model.Entity<Note>().ToTable("notes");
    }

    private void AssertLogsAreBlocked(PurgeReport report, string action, PlanReason reason)
    {
        Assert.Equal(PurgeVerdict.CompleteWithSkips, report.Verdict);
        PlanTable skip = Assert.Single(report.Skips);
        Assert.Equal(Name("logs"), skip.Table);
        Assert.Equal(PlanReason.Blocked, skip.Reason);
        Assert.Equal(Name("notes"), Assert.Single(skip.ForeignKeys).Dependent);
        string key = Engine.NamesForeignKeys ? $"FK_notes: {Name("notes")}(LogId) -> {Name("logs")}(Id)" : "notes(LogId) -> logs(Id)";
        Assert.Equal(
            $"{Name("logs").ToQuotedString()} is blocked: it is referenced by 3 rows of {Name("notes").ToQuotedString()}, which is kept "
                + $"({reason}), through foreign key {key} (ON DELETE {action}). "
            + "Purge the dependents too, delete or detach those rows first, or leave the table as it is.",
            skip.Explanation);
        Assert.Contains(report.Kept, kept => kept.Table == Name("notes") && kept.Reason == reason);
    }

    private static void AssertAllPurged(PurgeReport report, PlanReason reason)
    {
        Assert.Equal(PurgeVerdict.Complete, report.Verdict);
        Assert.Equal(12, report.RowsDeleted);
        Assert.Equal(reason, Assert.Single(report.Kept).Reason);
    }

    private sealed class Note
    {
        public int Id { get; set; }

        public int? LogId { get; set; }

        public string? Text { get; set; }
    }
}

public sealed class SqliteKeptDataConformance() : KeptDataConformance(Engine.Sqlite);

public sealed class PostgreSqlKeptDataConformance() : KeptDataConformance(Engine.PostgreSql);

public sealed class AnsiKeptDataConformance() : KeptDataConformance(Engine.Ansi);

public sealed class MariaDbKeptDataConformance() : KeptDataConformance(Engine.MariaDb);
