using FloworxPurge.Reporting;
using FloworxPurge.Tests.Conformance;
using FloworxPurge.Tests.Guarantees;
using FloworxPurge.Tests.Kit;
using FloworxPurge.Tests.RowScopes;
using Microsoft.EntityFrameworkCore;

namespace FloworxPurge.Tests.Chunks;

/// <summary>What PostgreSQL has of its own, in runs in several transactions.</summary>
public sealed class PostgreSqlChunkTests
{
    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Each_row_is_deleted_in_whatever_order_the_server_stores_their_list()
    {
        await using ChunkScenario scenario = await ChunkScenario.CreateAsync(
            Engine.PostgreSql,
            ChunkScenario.Model,
            "A 1! 2! 3! 4! 5! 6! 7!");
        bool isDone = false;

        PurgeReport report = await scenario.PurgeAsync(
            options => options.Rows<A>(a => a.Marked),
            options => options.InChunks(2, when: async (_, _) =>
            {
                if (!isDone)
                {
                    isDone = true;
                    await scenario.Chunked.Database.ExecuteAsync(
                        "CREATE INDEX back ON floworxpurge_rows_1 (floworxpurge_position DESC); "
                            + "CLUSTER floworxpurge_rows_1 USING back; DROP INDEX back",
                        CancellationToken);
                }

                return true;
            }));

        Assert.Equal((PurgeVerdict.Complete, 7), (report.Verdict, report.RowsDeleted));
        Assert.Equal(string.Empty, await scenario.Chunked.KeysAsync("A"));
    }

    [Fact]
    public async Task A_table_to_truncate_is_emptied_at_once()
    {
        await using ChunkScenario scenario = await ChunkScenario.CreateAsync(Engine.PostgreSql, ChunkScenario.Model, "A 1 2 3 4 5");
        var hook = new CommandHook();

        PurgeReport report = await scenario.PurgeAsync(options => options.Truncate = true, options => options.InChunks(2), hook);

        Assert.Equal((PurgeVerdict.Complete, 5), (report.Verdict, report.RowsDeleted));
        Assert.Contains(hook.Texts, text => text.Contains("TRUNCATE", StringComparison.Ordinal));
        Assert.DoesNotContain(hook.Texts, CommandHook.Deletes);
    }

    [Fact]
    public async Task A_table_of_partitions_is_emptied_at_once()
    {
        await using PostgreSqlTestDatabase database = await PostgreSqlTestDatabase.CreateAsync(CancellationToken);
        await database.ExecuteAsync(
            """
            CREATE TABLE "A" ("Id" int PRIMARY KEY, "ParentId" int, "OtherId" int, "Code" text, "Marked" boolean) PARTITION BY RANGE ("Id");
            CREATE TABLE a1 PARTITION OF "A" FOR VALUES FROM (0) TO (10);
            CREATE TABLE a2 PARTITION OF "A" DEFAULT;
            INSERT INTO "A" ("Id") VALUES (1), (6), (20);
            """,
            CancellationToken);
        await using var context = new ScenarioContext(database, model => model.Entity<A>().ToTable("A"));

        PurgeReport report = await context.PurgeAsync(options => options.InChunks(1), cancellationToken: CancellationToken);

        Assert.Equal((PurgeVerdict.Complete, 3), (report.Verdict, report.RowsDeleted));
        Assert.Equal((1, 3), (report.Chunks!.Transactions, report.Chunks.MostRows));
    }

    [Fact]
    public async Task A_table_whose_rows_row_security_may_hide_is_emptied_at_once_and_not_verified()
    {
        await using PostgreSqlTestDatabase database = await TwoTables.CreateAsync(CancellationToken);
        (string role, string login) = await database.CreateLoginAsync(CancellationToken);
        await database.ExecuteAsync(
            $"GRANT SELECT, DELETE ON child, parent TO {role}; GRANT CREATE ON SCHEMA public TO {role}; "
                + "ALTER TABLE child ENABLE ROW LEVEL SECURITY; CREATE POLICY p ON child USING (\"Id\" < 3)",
            CancellationToken);
        await using ScenarioContext context = TwoTables.As(database, login);
        var purger = new Purger(options => options.Exclude("parent").InChunks(1).AllowUnverified = true);

        PurgeException partial = await Assert.ThrowsAsync<PurgeException>(async () => await purger.ExecuteAsync(
            context,
            await purger.PlanAsync(context, CancellationToken),
            cancellationToken: CancellationToken));

        Assert.Equal((PurgeVerdict.Partial, 2, 1), (
            partial.Report!.Verdict,
            partial.Report!.RowsDeleted,
            partial.Report!.Chunks!.Transactions));
        Assert.Equal(1, await database.CountAsync("child", cancellationToken: CancellationToken));
    }
}
