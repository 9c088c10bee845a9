using FloworxPurge.Planning;
using FloworxPurge.Schema;
using FloworxPurge.Tests.Kit;
using Microsoft.EntityFrameworkCore.Migrations;

namespace FloworxPurge.Tests.Planning;

/// <summary>What a purge could touch beside its own tables, which is therefore measured before and after it.</summary>
public sealed class FreshFactsTests
{
    private static readonly PurgePlan Plan = Facts.Plan("b->a");

    private static readonly SchemaObject Trigger = new("trigger", Facts.Name("a"), "t", "body", FiresOnDelete: true);

    private static readonly ForeignKey[] FromKept = [Facts.Key("k1", "a_id", "a"), Facts.Key("k2", "k1_id", "k1")];

    private static readonly string[] Everything = ["foreign", "inherited", "k1", "k2", "k3", "parts", "virtual"];

    [Fact]
    public void Without_triggers_only_tables_that_foreign_keys_lead_to_are_within_reach()
    {
        FreshFacts facts = Of(live => live);

        Assert.Equal(["k1", "k2"], Names(facts.ReachableKept()));
        Assert.Equal(["k1", "k2"], Names(facts.ReachableKeptAtCommit()));
        Assert.Equal((false, false, false), (facts.FiresTriggers, facts.MayChangeAnyTable, facts.MayWorkAtCommit));
    }

    [Fact]
    public void A_trigger_that_fires_or_may_be_hidden_reaches_every_table_that_holds_rows()
    {
        FreshFacts[] all =
        [
            Of(live => live with { Objects = [Trigger] }),
            Of(live => live with { ReportsTriggers = false }),
            Of(live => live with { Facts = [Fact(SchemaFact.HiddenTriggers, "a")] }),
        ];

        Assert.All(all, facts => Assert.True(facts.MayChangeAnyTable));
        Assert.All(all, facts => Assert.Equal(Everything, Names(facts.ReachableKept())));
        Assert.Equal([true, true, false], all.Select(facts => facts.FiresTriggers));
        Assert.False(Of(live => live with { Facts = [Fact(SchemaFact.HiddenTriggers, "k3")] }).MayChangeAnyTable);
    }

    [Fact]
    public void A_deferred_trigger_reaches_every_table_at_the_commit()
    {
        FreshFacts facts = Of(live => live with { Facts = [Fact(SchemaFact.DeferrableTrigger, "k3")] });

        Assert.Equal((false, true), (facts.MayChangeAnyTable, facts.MayWorkAtCommit));
        Assert.Equal(["k1", "k2"], Names(facts.ReachableKept()));
        Assert.Equal(Everything, Names(facts.ReachableKeptAtCommit()));
        Assert.True(Of(live => live with { ReportsTriggers = false }).MayWorkAtCommit);
    }

    [Fact]
    public void The_root_of_a_purged_partition_loses_rows_and_is_not_watched()
        => Assert.Equal(
            ["k1", "k2", "other"],
            Names(Of(live => live with
            {
                Tables =
                [
                    live.Tables[0] with { PartOf = Facts.Name("root") },
                    .. live.Tables.Skip(1).Take(4),
                    Facts.Live("root", kind: TableKind.PartitionedTable),
                    Facts.Live("other", kind: TableKind.PartitionedTable),
                ],
                ForeignKeys = [.. live.ForeignKeys, Facts.Key("root", "a_id", "a"), Facts.Key("other", "a_id", "a")],
            }).ReachableKept()));

    [Fact]
    public void Triggers_of_partitions_fire_with_those_of_the_whole_table()
    {
        TableSchema part = Facts.Live("a1", kind: TableKind.Partition) with { PartOf = Facts.Name("a") };
        FreshFacts Facts1(SchemaObject trigger) => Of(live => live with { Tables = [.. live.Tables, part], Objects = [trigger] });

        Assert.Single(Facts1(Trigger with { Table = part.Name }).Triggers());
        Assert.Empty(Facts1(Trigger with { Table = part.Name, FiresOnDelete = false }).Triggers());
        Assert.Empty(Facts1(Trigger with { Table = Facts.Name("k1") }).Triggers());
    }

    [Theory]
    [InlineData("trigger")]
    [InlineData("rule")]
    public void What_fires_on_update_counts_where_the_plan_or_a_foreign_key_updates(string kind)
    {
        SchemaObject update = new(kind, Facts.Name("b"), "t", "body");
        ForeignKey key = Facts.Key("b", "a_id", "a", "a_id");
        FreshFacts Facts1(ReferentialAction action, PlanStepKind step = PlanStepKind.Delete) => Of(
            live => live with { Objects = [update] },
            Plan.WithSteps([.. Plan.Steps.Select(one => one with { Kind = step, Tables = [Facts.Name("b")] })]),
            key with { OnDelete = action });

        Assert.Empty(Facts1(ReferentialAction.NoAction).Triggers());
        Assert.Single(Facts1(ReferentialAction.SetNull).Triggers());
        Assert.Single(Facts1(ReferentialAction.SetDefault).Triggers());
        Assert.Single(Facts1(ReferentialAction.NoAction, PlanStepKind.SetNull).Triggers());
        Assert.Single(Facts1(ReferentialAction.NoAction, PlanStepKind.Detach).Triggers());
    }

    [Fact]
    public void Event_triggers_fire_where_the_plan_has_ddl()
    {
        FreshFacts Facts1(PlanStepKind step) => Of(
            live => live with { Facts = [Fact(SchemaFact.EventTrigger, "a")] },
            Plan.WithSteps([.. Plan.Steps.Select(one => one with { Kind = step })]));

        Assert.Empty(Facts1(PlanStepKind.Delete).Triggers());
        Assert.Single(Facts1(PlanStepKind.ResetIdentity).Triggers());
        Assert.Single(Facts1(PlanStepKind.DisableConstraints).Triggers());
    }

    [Fact]
    public void Only_a_key_that_the_engine_enforces_cascades()
    {
        ForeignKey key = Facts.Key("b", "a_id", "a", onDelete: ReferentialAction.Cascade);
        int Count(ForeignKey one, string table) => Of(live => live, Plan, one).CascadesInto(Facts.Name(table)).Count;

        Assert.Equal((1, 0), (Count(key, "b"), Count(key, "a")));
        Assert.Equal(0, Count(key with { IsOff = true }, "b"));
        Assert.Equal(0, Count(key with { IsEnforced = false }, "b"));
        Assert.Equal(0, Count(key with { OnDelete = ReferentialAction.NoAction }, "b"));
        Assert.Equal(0, Count(Facts.Key("b", "k_id", "k3", onDelete: ReferentialAction.Cascade), "b"));
    }

    [Fact]
    public void Keys_of_kept_tables_are_those_of_tables_that_no_transaction_of_the_run_purges()
    {
        FreshFacts facts = Of(live => live, Plan, Facts.Key("b", "a_id", "a"));

        Assert.Equal(["k1"], facts.KeysFromKept().Select(key => key.Dependent.Name));
        Assert.Empty((facts with { Elsewhere = new HashSet<TableName> { Facts.Name("k1") } }).KeysFromKept());
        Assert.False(facts.AllowsInserts(Facts.Name("k1")));
    }

    private static FreshFacts Of(Func<DatabaseSchema, DatabaseSchema> change, PurgePlan? plan = null, params ForeignKey[] keys)
    {
        ComparedSchema schema = Facts.Schema(
            [Facts.Compared("a"), Facts.Compared("b")],
            [.. keys, .. FromKept],
            Facts.Live("k1"),
            Facts.Live("k2"),
            Facts.Live("k3"),
            Facts.Live("foreign", kind: TableKind.ForeignTable),
            Facts.Live("inherited", kind: TableKind.InheritanceParent),
            Facts.Live("parts", kind: TableKind.PartitionedTable),
            Facts.Live("shadow", kind: TableKind.ShadowTable),
            Facts.Live("view", kind: TableKind.View),
            Facts.Live("virtual", kind: TableKind.VirtualTable));
        return new FreshFacts(plan ?? Plan, schema with { Live = change(schema.Live) });
    }

    private static SchemaFact Fact(string kind, string table) => new(kind, Facts.Name(table), "x", Detail: null);

    private static IEnumerable<string> Names(IEnumerable<TableSchema> tables)
        => tables.Select(table => table.Name.Name).Order(StringComparer.Ordinal);
}
