using FloworxPurge.Reporting;
using FloworxPurge.Tests.Kit;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Npgsql;

namespace FloworxPurge.Tests.Conformance;

/// <summary>Drift that only an engine with schemas, partitions and inheritance has.</summary>
public sealed class PostgreSqlDriftTests() : ConformanceGroup(Engine.PostgreSql)
{
    [Fact]
    public async Task A_missing_schema_is_distinguished_from_a_missing_table()
    {
        await using TestDatabase database = await Engine.CreateDatabaseAsync();
        await database.ExecuteAsync(
            "CREATE SCHEMA sales; CREATE TABLE a (\"Id\" integer PRIMARY KEY); INSERT INTO a VALUES (1)",
            CancellationToken);
        await using var context = new ScenarioContext(database, static model =>
        {
            Entity(model, "a", null);
            Entity(model, "b", "sales");
            Entity(model, "c", "archive");
        });

        PurgeReport report = await PurgeAsync(context);

        Assert.Equal([PlanReason.SchemaMissing, PlanReason.TableMissing], report.Skips.Select(skip => skip.Reason));
        Assert.Equal("Schema \"archive\" does not exist in the database.", report.Skips[0].Explanation);
        Assert.Equal("Table \"sales\".\"b\" does not exist in the database.", report.Skips[1].Explanation);
        Assert.Equal(PurgeVerdict.CompleteWithSkips, report.Verdict);
        await AssertEmptyAsync(database, "a");
    }

    [Fact]
    public async Task A_materialized_view_under_the_name_of_a_table_is_skipped()
    {
        await using TestDatabase database = await Engine.CreateDatabaseAsync();
        await Shop.CreateAsync(
            database,
            CancellationToken,
            ("logs", "CREATE MATERIALIZED VIEW logs AS SELECT 1 AS \"Id\", 'x'::text AS \"Text\";"));
        await using ScenarioContext context = Shop.CreateContext(database);

        PurgeReport report = await PurgeAsync(context);

        Assert.Equal(PlanReason.NotATable, Assert.Single(report.Skips).Reason);
        await AssertEmptyAsync(database, "countries", "customers", "orders");
    }

    [Fact]
    public async Task A_key_of_another_kind_is_reported_with_both_types()
    {
        await using TestDatabase database = await Engine.CreateDatabaseAsync();
        await database.ExecuteAsync("CREATE TABLE a (\"Id\" bigint PRIMARY KEY); INSERT INTO a VALUES (1)", CancellationToken);
        await using var context = new ScenarioContext(database, static model => model.SharedTypeEntity<Dictionary<string, object>>("a", entity =>
        {
            entity.IndexerProperty<Guid>("Id");
            entity.HasKey("Id");
        }));

        PlanTable skip = Assert.Single((await PurgeAsync(context)).Skips);

        Assert.Equal(PlanReason.KeyTypeDiffers, skip.Reason);
        Assert.Contains("key column \"Id\": expected uuid, found bigint", skip.Explanation, StringComparison.Ordinal);
        Assert.Equal(1, await database.CountAsync("a", cancellationToken: CancellationToken));
    }

    [Fact]
    public async Task A_foreign_key_between_columns_of_different_types_orders_the_purge()
    {
        await using TestDatabase database = await Engine.CreateDatabaseAsync();
        await database.ExecuteAsync(
            """
            CREATE TABLE z ("Id" bigint PRIMARY KEY);
            CREATE TABLE a ("Id" integer PRIMARY KEY, "ZId" integer NOT NULL REFERENCES z ("Id"));
            INSERT INTO z VALUES (1), (2);
            INSERT INTO a VALUES (1, 1), (2, 2);
            """,
            CancellationToken);
        await using var context = new ScenarioContext(database, static model =>
        {
            Entity(model, "a", null, entity => entity.IndexerProperty<int>("ZId"));
            Entity<long>(model, "z", null);
        });

        PurgePlan plan = await PurgeAllAsync(context, database, "a", "z");

        Assert.Equal("a 1, z 2", Levels(plan));
        Assert.Contains(
            plan.Notes,
            note => note.Text.Contains("public.a(ZId) -> public.z(Id) exists only in the database", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_foreign_key_to_a_unique_key_of_a_table_without_a_key_orders_the_purge()
    {
        await using TestDatabase database = await Engine.CreateDatabaseAsync();
        await database.ExecuteAsync(
            """
            CREATE TABLE z ("Code" text UNIQUE);
            CREATE TABLE a ("Id" integer PRIMARY KEY, "Code" text REFERENCES z ("Code") ON DELETE RESTRICT);
            INSERT INTO z VALUES ('x'), ('y');
            INSERT INTO a VALUES (1, 'x'), (2, 'y');
            """,
            CancellationToken);
        await using var context = new ScenarioContext(database, static model =>
        {
            Entity(model, "a", null, entity => entity.IndexerProperty<string>("Code"));
            model.SharedTypeEntity<Dictionary<string, object>>(
                "z",
                entity => entity.HasNoKey().ToTable("z").IndexerProperty<string>("Code"));
        });

        Assert.Equal("a 1, z 2", Levels(await PurgeAllAsync(context, database, "a", "z")));
    }

    [Fact]
    public async Task A_foreign_key_to_a_partitioned_table_orders_the_purge_and_blocks_where_it_is_kept()
    {
        await using TestDatabase database = await Engine.CreateDatabaseAsync();
        await database.ExecuteAsync(
            Partitioned
                + "CREATE TABLE a (\"Id\" integer PRIMARY KEY, \"ZId\" integer REFERENCES z (\"Id\") ON DELETE CASCADE); INSERT INTO a "
                + "VALUES (1, 1), (2, 11);",
            CancellationToken);
        Action<ModelBuilder> model = static model =>
        {
            Entity(model, "a", null, entity => entity.IndexerProperty<int?>("ZId"));
            Entity(model, "z", null);
        };
        await using var context = new ScenarioContext(database, model);
        string before = await database.ChecksumAsync(CancellationToken);

        PurgeReport kept = await PurgeAsync(context, options => options.Exclude("a"));

        Assert.Equal(PlanReason.Blocked, Skip(kept, "z").Reason);
        Assert.Contains("2 rows of \"public\".\"a\"", Skip(kept, "z").Explanation, StringComparison.Ordinal);
        Assert.Equal(before, await database.ChecksumAsync(CancellationToken));
        Assert.Equal("a 1, z 2", Levels(await PurgeAllAsync(context, database, "a", "z")));
    }

    [Fact]
    public async Task A_partition_that_is_excluded_keeps_its_rows_and_blocks_the_whole_table()
    {
        await using TestDatabase database = await Engine.CreateDatabaseAsync();
        await database.ExecuteAsync(Partitioned, CancellationToken);
        await using var context = new ScenarioContext(database, static model => Entity(model, "z", null));
        string before = await database.ChecksumAsync(CancellationToken);

        PurgeReport report = await PurgeAsync(context, options => options.Exclude("z_high"));

        PlanTable skip = Assert.Single(report.Skips);
        Assert.Equal(Name("z"), skip.Table);
        Assert.Equal(PlanReason.Blocked, skip.Reason);
        Assert.Equal(
            "\"public\".\"z\" is blocked: its partition \"public\".\"z_high\" is kept (Excluded). Purge the partition too, or exclude "
                + "the whole table.",
            skip.Explanation);
        Assert.Contains(PlanTable.Kept(Name("z_high"), PlanReason.Excluded), report.Kept);
        Assert.Equal(before, await database.ChecksumAsync(CancellationToken));
    }

    [Fact]
    public async Task A_partition_that_is_excluded_blocks_what_the_whole_table_references()
    {
        await using TestDatabase database = await Engine.CreateDatabaseAsync();
        await database.ExecuteAsync(
            "CREATE TABLE p (\"Id\" integer PRIMARY KEY); INSERT INTO p VALUES (1);"
                + Partitioned
                + "ALTER TABLE z ADD \"PId\" integer DEFAULT 1 REFERENCES p (\"Id\") ON DELETE CASCADE;",
            CancellationToken);
        await using var context = new ScenarioContext(database, static model =>
        {
            Entity(model, "p", null);
            Entity(model, "z", null, entity => entity.IndexerProperty<int?>("PId"));
        });
        string before = await database.ChecksumAsync(CancellationToken);

        PurgeReport report = await PurgeAsync(context, options => options.Exclude("z_low"));

        Assert.Equal([PlanReason.Blocked, PlanReason.Blocked], report.Skips.Select(skip => skip.Reason));
        Assert.Equal(before, await database.ChecksumAsync(CancellationToken));
    }

    [Fact]
    public async Task A_partition_that_the_model_knows_alone_is_blocked_by_rows_that_reference_the_whole_table()
    {
        await using TestDatabase database = await Engine.CreateDatabaseAsync();
        await database.ExecuteAsync(
            Partitioned
                + "CREATE TABLE a (\"Id\" integer PRIMARY KEY, \"ZId\" integer REFERENCES z (\"Id\") ON DELETE CASCADE); INSERT INTO a "
                + "VALUES (1, 1), (2, 11);",
            CancellationToken);
        await using var context = new ScenarioContext(database, static model => Entity(model, "z_low", null));
        string before = await database.ChecksumAsync(CancellationToken);

        PurgeReport report = await PurgeAsync(context);

        Assert.Equal(PlanReason.Blocked, Assert.Single(report.Skips).Reason);
        Assert.Equal(before, await database.ChecksumAsync(CancellationToken));
    }

    [Fact]
    public async Task A_partition_that_the_model_knows_keeps_its_rows_when_the_whole_table_is_excluded()
    {
        await using TestDatabase database = await Engine.CreateDatabaseAsync();
        await database.ExecuteAsync(Partitioned, CancellationToken);
        await using var context = new ScenarioContext(database, static model =>
        {
            Entity(model, "z", null);
            Entity(model, "z_low", null);
        });
        string before = await database.ChecksumAsync(CancellationToken);

        PurgeReport report = await PurgeAsync(context, options => options.Exclude("z"));

        Assert.Equal(
            "\"public\".\"z_low\" is blocked: its rows are rows of \"public\".\"z\", which is kept (Excluded). Purge the whole table "
                + "too, or exclude the partition.",
            Skip(report, "z_low").Explanation);
        Assert.Equal(before, await database.ChecksumAsync(CancellationToken));
    }

    [Fact]
    public async Task A_partition_that_an_include_names_is_purged_alone()
    {
        await using TestDatabase database = await Engine.CreateDatabaseAsync();
        await database.ExecuteAsync(Partitioned, CancellationToken);
        await using var context = new ScenarioContext(database, static model =>
        {
            Entity(model, "z", null);
            Entity(model, "z_low", null);
        });

        PurgeReport report = await PurgeAsync(context, options => options.Include("z_low"));

        Assert.Equal(PurgeVerdict.Complete, report.Verdict);
        Assert.Equal(2, report.RowsDeleted);
        Assert.Equal(1, await database.CountAsync("z", cancellationToken: CancellationToken));
    }

    [Fact]
    public async Task An_inheritance_child_that_the_model_does_not_know_keeps_its_rows()
    {
        await using TestDatabase database = await Engine.CreateDatabaseAsync();
        await database.ExecuteAsync(
            """
            CREATE TABLE a ("Id" integer PRIMARY KEY);
            CREATE TABLE child ("Extra" text) INHERITS (a);
            INSERT INTO a VALUES (1), (2);
            INSERT INTO child VALUES (3, 'x');
            """,
            CancellationToken);
        await using var context = new ScenarioContext(database, static model => Entity(model, "a", null));

        foreach (bool truncate in (bool[])[false, true])
        {
            PurgeReport report = await PurgeAsync(context, options => options.Truncate = truncate);

            Assert.Equal(PurgeVerdict.CompleteWithSkips, report.Verdict);
            Assert.Equal(2, report.RowsDeleted);
            Assert.Equal([Name("child")], report.Skips.Select(skip => skip.Table));
            Assert.Equal(1, await database.CountAsync("a", cancellationToken: CancellationToken));
            Assert.Equal(1, await database.CountAsync("child", cancellationToken: CancellationToken));
            await database.ExecuteAsync("INSERT INTO a VALUES (1), (2)", CancellationToken);
        }
    }

    [Fact]
    public async Task A_table_of_the_same_name_earlier_in_the_search_path_is_the_one_that_is_purged()
    {
        await using TestDatabase database = await Engine.CreateDatabaseAsync();
        await database.ExecuteAsync(
            """
            CREATE SCHEMA tenant;
            CREATE TABLE public.a ("Id" integer PRIMARY KEY);
            CREATE TABLE tenant.a ("Id" integer PRIMARY KEY);
            CREATE TABLE public.b ("Id" integer PRIMARY KEY);
            INSERT INTO public.a VALUES (1), (2);
            INSERT INTO tenant.a VALUES (3);
            INSERT INTO public.b VALUES (1);
            """,
            CancellationToken);
        string connectionString = new NpgsqlConnectionStringBuilder(database.ConnectionString)
        {
            SearchPath = "tenant,public",
        }.ConnectionString;
        await using var context = new ScenarioContext(
            database,
            static model =>
            {
                Entity(model, "a", null);
                Entity(model, "b", null);
            },
            options => options.UseNpgsql(connectionString));

        PurgeReport report = await PurgeAsync(context);

        Assert.Equal([Name("b"), new TableName("tenant", "a")], report.Tables.Select(table => table.Table));
        Assert.Equal([PlanTable.Kept(Name("a"), PlanReason.Unmapped)], report.Kept);
        Assert.Equal(2, await database.CountAsync("a", "public", CancellationToken));
        Assert.Equal(0, await database.CountAsync("a", "tenant", CancellationToken));
        Assert.Equal(0, await database.CountAsync("b", "public", CancellationToken));
    }

    [Fact]
    public async Task A_table_that_no_unqualified_name_finds_is_missing_and_keeps_its_rows()
    {
        await using TestDatabase database = await Engine.CreateDatabaseAsync();
        await database.ExecuteAsync(
            "CREATE SCHEMA hidden; CREATE TABLE hidden.a (\"Id\" integer PRIMARY KEY); INSERT INTO hidden.a VALUES (1)",
            CancellationToken);
        await using var context = new ScenarioContext(database, static model => Entity(model, "a", null));

        PurgeReport report = await PurgeAsync(context);

        Assert.Equal("Table \"public\".\"a\" does not exist in the database.", Skip(report, "a").Explanation);
        Assert.Equal(1, await database.CountAsync("a", "hidden", CancellationToken));
    }

    private const string Partitioned = """
        CREATE TABLE z ("Id" integer PRIMARY KEY) PARTITION BY RANGE ("Id");
        CREATE TABLE z_low PARTITION OF z FOR VALUES FROM (0) TO (10);
        CREATE TABLE z_high PARTITION OF z FOR VALUES FROM (10) TO (20);
        INSERT INTO z VALUES (1), (2), (11);
        """;

    private static void Entity(
        ModelBuilder model,
        string table,
        string? schema,
        Action<EntityTypeBuilder<Dictionary<string, object>>>? more = null)
        => Entity<int>(model, table, schema, more);

    private static void Entity<TKey>(
        ModelBuilder model,
        string table,
        string? schema,
        Action<EntityTypeBuilder<Dictionary<string, object>>>? more = null)
        => model.SharedTypeEntity<Dictionary<string, object>>(table, entity =>
        {
            entity.ToTable(table, schema);
            entity.IndexerProperty<TKey>("Id").ValueGeneratedNever();
            entity.HasKey("Id");
            more?.Invoke(entity);
        });

    private static string Levels(PurgePlan plan) => string.Join(", ", plan.Tables.Select(table => $"{table.Table.Name} {table.Level}"));

    private async Task<PurgePlan> PurgeAllAsync(ScenarioContext context, TestDatabase database, params string[] tables)
    {
        Purger purger = Engine.Purger();
        PurgePlan plan = await purger.PlanAsync(context, CancellationToken);
        PurgeReport report = await purger.ExecuteAsync(context, plan, cancellationToken: CancellationToken);
        Assert.Equal(PurgeVerdict.Complete, report.Verdict);
        await AssertEmptyAsync(database, tables);
        return plan;
    }
}
