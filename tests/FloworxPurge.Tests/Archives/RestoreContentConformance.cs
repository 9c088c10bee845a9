using FloworxPurge.Tests.Conformance;
using FloworxPurge.Tests.Kit;
using FloworxPurge.Tests.RowScopes;
using Microsoft.EntityFrameworkCore;

namespace FloworxPurge.Tests.Archives;

/// <summary>What is restored is compared with the archive, in every column, before the commit.</summary>
public abstract class RestoreContentConformance(Engine engine) : ConformanceGroup(engine)
{
    [Theory]
    [InlineData("'other'", false)]
    [InlineData("NULL", false)]
    [InlineData("'C3'", false)]
    [InlineData("'c3 '", false)]
    [InlineData("'other'", true)]
    [InlineData("NULL", true)]
    [InlineData("'C3'", true)]
    [InlineData("'c3 '", true)]
    public async Task A_value_that_a_trigger_changes_is_found_and_rolled_back(string value, bool isInSchema)
    {
        await using ContentScenario scenario = await CreateAsync(isInSchema, "B");
        await scenario.ChangeOnInsertAsync("B", value);
        string before = await scenario.ChecksumAsync();

        PurgeException failed = await Assert.ThrowsAsync<PurgeException>(
            () => scenario.RestoreAsync(options => options.AllowTrigger("change")));

        Assert.Equal(RestoreVerdict.Failed, failed.RestoreReport!.Verdict);
        Assert.Contains("that are not as they were archived: expected 0, measured 1", failed.Message, StringComparison.Ordinal);
        Assert.Equal(before, await scenario.ChecksumAsync());
    }

    [Theory]
    [InlineData(false, "")]
    [InlineData(false, "c1")]
    [InlineData(true, "")]
    [InlineData(true, "c1")]
    public async Task A_row_without_a_key_that_a_trigger_makes_equal_to_another_is_found(bool isInSchema, string there)
    {
        await using ContentScenario scenario = await CreateAsync(isInSchema, "notes");
        if (there.Length > 0)
        {
            await scenario.Database.ExecuteAsync($"INSERT INTO \"notes\" VALUES (1, '{there}'), (1, '{there}')", CancellationToken);
        }

        await scenario.ChangeOnInsertAsync("notes", "'c1'", "\"Code\" = 'c3'");
        string before = await scenario.ChecksumAsync();

        PurgeException failed = await Assert.ThrowsAsync<PurgeException>(
            () => scenario.RestoreAsync(options => options.AllowTrigger("change")));

        Assert.Contains("that are not as they were archived", failed.Message, StringComparison.Ordinal);
        Assert.Equal(before, await scenario.ChecksumAsync());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Rows_without_a_key_come_back_as_often_as_they_were_there(bool isInSchema)
    {
        await using ContentScenario scenario = await CreateAsync(isInSchema, "notes");

        RestoreReport report = await scenario.RestoreAsync();

        Assert.Equal(RestoreVerdict.Restored, report.Verdict);
        await scenario.AssertOriginalAsync();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Rows_without_a_key_come_back_beside_others(bool isInSchema)
    {
        await using ContentScenario scenario = await CreateAsync(isInSchema, "notes");
        await scenario.Database.ExecuteAsync("INSERT INTO \"notes\" VALUES (1, 'x'), (1, 'c1'), (3, NULL)", CancellationToken);

        RestoreReport report = await scenario.RestoreAsync();

        Assert.Equal(RestoreVerdict.Restored, report.Verdict);
        Assert.Equal(8, await scenario.Database.CountAsync("notes", cancellationToken: CancellationToken));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_row_without_a_key_that_a_trigger_makes_equal_to_a_restored_one_is_found(bool isInSchema)
    {
        Assert.SkipWhen(Engine == Engine.MariaDb, "A trigger of MariaDB changes no other row of its table.");
        await using ContentScenario scenario = await CreateAsync(isInSchema, "notes");
        await scenario.Database.ExecuteAsync("INSERT INTO \"notes\" VALUES (1, 'x')", CancellationToken);
        await scenario.Database.RunOnInsertAsync(
            "notes",
            "UPDATE \"notes\" SET \"Code\" = 'c1' WHERE \"Code\" = 'x'",
            CancellationToken);
        string before = await scenario.ChecksumAsync();

        PurgeException failed = await Assert.ThrowsAsync<PurgeException>(
            () => scenario.RestoreAsync(options => options.AllowTrigger("follow_notes")));

        Assert.Contains("that are not as they were archived", failed.Message, StringComparison.Ordinal);
        Assert.Equal(before, await scenario.ChecksumAsync());
    }

    private async Task<ContentScenario> CreateAsync(bool isInSchema, string table)
    {
        Assert.SkipWhen(isInSchema && Engine == Engine.Sqlite, "SQLite has no schemas.");
        return await ContentScenario.CreateAsync(Engine, isInSchema, table);
    }

    /// <summary>A purge into an archive of either kind: of marked rows, or of all rows of a table without a key.</summary>
    private sealed class ContentScenario(RowScenario rows, string place, bool isInSchema) : IAsyncDisposable
    {
        public TestDatabase Database => rows.Database;

        private string Original { get; set; } = string.Empty;

        public static async Task<ContentScenario> CreateAsync(Engine engine, bool isInSchema, string table)
        {
            RowScenario rows = await RowScenario.CreateAsync(engine, RestoreScenario.Model, RestoreScenario.Data);
            await rows.Database.ExecuteAsync(
                "CREATE TABLE \"notes\" (\"Number\" int NOT NULL, \"Code\" varchar(40)); "
                    + "INSERT INTO \"notes\" VALUES (1, 'c1'), (1, 'c1'), (1, 'c3'), (2, NULL), (2, NULL)",
                CancellationToken);
            string place = isInSchema ? SchemaScenario.NewName()
                : Path.Combine(Path.GetTempPath(), "floworxpurge-" + Guid.NewGuid().ToString("N"));
            var scenario = new ContentScenario(rows, place, isInSchema)
            {
                Original = await ChecksumWithoutJournal.OfAsync(rows.Database, CancellationToken),
            };
            await using ScenarioContext context = scenario.CreateContext();
            Purger purger = engine.Purger(options =>
            {
                _ = table == "notes" ? options.Include("notes") : options.Rows<A>(a => a.Marked);
                _ = isInSchema ? options.ArchiveTo(schema: place) : options.ArchiveTo(place);
            });
            await purger.ExecuteAsync(
                context,
                await purger.PlanAsync(context, CancellationToken),
                cancellationToken: CancellationToken);
            return scenario;
        }

        public Task<string> ChecksumAsync() => Database.ChecksumAsync(CancellationToken);

        public async Task AssertOriginalAsync()
        {
            await DropAsync();
            Assert.Equal(Original, await ChecksumWithoutJournal.OfAsync(Database, CancellationToken));
        }

        /// <summary>Changes a value of one row that is inserted.</summary>
        public Task ChangeOnInsertAsync(string table, string value, string condition = "\"Id\" = 3")
        {
            string now = condition.Replace("\"", "NEW.\"", StringComparison.Ordinal).Replace("NEW.\" =", "\" =", StringComparison.Ordinal);
            return Database.ExecuteAsync(
                Database.Pick(
                    sqlite: $"CREATE TRIGGER change AFTER INSERT ON \"{table}\" WHEN {now} BEGIN "
                        + $"UPDATE \"{table}\" SET \"Code\" = {value} WHERE rowid = NEW.rowid; END",
                    postgreSql: $"CREATE FUNCTION change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF {now} THEN "
                        + $"NEW.\"Code\" := {value}; END IF; RETURN NEW; END $$; "
                        + $"CREATE TRIGGER change BEFORE INSERT ON \"{table}\" FOR EACH ROW EXECUTE FUNCTION change()",
                    mariaDb: $"CREATE TRIGGER `change` BEFORE INSERT ON \"{table}\" FOR EACH ROW "
                        + $"SET NEW.\"Code\" = CASE WHEN {now} THEN {value} ELSE NEW.\"Code\" END",
                    sqlServer: string.Empty),
                CancellationToken);
        }

        public async Task<RestoreReport> RestoreAsync(Action<RestoreOptions>? configure = null)
        {
            await using ScenarioContext context = CreateContext();
            return isInSchema
                ? await PurgeArchive.RestoreSchemaAsync(place, context, null, configure, CancellationToken)
                : await PurgeArchive.RestoreAsync(place, context, configure, CancellationToken);
        }

        public async ValueTask DisposeAsync()
        {
            await DropAsync();
            await rows.DisposeAsync();
        }

        private async Task DropAsync()
        {
            if (isInSchema)
            {
                await Database.ExecuteAsync(
                    $"DROP SCHEMA IF EXISTS {TestDatabase.Quote(place)}{(Database.HasSchemas ? " CASCADE" : string.Empty)}",
                    CancellationToken);
            }
            else if (Directory.Exists(place))
            {
                Directory.Delete(place, recursive: true);
            }
        }

        private ScenarioContext CreateContext()
            => new(Database, model =>
            {
                RowScenario.Tables(model);
                RestoreScenario.Model(model);
                model.Entity<Note>().ToTable("notes").HasNoKey();
            });
    }

    private sealed class Note
    {
        public int Number { get; set; }

        public string? Code { get; set; }
    }
}

public sealed class SqliteRestoreContentConformance() : RestoreContentConformance(Engine.Sqlite);

public sealed class PostgreSqlRestoreContentConformance() : RestoreContentConformance(Engine.PostgreSql);

public sealed class MariaDbRestoreContentConformance() : RestoreContentConformance(Engine.MariaDb);
