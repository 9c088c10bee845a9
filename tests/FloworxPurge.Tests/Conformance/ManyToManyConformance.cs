using FloworxPurge.Reporting;
using FloworxPurge.Tests.Conformance.Models;
using FloworxPurge.Tests.Kit;

namespace FloworxPurge.Tests.Conformance;

/// <summary>Join tables are tables like any other, with or without a type of their own.</summary>
public abstract class ManyToManyConformance(Engine engine) : ModelGroup(engine)
{
    [Fact]
    public async Task Join_tables_go_before_the_tables_they_join()
    {
        await using TestDatabase database = await CreateAsync(ManyToManyModels.ManyToMany);
        await using ScenarioContext context = ManyToManyModels.ManyToMany.CreateContext(database);

        PurgePlan plan = await Engine.Purger().PlanAsync(context, CancellationToken);

        Assert.Equal(["PostPost", "PostTag", "Posts", "Tags"], plan.Tables.Select(table => table.Table.Name));
        Assert.Equal([1, 1, 2, 2], plan.Tables.Select(table => table.Level));
    }

    [Fact]
    public async Task Keeping_one_side_empties_the_join_table_and_the_other_side()
    {
        Assert.Equal(["Tags"], await KeptByAsync(ManyToManyModels.ManyToMany, options => options.Exclude<Tag>()));
        Assert.Equal(["Tags"], await KeptByAsync(ManyToManyModels.ManyToManyWithJoinType, options => options.Exclude<Tag>()));
    }

    [Fact]
    public async Task Keeping_the_join_rows_blocks_both_sides()
    {
        await using TestDatabase database = await CreateAsync(ManyToManyModels.ManyToManyWithJoinType);
        await using ScenarioContext context = ManyToManyModels.ManyToManyWithJoinType.CreateContext(database);

        PurgeReport report = await PurgeAsync(context, options => options.Exclude<Tagging>());

        Assert.Equal(PurgeVerdict.CompleteWithSkips, report.Verdict);
        Assert.Equal(["Posts", "Tags"], report.Skips.Select(skip => skip.Table.Name));
        Assert.All(report.Skips, skip => Assert.Equal(PlanReason.Blocked, skip.Reason));
        Assert.Equal(["RelatedPosts"], report.Tables.Select(table => table.Table.Name));
    }
}

public sealed class SqliteManyToManyConformance() : ManyToManyConformance(Engine.Sqlite);

public sealed class PostgreSqlManyToManyConformance() : ManyToManyConformance(Engine.PostgreSql);

public sealed class AnsiManyToManyConformance() : ManyToManyConformance(Engine.Ansi);

public sealed class MariaDbManyToManyConformance() : ManyToManyConformance(Engine.MariaDb);
