namespace FloworxPurge.Tests.RowScopes.Properties;

/// <summary>The oracle of the property suite, on cases that were worked out by hand.</summary>
public sealed class ScopeOracleTests
{
    private const ReferenceAction Follow = ReferenceAction.Follow;
    private const ReferenceAction Detach = ReferenceAction.Detach;
    private const ReferenceAction Block = ReferenceAction.Block;

    [Fact]
    public void A_chain_of_three_goes_whole()
        => Deletes([1, 2, 3], roots: [1], Of(Follow, (2, 1), (3, 2), (5, 4)));

    [Fact]
    public void A_row_that_two_paths_lead_to_is_there_once()
        => Deletes([1, 2, 3, 4], roots: [1], Of(Follow, (2, 1), (3, 1)), Of(Follow, (4, 2)), Of(Follow, (4, 3)));

    [Fact]
    public void A_self_reference_is_followed_to_its_end()
        => Deletes(
            Enumerable.Range(1, 100),
            roots: [1],
            Of(Follow, [.. Enumerable.Range(2, 99).Select(row => (row, row - 1))]));

    [Fact]
    public void A_cycle_goes_whole()
        => Deletes([1, 2], roots: [1], Of(Follow, (1, 2)), Of(Follow, (2, 1)));

    [Fact]
    public void A_row_that_stays_loses_a_reference_that_detaches()
    {
        OracleResult result = Deletes([1], roots: [1], Of(Detach, (2, 1), (4, 3)));
        Assert.Equal([2], result.Detached[0]);
    }

    [Fact]
    public void A_row_that_goes_as_well_is_not_detached()
    {
        OracleResult result = Deletes([1, 2], roots: [1, 2], Of(Detach, (2, 1)));
        Assert.Empty(result.Detached[0]);
    }

    [Fact]
    public void A_row_that_blocks_keeps_one_of_a_hundred_roots()
    {
        int[] roots = [.. Enumerable.Range(1, 100)];
        OracleResult result = Deletes(roots.Except([50]), roots, Of(Block, (200, 50)));
        Assert.Equal([50], result.Blocked);
    }

    [Fact]
    public void A_row_that_blocks_a_row_far_below_keeps_the_root_with_all_that_is_its_own()
        => Deletes([], roots: [1], Of(Follow, (2, 1), (3, 1)), Of(Block, (9, 3)));

    [Fact]
    public void A_row_that_blocks_and_goes_itself_blocks_nothing()
        => Deletes([1, 2], roots: [1, 2], Of(Block, (2, 1)));

    [Fact]
    public void A_root_that_stays_may_block_another_one()
    {
        // 3 is blocked from outside; then the row 13 of 3 blocks 2, and then 12 blocks 1.
        OracleResult result = Deletes([4], roots: [1, 2, 3, 4], Of(Follow, (12, 2), (13, 3)), Of(Block, (12, 1), (13, 2), (99, 3)));
        Assert.Equal([1, 2, 3], result.Blocked.Order());
    }

    [Fact]
    public void A_kept_row_keeps_its_ancestors()
        => Deletes([5], roots: [1, 5], kept: [3], Of(Follow, (2, 1), (3, 2), (4, 1)));

    [Fact]
    public void A_kept_row_keeps_what_it_references_by_any_reference_and_what_that_references()
        => Deletes([6], roots: [1, 3, 4, 6], kept: [9], Of(Detach, (9, 4), (2, 1)), Of(Block, (4, 2)), Of(Follow, (9, 3)));

    [Fact]
    public void A_root_below_a_root_that_stays_still_goes()
        => Deletes([2], roots: [1, 2], kept: [3], Of(Follow, (2, 1), (3, 1)));

    [Fact]
    public void A_shared_orphan_stays_and_an_unshared_one_goes_at_two_levels()
    {
        // 1 and 2 have the addresses 11 and 12; 12 is shared with 3. The addresses are in the cities 21 and 22.
        OracleResult result = Solve(
            roots: [1, 2],
            kept: [],
            removable: [11, 12, 13, 21, 22, 23],
            Of(Block, (1, 11), (2, 12), (3, 12)),
            Of(Block, (11, 21), (12, 22)));
        Assert.Equal([1, 2, 11, 21], result.Deleted.Order());
        Assert.Equal([11, 21], result.Orphans.Order());
    }

    [Fact]
    public void Orphans_in_a_cycle_and_kept_orphans_stay()
        => Assert.Equal(
            [1],
            Solve([1], kept: [13], removable: [11, 12, 13], Of(Block, (1, 11), (1, 13)), Of(Detach, (11, 12), (12, 11))).Deleted);

    private static OracleReference Of(ReferenceAction action, params (int, int)[] pairs) => new(action, pairs);

    private static OracleResult Deletes(IEnumerable<int> expected, IEnumerable<int> roots, params OracleReference[] references)
        => Deletes(expected, roots, kept: [], references);

    private static OracleResult Deletes(
        IEnumerable<int> expected,
        IEnumerable<int> roots,
        IEnumerable<int> kept,
        params OracleReference[] references)
    {
        OracleResult result = Solve(roots, kept, removable: [], references);
        Assert.Equal(expected, result.Deleted.Order());
        return result;
    }

    private static OracleResult Solve(
        IEnumerable<int> roots,
        IEnumerable<int> kept,
        IEnumerable<int> removable,
        params OracleReference[] references)
    {
        var input = new OracleInput(roots.ToHashSet(), kept.ToHashSet(), removable.ToHashSet(), references);
        var oracle = new ScopeOracle(input);
        if (input.Roots.Count < 10)
        {
            Assert.Equal(oracle.LargestSetOfAllSubsets().Order(), oracle.LargestSet().Order());
        }

        return oracle.Solve();
    }
}
