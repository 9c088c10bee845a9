using FloworxPurge.Connections;
using FloworxPurge.Engines;
using FloworxPurge.Planning;
using FloworxPurge.Schema;
using Microsoft.EntityFrameworkCore.Migrations;

namespace FloworxPurge.Tests.Planning;

/// <summary>The engine's own cascade deletes selected rows only where it deletes these rows and no others.</summary>
public sealed class RowCascadesTests
{
    private static readonly ForeignKey Key = Cascade("b", "a");

    private static readonly string[] Columns = ["id", "a_id", "b_id", "c_id", "code"];

    private static readonly SchemaObject Trigger = new("trigger", Facts.Name("b"), "t", "body");

    [Fact]
    public void Rows_that_only_a_cascade_leads_to_need_no_statement()
    {
        Assert.Equal(["b"], Find());
        Assert.Equal(["b", "c"], Find(keys: [Key, Cascade("c", "b")]));
        Assert.Empty(Find(bestEffort: true));
    }

    [Fact]
    public void Triggers_and_what_the_role_cannot_see_are_no_part_of_a_cascade()
    {
        Assert.Empty(Find(live => live with { Objects = [Trigger] }));
        Assert.Empty(Find(live => live with { Objects = [Trigger with { Table = Facts.Name("a"), FiresOnDelete = true }] }));
        Assert.Empty(Find(live => live with { ReportsTriggers = false }));
        Assert.Empty(Find(live => live with { ForeignKeysAreOff = true }));
        Assert.All(
            (string[])[SchemaFact.HiddenTriggers, SchemaFact.HiddenCatalog, SchemaFact.DeferrableTrigger, SchemaFact.KeyNotEnforced],
            kind => Assert.Empty(Find(live => live with { Facts = [new SchemaFact(kind, Facts.Name("b"), "x", Detail: null)] })));
        Assert.Equal(["b"], Find(live => live with { Objects = [Trigger with { Kind = "index" }] }));
    }

    [Fact]
    public void Rows_that_are_named_or_orphaned_have_a_statement()
    {
        Assert.Empty(Find(roots: ["a", "b"]));
        Assert.Empty(Find(keys: [Key, Cascade("b", "c")], roots: ["a", "c"], orphans: ["b"]));
        Assert.Equal(["b"], Find(keys: [Key, Cascade("b", "c")], roots: ["a", "c"]));
    }

    [Fact]
    public void Every_key_of_the_table_has_to_cascade()
    {
        Assert.Empty(Find(keys: [Key with { OnDelete = ReferentialAction.NoAction }]));
        Assert.Empty(Find(keys: [Key with { OnDelete = ReferentialAction.SetNull }]));
        Assert.Empty(Find(keys: [Key with { IsOff = true }]));
        Assert.Empty(Find(keys: [Key with { IsTrusted = false }]));
        Assert.Empty(Find(keys: [Key with { IsEnforced = false }]));
        Assert.Empty(Find(keys: [Key with { PrincipalColumns = ["code"] }]));
        Assert.Empty(Find(keys: [Key, Cascade("b", "b")]));
        Assert.Empty(Find(keys: [Key, Cascade("b", "c"), Cascade("c", "b")]));
        Assert.Empty(Find(keys: [Key, Cascade("b", "c") with { OnDelete = ReferentialAction.NoAction }], roots: ["a", "c"]));
    }

    [Fact]
    public void Tables_with_partitions_or_row_security_have_a_statement()
    {
        Assert.Empty(Find(With("b", table => table with { HidesRows = true })));
        Assert.Empty(Find(With("b", table => table with { Kind = TableKind.PartitionedTable })));
        Assert.Empty(Find(With("a", table => table with { Kind = TableKind.PartitionedTable })));
    }

    [Fact]
    public void A_reference_that_the_engine_does_not_know_has_a_statement()
    {
        RowReference follow = Follow(Key);
        RowReference declared = Follow(Cascade("b", "c") with { Name = null, IsEnforced = false });

        Assert.Empty(Find(roots: ["a", "c"], references: [follow, declared], keys: [Key]));
        Assert.Empty(Find(references: [follow with { Condition = Query("b") }]));
        Assert.Empty(Find(references: [follow with { IsTie = true }]));
        Assert.Empty(Find(keys: [Key, Cascade("b", "c")], roots: ["a", "c"], references: [follow]));
        Assert.Empty(Find(
            keys: [Key, Cascade("b", "c")],
            roots: ["a", "c"],
            references: [follow, Follow(Cascade("b", "c")) with { Action = ReferenceAction.Block }]));
    }

    private static ForeignKey Cascade(string dependent, string principal)
        => Facts.Key(dependent, $"{principal}_id", principal, onDelete: ReferentialAction.Cascade) with { PrincipalColumns = ["id"] };

    private static RowReference Follow(ForeignKey key) => new(key, ReferenceAction.Follow, "because", Condition: null);

    private static RowQuery Query(string table) => new(
        $"Rows<{table}>()",
        Keeps: false,
        table,
        Facts.Name(table),
        ["id"],
        new RowCommand("SELECT 1", []) { Script = "SELECT 1" },
        Unfiltered: null);

    private static Func<DatabaseSchema, DatabaseSchema> With(string name, Func<TableSchema, TableSchema> change)
        => live => live with { Tables = [.. live.Tables.Select(table => table.Name.Name == name ? change(table) : table)] };

    private static IEnumerable<string> Find(
        Func<DatabaseSchema, DatabaseSchema>? change = null,
        ForeignKey[]? keys = null,
        string[]? roots = null,
        string[]? orphans = null,
        RowReference[]? references = null,
        bool bestEffort = false)
    {
        keys ??= [Key];
        ComparedSchema schema = Facts.Schema([Facts.Compared("a"), Facts.Compared("b"), Facts.Compared("c")], keys);
        DatabaseSchema live = schema.Live with
        {
            Tables =
            [
                .. schema.Live.Tables.Select(table => table with
                {
                    PrimaryKey = ["id"],
                    Columns = [.. Columns.Select(column => new Column(column, "integer", IsNullable: false))],
                }),
            ],
        };
        live = change?.Invoke(live) ?? live;
        var scope = new RowScope(
            [.. (roots ?? ["a"]).Select(Query)],
            references ?? [.. keys.Select(Follow)],
            (orphans ?? []).Select(Facts.Name).ToHashSet());
        var dialect = new PostgreSqlDialect();
        var selection = new RowSelection(scope, live, dialect, Facts.Quoting);
        PlanRequest request = Facts.Request("a->b", dialect) with
        {
            Schema = schema with { Live = live, ForeignKeys = keys },
            Selection = selection,
            BestEffort = bestEffort,
        };
        return RowCascades.Find(request, selection.Tables).Select(table => table.Name).Order(StringComparer.Ordinal);
    }
}
