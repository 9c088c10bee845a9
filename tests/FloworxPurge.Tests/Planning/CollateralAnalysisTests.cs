using FloworxPurge.Planning;
using FloworxPurge.Schema;

namespace FloworxPurge.Tests.Planning;

/// <summary>What is kept loses nothing: rows that are kept block what they point at, and so on.</summary>
public sealed class CollateralAnalysisTests
{
    [Fact]
    public async Task Nothing_kept_blocks_nothing_and_counts_nothing()
    {
        (IReadOnlyList<TableDisposition> dispositions, List<string> counted) = await RunAsync("a->b->c", [], (_, _) => 5);

        Assert.All(dispositions, disposition => Assert.True(disposition.IsPurged));
        Assert.Empty(counted);
    }

    [Fact]
    public async Task A_kept_table_with_rows_blocks_what_it_references_down_to_the_last()
    {
        (IReadOnlyList<TableDisposition> dispositions, List<string> counted) = await RunAsync("kept->a->b->c, x->a", ["kept"], (_, _) => 5);

        Assert.Equal("a: Blocked by kept, b: Blocked by a, c: Blocked by b, kept: kept, x: purged", Text(dispositions));
        Assert.Equal(["kept->a", "a->b", "b->c"], counted);
        Assert.Equal(
            "\"a\" is blocked: it is referenced by 5 rows of \"kept\", which is kept (Excluded), through foreign key FK_kept_a_a_id: "
                + "kept(a_id) -> a(Id) (ON DELETE NO ACTION). Purge the dependents too, delete or detach those rows first, or leave the "
                + "table as it is.",
            dispositions[0].Skip!.Explanation);
        Assert.Contains("\"a\", which is skipped (Blocked by \"kept\")", dispositions[1].Skip!.Explanation, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_chain_ends_where_no_row_references()
    {
        (IReadOnlyList<TableDisposition> dispositions, List<string> counted) = await RunAsync(
            "kept->a->b->c",
            ["kept"],
            (dependent, _) => dependent == "a" ? 0 : 1);

        Assert.Equal("a: Blocked by kept, b: purged, c: purged, kept: kept", Text(dispositions));
        Assert.Equal(["kept->a", "a->b"], counted);
        Assert.Contains("by 1 row of", dispositions[0].Skip!.Explanation, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_table_without_rows_that_reference_blocks_nothing()
    {
        (IReadOnlyList<TableDisposition> dispositions, _) = await RunAsync("kept->a", ["kept"], (_, _) => 0);

        Assert.Equal("a: purged, kept: kept", Text(dispositions));
    }

    [Fact]
    public async Task A_cycle_behind_a_kept_table_is_blocked_and_the_analysis_ends()
    {
        (
            IReadOnlyList<TableDisposition> dispositions,
            List<string> counted) = await RunAsync("kept->a, a<->b, b->c, c->c", ["kept"], (_, _) => 2);

        Assert.Equal("a: Blocked by kept, b: Blocked by a, c: Blocked by b, kept: kept", Text(dispositions));
        Assert.Equal(counted.Distinct(), counted);
    }

    [Fact]
    public async Task All_causes_of_the_nearest_distance_are_named()
    {
        (IReadOnlyList<TableDisposition> dispositions, _) = await RunAsync("k1->a, k2->a:cascade, k1->b->a", ["k1", "k2"], (_, _) => 2);

        PlanTable skip = dispositions.Single(disposition => disposition.Name.Name == "a").Skip!;
        Assert.Equal(["k1", "k2"], skip.ForeignKeys.Select(key => key.Dependent.Name));
        Assert.Contains("ON DELETE CASCADE", skip.Explanation, StringComparison.Ordinal);
        Assert.Equal("b", Assert.Single(dispositions, disposition => disposition.Name.Name == "b").Skip!.Table.Name);
    }

    [Fact]
    public async Task A_key_that_only_the_model_knows_blocks_too_and_says_so()
    {
        (IReadOnlyList<TableDisposition> dispositions, _) = await RunAsync("kept->a", ["kept"], (_, _) => 2, OnBlocked.Skip, "kept->a");

        Assert.Contains("known to the model only", dispositions[0].Skip!.Explanation, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Rows_that_the_role_may_not_see_block_as_if_they_were_there()
    {
        (IReadOnlyList<TableDisposition> dispositions, _) = await RunAsync("kept->a", ["kept"], (_, _) => null);

        Assert.Contains("by rows that this role may not see of \"kept\"", dispositions[0].Skip!.Explanation, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Including_dependents_goes_on_until_nothing_is_blocked_but_leaves_what_was_excluded()
    {
        TableDisposition[] dispositions = [
            Facts.Disposition("a"),
            Facts.Disposition("b"),
            Facts.Disposition("excluded", PlanReason.Excluded),
            Facts.Disposition("u1", PlanReason.Unmapped) with { MayBeIncluded = true },
            Facts.Disposition("u2", PlanReason.NotIncluded) with { MayBeIncluded = true }];

        IReadOnlyList<TableDisposition> result = await CollateralAnalysis.RunAsync(
            dispositions,
            Facts.Keys("u2->u1->a, excluded->b"),
            (_, _) => Task.FromResult<long?>(1),
            OnBlocked.IncludeDependents,
            CancellationToken.None);

        Assert.Equal("a: purged, b: Blocked by excluded, excluded: kept, u1: purged, u2: purged", Text(result));
        Assert.Equal(
            ["u1", "u2"],
            result.Where(disposition => disposition.IsIncludedAsDependent).Select(disposition => disposition.Name.Name));
    }

    [Fact]
    public async Task An_included_dependent_whose_rows_the_role_may_not_see_is_not_included_in_vain()
    {
        TableDisposition[] dispositions = [
            Facts.Disposition("a"),
            Facts.Disposition("u", PlanReason.Unmapped) with { MayBeIncluded = true }];

        IReadOnlyList<TableDisposition> result = await CollateralAnalysis.RunAsync(
            dispositions,
            Facts.Keys("u->a"),
            (_, _) => Task.FromResult<long?>(null),
            OnBlocked.IncludeDependents,
            CancellationToken.None);

        Assert.Equal("a: purged, u: purged", Text(result));
    }

    [Fact]
    public async Task A_kept_table_that_the_database_does_not_have_is_not_asked()
    {
        TableDisposition[] dispositions = [
            Facts.Disposition("a"),
            Facts.Disposition("missing", skip: PlanReason.TableMissing) with { Live = null }];

        IReadOnlyList<TableDisposition> result = await CollateralAnalysis.RunAsync(
            dispositions,
            Facts.Keys("missing->a"),
            (_, _) => throw new InvalidOperationException("Not to be counted."),
            OnBlocked.Skip,
            CancellationToken.None);

        Assert.True(result[0].IsPurged);
    }

    [Fact]
    public async Task A_partitioned_table_is_blocked_by_a_partition_that_is_kept()
    {
        TableDisposition root = Facts.Disposition("events");
        TableDisposition part = Facts.Disposition("events_2025", PlanReason.Excluded);
        part = part with { Live = part.Live! with { Kind = TableKind.Partition, PartOf = root.Name } };

        IReadOnlyList<TableDisposition> result = await CollateralAnalysis.RunAsync(
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
        TableDisposition[] dispositions = [
            Facts.Disposition("a", skip: PlanReason.ColumnMissing),
            Facts.Disposition("kept", PlanReason.Excluded)];

        IReadOnlyList<TableDisposition> result = await CollateralAnalysis.RunAsync(
            dispositions,
            Facts.Keys("kept->a"),
            (_, _) => Task.FromResult<long?>(3),
            OnBlocked.Skip,
            CancellationToken.None);

        Assert.Same(dispositions[0].Skip, result[0].Skip);
    }

    [Fact]
    public async Task Rows_of_a_skipped_table_block_what_they_reference()
        => Assert.Equal(
            "a: Blocked by s, s: ColumnMissing by ",
            await DecideAsync("s->a", [Facts.Disposition("a"), Facts.Disposition("s", skip: PlanReason.ColumnMissing)]));

    [Fact]
    public async Task A_partition_is_blocked_with_its_table_and_blocks_what_its_rows_reference()
    {
        TableDisposition root = Facts.Disposition("root");
        TableDisposition part = Part(Facts.Disposition("part"), root);
        TableDisposition x = Facts.Disposition("x");

        Assert.Equal(
            "root: kept, part: Blocked by , x: Blocked by part",
            await DecideAsync("part->x", [root with { Keep = PlanReason.Excluded }, part, x]));
        Assert.Equal(
            "root: ColumnMissing by , part: Blocked by , x: Blocked by part",
            await DecideAsync("part->x", [Facts.Disposition("root", skip: PlanReason.ColumnMissing), part, x]));
        Assert.Equal(
            "kept: kept, root: Blocked by kept, part: Blocked by , x: Blocked by part",
            await DecideAsync("kept->root, part->x", [Facts.Disposition("kept", PlanReason.Excluded), root, part, x]));
    }

    [Fact]
    public async Task A_table_that_inherits_from_an_excluded_one_is_blocked()
    {
        TableDisposition child = Facts.Disposition("child");
        child = child with { Live = child.Live! with { ShownBy = [Facts.Name("parent")] } };

        Assert.Equal(
            "child: Blocked by , parent: kept, x: Blocked by child",
            await DecideAsync("child->x", [child, Facts.Disposition("parent", PlanReason.Excluded), Facts.Disposition("x")]));
    }

    [Fact]
    public async Task An_entity_in_several_tables_is_kept_whole_and_keeps_what_its_rows_reference()
    {
        ModelPart[] parts = [new ModelPart(0, "Entity")];

        Assert.Equal(
            "f1: kept, f2: Blocked by , x: Blocked by f2",
            await DecideAsync(
                "f2->x",
                [
                    Facts.Disposition("f1", PlanReason.Excluded) with { Parts = parts },
                    Facts.Disposition("f2") with { Parts = parts },
                    Facts.Disposition("x"),
                ]));
    }

    [Fact]
    public async Task An_included_table_takes_its_partitions_along()
    {
        TableDisposition root = Facts.Disposition("root", PlanReason.Unmapped);

        Assert.Equal(
            "a: purged, root: purged",
            await DecideAsync(
                "root->a",
                [Facts.Disposition("a"), root, Part(Facts.Disposition("part", PlanReason.Unmapped), root)],
                OnBlocked.IncludeDependents));
    }

    [Fact]
    public async Task A_dependent_is_not_included_where_that_unblocks_nothing()
    {
        TableDisposition[] dispositions =
        [
            Facts.Disposition("a"),
            Facts.Disposition("b"),
            Facts.Disposition("excluded", PlanReason.Excluded),
            Facts.Disposition("u", PlanReason.Unmapped),
        ];

        Assert.Equal(
            "a: Blocked by excluded and u, b: purged, excluded: kept, u: kept",
            await DecideAsync("excluded->a, u->a, u->b", dispositions, OnBlocked.IncludeDependents, withoutRows: "b"));
    }

    private static TableDisposition Part(TableDisposition part, TableDisposition root)
        => part with { Live = part.Live! with { Kind = TableKind.Partition, PartOf = root.Name } };

    private static async Task<string> DecideAsync(
        string notation,
        TableDisposition[] dispositions,
        OnBlocked onBlocked = OnBlocked.Skip,
        string? withoutRows = null)
        => Text(await CollateralAnalysis.RunAsync(
            dispositions,
            Facts.Keys(notation),
            (key, _) => Task.FromResult<long?>(string.Equals(key.Principal.Name, withoutRows, StringComparison.Ordinal) ? 0 : 1),
            onBlocked,
            CancellationToken.None));

    private static async Task<(IReadOnlyList<TableDisposition> Dispositions, List<string> Counted)> RunAsync(
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

        TableDisposition[] dispositions = [.. Kit.GraphScenario
            .Parse(notation).Tables
            .Order(StringComparer.Ordinal)
            .Select(table => Facts.Disposition(table, kept.Contains(table) ? PlanReason.Excluded : null))];
        return (
            await CollateralAnalysis.RunAsync(dispositions, Facts.Keys(notation, modelOnly), CountAsync, onBlocked, CancellationToken.None),
            counted);
    }

    private static string Text(IEnumerable<TableDisposition> dispositions)
        => string.Join(
            ", ",
            dispositions.Select(disposition => disposition.Skip is { } skip ? $"{disposition.Name}: {skip.Reason} by "
                + $"{string.Join(" and ", skip.ForeignKeys.Select(key => key.Dependent))}" : disposition.IsPurged ? $"{disposition.Name}: purged" : $"{disposition.Name}: kept"));
}
