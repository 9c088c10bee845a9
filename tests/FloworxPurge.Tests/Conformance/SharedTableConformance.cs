using FloworxPurge.Reporting;
using FloworxPurge.Tests.Conformance.Models;
using FloworxPurge.Tests.Kit;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Storage;

namespace FloworxPurge.Tests.Conformance;

/// <summary>Entity types and tables that do not match one to one.</summary>
public abstract class SharedTableConformance(Engine engine) : ModelGroup(engine)
{
    [Fact]
    public async Task Keeping_a_split_entity_keeps_all_of_its_tables()
    {
        Assert.Equal(
            ["ArticleBodies", "ArticleCovers", "Articles"],
            await KeptByAsync(SharedTableModels.SplitTable, options => options.Exclude<Article>()));
    }

    [Fact]
    public async Task A_split_entity_is_purged_with_all_of_its_tables()
    {
        Assert.Empty(await KeptByAsync(SharedTableModels.SplitTable, options => options.Include<Article>()));
        Assert.Equal(
            ["ArticleBodies", "ArticleCovers", "Articles"],
            await KeptByAsync(SharedTableModels.SplitTable, options => options.Exclude("Article*")));
        Assert.Empty(await KeptByAsync(SharedTableModels.SplitTable, options => options.Include("Articles").Include("Article?*")));
    }

    [Theory]
    [InlineData("ArticleBodies", true)]
    [InlineData("Articles", true)]
    [InlineData("Article?o*", true)]
    [InlineData("ArticleBodies", false)]
    [InlineData("Articles", false)]
    public async Task Filters_that_name_a_part_of_a_split_entity_are_an_error(string pattern, bool isExclude)
    {
        await using TestDatabase database = await CreateAsync(SharedTableModels.SplitTable);
        await using ScenarioContext context = SharedTableModels.SplitTable.CreateContext(database);
        IReadOnlyDictionary<string, long> before = await CountAsync(database);

        PurgeException purge = await Assert.ThrowsAsync<PurgeException>(
            () => PurgeAsync(context, options => _ = isExclude ? options.Exclude(pattern) : options.Include(pattern)));
        PurgeException reset = await Assert.ThrowsAsync<PurgeException>(
            () => Engine.ResetterAsync(context, options => _ = isExclude ? options.Exclude(pattern) : options.Include(pattern)));

        Assert.StartsWith(
            $"{(isExclude ? "Exclude" : "Include")}(\"{pattern}\") would divide entity type Article, which is split over several tables: ",
            purge.Message,
            StringComparison.Ordinal);
        Assert.Contains("or the entity type itself", purge.Message, StringComparison.Ordinal);
        Assert.Equal(purge.Message, reset.Message);
        Assert.Equal(before, await CountAsync(database));
    }

    [Fact]
    public async Task An_exclude_that_takes_a_part_out_of_an_included_split_entity_is_an_error()
    {
        await using TestDatabase database = await CreateAsync(SharedTableModels.SplitTable);
        await using ScenarioContext context = SharedTableModels.SplitTable.CreateContext(database);

        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(
            () => PurgeAsync(context, options => options.Include<Article>().Exclude("ArticleCovers")));

        Assert.StartsWith("Exclude(\"ArticleCovers\") would divide entity type Article", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_split_entity_of_which_one_table_is_blocked_stays_whole()
    {
        await using TestDatabase database = await CreateAsync(SharedTableModels.SplitTableWithComments);
        await using ScenarioContext context = SharedTableModels.SplitTableWithComments.CreateContext(database);

        PurgeReport report = await PurgeAsync(context, options => options.Exclude<ArticleComment>());

        Assert.Equal(PurgeVerdict.NothingMatched, report.Verdict);
        Assert.Equal(
            ["ArticleAuthors", "ArticleBodies", "ArticleCovers", "Articles"],
            report.Skips.Select(skip => skip.Table.Name).Order(StringComparer.Ordinal));
        Assert.All(report.Skips, skip => Assert.Equal(PlanReason.Blocked, skip.Reason));
        string covers = report.Skips.Single(skip => skip.Table.Name == "ArticleCovers").Explanation;
        Assert.Contains("is blocked: it holds a part of entity type Article, of which ", covers, StringComparison.Ordinal);
        Assert.Matches("\"Article(s|Bodies)\", which holds another part, is skipped \\(Blocked by .*\"ArticleComments\"\\)", covers);
        string authors = report.Skips.Single(skip => skip.Table.Name == "ArticleAuthors").Explanation;
        Assert.Contains("Articles\", which is skipped (Blocked by ", authors, StringComparison.Ordinal);
        Assert.Equal(2, await context.Set<Article>().CountAsync(CancellationToken));
    }

    [Fact]
    public async Task A_split_entity_of_which_one_table_differs_from_the_model_stays_whole()
    {
        await using TestDatabase database = await CreateAsync(SharedTableModels.SplitTable);
        await using ScenarioContext context = SharedTableModels.SplitTable.CreateContext(database);
        ISqlGenerationHelper sql = context.GetService<ISqlGenerationHelper>();
        IReadOnlyDictionary<string, long> before = await CountAsync(database);
        await database.ExecuteAsync(
            $"ALTER TABLE {sql.DelimitIdentifier("Articles")} RENAME COLUMN {sql.DelimitIdentifier("Title")} TO "
                + $"{sql.DelimitIdentifier("Headline")}");

        PurgeReport report = await PurgeAsync(context, _ => { });

        Assert.Equal(
            ["ArticleBodies Blocked", "ArticleCovers Blocked", "Articles ColumnMissing"],
            report.Skips.Select(skip => $"{skip.Table.Name} {skip.Reason}").Order(StringComparer.Ordinal));
        Assert.Contains(
            "Articles\", which holds another part, is skipped (ColumnMissing)",
            report.Skips.Single(skip => skip.Table.Name == "ArticleBodies").Explanation,
            StringComparison.Ordinal);
        Assert.Equal(before, await CountAsync(database));
    }

    [Fact]
    public async Task Keeping_one_of_the_types_that_share_a_table_keeps_the_table()
    {
        Assert.Equal(["Invoices"], await KeptByAsync(SharedTableModels.SharedTable, options => options.Exclude<InvoiceDetail>()));
        Assert.Equal(["Invoices"], await KeptByAsync(SharedTableModels.SharedTable, options => options.Exclude<Invoice>()));
    }
}

public sealed class SqliteSharedTableConformance() : SharedTableConformance(Engine.Sqlite);

public sealed class PostgreSqlSharedTableConformance() : SharedTableConformance(Engine.PostgreSql);

public sealed class AnsiSharedTableConformance() : SharedTableConformance(Engine.Ansi);

public sealed class MariaDbSharedTableConformance() : SharedTableConformance(Engine.MariaDb);
