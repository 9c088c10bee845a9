using FloworxPurge.Tests.Conformance.Models;

namespace FloworxPurge.Tests.Conformance;

/// <summary>Entity types and tables that do not match one to one.</summary>
public abstract class SharedTableConformance(Engine engine) : ModelGroup(engine)
{
    [Fact]
    public async Task Keeping_a_split_entity_keeps_all_of_its_tables()
    {
        Assert.Equal(["ArticleBodies", "ArticleCovers", "Articles"], await KeptByAsync(SharedTableModels.SplitTable, options => options.Exclude<Article>()));
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

public sealed class MariaDbUnknownSharedTableConformance() : SharedTableConformance(Engine.MariaDbUnknown);
