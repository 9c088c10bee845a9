using FloworxPurge.Reporting;
using FloworxPurge.Tests.Kit;

namespace FloworxPurge.Tests.Conformance;

/// <summary>
/// Cycles and chains that run through a kept table with rows: everything its rows need stays, whatever the foreign keys would do.
/// </summary>
public abstract class KeptCycleConformance(Engine engine) : ConformanceGroup(engine)
{
    public static TheoryData<string, bool> Actions()
    {
        var data = new TheoryData<string, bool>();
        foreach (string action in (string[])["", ":restrict", ":cascade", ":setnull"])
        {
            data.Add(action, false);
            data.Add(action, true);
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Actions))]
    public async Task A_cycle_of_three_through_a_kept_table_stays_whole(string action, bool truncate)
        => Assert.Equal(
            ["a", "b"],
            (await PurgeAsync("a->b?@, b->kept?@, kept->a?@, x->a?@, "
                + "y", action, truncate, stays: ["a", "b", "kept"])).Skips.Select(skip => skip.Table.Name));

    [Theory]
    [MemberData(nameof(Actions))]
    public async Task A_cycle_above_a_kept_table_stays_whole(string action, bool truncate)
        => Assert.Equal(
            ["a", "b", "top"],
            (await PurgeAsync("kept->a?@, a->b?@, b->a?@, b->top?@, "
                + "x->kept?@", action, truncate, stays: ["a", "b", "kept", "top"])).Skips.Select(skip => skip.Table.Name));

    [Theory]
    [MemberData(nameof(Actions))]
    public async Task A_cycle_below_a_kept_table_is_purged(string action, bool truncate)
        => Assert.Empty((await PurgeAsync("a->b?@, b->a?@, a->kept?@, x->b?@", action, truncate, stays: ["kept"])).Skips);

    [Theory]
    [MemberData(nameof(Actions))]
    public async Task A_chain_of_four_above_a_kept_table_stays_to_the_end(string action, bool truncate)
    {
        PurgeReport report = await PurgeAsync(
            "kept->d?@, d->c?@, c->b?@, b->a?@, side->c?@, low->kept?@",
            action,
            truncate,
            stays: ["a", "b", "c", "d", "kept"]);

        Assert.Equal(["a", "b", "c", "d"], report.Skips.Select(skip => skip.Table.Name));
        Assert.All(report.Skips, skip => Assert.Equal(PlanReason.Blocked, skip.Reason));
        Assert.Contains($"Blocked by {Name("kept").ToQuotedString()}", Skip(report, "a").Explanation, StringComparison.Ordinal);
    }

    private async Task<PurgeReport> PurgeAsync(string notation, string action, bool truncate, string[] stays)
    {
        await using TestDatabase database = await Engine.CreateDatabaseAsync();
        GraphScenario graph = GraphScenario.Parse(notation.Replace("@", action, StringComparison.Ordinal));
        await graph.CreateAsync(database, rows: 3, CancellationToken);
        string before = await Shop.ContentAsync(database, CancellationToken, stays);
        await using ScenarioContext context = graph.CreateContext(database);

        PurgeReport report = await PurgeAsync(context, options =>
        {
            options.Truncate = truncate;
            options.Exclude("kept");
        });

        Assert.Equal(before, await Shop.ContentAsync(database, CancellationToken, stays));
        await AssertEmptyAsync(database, [.. graph.Tables.Except(stays)]);
        return report;
    }
}

public sealed class SqliteKeptCycleConformance() : KeptCycleConformance(Engine.Sqlite);

public sealed class PostgreSqlKeptCycleConformance() : KeptCycleConformance(Engine.PostgreSql);

public sealed class AnsiKeptCycleConformance() : KeptCycleConformance(Engine.Ansi);

public sealed class MariaDbKeptCycleConformance() : KeptCycleConformance(Engine.MariaDb);
