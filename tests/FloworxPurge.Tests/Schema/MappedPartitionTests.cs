using FloworxPurge.Reporting;
using FloworxPurge.Tests.Archives;
using FloworxPurge.Tests.Kit;
using Microsoft.EntityFrameworkCore;

namespace FloworxPurge.Tests.Schema;

/// <summary>A model that maps a partitioned table and one of its partitions, too.</summary>
public sealed class MappedPartitionTests
{
    private const string Levels = """
        CREATE TABLE l ("Id" int PRIMARY KEY, "BId" int) PARTITION BY RANGE ("Id");
        CREATE TABLE l1 PARTITION OF l FOR VALUES FROM (0) TO (10);
        CREATE TABLE l2 PARTITION OF l DEFAULT PARTITION BY RANGE ("Id");
        CREATE TABLE l21 PARTITION OF l2 FOR VALUES FROM (20) TO (30);
        CREATE TABLE l22 PARTITION OF l2 DEFAULT;
        INSERT INTO l VALUES (1), (20), (40);
        """;

    private const string OwnNumbers = """
        CREATE TABLE a3 ("Id" serial PRIMARY KEY, "BId" int REFERENCES b);
        INSERT INTO a3 VALUES (nextval('"a3_Id_seq"') + 100);
        ALTER TABLE a DETACH PARTITION a2; ALTER TABLE a ATTACH PARTITION a3 FOR VALUES FROM (100) TO (200);
        ALTER TABLE a ATTACH PARTITION a2 DEFAULT;
        """;

    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Its_rows_are_those_of_the_whole_table_and_deleted_once(bool truncate)
    {
        await using PostgreSqlTestDatabase database = await CreateAsync();
        await using var context = new ScenarioContext(database, Model);

        PurgeReport report = await context.PurgeAsync(options => options.Truncate = truncate, cancellationToken: CancellationToken);

        Assert.Equal(PurgeVerdict.Complete, report.Verdict);
        Assert.Equal(
            [("a", 3, 0), ("b", 1, 0)],
            report.Tables
                .OrderBy(table => table.Table)
                .Select(table => (table.Table.Name, table.RowsDeleted, table.RowsDeletedByCascade)));
        Assert.Equal(["Part", "Whole"], report.Tables.Single(table => table.Table.Name == "a").EntityTypes.Order(StringComparer.Ordinal));
    }

    public static TheoryData<string, Action<PurgeOptions>> Scopes() => new()
    {
        { "the whole table", options => options.Rows<Whole>(row => row.Id == 20) },
        { "the partition", options => options.Rows<Part>(row => row.Id == 20) },
        { "what both reference", options => options.Rows<Base>(row => row.Id == 1) },
        { "a kept row", options => options.Rows<Whole>(row => row.Id > 0).Keep<Part>(row => row.Id == 20) },
        { "an excluded partition", options => options.Rows<Whole>(row => row.Id == 20).Exclude<Part>() },
        { "an excluded table", options => options.Rows<Part>(row => row.Id == 20).Exclude<Whole>() },
    };

    [Theory]
    [MemberData(nameof(Scopes))]
    public async Task Single_rows_are_not_deleted_where_rules_for_the_one_would_not_hold_for_the_other(string _, Action<PurgeOptions> scope)
    {
        await using PostgreSqlTestDatabase database = await CreateAsync();
        await using var context = new ScenarioContext(database, Model);
        string before = await database.ChecksumAsync(CancellationToken);

        PurgeException refused = await Assert.ThrowsAsync<PurgeException>(
            () => context.PurgeAsync(scope, cancellationToken: CancellationToken));

        Assert.Contains(
            "\"public\".\"a2\" is a partition of \"public\".\"a\", and the model maps both.",
            refused.Message,
            StringComparison.Ordinal);
        Assert.Equal(before, await database.ChecksumAsync(CancellationToken));
    }

    [Fact]
    public async Task Single_rows_are_not_deleted_where_a_partition_that_the_model_does_not_map_is_excluded()
    {
        await using PostgreSqlTestDatabase database = await CreateAsync();
        await using var context = new ScenarioContext(database, Model);
        string before = await database.ChecksumAsync(CancellationToken);

        PurgeException refused = await Assert.ThrowsAsync<PurgeException>(() => context.PurgeAsync(
            options => options.Rows<Whole>(row => row.Id == 1).Exclude("a1"),
            cancellationToken: CancellationToken));

        Assert.Contains(
            "\"public\".\"a1\" is kept (Excluded), while rows of the other are deleted or changed.",
            refused.Message,
            StringComparison.Ordinal);
        Assert.Equal(before, await database.ChecksumAsync(CancellationToken));
    }

    [Fact]
    public async Task Rows_of_a_whole_table_are_deleted_where_the_model_maps_no_partition()
    {
        await using PostgreSqlTestDatabase database = await CreateAsync();
        await using var context = new ScenarioContext(database, WholeModel);

        PurgeReport report = await context.PurgeAsync(
            options => options.Rows<Whole>(row => row.Id == 20),
            cancellationToken: CancellationToken);

        Assert.Equal((PurgeVerdict.Complete, 1), (report.Verdict, report.RowsDeleted));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_same_holds_for_a_partition_within_a_partition(bool mapsRoot)
    {
        await using PostgreSqlTestDatabase database = await CreateAsync(Levels);
        await using var context = new ScenarioContext(database, model => LevelsModel(model, mapsRoot));
        string before = await database.ChecksumAsync(CancellationToken);

        PurgePlan excluded = await new Purger(options => options.Exclude<Part>()).PlanAsync(context, CancellationToken);
        PurgeException refused = await Assert.ThrowsAsync<PurgeException>(() => context.PurgeAsync(
            options => options.Rows<Whole>(row => row.Id > 0).Keep<Part>(row => row.Id == 20),
            cancellationToken: CancellationToken));
        string between = await database.ChecksumAsync(CancellationToken);
        PurgeReport report = await context.PurgeAsync(cancellationToken: CancellationToken);

        Assert.DoesNotContain(excluded.Tables, table => table.Table.Name.StartsWith('l'));
        Assert.Contains("\"public\".\"l21\" is a partition of ", refused.Message, StringComparison.Ordinal);
        Assert.Equal(before, between);
        Assert.Equal(PurgeVerdict.Complete, report.Verdict);
        Assert.Equal(mapsRoot ? ("l", 3, 0) : ("l2", 2, 0), report.Tables
            .Where(table => table.Table.Name.StartsWith('l'))
            .Select(table => (table.Table.Name, table.RowsDeleted, table.RowsDeletedByCascade))
            .Single());
    }

    [Fact]
    public async Task A_view_over_a_partition_is_refreshed()
    {
        await using PostgreSqlTestDatabase database = await CreateAsync("CREATE MATERIALIZED VIEW seen AS SELECT * FROM a2;");
        await using var context = new ScenarioContext(database, WholeModel);

        PurgeReport report = await context.PurgeAsync(
            options => options.RefreshMaterializedViews = true,
            cancellationToken: CancellationToken);

        Assert.Equal(PurgeVerdict.Complete, report.Verdict);
        Assert.Equal(0, await database.CountAsync("seen", cancellationToken: CancellationToken));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_blocks_the_partition_alone_blocks_the_whole_table(bool isSplit)
    {
        await using PostgreSqlTestDatabase database = await CreateAsync(
            "CREATE TABLE c (\"Id\" int PRIMARY KEY, \"PartId\" int, \"X\" int); INSERT INTO c VALUES (20, 20, 1); "
                + (isSplit ? "CREATE TABLE kept (c int REFERENCES c); INSERT INTO kept VALUES (20)" : ""));
        await using var context = new ScenarioContext(database, model =>
        {
            WholeModel(model);
            if (isSplit)
            {
                model.Entity<Split>().ToTable("a2").SplitToTable("c", table => table.Property(row => row.X));
            }
            else
            {
                // A relationship that only the model knows.
                model.Entity<Part>().ToTable("a2");
                model.Entity<Keeper>().ToTable("c").HasOne<Part>().WithMany().HasForeignKey(row => row.PartId);
            }
        });
        string before = await database.ChecksumAsync(CancellationToken);

        PurgeReport report = await context.PurgeAsync(
            options => _ = isSplit ? options : options.Exclude<Keeper>(),
            cancellationToken: CancellationToken);

        Assert.Equal(0, report.RowsDeleted);
        Assert.Equal(
            isSplit ? ["a", "a2", "b", "c"] : ["a", "a2", "b"],
            report.Skips.Select(skip => skip.Table.Name));
        Assert.Equal(before, await database.ChecksumAsync(CancellationToken));
    }

    [Fact]
    public async Task A_table_that_migrations_leave_out_keeps_the_rows_of_its_partition()
    {
        await using PostgreSqlTestDatabase database = await CreateAsync();
        await using var context = new ScenarioContext(database, model =>
        {
            Model(model);
            model.Entity<Whole>().ToTable("a", table => table.ExcludeFromMigrations());
        });

        PurgeReport report = await context.PurgeAsync(cancellationToken: CancellationToken);

        Assert.Equal((0, 3), (report.RowsDeleted, await database.CountAsync("a", cancellationToken: CancellationToken)));
    }

    [Theory]
    [InlineData("REFERENCES l2 ON DELETE CASCADE")]
    [InlineData("REFERENCES l ON DELETE CASCADE")]
    [InlineData("REFERENCES l21 ON DELETE CASCADE")]
    public async Task A_kept_row_that_references_a_partition_with_partitions_blocks_it(string key)
    {
        await using PostgreSqlTestDatabase database = await CreateAsync(
            Levels + $"CREATE TABLE kept (id int PRIMARY KEY, p int {key}); INSERT INTO kept VALUES (1, 20);");
        await using var context = new ScenarioContext(database, model => model.Entity<Whole>().ToTable("l2"));
        string before = await database.ChecksumAsync(CancellationToken);

        PurgeReport report = await context.PurgeAsync(cancellationToken: CancellationToken);

        Assert.Equal(("l2", PlanReason.Blocked), report.Skips.Select(skip => (skip.Table.Name, skip.Reason)).Single());
        Assert.Equal(before, await database.ChecksumAsync(CancellationToken));
    }

    [Fact]
    public async Task Partitions_within_a_partition_that_the_model_maps_reference_what_is_purged_with_it()
    {
        await using PostgreSqlTestDatabase database = await CreateAsync(
            "DROP TABLE a;" + Levels + "DELETE FROM l1; ALTER TABLE l ADD FOREIGN KEY (\"BId\") REFERENCES b; UPDATE l SET \"BId\" = 1;");
        await using var context = new ScenarioContext(database, model =>
        {
            model.Entity<Base>().ToTable("b");
            model.Entity<Whole>().ToTable("l2").HasOne<Base>().WithMany().HasForeignKey(row => row.BId);
            model.Entity<Part>().ToTable("l21").HasOne<Base>().WithMany().HasForeignKey(row => row.BId);
        });

        PurgePlan strict = await new Purger(options => options.DriftTolerance = DriftTolerance.Strict)
            .PlanAsync(context, CancellationToken);
        PurgeReport report = await context.PurgeAsync(cancellationToken: CancellationToken);

        Assert.Empty(strict.Skips);
        Assert.Equal((PurgeVerdict.Complete, 3), (report.Verdict, report.RowsDeleted));
    }

    [Fact]
    public async Task A_sequence_of_the_model_that_numbers_a_partition_with_partitions_restarts()
    {
        await using PostgreSqlTestDatabase database = await CreateAsync(
            Levels + "CREATE SEQUENCE numbers; ALTER TABLE l21 ALTER \"Id\" SET DEFAULT nextval('numbers'); SELECT nextval('numbers');");
        await using var context = new ScenarioContext(database, model =>
        {
            model.HasSequence<int>("numbers");
            model.Entity<Whole>().ToTable("l2");
        });

        PurgeReport report = await context.PurgeAsync(options => options.ResetIdentity = true, cancellationToken: CancellationToken);

        Assert.Equal((PurgeVerdict.Complete, 2), (report.Verdict, report.RowsDeleted));
        Assert.Equal(1, await database.ScalarAsync<long>("SELECT nextval('numbers')", CancellationToken));
    }

    [Fact]
    public async Task Rows_of_partitions_lose_their_reference_where_the_model_maps_the_partitions_alone()
    {
        await using PostgreSqlTestDatabase database = await CreateAsync();
        await using var context = new ScenarioContext(database, model =>
        {
            model.Entity<Base>().ToTable("b");
            model.Entity<Whole>().ToTable("a1").HasOne<Base>().WithMany().HasForeignKey(row => row.BId);
            model.Entity<Part>().ToTable("a2").HasOne<Base>().WithMany().HasForeignKey(row => row.BId);
        });

        PurgeReport report = await context.PurgeAsync(
            options => options.Rows<Base>(row => row.Id == 1),
            cancellationToken: CancellationToken);

        Assert.Equal((PurgeVerdict.Complete, 1, 3), (report.Verdict, report.RowsDeleted, report.Scope!.Detached));
        Assert.Equal(3, await database.CountAsync("a", cancellationToken: CancellationToken));
    }

    [Fact]
    public async Task The_numbers_of_a_partition_that_has_its_own_are_noted_and_left()
    {
        await using PostgreSqlTestDatabase database = await CreateAsync(OwnNumbers);
        await using var context = new ScenarioContext(database, WholeModel);

        PurgeReport report = await context.PurgeAsync(options => options.ResetIdentity = true, cancellationToken: CancellationToken);

        Assert.Equal((PurgeVerdict.Complete, 5), (report.Verdict, report.RowsDeleted));
        PlanNote note = Assert.Single(report.Notes, note => note.Table?.Name == "a3");
        Assert.Contains("are not restarted: they are those of a partition alone.", note.Text, StringComparison.Ordinal);
        Assert.Equal(2, await database.ScalarAsync<long>("SELECT nextval('\"a3_Id_seq\"')", CancellationToken));
    }

    [Theory]
    [InlineData("ALTER TABLE a1 ALTER \"Id\" SET DEFAULT nextval('\"a3_Id_seq\"');")]
    [InlineData("CREATE TABLE kept (id int) PARTITION BY RANGE (id); CREATE TABLE kept1 PARTITION OF kept DEFAULT; "
        + "ALTER TABLE kept1 ALTER id SET DEFAULT nextval('\"a3_Id_seq\"');")]
    [InlineData("", 1)]
    public async Task The_sequence_of_a_partition_restarts_only_where_no_kept_partition_uses_it(string use, int next = 2)
    {
        await using PostgreSqlTestDatabase database = await CreateAsync(OwnNumbers + use);
        await using var context = new ScenarioContext(database, model => model.Entity<Part>().ToTable("a3"));

        PurgeReport report = await context.PurgeAsync(options => options.ResetIdentity = true, cancellationToken: CancellationToken);

        Assert.Equal((PurgeVerdict.Complete, 1), (report.Verdict, report.RowsDeleted));
        Assert.Equal(next, await database.ScalarAsync<long>("SELECT nextval('\"a3_Id_seq\"')", CancellationToken));
    }

    [Fact]
    public async Task A_trigger_that_deletes_from_a_partition_that_is_kept_fails_the_run()
    {
        await using PostgreSqlTestDatabase database = await CreateAsync(
            "CREATE FUNCTION other() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN DELETE FROM a1 WHERE \"Id\" = 1; RETURN NULL; END $$; "
                + "CREATE TRIGGER other AFTER DELETE ON a2 FOR EACH ROW EXECUTE FUNCTION other();");
        await using var context = new ScenarioContext(database, model => model.Entity<Part>().ToTable("a2"));
        string before = await database.ChecksumAsync(CancellationToken);

        PurgeException failed = await Assert.ThrowsAsync<PurgeException>(() => context.PurgeAsync(cancellationToken: CancellationToken));

        Assert.Contains("rows changed in kept table public.a1: expected 0, found 1 deleted", failed.Message, StringComparison.Ordinal);
        Assert.Equal(before, await database.ChecksumAsync(CancellationToken));
    }

    [Fact]
    public async Task A_trigger_that_changes_a_row_that_stays_in_a_partition_fails_the_run()
    {
        await using PostgreSqlTestDatabase database = await CreateAsync(
            "CREATE FUNCTION other() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN UPDATE a SET \"BId\" = NULL WHERE \"Id\" = 1; "
                + "RETURN NULL; END $$; CREATE TRIGGER other AFTER DELETE ON a FOR EACH ROW EXECUTE FUNCTION other();");
        await using var context = new ScenarioContext(database, WholeModel);

        PurgeException failed = await Assert.ThrowsAsync<PurgeException>(() => context.PurgeAsync(
            options => options.Rows<Whole>(row => row.Id == 20),
            cancellationToken: CancellationToken));

        Assert.Contains("rows of table public.a that stay and were changed: expected 0, found 1", failed.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_key_that_the_database_enforces_for_the_whole_table_is_no_difference_of_the_partition()
    {
        await using PostgreSqlTestDatabase database = await CreateAsync();
        await using var context = new ScenarioContext(database, Model);

        PurgePlan plan = await new Purger(options => options.DriftTolerance = DriftTolerance.Strict)
            .PlanAsync(context, CancellationToken);

        Assert.Empty(plan.Skips);
        Assert.DoesNotContain(plan.Notes, note => note.Text.Contains("foreign key", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("CREATE TABLE kept (id int REFERENCES a); INSERT INTO kept VALUES (20)", "a")]
    [InlineData("CREATE TABLE kept (id int REFERENCES a2); INSERT INTO kept VALUES (20)", "a2")]
    public async Task A_kept_row_that_references_either_blocks_both(string kept, string named)
    {
        await using PostgreSqlTestDatabase database = await CreateAsync(kept);
        await using var context = new ScenarioContext(database, Model);
        string before = await database.ChecksumAsync(CancellationToken);

        PurgeReport report = await context.PurgeAsync(cancellationToken: CancellationToken);

        Assert.Equal(["a", "a2", "b"], report.Skips.Select(skip => skip.Table.Name));
        Assert.Contains("\"public\".\"kept\"", report.Skips.Single(skip => skip.Table.Name == named).Explanation, StringComparison.Ordinal);
        Assert.Equal(before, await database.ChecksumAsync(CancellationToken));
    }

    [Theory]
    [InlineData("a", "a2")]
    [InlineData("a2", "a")]
    public async Task Either_may_not_be_kept_by_an_exclude_while_the_other_is_purged(string excluded, string blocked)
    {
        await using PostgreSqlTestDatabase database = await CreateAsync();
        await using var context = new ScenarioContext(database, Model);

        PurgePlan plan = await new Purger(options => options.Exclude(excluded)).PlanAsync(context, CancellationToken);

        Assert.Equal([blocked, "b"], plan.Skips.Select(skip => skip.Table.Name));
        Assert.Empty(plan.Tables);
    }

    [Fact]
    public async Task A_partition_that_an_include_names_is_purged_alone()
    {
        await using PostgreSqlTestDatabase database = await CreateAsync();
        await using var context = new ScenarioContext(database, Model);

        PurgeReport report = await context.PurgeAsync(options => options.Include("a2"), cancellationToken: CancellationToken);

        Assert.Equal(PurgeVerdict.Complete, report.Verdict);
        Assert.Equal(("a2", 1), report.Tables.Select(table => (table.Table.Name, table.RowsDeleted)).Single());
        Assert.Equal(2, await database.CountAsync("a", cancellationToken: CancellationToken));
    }

    [Fact]
    public async Task A_purge_in_chunks_deletes_the_rows_once()
    {
        await using PostgreSqlTestDatabase database = await CreateAsync();
        await using var context = new ScenarioContext(database, Model);

        PurgeReport report = await context.PurgeAsync(
            options => options.InChunks(roots: 1, maxRows: 1),
            cancellationToken: CancellationToken);

        Assert.Equal((PurgeVerdict.Complete, 4), (report.Verdict, report.RowsDeleted));
        Assert.Equal(0, await database.CountAsync("a", cancellationToken: CancellationToken));
    }

    [Fact]
    public async Task Rows_are_archived_once_and_come_back()
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("floworxpurge-partition-");
        string archive = Path.Combine(folder.FullName, "archive");
        await using PostgreSqlTestDatabase database = await CreateAsync();
        await using var context = new ScenarioContext(database, Model);
        string before = await ChecksumWithoutJournal.OfAsync(database, CancellationToken);

        PurgeReport report = await context.PurgeAsync(options => options.ArchiveTo(archive), cancellationToken: CancellationToken);
        await PurgeArchive.RestoreAsync(archive, context, cancellationToken: CancellationToken);

        Assert.Equal((4, 4), (report.RowsDeleted, report.Archive!.Rows));
        Assert.Equal(before, await ChecksumWithoutJournal.OfAsync(database, CancellationToken));
        folder.Delete(recursive: true);
    }

    [Fact]
    public async Task A_reset_empties_both()
    {
        await using PostgreSqlTestDatabase database = await CreateAsync();
        await using var context = new ScenarioContext(database, Model);
        await using DatabaseResetter resetter = await DatabaseResetter.CreateAsync(context, cancellationToken: CancellationToken);

        Assert.Equal(4, (await resetter.ResetAsync(CancellationToken)).Rows);
        Assert.Equal(0, await database.CountAsync("a", cancellationToken: CancellationToken));
    }

    private static async Task<PostgreSqlTestDatabase> CreateAsync(string more = "")
    {
        PostgreSqlTestDatabase database = await PostgreSqlTestDatabase.CreateAsync(CancellationToken);
        await database.ExecuteAsync(
            """
            CREATE TABLE b ("Id" int PRIMARY KEY);
            CREATE TABLE a ("Id" int PRIMARY KEY, "BId" int REFERENCES b) PARTITION BY RANGE ("Id");
            CREATE TABLE a1 PARTITION OF a FOR VALUES FROM (0) TO (10);
            CREATE TABLE a2 PARTITION OF a DEFAULT;
            INSERT INTO b VALUES (1); INSERT INTO a VALUES (1, 1), (6, 1), (20, 1);
            """ + more,
            CancellationToken);
        return database;
    }

    private static void Model(ModelBuilder model)
    {
        model.Entity<Base>().ToTable("b");
        model.Entity<Whole>().ToTable("a").HasOne<Base>().WithMany().HasForeignKey(row => row.BId);
        model.Entity<Part>().ToTable("a2").HasOne<Base>().WithMany().HasForeignKey(row => row.BId);
    }

    private static void WholeModel(ModelBuilder model)
    {
        model.Entity<Base>().ToTable("b");
        model.Entity<Whole>().ToTable("a").HasOne<Base>().WithMany().HasForeignKey(row => row.BId);
    }

    private static void LevelsModel(ModelBuilder model, bool mapsRoot)
    {
        model.Entity<Whole>().ToTable(mapsRoot ? "l" : "l2");
        model.Entity<Part>().ToTable("l21");
    }

    private sealed class Base
    {
        public int Id { get; set; }
    }

    private sealed class Whole
    {
        public int Id { get; set; }

        public int? BId { get; set; }
    }

    private sealed class Part
    {
        public int Id { get; set; }

        public int? BId { get; set; }
    }

    private sealed class Split
    {
        public int Id { get; set; }

        public int? BId { get; set; }

        public int X { get; set; }
    }

    private sealed class Keeper
    {
        public int Id { get; set; }

        public int? PartId { get; set; }
    }
}
