using System.Data.Common;
using FloworxPurge.Reporting;
using FloworxPurge.Tests.Archives;
using FloworxPurge.Tests.Conformance;
using FloworxPurge.Tests.Kit;
using FloworxPurge.Tests.RowScopes;
using Microsoft.EntityFrameworkCore;

namespace FloworxPurge.Tests.Chunks;

/// <summary>The tables that a run keeps in the database: where they cannot be, where they are not its own, and that none is left.</summary>
public abstract class OwnTableConformance(Engine engine) : ConformanceGroup(engine)
{
    private static void Marked(PurgeOptions options) => options.Rows<A>(a => a.Marked);

    private static void Chunks(PurgeOptions options) => options.InChunks(1);

    [Fact]
    public async Task A_table_of_another_origin_with_the_name_of_a_list_is_named_and_stays()
    {
        await using ChunkScenario scenario = await ChunkScenario.CreateAsync(Engine, ChunkScenario.Model, "A 1! 2! 3!");
        TestDatabase database = scenario.Chunked.Database;
        await database.ExecuteAsync(
            "CREATE TABLE floworxpurge_rows_1 (position int, pass int); INSERT INTO floworxpurge_rows_1 VALUES (7, 7)",
            CancellationToken);
        string before = await database.ChecksumAsync(CancellationToken);

        PurgeException refused = await Assert.ThrowsAsync<PurgeException>(() => scenario.PurgeAsync(Marked, Chunks));

        Assert.Equal(PurgeVerdict.Refused, refused.Report!.Verdict);
        Assert.Contains("floworxpurge_rows_1", refused.Message, StringComparison.Ordinal);
        Assert.Contains("did not create the table of that name", refused.Message, StringComparison.Ordinal);
        Assert.Equal(before, await database.ChecksumAsync(CancellationToken));
    }

    [Fact]
    public async Task A_run_without_lists_leaves_a_table_of_another_origin_alone()
    {
        await using ChunkScenario scenario = await ChunkScenario.CreateAsync(Engine, ChunkScenario.Model, "A 1! 2! 3!");
        await scenario.Chunked.Database.ExecuteAsync(
            "CREATE TABLE floworxpurge_rows_1 (position int, pass int); INSERT INTO floworxpurge_rows_1 VALUES (7, 7)",
            CancellationToken);

        PurgeReport report = await scenario.PurgeAsync(options => options.MaxRows = 100, Chunks);

        Assert.Equal((PurgeVerdict.Complete, 3), (report.Verdict, report.RowsDeleted));
        Assert.Equal("7", await scenario.Chunked.ValuesAsync("SELECT position FROM floworxpurge_rows_1"));
    }

    [Fact]
    public async Task A_table_of_another_origin_with_the_name_of_the_journal_is_named_and_stays()
    {
        await using ChunkScenario scenario = await ChunkScenario.CreateAsync(Engine, ChunkScenario.Model, "A 1! 2! 3!");
        TestDatabase database = scenario.Chunked.Database;
        await database.ExecuteAsync("CREATE TABLE floworxpurge_runs (id int)", CancellationToken);
        string before = await database.ChecksumAsync(CancellationToken);

        PurgeException refused = await Assert.ThrowsAsync<PurgeException>(() => scenario.PurgeAsync(Marked, Chunks));

        Assert.Equal(PurgeVerdict.Refused, refused.Report!.Verdict);
        Assert.Contains("floworxpurge_runs", refused.Message, StringComparison.Ordinal);
        Assert.Contains("did not create the table of that name", refused.Message, StringComparison.Ordinal);
        Assert.Equal(before, await database.ChecksumAsync(CancellationToken));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task More_rows_than_MaxRows_are_refused_before_a_table_is_created(bool isOfRows)
    {
        await using ChunkScenario scenario = await ChunkScenario.CreateAsync(Engine, ChunkScenario.Model, "A 1! 2! 3!");
        string before = await scenario.Chunked.Database.ChecksumAsync(CancellationToken);

        PurgeException refused = await Assert.ThrowsAsync<PurgeException>(() => scenario.PurgeAsync(
            options => _ = isOfRows ? options.Rows<A>(a => a.Marked) : options,
            options => options.InChunks(1).MaxRows = 2));

        Assert.Equal(PurgeVerdict.Refused, refused.Report!.Verdict);
        Assert.Contains("MaxRows is 2", refused.Message, StringComparison.Ordinal);
        Assert.Equal(before, await scenario.Chunked.Database.ChecksumAsync(CancellationToken));
    }

    [Fact]
    public async Task A_plan_without_an_archive_is_refused_before_a_table_is_created_where_the_purger_writes_one()
    {
        await using ChunkScenario scenario = await ChunkScenario.CreateAsync(Engine, ChunkScenario.Model, "A 1! 2! 3!");
        using var archive = new ArchiveFiles();
        PurgePlan plan = await Engine.Purger(Marked).PlanAsync(scenario.Chunked.Context, CancellationToken);
        Purger writes = Engine.Purger(options => options.Rows<A>(a => a.Marked).ArchiveTo(archive.Folder));
        string before = await scenario.Chunked.Database.ChecksumAsync(CancellationToken);

        PurgeException refused = await Assert.ThrowsAsync<PurgeException>(
            () => writes.ExecuteAsync(scenario.Chunked.Context, plan, cancellationToken: CancellationToken));

        Assert.Contains("the plan has no archive", refused.Message, StringComparison.Ordinal);
        Assert.Equal(before, await scenario.Chunked.Database.ChecksumAsync(CancellationToken));
    }

    [Fact]
    public async Task A_run_that_is_stopped_once_its_lists_are_dropped_is_ended_by_the_same_call()
    {
        await using ChunkScenario scenario = await ChunkScenario.CreateAsync(Engine, ChunkScenario.Model, "A 1! 2! 3! D 1>1");
        bool isDropped = false;
        bool isLate = false;
        var hook = new CommandHook
        {
            Before = async (command, _) =>
            {
                isDropped |= isLate && IsDrop(command);
                if (isDropped && !IsDrop(command))
                {
                    throw new TimeoutException("interrupted");
                }

                if (!isLate && command.CommandText.Contains("floworxpurge_rows_1", StringComparison.Ordinal)
                    && command.CommandText.Contains("AND EXISTS", StringComparison.Ordinal))
                {
                    isLate = true;
                    await scenario.Chunked.InsertAsync("A 7!");
                }
            },
        };

        await Assert.ThrowsAsync<PurgeException>(() => scenario.PurgeAsync(Marked, Chunks, hook));
        string running = await RunsAsync(scenario, "running");
        PurgeReport report = await scenario.PurgeAsync(Marked, Chunks);

        Assert.True(isDropped);
        Assert.Equal("1", running);
        Assert.Equal((PurgeVerdict.CompleteWithSkips, 2, 1), (report.Verdict, report.RowsDeleted, report.Chunks!.Late));
        Assert.Equal(("0", "1"), (await RunsAsync(scenario, "running"), await RunsAsync(scenario, "done")));
        Assert.Equal("1 7", await scenario.Chunked.KeysAsync("A"));
    }

    [Fact]
    public async Task A_restore_of_a_run_that_has_not_ended_leaves_no_lists()
    {
        await using ChunkScenario scenario = await ChunkScenario.CreateAsync(Engine, ChunkScenario.Model, "A 1! 2! 3!");
        using var archive = new ArchiveFiles();
        await Assert.ThrowsAsync<PurgeException>(() => scenario.PurgeAsync(
            Marked,
            options => options
                .ArchiveTo(archive.Folder)
                .InChunks(1, when: (_, _) => Task.FromResult(false), patience: TimeSpan.Zero)));
        string before = await scenario.Chunked.KeysAsync("A");

        await using ScenarioContext context = scenario.Chunked.CreateContext(new CommandHook());
        await PurgeArchive.RestoreAsync(archive.Folder, context, cancellationToken: CancellationToken);

        Assert.Equal(("2 3", "1 2 3"), (before, await scenario.Chunked.KeysAsync("A")));
        string find = scenario.Chunked.Database.Pick(
            sqlite: "SELECT COUNT(*) FROM sqlite_master WHERE name = 'floworxpurge_rows_1'",
            postgreSql: "SELECT count(*) FROM pg_tables WHERE tablename = 'floworxpurge_rows_1'",
            mariaDb: "SELECT COUNT(*) FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() "
                + "AND TABLE_NAME = 'floworxpurge_rows_1'",
            sqlServer: "SELECT 0");
        Assert.Equal("0", await scenario.Chunked.ValuesAsync(find));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_role_that_may_not_create_tables_is_refused_and_the_message_has_the_grant(bool hasJournal)
    {
        Assert.SkipWhen(Engine == Engine.Sqlite, "SQLite has no roles.");
        await using ChunkScenario scenario = await ChunkScenario.CreateAsync(Engine, ChunkScenario.Model, "A 1! 2! 3!");
        if (hasJournal)
        {
            await scenario.PurgeAsync(options => options.Rows<A>(a => a.Id == 3), Chunks);
        }

        await using ScenarioContext context = await LimitedAsync(scenario.Chunked.Database);
        Purger purger = scenario.Purger(Marked, Chunks);
        PurgePlan plan = await purger.PlanAsync(context, CancellationToken);
        string before = await scenario.Chunked.Database.ChecksumAsync(CancellationToken);

        PurgeException refused = await Assert.ThrowsAsync<PurgeException>(
            () => purger.ExecuteAsync(context, plan, cancellationToken: CancellationToken));

        Assert.True(refused.Report!.Verdict == PurgeVerdict.Refused, refused.Message);
        string grant = scenario.Chunked.Database.Pick(
            sqlite: string.Empty,
            postgreSql: "needs CREATE on schema \"public\": GRANT CREATE ON SCHEMA public TO login_",
            mariaDb: "GRANT CREATE, DROP, SELECT, INSERT, UPDATE ON `test_",
            sqlServer: string.Empty);
        Assert.True(refused.Message.Contains(grant, StringComparison.Ordinal), refused.Message);
        Assert.Equal(before, await scenario.Chunked.Database.ChecksumAsync(CancellationToken));
    }

    private static bool IsDrop(DbCommand command)
        => command.CommandText.StartsWith("DROP TABLE", StringComparison.Ordinal)
            && command.CommandText.Contains("floworxpurge_rows_1", StringComparison.Ordinal);

    private static Task<string> RunsAsync(ChunkScenario scenario, string state)
        => scenario.Chunked.ValuesAsync($"SELECT COUNT(*) FROM floworxpurge_runs WHERE state = '{state}'");

    // All rights but that to create tables.
    private static async Task<ScenarioContext> LimitedAsync(TestDatabase database)
    {
        if (database is PostgreSqlTestDatabase postgreSql)
        {
            (string role, string connection) = await postgreSql.CreateLoginAsync(CancellationToken);
            await database.ExecuteAsync(
                "REVOKE CREATE ON SCHEMA public FROM PUBLIC; "
                    + $"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}",
                CancellationToken);
            return new ScenarioContext(null, Model, options => options.UseNpgsql(connection));
        }

        (string user, string login) = await ((MariaDbTestDatabase)database).CreateLoginAsync(CancellationToken);
        string name = (await database.ScalarAsync<string>("SELECT DATABASE()", CancellationToken))!;
        await database.ExecuteAsync(
            $"GRANT REFERENCES ON *.* TO '{user}'@'%'; "
                + $"GRANT SELECT, INSERT, UPDATE, DELETE, LOCK TABLES, CREATE TEMPORARY TABLES ON \"{name}\".* TO '{user}'@'%'",
            CancellationToken);
        return new ScenarioContext(null, Model, options => options.UseMySQL(login));
    }

    private static void Model(ModelBuilder model)
    {
        RowScenario.Tables(model);
        ChunkScenario.Model(model);
    }
}

public sealed class SqliteOwnTableConformance() : OwnTableConformance(Engine.Sqlite);

public sealed class PostgreSqlOwnTableConformance() : OwnTableConformance(Engine.PostgreSql);

public sealed class MariaDbOwnTableConformance() : OwnTableConformance(Engine.MariaDb);
