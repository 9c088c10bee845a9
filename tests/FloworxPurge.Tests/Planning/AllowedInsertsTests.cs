using System.Text.Json.Nodes;
using FloworxPurge.Engines;
using FloworxPurge.Execution;
using FloworxPurge.Planning;
using FloworxPurge.Schema;

namespace FloworxPurge.Tests.Planning;

/// <summary>AllowInserts names kept tables to which triggers may add rows; it keeps none by itself.</summary>
public sealed class AllowedInsertsTests
{
    private static readonly TableSchema[] Unmapped =
    [
        Facts.Live("log.events"),
        Facts.Live("log.parts"),
        Facts.Live("log.part_1", kind: TableKind.Partition) with { PartOf = Facts.Name("log.parts") },
        Facts.Live("log.report", kind: TableKind.View),
        Facts.Live("log.search_data", kind: TableKind.ShadowTable),
    ];

    [Theory]
    [InlineData("events", "log.events")]
    [InlineData("log.events", "log.events")]
    [InlineData("log.*", "log.events log.part_1 log.parts")]
    [InlineData("parts", "log.part_1 log.parts")]
    [InlineData("aud*", "shop.audit")]
    [InlineData("*", "log.events log.part_1 log.parts shop.audit")]
    public void A_pattern_names_kept_tables_in_the_model_or_outside_with_their_partitions(string pattern, string expected)
        => Assert.Equal(expected, string.Join(' ', Find(AllowInserts(pattern)).Order()));

    [Fact]
    public void An_entity_type_names_the_tables_that_store_it()
        => Assert.Equal("shop.audit", Assert.Single(Find(new FilterRule(IsExclude: false, Pattern: null, typeof(Audit)))).ToString());

    [Fact]
    public void Every_rule_that_names_no_kept_table_is_named_in_one_message()
    {
        PurgeException exception = Assert.Throws<PurgeException>(() => Find(
            AllowInserts("ordres"),
            AllowInserts("orders"),
            AllowInserts("gone"),
            AllowInserts("part_1"),
            AllowInserts("report"),
            AllowInserts("search_data"),
            AllowInserts("orders"),
            new FilterRule(IsExclude: false, Pattern: null, typeof(Order)),
            new FilterRule(IsExclude: false, Pattern: null, typeof(string))));

        Assert.Equal(
            [
                "AllowInserts(\"ordres\") matches no table. Did you mean \"orders\"?",
                "AllowInserts(\"orders\") names no table that is kept: \"shop\".\"orders\" is to be purged. Only a kept table can be "
                    + "allowed to grow: exclude the table as well, or leave AllowInserts(\"orders\") out.",
                "AllowInserts(\"gone\") names no table that is kept: \"shop\".\"gone\" is skipped (ColumnMissing). Only a kept table can "
                    + "be allowed to grow: exclude the table as well, or leave AllowInserts(\"gone\") out.",
                "AllowInserts(\"part_1\") names only partitions. Rows are added to the table that they are part of: name "
                    + "\"log\".\"parts\".",
                "AllowInserts(\"report\") names no table that rows can be added to: \"log\".\"report\" is a view. Name the table in "
                    + "which the rows are stored, or leave AllowInserts(\"report\") out.",
                "AllowInserts(\"search_data\") names no table that rows can be added to: \"log\".\"search_data\" is storage of a virtual "
                    + "table, which needs no option. Name the table in which the rows are stored, or leave AllowInserts(\"search_data\") "
                    + "out.",
                "AllowInserts<Order>() names no table that is kept: \"shop\".\"orders\" is to be purged. Only a kept table can be "
                    + "allowed to grow: exclude the table as well, or leave AllowInserts<Order>() out.",
                "AllowInserts<String>() matches no table: the model has no entity type System.String that is stored in a table. No "
                    + "similar name "
                    + "exists. Names are compared with case where the engine does.",
            ],
            exception.Message.Split(Environment.NewLine));
        Assert.Null(exception.Report);
    }

    [Fact]
    public void A_plan_names_the_tables_that_may_grow_and_has_another_fingerprint()
    {
        PurgePlan plan = Plan();
        PurgePlan growing = Plan("k");

        PlanTable kept = Assert.Single(growing.Kept);
        Assert.True(kept.AllowsInserts);
        Assert.False(Assert.Single(plan.Kept).AllowsInserts);
        Assert.NotEqual(plan.Fingerprint, growing.Fingerprint);
        Assert.Contains("k (Excluded; rows may be added)", growing.ToString(), StringComparison.Ordinal);
        Assert.Equal("now allowed to grow (AllowInserts): k.", PlanDifference.Describe(plan, growing));
        Assert.Equal("no longer allowed to grow (AllowInserts): k.", PlanDifference.Describe(growing, plan));
    }

    [Fact]
    public void A_plan_that_is_read_back_allows_what_it_allowed()
    {
        PurgePlan plan = Plan("k");

        PurgePlan read = PurgePlan.FromJson(plan.ToJson());

        Assert.True(Assert.Single(read.Kept).AllowsInserts);
        Assert.Equal(plan.Fingerprint, read.Fingerprint);
    }

    [Fact]
    public void A_plan_that_allows_nothing_is_written_as_before_there_was_the_option()
    {
        PurgePlan plan = Plan();

        Assert.DoesNotContain("allowsInserts", plan.ToJson(), StringComparison.Ordinal);
        Assert.False(Assert.Single(PurgePlan.FromJson(plan.ToJson()).Kept).AllowsInserts);
    }

    [Fact]
    public void A_plan_to_whose_text_the_permission_was_added_is_refused()
    {
        JsonNode json = JsonNode.Parse(Plan().ToJson())!;
        json["kept"]![0]!["allowsInserts"] = true;

        Assert.Contains(
            "has been changed",
            Assert.Throws<PurgeException>(() => PurgePlan.FromJson(json.ToJsonString())).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void The_report_names_it_among_the_options_that_loosen_protection()
    {
        var options = new PurgeOptions();
        options.AllowInserts("audit_*").AllowInserts<Audit>().AllowInserts("audit_*");

        Assert.Equal(
            [
                "AllowInserts(\"audit_*\"): triggers may add rows to these kept tables",
                "AllowInserts<Audit>(): triggers may add rows to these kept tables"],
            options.Snapshot().Overrides());
    }

    private static PurgePlan Plan(params string[] growing)
        => PurgePlanner.Plan(
            Facts.Request("a", new SqliteDialect(), others: Facts.Disposition("k", PlanReason.Excluded)) with { AllowedInserts = growing.Select(Facts.Name).ToHashSet() });

    private static IReadOnlySet<TableName> Find(params FilterRule[] rules)
    {
        ComparedSchema schema = Facts.Schema(
            [Facts.Compared("shop.audit", typeof(Audit)), Facts.Compared("shop.orders", typeof(Order)), Facts.Compared("shop.gone")],
            keys: null,
            Unmapped);
        IReadOnlyList<TableDisposition> dispositions = TableDispositions.Assign(
            schema,
            new TableFilter([new FilterRule(IsExclude: true, "audit", EntityType: null)], StringComparer.Ordinal),
            DriftTolerance.Standard);
        PlanTable skip = PlanTable.Skipped(Facts.Name("shop.gone"), [], PlanReason.ColumnMissing, "because", []);
        return new AllowedInserts(rules, StringComparer.Ordinal).Find(
            schema,
            [.. dispositions.Select(disposition => disposition.Name == skip.Table ? disposition with { Skip = skip } : disposition)]);
    }

    private static FilterRule AllowInserts(string pattern) => new(IsExclude: false, pattern, EntityType: null);

    private sealed class Audit;

    private sealed class Order;
}
