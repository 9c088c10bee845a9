using FloworxPurge.Planning;
using FloworxPurge.Schema;

namespace FloworxPurge.Tests.Planning;

/// <summary>What is kept loses nothing: rows that are kept block what they point at, and so on.</summary>
public sealed class CollateralAnalysisTests
{
    [Fact]
    public async Task Nothing_kept_blocks_nothing_and_counts_nothing()
    {
        (IReadOnlyList<TableFate> fates, List<string> counted) = await RunAsync("a->b->c", [], (_, _) => 5);

        Assert.All(fates, fate => Assert.True(fate.IsPurged));
        Assert.Empty(counted);
    }

    [Fact]
    public async Task A_kept_table_with_rows_blocks_what_it_references_down_to_the_last()
    {
        (IReadOnlyList<TableFate> fates, List<string> counted) = await RunAsync("kept->a->b->c, x->a", ["kept"], (_, _) => 5);

        Assert.Equal("a: Blocked by kept, b: Blocked by a, c: Blocked by b, kept: kept, x: purged", Text(fates));
        Assert.Equal(["kept->a", "a->b", "b->c"], counted);
        Assert.Equal(
            "\"a\" is blocked: it is referenced by 5 rows of \"kept\", which is kept (Excluded), through foreign key FK_kept_a_a_id: "
                + "kept(a_id) -> a(Id) (ON DELETE NO ACTION). Purge the dependents too, delete or detach those rows first, or leave the "
                + "table as it is.",
            fates[0].Skip!.Explanation);
        Assert.Contains("\"a\", which is skipped (Blocked by \"kept\")", fates[1].Skip!.Explanation, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_chain_ends_where_no_row_references()
    {
        (IReadOnlyList<TableFate> fates, List<string> counted) = await RunAsync(
            "kept->a->b->c",
            ["kept"],
            (dependent, _) => dependent == "a" ? 0 : 1);

        Assert.Equal("a: Blocked by kept, b: purged, c: purged, kept: kept", Text(fates));
        Assert.Equal(["kept->a", "a->b"], counted);
        Assert.Contains("by 1 row of", fates[0].Skip!.Explanation, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_table_without_rows_that_reference_blocks_nothing()
    {
        (IReadOnlyList<TableFate> fates, _) = await RunAsync("kept->a", ["kept"], (_, _) => 0);

        Assert.Equal("a: purged, kept: kept", Text(fates));
    }

    [Fact]
    public async Task A_cycle_behind_a_kept_table_is_blocked_and_the_analysis_ends()
    {
        (IReadOnlyList<TableFate> fates, List<string> counted) = await RunAsync("kept->a, a<->b, b->c, c->c", ["kept"], (_, _) => 2);

        Assert.Equal("a: Blocked by kept, b: Blocked by a, c: Blocked by b, kept: kept", Text(fates));
        Assert.Equal(counted.Distinct(), counted);
    }

    [Fact]
    public async Task All_causes_of_the_nearest_distance_are_named()
    {
        (IReadOnlyList<TableFate> fates, _) = await RunAsync("k1->a, k2->a:cascade, k1->b->a", ["k1", "k2"], (_, _) => 2);

        PlanTable skip = fates.Single(fate => fate.Name.Name == "a").Skip!;
        Assert.Equal(["k1", "k2"], skip.ForeignKeys.Select(key => key.Dependent.Name));
        Assert.Contains("ON DELETE CASCADE", skip.Explanation, StringComparison.Ordinal);
        Assert.Equal("b", Assert.Single(fates, fate => fate.Name.Name == "b").Skip!.Table.Name);
    }

    [Fact]
    public async Task A_key_that_only_the_model_knows_blocks_too_and_says_so()
    {
        (IReadOnlyList<TableFate> fates, _) = await RunAsync("kept->a", ["kept"], (_, _) => 2, OnBlocked.Skip, "kept->a");

        Assert.Contains("known to the model only", fates[0].Skip!.Explanation, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Rows_that_the_role_may_not_see_block_as_if_they_were_there()
    {
        (IReadOnlyList<TableFate> fates, _) = await RunAsync("kept->a", ["kept"], (_, _) => null);

        Assert.Contains("by rows that this role may not see of \"kept\"", fates[0].Skip!.Explanation, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Including_dependents_goes_on_until_nothing_is_blocked_but_leaves_what_was_excluded()
    {
        TableFate[] fates = [
            Facts.Fate("a"),
            Facts.Fate("b"),
            Facts.Fate("excluded", PlanReason.Excluded),
            Facts.Fate("u1", PlanReason.Unmapped) with { MayBeIncluded = true },
            Facts.Fate("u2", PlanReason.NotIncluded) with { MayBeIncluded = true }];

        IReadOnlyList<TableFate> result = await CollateralAnalysis.RunAsync(
            fates,
            Facts.Keys("u2->u1->a, excluded->b"),
            (_, _) => Task.FromResult<long?>(1),
            OnBlocked.IncludeDependents,
            CancellationToken.None);

        Assert.Equal("a: purged, b: Blocked by excluded, excluded: kept, u1: purged, u2: purged", Text(result));
        Assert.Equal(["u1", "u2"], result.Where(fate => fate.IsIncludedAsDependent).Select(fate => fate.Name.Name));
    }

    [Fact]
    public async Task An_included_dependent_whose_rows_the_role_may_not_see_is_not_included_in_vain()
    {
        TableFate[] fates = [Facts.Fate("a"), Facts.Fate("u", PlanReason.Unmapped) with { MayBeIncluded = true }];

        IReadOnlyList<TableFate> result = await CollateralAnalysis.RunAsync(
            fates,
            Facts.Keys("u->a"),
            (_, _) => Task.FromResult<long?>(null),
            OnBlocked.IncludeDependents,
            CancellationToken.None);

        Assert.Equal("a: purged, u: purged", Text(result));
    }

    [Fact]
    public async Task A_kept_table_that_the_database_does_not_have_is_not_asked()
    {
        TableFate[] fates = [Facts.Fate("a"), Facts.Fate("missing", skip: PlanReason.TableMissing) with { Live = null }];

        IReadOnlyList<TableFate> result = await CollateralAnalysis.RunAsync(
            fates,
            Facts.Keys("missing->a"),
            (_, _) => throw new InvalidOperationException("Not to be counted."),
            OnBlocked.Skip,
            CancellationToken.None);

        Assert.True(result[0].IsPurged);
    }

    [Fact]
    public async Task A_partitioned_table_is_blocked_by_a_partition_that_is_kept()
    {
        TableFate root = Facts.Fate("events");
        TableFate part = Facts.Fate("events_2025", PlanReason.Excluded);
        part = part with { Live = part.Live! with { Kind = TableKind.Partition, PartOf = root.Name } };

        IReadOnlyList<TableFate> result = await CollateralAnalysis.RunAsync(
            [root, part],
            [],
            (_, _) => Task.FromResult<long?>(0),
            OnBlocked.Skip,
            CancellationToken.None);

        Assert.Equal(PlanReason.Blocked, result[0].Skip!.Reason);
        Assert.Contains("its partition \"events_2025\" is kept (Excluded)", result[0].Skip!.Explanation, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_was_skipped_before_keeps_its_own_reason()
    {
        TableFate[] fates = [Facts.Fate("a", skip: PlanReason.ColumnMissing), Facts.Fate("kept", PlanReason.Excluded)];

        IReadOnlyList<TableFate> result = await CollateralAnalysis.RunAsync(
            fates,
            Facts.Keys("kept->a"),
            (_, _) => Task.FromResult<long?>(3),
            OnBlocked.Skip,
            CancellationToken.None);

        Assert.Same(fates[0].Skip, result[0].Skip);
    }

    private static async Task<(IReadOnlyList<TableFate> Fates, List<string> Counted)> RunAsync(
        string notation,
        string[] kept,
        Func<string, string, long?> count,
        OnBlocked onBlocked = OnBlocked.Skip,
        params string[] modelOnly)
    {
        var counted = new List<string>();
        Task<long?> CountAsync(ForeignKey key, CancellationToken token)
        {
            counted.Add($"{key.Dependent}->{key.Principal}");
            return Task.FromResult<long?>(count(key.Dependent.Name, key.Principal.Name));
        }

        TableFate[] fates = [.. Kit.GraphScenario
            .Parse(notation).Tables
            .Order(StringComparer.Ordinal)
            .Select(table => Facts.Fate(table, kept.Contains(table) ? PlanReason.Excluded : null))];
        return (
            await CollateralAnalysis.RunAsync(fates, Facts.Keys(notation, modelOnly), CountAsync, onBlocked, CancellationToken.None),
            counted);
    }

    private static string Text(IEnumerable<TableFate> fates)
        => string.Join(
            ", ",
            fates.Select(fate => fate.Skip is { } skip ? $"{fate.Name}: {skip.Reason} by "
                + $"{string.Join(" and ", skip.ForeignKeys.Select(key => key.Dependent))}" : fate.IsPurged ? $"{fate.Name}: purged" : $"{fate.Name}: kept"));
}
