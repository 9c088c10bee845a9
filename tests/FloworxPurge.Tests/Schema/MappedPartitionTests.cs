using FloworxPurge.Reporting;
using FloworxPurge.Tests.Archives;
using FloworxPurge.Tests.Kit;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;

namespace FloworxPurge.Tests.Schema;

/// <summary>A model that maps a partitioned table and one of its partitions, too.</summary>
public sealed class MappedPartitionTests
{
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

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Rows_that_are_named_by_either_are_deleted_once(bool byPart)
    {
        await using PostgreSqlTestDatabase database = await CreateAsync();
        await using var context = new ScenarioContext(database, Model);

        PurgeReport report = await context.PurgeAsync(
            options =>
            {
                if (byPart)
                {
                    options.Rows<Part>(row => row.Id == 20);
                }
                else
                {
                    options.Rows<Whole>(row => row.Id == 20);
                }
            },
            cancellationToken: CancellationToken);

        Assert.Equal((PurgeVerdict.Complete, 1), (report.Verdict, report.RowsDeleted));
        Assert.Equal(2, await database.CountAsync("a", cancellationToken: CancellationToken));
    }

    [Fact]
    public async Task Rows_that_reference_a_row_are_deleted_with_it_once()
    {
        await using PostgreSqlTestDatabase database = await CreateAsync();
        await using var context = new ScenarioContext(database, RequiredModel);

        PurgeReport report = await context.PurgeAsync(
            options => options.Rows<Base>(row => row.Id == 1),
            cancellationToken: CancellationToken);

        Assert.Equal((PurgeVerdict.Complete, 4, 0), (report.Verdict, report.RowsDeleted, report.Scope!.Detached));
        Assert.Equal(0, await database.CountAsync("a", cancellationToken: CancellationToken));
    }

    [Fact]
    public async Task Rows_that_reference_a_row_lose_the_reference_once()
    {
        await using PostgreSqlTestDatabase database = await CreateAsync();
        await using var context = new ScenarioContext(database, Model);

        PurgeReport report = await context.PurgeAsync(
            options => options.Rows<Base>(row => row.Id == 1),
            cancellationToken: CancellationToken);

        Assert.Equal((PurgeVerdict.Complete, 1, 3), (report.Verdict, report.RowsDeleted, report.Scope!.Detached));
        Assert.Equal(3, await database.CountAsync("a", cancellationToken: CancellationToken));
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
    public async Task A_row_that_is_kept_by_the_one_is_kept_in_the_other()
    {
        await using PostgreSqlTestDatabase database = await CreateAsync();
        await using var context = new ScenarioContext(database, Model);

        PurgeReport report = await context.PurgeAsync(
            options => options.Rows<Whole>(row => row.Id > 0).Keep<Part>(row => row.Id == 20),
            cancellationToken: CancellationToken);

        Assert.Equal((PurgeVerdict.CompleteWithSkips, 2), (report.Verdict, report.RowsDeleted));
        Assert.Equal(20, await database.ScalarAsync<int>("SELECT \"Id\" FROM a", CancellationToken));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Rows_are_archived_once_and_come_back(bool byRows)
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("floworxpurge-partition-");
        string archive = Path.Combine(folder.FullName, "archive");
        await using PostgreSqlTestDatabase database = await CreateAsync();
        await using var context = new ScenarioContext(database, RequiredModel);
        string before = await ChecksumWithoutJournal.OfAsync(database, CancellationToken);

        PurgeReport report = await context.PurgeAsync(
            options => (byRows ? options.Rows<Base>(row => row.Id == 1) : options).ArchiveTo(archive),
            cancellationToken: CancellationToken);
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

    private static void RequiredModel(ModelBuilder model)
    {
        Model(model);
        foreach (IMutableForeignKey key in model.Model.GetEntityTypes().SelectMany(type => type.GetForeignKeys()))
        {
            key.DeleteBehavior = DeleteBehavior.Cascade;
        }
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
}
