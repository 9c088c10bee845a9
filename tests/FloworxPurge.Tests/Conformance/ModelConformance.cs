using FloworxPurge.Reporting;
using FloworxPurge.Tests.Conformance.Models;
using FloworxPurge.Tests.Kit;

namespace FloworxPurge.Tests.Conformance;

/// <summary>What holds for every model of the suite.</summary>
public abstract class ModelConformance(Engine engine) : ModelGroup(engine)
{
    public static IEnumerable<TheoryDataRow<string>> Models => ModelCase.All.Keys.Select(name => new TheoryDataRow<string>(name));

    [Theory]
    [MemberData(nameof(Models))]
    public async Task A_database_that_EF_made_shows_no_drift(string model)
    {
        await using TestDatabase database = await CreateAsync(ModelCase.All[model]);
        await using ScenarioContext context = ModelCase.All[model].CreateContext(database);

        PurgePlan plan = await Engine.Purger().PlanAsync(context, CancellationToken);

        AssertClean(plan.Skips, plan.Notes);
        Assert.Empty(plan.Kept);
        IReadOnlyDictionary<string, long> rows = await CountAsync(database);
        Assert.Equal(rows.Count, plan.Tables.Count);
        Assert.Equal(rows.Values.Sum(), plan.Tables.Sum(table => table.Rows));
    }

    [Theory]
    [MemberData(nameof(Models))]
    public async Task Every_table_is_emptied_and_a_second_run_has_nothing_to_do(string model)
    {
        await using TestDatabase database = await CreateAsync(ModelCase.All[model]);
        await using ScenarioContext context = ModelCase.All[model].CreateContext(database);

        await PurgeCompletelyAsync(database, context);

        PurgeReport second = await PurgeCompletelyAsync(database, context);
        Assert.Equal(0, second.RowsDeleted);
    }

    [Theory]
    [MemberData(nameof(Models))]
    public async Task Truncating_empties_the_same_tables(string model)
    {
        await using TestDatabase database = await CreateAsync(ModelCase.All[model]);
        await using ScenarioContext context = ModelCase.All[model].CreateContext(database);

        await PurgeCompletelyAsync(database, context, options => options.Truncate = true);
    }
}

public sealed class SqliteModelConformance() : ModelConformance(Engine.Sqlite);

public sealed class PostgreSqlModelConformance() : ModelConformance(Engine.PostgreSql);

public sealed class AnsiModelConformance() : ModelConformance(Engine.Ansi);

public sealed class MariaDbModelConformance() : ModelConformance(Engine.MariaDb);
