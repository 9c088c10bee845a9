using System.Diagnostics;
using FloworxPurge.Reporting;
using FloworxPurge.Tests.Conformance;
using FloworxPurge.Tests.Kit;
using FloworxPurge.Tests.Servers;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace FloworxPurge.Tests.Guarantees;

/// <summary>What would stop a run, or make it slow, or surprise afterwards, is in the plan with what to do.</summary>
public sealed class PostgreSqlForeseenTests
{
    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("ALTER TABLE a REPLICA IDENTITY NOTHING", "CREATE PUBLICATION p FOR TABLE a", true)]
    [InlineData("ALTER TABLE a REPLICA IDENTITY NOTHING", "CREATE PUBLICATION p FOR ALL TABLES", true)]
    [InlineData("ALTER TABLE b DROP CONSTRAINT \"FK_b_a_a_id\"; ALTER TABLE a DROP CONSTRAINT \"PK_a\"", "CREATE PUBLICATION p FOR TABLE a", true)]
    [InlineData("ALTER TABLE a REPLICA IDENTITY NOTHING", "CREATE PUBLICATION p FOR TABLE a WITH (publish = 'insert')", false)]
    [InlineData("ALTER TABLE a REPLICA IDENTITY FULL", "CREATE PUBLICATION p FOR TABLE a", false)]
    [InlineData("ALTER TABLE a REPLICA IDENTITY NOTHING", "SELECT 1", false)]
    public async Task A_published_table_without_a_replica_identity_is_foreseen(string identity, string publication, bool isForeseen)
    {
        await using RunScenario scenario = await RunScenario.CreateAsync(Engine.PostgreSql, "b->a");
        await scenario.Database.ExecuteAsync($"{identity}; {publication}", CancellationToken);

        PurgePlan plan = await scenario.PlanAsync();

        bool isNoted = plan.Notes.Any(note => note.Table?.Name == "a"
            && note.Grade == LogLevel.Warning
            && note.Text.StartsWith("Publication \"p\" publishes deletes of this table, which has no replica identity", StringComparison.Ordinal));
        Assert.Equal(isForeseen, isNoted);
        bool isPurged = await Record.ExceptionAsync(() => scenario.PurgeAsync()) is null;
        Assert.Equal(isForeseen, !isPurged);
    }

    [Fact]
    public async Task Tables_of_a_foreign_key_without_an_index_are_truncated_where_that_does_the_same()
    {
        await using RunScenario scenario = await RunScenario.CreateAsync(Engine.PostgreSql, "b->a");
        await scenario.Database.ExecuteAsync(
            "DO $$ DECLARE i text; BEGIN FOR i IN SELECT indexname FROM pg_indexes WHERE tablename = 'b' AND indexdef LIKE '%a_id%' "
                + "LOOP EXECUTE 'DROP INDEX ' || quote_ident(i); END LOOP; END $$;"
                + "INSERT INTO a (\"Id\") SELECT generate_series(100, 20100); INSERT INTO b (\"Id\", a_id) SELECT g, g FROM generate_series(100, 20100) g",
            CancellationToken);

        PurgePlan plan = await scenario.PlanAsync();
        long start = Stopwatch.GetTimestamp();
        PurgeReport report = await scenario.PurgeAsync();

        Assert.True(plan.Truncates);
        Assert.DoesNotContain(plan.Notes, note => note.Text.Contains("no index", StringComparison.Ordinal));
        Assert.Equal((PurgeVerdict.Complete, 40_008), (report.Verdict, report.RowsDeleted));
        Assert.True(Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(5));
    }

    [Fact]
    public async Task Without_TRUNCATE_the_missing_index_is_a_warning()
    {
        await using RunScenario scenario = await RunScenario.CreateAsync(Engine.PostgreSql, "b->a");
        await scenario.Database.ExecuteAsync(
            "DO $$ DECLARE i text; BEGIN FOR i IN SELECT indexname FROM pg_indexes WHERE tablename = 'b' AND indexdef LIKE '%a_id%' "
                + "LOOP EXECUTE 'DROP INDEX ' || quote_ident(i); END LOOP; END $$;"
                + "INSERT INTO a (\"Id\") SELECT generate_series(100, 20100); INSERT INTO b (\"Id\", a_id) SELECT g, g FROM generate_series(100, 20100) g",
            CancellationToken);

        PurgePlan plan = await scenario.PlanAsync(options => options.Truncate = false);

        Assert.Contains(plan.Notes, note => note.Grade == LogLevel.Warning && note.Text.Contains("no index", StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_inheritance_child_outside_the_model_is_skipped_and_the_verdict_says_so()
    {
        await using RunScenario scenario = await RunScenario.CreateAsync(Engine.PostgreSql, "a, b");
        await scenario.Database.ExecuteAsync(
            "CREATE TABLE heir () INHERITS (a); CREATE TABLE heir_of_heir () INHERITS (heir); INSERT INTO heir (\"Id\") VALUES (7)",
            CancellationToken);

        PurgeReport report = await scenario.PurgeAsync();

        Assert.Equal((PurgeVerdict.CompleteWithSkips, 6), (report.Verdict, report.RowsDeleted));
        Assert.Equal(["heir", "heir_of_heir"], report.Skips.Select(skip => skip.Table.Name));
        Assert.StartsWith(
            "\"public\".\"heir\" inherits from \"public\".\"a\", which is purged, and is not in the model. Its rows stay, and are read "
                + "through \"public\".\"a\" as well.",
            report.Skips[0].Explanation,
            StringComparison.Ordinal);
        Assert.Equal(1, await scenario.Database.CountAsync("heir", cancellationToken: CancellationToken));
    }

    [Fact]
    public async Task An_inheritance_child_of_a_kept_table_is_kept()
    {
        await using RunScenario scenario = await RunScenario.CreateAsync(Engine.PostgreSql, "a, b");
        await scenario.Database.ExecuteAsync("CREATE TABLE heir () INHERITS (a)", CancellationToken);

        PurgeReport report = await scenario.PurgeAsync(options => options.Exclude("a"));

        Assert.Equal(PurgeVerdict.Complete, report.Verdict);
        Assert.Contains(report.Kept, kept => kept.Table.Name == "heir");
    }

    [Theory]
    [InlineData("nextval(('public.\"a_Id_seq\"'::text)::regclass)", false)]
    [InlineData("nextval(('\"a_Id_seq\"'::text)::regclass)", false)]
    [InlineData("nextval(('\"a_Id_seq\"'::text)::regclass) + 1000", false)]
    [InlineData("nextval(('no.such.thing.there'::text)::regclass)", true)]
    [InlineData("7", true)]
    public async Task A_sequence_that_a_kept_table_calls_by_its_name_is_not_restarted(string byDefault, bool restarts)
    {
        await using PostgreSqlTestDatabase database = await PostgreSqlTestDatabase.CreateAsync(CancellationToken);
        await database.ExecuteAsync(
            $"CREATE TABLE a (\"Id\" serial PRIMARY KEY); CREATE TABLE kept (n bigint DEFAULT {byDefault}); "
                + "INSERT INTO a DEFAULT VALUES; INSERT INTO a DEFAULT VALUES",
            CancellationToken);
        await using var context = new ScenarioContext(database, GraphScenario.Parse("a").BuildModel);

        PurgePlan plan = await new Purger(options => options.ResetIdentity = true).PlanAsync(context, CancellationToken);
        await new Purger(options => options.ResetIdentity = true).ExecuteAsync(context, plan, cancellationToken: CancellationToken);

        Assert.Equal(
            !restarts,
            plan.Notes.Any(note => note.Grade == LogLevel.Warning
                && note.Text == "Its sequence \"a_Id_seq\" numbers other tables, too: it is not restarted."));
        Assert.Equal(restarts ? 1 : 3, await database.ScalarAsync<long>("SELECT nextval('\"a_Id_seq\"')", CancellationToken));
    }

    [Fact]
    public async Task More_tables_than_the_lock_table_has_room_for_are_refused_before_anything_is_written()
    {
        QuickRun.SkipBefore("A PostgreSQL server");
        (string? binaries, string? reason) = PostgreSqlBinaries.Find();
        Assert.SkipWhen(binaries is null, "No PostgreSQL programs to start a server with: " + reason);
        await using PostgreSqlCluster cluster = await PostgreSqlCluster.StartAsync(
            binaries!,
            isDurable: false,
            CancellationToken,
            "max_connections=10",
            "max_locks_per_transaction=64");
        await using NpgsqlDataSource source = NpgsqlDataSource.Create(cluster.ConnectionString);
        const int Tables = 1200;
        foreach (int[] some in Enumerable.Range(0, Tables).Chunk(100))
        {
            await ExecuteAsync(
                source,
                string.Join("; ", some.Select(i => FormattableString.Invariant($"CREATE TABLE t{i} (\"Id\" int PRIMARY KEY)"))));
        }

        await ExecuteAsync(source, "INSERT INTO t7 VALUES (1)");
        await using var context = new ScenarioContext(
            null,
            model => Build(model, Tables),
            options => options.UseNpgsql(cluster.ConnectionString));

        PurgePlan plan = await new Purger().PlanAsync(context, CancellationToken);
        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(
            () => new Purger().ExecuteAsync(context, plan, cancellationToken: CancellationToken));

        Assert.StartsWith(
            "A run is refused: the purge holds about 2400 locks on tables and indexes at once, and the lock table of the server has room for "
                + "640 (max_locks_per_transaction = 64, times the connections).",
            plan.Notes[0].Text,
            StringComparison.Ordinal);
        Assert.Equal(PurgeVerdict.Refused, exception.Report!.Verdict);
        Assert.Contains("Raise max_locks_per_transaction", exception.Message, StringComparison.Ordinal);
        PurgeReport half = await context.PurgeAsync(options => options.Include("t100*").Include("t7"), cancellationToken: CancellationToken);
        Assert.Equal((PurgeVerdict.Complete, 1), (half.Verdict, half.RowsDeleted));

        await ExecuteAsync(source, "INSERT INTO t0 VALUES (1); INSERT INTO t250 VALUES (1), (2); INSERT INTO t1199 VALUES (1)");
        PurgeReport all = await context.PurgeAsync(options => options.InChunks(), cancellationToken: CancellationToken);
        Assert.Equal((PurgeVerdict.Complete, 4, 12), (all.Verdict, all.RowsDeleted, all.Chunks!.Transactions));
    }

    private static void Build(ModelBuilder model, int tables)
    {
        for (int i = 0; i < tables; i++)
        {
            string name = FormattableString.Invariant($"t{i}");
            model.SharedTypeEntity<Dictionary<string, object>>(name, entity =>
            {
                entity.IndexerProperty<int>("Id").ValueGeneratedNever();
                entity.HasKey("Id");
                entity.ToTable(name);
            });
        }
    }

    private static async Task ExecuteAsync(NpgsqlDataSource source, string sql)
    {
        await using NpgsqlCommand command = source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(CancellationToken);
    }
}
