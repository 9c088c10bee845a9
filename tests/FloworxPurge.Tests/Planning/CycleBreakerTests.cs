using System.Globalization;
using FloworxPurge.Engines;
using FloworxPurge.Extensibility;
using FloworxPurge.Planning;
using Microsoft.EntityFrameworkCore.Migrations;

namespace FloworxPurge.Tests.Planning;

/// <summary>A cycle is broken by the cheapest means that the engine has.</summary>
public sealed class CycleBreakerTests
{
    private static readonly PurgeDialect Ansi = new AnsiDialect();

    [Theory]
    [InlineData("a->b?, b->a", "a->b")]
    [InlineData("a->b, b->a?", "b->a")]
    [InlineData("a->b?, b->a?", "a->b")]
    [InlineData("a->b, b->c?, c->a, c->b", "b->c")]
    [InlineData("a->b->c, c->a?, c->d, d->b?, d->e, e->c?", "c->a, d->b, e->c")]
    [InlineData("a->b?, b->c, c->a, c->d?, d->c, b->a?", "a->b, c->d")]
    [InlineData("a->b?, a->b, b->a?", "b->a")]
    [InlineData("a->b?, a->b?, b->a?", "b->a")]
    public void The_fewest_keys_that_accept_null_are_set_to_null(string notation, string expected)
    {
        BrokenCycle cycle = Break(notation, Ansi);

        Assert.Equal(CycleMeans.SetNull, cycle.Means);
        Assert.Equal(expected, string.Join(", ", cycle.SetToNull.Select(key => $"{key.Dependent}->{key.Principal}")));
        AssertOrderIsLegal(cycle, Facts.Keys(notation));
    }

    [Fact]
    public void Two_keys_that_share_a_column_cost_one_column()
    {
        // b.x breaks both keys of b; breaking it at a would take two columns.
        ForeignKey[] keys =
        [
            Facts.Key("a", "p", "b", nullable: "p"),
            Facts.Key("a", "q", "b", nullable: "q"),
            Facts.Key("b", "x,y", "a", nullable: "x"),
            Facts.Key("b", "x,z", "a", nullable: "x"),
        ];

        BrokenCycle cycle = CycleBreaker.Break(Facts.Component("a", "b"), keys, Ansi, Facts.Quoting);

        Assert.Equal(["x,y", "x,z"], cycle.SetToNull.Select(key => string.Join(",", key.DependentColumns)));
    }

    [Theory]
    [InlineData("a<->b")]
    [InlineData("a->b->c->a, a->c?")]
    [InlineData("a->a:restrict")]
    [InlineData("a->b?, b->a, a->a:restrict")]
    public void Without_a_key_that_accepts_null_where_it_helps_there_is_no_means(string notation)
    {
        BrokenCycle cycle = Break(notation, Ansi);

        Assert.Equal(CycleMeans.Impossible, cycle.Means);
        Assert.Equal(Facts.Keys(notation).Count, cycle.ForeignKeys.Count);
    }

    [Theory]
    [InlineData("a<->b", "a->b", CycleMeans.Order)]
    [InlineData("a<->b", "b->a", CycleMeans.Order)]
    [InlineData("a->b?, b->a", "a->b", CycleMeans.Order)]
    [InlineData("a->a:restrict", "a->a", CycleMeans.Order)]
    [InlineData("a->b?, b->a, b->c, c->a", "b->a", CycleMeans.SetNull)]
    public void A_key_that_only_the_model_knows_stops_no_statement(string notation, string modelOnly, object means)
    {
        List<ForeignKey> keys = Facts.Keys(notation, modelOnly);

        BrokenCycle cycle = CycleBreaker.Break(Facts.Component([.. Kit.GraphScenario.Parse(notation).Tables]), keys, Ansi, Facts.Quoting);

        Assert.Equal(means, cycle.Means);
        Assert.DoesNotContain(cycle.SetToNull, key => !key.IsEnforced);
        Assert.Equal(keys, cycle.ForeignKeys);
        AssertOrderIsLegal(cycle, keys);
    }

    [Theory]
    [InlineData("a", ReferentialAction.NoAction, CycleMeans.Order)]
    [InlineData("a->a", ReferentialAction.NoAction, CycleMeans.Order)]
    [InlineData("a->a?", ReferentialAction.NoAction, CycleMeans.SetNull)]
    [InlineData("a->a?:setnull", ReferentialAction.SetNull, CycleMeans.SetNull)]
    [InlineData("a->a:cascade", ReferentialAction.Cascade, CycleMeans.Order)]
    [InlineData("a->a?:cascade", ReferentialAction.Cascade, CycleMeans.SetNull)]
    [InlineData("a->a?:restrict", ReferentialAction.Restrict, CycleMeans.SetNull)]
    public void A_self_reference_of_an_unknown_engine_is_set_to_null_where_it_can_be(
        string notation,
        ReferentialAction action,
        object means)
    {
        Assert.All(Facts.Keys(notation), key => Assert.Equal(action, key.OnDelete));

        Assert.Equal(means, Break(notation, Ansi).Means);
    }

    [Theory]
    [InlineData("a->a?", ReferentialAction.NoAction, CycleMeans.Order)]
    [InlineData("a->a?:setnull", ReferentialAction.SetNull, CycleMeans.Order)]
    [InlineData("a->a:cascade", ReferentialAction.Cascade, CycleMeans.Order)]
    [InlineData("a->a?:restrict", ReferentialAction.Restrict, CycleMeans.Deferred)]
    public void A_self_reference_needs_something_only_where_one_statement_would_fail(
        string notation,
        ReferentialAction action,
        object means)
    {
        Assert.All(Facts.Keys(notation), key => Assert.Equal(action, key.OnDelete));

        Assert.Equal(means, Break(notation, new SqliteDialect()).Means);
    }

    [Fact]
    public void Each_engine_takes_its_own_means()
    {
        Assert.Equal(CycleMeans.SetNull, Break("a->a?", new MySqlDialect()).Means);
        Assert.Equal(CycleMeans.SetNull, Break("a->b?, b->a", new MySqlDialect()).Means);
        Assert.Equal(CycleMeans.TurnedOff, BreakOwned("a<->b", new MySqlDialect()).Means);
        Assert.Equal(CycleMeans.TurnedOff, BreakOwned("a->a", new MySqlDialect()).Means);
        Assert.Equal(CycleMeans.Together, Break("a<->b", new PostgreSqlDialect()).Means);
        Assert.Equal(CycleMeans.Deferred, Break("a<->b", new SqliteDialect()).Means);
        Assert.Equal(CycleMeans.Order, Break("a->a:restrict", new PostgreSqlDialect()).Means);
        Assert.Equal(CycleMeans.Deferred, Break("a->a:restrict", new SqliteDialect()).Means);
        Assert.Empty(Break("a->b?:cascade, b->a?", new PostgreSqlDialect()).SetToNull);
        Assert.Empty(Break("a->b?, b->a?", new SqliteDialect()).SetToNull);
    }

    [Fact]
    public void A_cascade_that_could_run_from_row_to_row_is_cut_before_checks_are_postponed()
    {
        BrokenCycle cut = Break("a->b:cascade, b->a?:cascade, a->c, c->a", new SqliteDialect());
        Assert.Equal(CycleMeans.Deferred, cut.Means);
        Assert.Equal("b", Assert.Single(cut.SetToNull).Dependent.Name);

        BrokenCycle cannot = Break("a->b:cascade, b->a:cascade", new SqliteDialect());
        Assert.Equal(CycleMeans.Deferred, cannot.Means);
        Assert.Empty(cannot.SetToNull);
    }

    [Fact]
    public void An_action_that_would_write_null_where_none_is_accepted_finds_no_row()
    {
        // Deferring the checks does not help: SET NULL fails at once on a NOT NULL column.
        ForeignKey first = Facts.Key("b", "x", "a") with { OnDelete = ReferentialAction.SetNull };
        ForeignKey back = Facts.Key("a", "y", "b");

        BrokenCycle ordered = CycleBreaker.Break(Facts.Component("a", "b"), [first, back], new SqliteDialect(), Facts.Quoting);
        Assert.Equal(CycleMeans.Deferred, ordered.Means);
        Assert.Equal("b, a", string.Join(", ", ordered.Order));

        BrokenCycle cascaded = CycleBreaker.Break(
            Facts.Component("a", "b"),
            [first, back with { OnDelete = ReferentialAction.Cascade }],
            new SqliteDialect(),
            Facts.Quoting);
        Assert.Equal(CycleMeans.Impossible, cascaded.Means);

        BrokenCycle both = CycleBreaker.Break(
            Facts.Component("a", "b"),
            [first, back with { OnDelete = ReferentialAction.SetDefault }],
            new SqliteDialect(),
            Facts.Quoting);
        Assert.Equal(CycleMeans.Impossible, both.Means);

        BrokenCycle self = CycleBreaker.Break(
            Facts.Component("a"),
            [Facts.Key("a", "x", "a") with { OnDelete = ReferentialAction.SetNull }],
            new SqliteDialect(),
            Facts.Quoting);
        Assert.Equal(CycleMeans.Impossible, self.Means);
        Assert.Equal(
            CycleMeans.Together,
            CycleBreaker.Break(Facts.Component("a", "b"), [first, back], new PostgreSqlDialect(), Facts.Quoting).Means);
    }

    [Fact]
    public void The_same_facts_in_another_order_give_the_same_means()
    {
        List<ForeignKey> keys = Facts.Keys("a->b?, b->c?, c->a?, c->d?, d->b?, d->e?, e->c?, a->a?:restrict");
        Component component = Facts.Component("a", "b", "c", "d", "e");
        string expected = Text(CycleBreaker.Break(component, keys, Ansi, Facts.Quoting));

        int seed = Environment.TickCount;
        for (int i = 0; i < 50; i++, seed++)
        {
            ForeignKey[] shuffled = [.. keys];
            new Random(seed).Shuffle(shuffled);
            Assert.True(
                expected == Text(CycleBreaker.Break(component, shuffled, Ansi, Facts.Quoting)),
                $"Seed {seed}: {Text(CycleBreaker.Break(component, shuffled, Ansi, Facts.Quoting))}, not {expected}");
        }
    }

    [Fact]
    public void Random_cycles_are_broken_and_by_no_key_too_many()
    {
        int seed = Environment.TickCount;
        for (int i = 0; i < 300; i++, seed++)
        {
            var random = new Random(seed);
            int count = random.Next(2, 9);
            string Name() => "t" + random.Next(count).ToString(CultureInfo.InvariantCulture);
            List<ForeignKey> keys = [.. Enumerable
                .Range(0, random.Next(count, 3 * count))
                .Select(n => Facts.Key(Name(), "c" + n, Name(), nullable: random.Next(4) > 0 ? "c" + n : null))];
            TableName[] tables = [.. keys.SelectMany(key => new[] { key.Dependent, key.Principal }).Distinct()];

            BrokenCycle cycle = CycleBreaker.Break(new Component(Level: 1, tables), keys, Ansi, Facts.Quoting);

            List<ForeignKey> between = [.. keys.Where(key => !key.IsSelfReference)];
            if (cycle.Means == CycleMeans.Impossible)
            {
                Assert.False(
                    IsAcyclic(tables, between.Where(key => key.NullableColumns.Count == 0)),
                    $"Seed {seed}: NULLs would have helped.");
                continue;
            }

            Assert.True(IsAcyclic(tables, between.Except(cycle.SetToNull)), $"Seed {seed}: a cycle is left.");
            Assert.All(cycle.SetToNull, key => Assert.NotEmpty(key.NullableColumns));
            Assert.All(
                cycle.SetToNull.Where(key => !key.IsSelfReference),
                key => Assert.False(IsAcyclic(tables, between.Except(cycle.SetToNull.Where(other => other != key))), $"Seed {seed}: {key} did not have to be NULL."));
            AssertOrderIsLegal(cycle, keys);
        }
    }

    [Fact]
    public void A_large_component_is_broken_in_reasonable_time()
    {
        // A ring that accepts NULL everywhere, and one of NOT NULL keys with a dozen ways back.
        TableName[] tables = [.. Enumerable
            .Range(0, 2_000)
            .Select(i => Facts.Name("t" + i.ToString("0000", CultureInfo.InvariantCulture)))];
        ForeignKey Link(int from, int to, bool isNullable) => Facts.Key(
            tables[from].Name,
            "c" + to,
            tables[to].Name,
            nullable: isNullable ? "c" + to : null);
        List<ForeignKey> ring = [.. Enumerable.Range(0, tables.Length).Select(i => Link(i, (i + 1) % tables.Length, isNullable: true))];
        List<ForeignKey> waysBack = [
            .. Enumerable.Range(0, tables.Length - 1).Select(i => Link(i, i + 1, isNullable: false)),
            .. Enumerable.Range(0, 12).Select(i => Link(tables.Length - 1 - i, i, isNullable: true))];

        Assert.Single(CycleBreaker.Break(new Component(Level: 1, tables), ring, Ansi, Facts.Quoting).SetToNull);
        Assert.Equal(12, CycleBreaker.Break(new Component(Level: 1, tables), waysBack, Ansi, Facts.Quoting).SetToNull.Count);
    }

    private static BrokenCycle BreakOwned(string notation, PurgeDialect dialect)
        => CycleBreaker.Break(
            Facts.Component([.. Kit.GraphScenario.Parse(notation).Tables]),
            [.. Facts.Keys(notation).Select(key => key with { MayBeTurnedOff = true })],
            dialect,
            Facts.Quoting);

    private static BrokenCycle Break(string notation, PurgeDialect dialect)
        => CycleBreaker.Break(Facts.Component([.. Kit.GraphScenario.Parse(notation).Tables]), Facts.Keys(notation), dialect, Facts.Quoting);

    private static bool IsAcyclic(TableName[] tables, IEnumerable<ForeignKey> keys)
        => DependencyGraph.Order(tables, keys).Count == tables.Length;

    private static void AssertOrderIsLegal(BrokenCycle cycle, IEnumerable<ForeignKey> keys)
    {
        List<TableName> order = [.. cycle.Order];
        Assert.All(
            keys.Where(key => key.IsEnforced && !key.IsSelfReference && !cycle.SetToNull.Any(other => other.ToString() == key.ToString())),
            key => Assert.True(order.IndexOf(key.Dependent) < order.IndexOf(key.Principal), $"{key} in {string.Join(",", order)}"));
    }

    private static string Text(BrokenCycle cycle)
        => $"{cycle.Means}: {string.Join(",", cycle.Order)}; {string.Join("; ", cycle.SetToNull.Select(key => key.ToString()))}";
}
