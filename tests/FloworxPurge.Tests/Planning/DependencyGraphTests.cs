using System.Globalization;
using FloworxPurge.Planning;

namespace FloworxPurge.Tests.Planning;

/// <summary>Dependents come before their principals, by levels, and the same tables and keys give the same order.</summary>
public sealed class DependencyGraphTests
{
    [Theory]
    [InlineData("a", "1 a")]
    [InlineData("c, a, b", "1 a; 1 b; 1 c")]
    [InlineData("a->b->c", "1 a; 2 b; 3 c")]
    [InlineData("a->b->d, c->d", "1 a; 1 c; 2 b; 3 d")]
    [InlineData("a->b->c, a->c", "1 a; 2 b; 3 c")]
    [InlineData("a->a", "1 a")]
    [InlineData("a<->b", "1 a,b")]
    [InlineData("x->a, a<->b, b->y", "1 x; 2 a,b; 3 y")]
    [InlineData("a->b->c->a, c->d->e->d, e->f", "1 a,b,c; 2 d,e; 3 f")]
    [InlineData("a->b, a->b, b->c", "1 a; 2 b; 3 c")]
    public void Tables_are_ordered_by_levels_and_then_by_name(string notation, string expected)
    {
        List<ForeignKey> keys = Facts.Keys(notation);
        IEnumerable<TableName> tables = Kit.GraphScenario.Parse(notation).Tables.Select(Facts.Name);

        Assert.Equal(expected, Text(DependencyGraph.Order(tables, keys)));
    }

    [Fact]
    public void Keys_from_and_to_other_tables_do_not_count()
        => Assert.Equal("1 a; 1 c", Text(DependencyGraph.Order([Facts.Name("c"), Facts.Name("a")], Facts.Keys("a->b->c, x->a"))));

    [Fact]
    public void Tables_of_one_name_in_two_schemas_are_two_tables()
    {
        IReadOnlyList<Component> order = DependencyGraph.Order([Facts.Name("s1.a"), Facts.Name("s2.a")], [Facts.Key("s2.a", "x", "s1.a")]);

        Assert.Equal("1 s2.a; 2 s1.a", Text(order));
    }

    [Fact]
    public void Every_key_of_random_graphs_is_respected_whatever_the_order_of_the_facts()
    {
        int seed = Environment.TickCount;
        for (int i = 0; i < 500; i++, seed++)
        {
            var random = new Random(seed);
            string[] names = [.. Enumerable.Range(0, random.Next(1, 30)).Select(n => "t" + n.ToString(CultureInfo.InvariantCulture))];
            List<ForeignKey> keys = [.. Enumerable
                .Range(0, random.Next(0, 2 * names.Length))
                .Select(n => Facts.Key(names[random.Next(names.Length)], "c" + n, names[random.Next(names.Length)]))];
            List<TableName> tables = [.. names.Select(Facts.Name)];

            IReadOnlyList<Component> order = DependencyGraph.Order(tables, keys);

            AssertRespected(order, tables, keys, seed);
            TableName[] shuffled = [.. tables];
            ForeignKey[] shuffledKeys = [.. keys];
            random.Shuffle(shuffled);
            random.Shuffle(shuffledKeys);
            Assert.True(
                Text(order) == Text(DependencyGraph.Order(shuffled, shuffledKeys)),
                $"Seed {seed}: other facts first, another order.");
        }
    }

    [Fact]
    public void A_chain_of_a_hundred_thousand_tables_does_not_overflow_the_stack()
    {
        const int Count = 100_000;
        TableName[] tables = [.. Enumerable
            .Range(0, Count)
            .Select(i => Facts.Name("t" + i.ToString("000000", CultureInfo.InvariantCulture)))];
        IEnumerable<ForeignKey> keys = tables.Zip(tables.Skip(1), Key);

        IReadOnlyList<Component> order = DependencyGraph.Order(tables, keys);

        Assert.Equal(tables, order.Select(component => component.Tables[0]));
        Assert.Equal(Enumerable.Range(1, Count), order.Select(component => component.Level));
    }

    [Fact]
    public void A_ring_of_a_hundred_thousand_tables_is_one_component()
    {
        TableName[] tables = [.. Enumerable
            .Range(0, 100_000)
            .Select(i => Facts.Name("t" + i.ToString("000000", CultureInfo.InvariantCulture)))];

        Component ring = Assert.Single(DependencyGraph.Order(tables.Reverse(), tables.Zip([.. tables.Skip(1), tables[0]], Key)));

        Assert.Equal(tables, ring.Tables);
    }

    private static ForeignKey Key(TableName dependent, TableName principal)
        => Facts.Key(dependent.Name, "x", principal.Name);

    private static void AssertRespected(IReadOnlyList<Component> order, List<TableName> tables, List<ForeignKey> keys, int seed)
    {
        Assert.Equal(tables.Order(), order.SelectMany(component => component.Tables).Order());
        var componentOf = order.SelectMany(
            (component, i) => component.Tables.Select(table => (table, i))).ToDictionary(pair => pair.table, pair => pair.i);
        foreach (ForeignKey key in keys)
        {
            int dependent = componentOf[key.Dependent];
            int principal = componentOf[key.Principal];
            Assert.True(dependent <= principal, $"Seed {seed}: {key} is not respected in {Text(order)}");
            Assert.True(
                dependent == principal || order[dependent].Level < order[principal].Level,
                $"Seed {seed}: {key} within one level of {Text(order)}");
        }

        // No component is larger than it has to be: each of its tables reaches the others.
        foreach (Component component in order.Where(component => component.Tables.Count > 1))
        {
            ILookup<TableName, TableName> next = keys.ToLookup(key => key.Dependent, key => key.Principal);
            foreach (TableName start in component.Tables)
            {
                var reached = new HashSet<TableName>();
                var open = new Stack<TableName>([start]);
                while (open.TryPop(out TableName? table))
                {
                    foreach (TableName other in next[table].Where(reached.Add))
                    {
                        open.Push(other);
                    }
                }

                Assert.True(reached.IsSupersetOf(component.Tables), $"Seed {seed}: {string.Join(",", component.Tables)} is no cycle.");
            }
        }
    }

    private static string Text(IEnumerable<Component> order)
        => string.Join("; ", order.Select(component => $"{component.Level} {string.Join(",", component.Tables)}"));
}
