using FloworxPurge.Execution;
using FloworxPurge.Schema;
using Microsoft.EntityFrameworkCore.Migrations;

namespace FloworxPurge.Tests.Planning;

/// <summary>What decides which rows a purge deletes is compared again before the commit, and nothing of it is left out.</summary>
public sealed class StructureChangeTests
{
    private static readonly ForeignKey Key = Facts.Key("a", "b_id", "b");

    private static readonly SchemaObject Trigger = new("trigger", Facts.Name("a"), "t", "body");

    private static readonly DatabaseSchema Before =
        Facts.Schema([Facts.Compared("a"), Facts.Compared("b")], [Key], Facts.Live("k")).Live with { Objects = [Trigger] };

    public static TheoryData<string, int, string> Changes { get; } = new()
    {
        { "another object", 0, "\"a\" as object 7 (Table) was added" },
        { "another kind", 1, "(PartitionedTable) was added" },
        { "a partition of another table", 2, "\"a\" as a partition of \"k\" was added" },
        { "a new partition", 3, "\"k\" as a partition of \"a\" was added" },
        { "another type of a column", 4, "column \"id\" bigint NOT NULL of \"a\" was added" },
        { "a column that accepts NULL", 5, "column \"id\" integer of \"a\" was added" },
        { "a column gone", 6, "column \"id\" integer NOT NULL of \"a\" was removed" },
        { "a right gone", 7, "the right to delete from \"a\" was removed" },
        { "the right to read gone", 8, "the right to read \"a\" was removed" },
        { "row security", 9, "row security for this role on \"a\" was added" },
        { "hidden keys", 10, "foreign keys that this role may not see to \"a\" was added" },
        { "a table that inherits", 11, "\"k\" as a table that inherits from \"a\" was added" },
        { "a key to it", 12, "k(a_id) -> a(id0), on delete no action was added" },
        { "a key of it to a kept table", 13, "a(k_id) -> k(id0), on delete no action was added" },
        { "another action", 14, "on delete cascade was added" },
        { "a key turned off", 15, "on delete no action, turned off was added" },
        { "a key gone", 16, "on delete no action was removed" },
        { "another body of a trigger", 17, "trigger \"t\" on \"a\" (other body) was added" },
        { "a rule", 18, "rule \"r\" on \"b\" (body) was added" },
    };

    private static TableSchema A => Before.Tables[0];

    [Theory]
    [MemberData(nameof(Changes))]
    public void A_change_of_a_purged_table_is_named(string what, int change, string sentence)
    {
        IReadOnlyList<string> found = StructureChange.Find(Before, After(change), [Facts.Name("a"), Facts.Name("b")]);

        int named = found.Count(one => one.Contains(sentence, StringComparison.Ordinal));
        Assert.True(named > 0, $"{what}: {string.Join("; ", found)}");
    }

    [Fact]
    public void A_partition_that_is_gone_is_named()
        => Assert.Equal(
            ["\"k\" as a partition of \"a\" was removed", "\"k\" as object without a number (Table) was removed"],
            StructureChange.Find(
                Before with { Tables = [A, Before.Tables[1], Facts.Live("k") with { PartOf = Facts.Name("a") }] },
                Before with { Tables = [A, Before.Tables[1]] },
                [Facts.Name("a"), Facts.Name("b")])
                .Where(one => one.StartsWith("\"k\"", StringComparison.Ordinal)));

    [Fact]
    public void What_concerns_other_tables_is_no_change()
    {
        DatabaseSchema after = Before with
        {
            Tables = [A, Before.Tables[1], Facts.Live("k") with { HidesRows = true }, Facts.Live("n")],
            ForeignKeys = [Key, Facts.Key("k", "n_id", "n")],
            Objects = [Trigger, Trigger with { Table = Facts.Name("k") }, new SchemaObject("index", Facts.Name("a"), "i", "body")],
        };

        Assert.Empty(StructureChange.Find(Before, after, [Facts.Name("a"), Facts.Name("b")]));
        Assert.Empty(StructureChange.FindKept(Before, after, [Facts.Name("k")]));
    }

    [Fact]
    public void A_kept_table_that_is_dropped_replaced_or_made_a_partition_is_named()
    {
        TableSchema kept = Facts.Live("k") with { ObjectId = "1" };
        DatabaseSchema before = Before with { Tables = [A, kept] };
        IReadOnlyList<string> Find(params TableSchema[] tables)
            => StructureChange.FindKept(before, before with { Tables = tables }, [kept.Name]);

        Assert.Equal(["\"k\" as object 1 (Table) was removed"], Find(A));
        Assert.Equal(
            ["\"k\" as object 1 (Table) was removed", "\"k\" as object 2 (Table) was added"],
            Find(A, kept with { ObjectId = "2" }));
        Assert.Equal(["\"k\" as a partition of \"a\" was added"], Find(A, kept with { PartOf = A.Name }));
        Assert.Empty(Find(kept));
    }

    private static DatabaseSchema After(int change)
        => change switch
        {
            0 => With(A with { ObjectId = "7" }),
            1 => With(A with { Kind = TableKind.PartitionedTable }),
            2 => With(A with { PartOf = Facts.Name("k") }),
            3 => Before with { Tables = [A, Before.Tables[1], Facts.Live("k") with { PartOf = A.Name }] },
            4 => With(A with { Columns = [A.Columns[0] with { StoreType = "bigint" }] }),
            5 => With(A with { Columns = [A.Columns[0] with { IsNullable = true }] }),
            6 => With(A with { Columns = [] }),
            7 => With(A with { CanDelete = false }),
            8 => With(A with { CanSelect = false }),
            9 => With(A with { HidesRows = true }),
            10 => With(A with { MayHaveHiddenDependents = true }),
            11 => Before with { Facts = [new SchemaFact(SchemaFact.Inherits, Facts.Name("k"), "a", Detail: null)] },
            12 => Before with { ForeignKeys = [Key, Facts.Key("k", "a_id", "a")] },
            13 => Before with { ForeignKeys = [Key, Facts.Key("a", "k_id", "k")] },
            14 => Before with { ForeignKeys = [Key with { OnDelete = ReferentialAction.Cascade }] },
            15 => Before with { ForeignKeys = [Key with { IsOff = true }] },
            16 => Before with { ForeignKeys = [] },
            17 => Before with { Objects = [Trigger with { State = "other body" }] },
            _ => Before with { Objects = [Trigger, new SchemaObject("rule", Facts.Name("b"), "r", "body")] },
        };

    private static DatabaseSchema With(TableSchema a) => Before with { Tables = [a, .. Before.Tables.Skip(1)] };
}
