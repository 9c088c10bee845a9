using FloworxPurge.Schema;
using FloworxPurge.Tests.Kit;
using Microsoft.EntityFrameworkCore;

namespace FloworxPurge.Tests.KitTests;

public sealed class GraphNotationTests
{
    [Theory]
    [InlineData("a->b", "a.b_id->b")]
    [InlineData("a->b?", "a.b_id?->b")]
    [InlineData("a->b->c", "a.b_id->b, b.c_id->c")]
    [InlineData("a<->b?", "a.b_id?->b, b.a_id?->a")]
    [InlineData("a->b, a->b?, a->a?", "a.b_id->b, a.b_id2?->b, a.a_id?->a")]
    [InlineData("lone, order_lines -> orders", "order_lines.orders_id->orders")]
    public void A_graph_is_written_as_a_list_of_arrows(string notation, string edges)
    {
        var graph = GraphScenario.Parse(notation);

        Assert.Equal(
            edges,
            string.Join(", ", graph.Edges.Select(edge => $"{edge.Dependent}.{edge.Column}{(edge.IsNullable ? "?" : "")}->{edge.Principal}")));
    }

    [Fact]
    public void A_lone_name_is_a_table_and_tables_come_in_the_order_of_their_first_mention()
        => Assert.Equal(["c", "a", "b"], GraphScenario.Parse("c, a->b, b->c").Tables);

    [Theory]
    [InlineData("a->b", DeleteBehavior.ClientNoAction)]
    [InlineData("a->b:noaction", DeleteBehavior.ClientNoAction)]
    [InlineData("a->b:restrict", DeleteBehavior.Restrict)]
    [InlineData("a->b?:cascade", DeleteBehavior.Cascade)]
    [InlineData("a->b?:setnull", DeleteBehavior.SetNull)]
    public void A_word_after_the_colon_is_the_delete_action(string notation, DeleteBehavior expected)
        => Assert.Equal(expected, Assert.Single(GraphScenario.Parse(notation).Edges).OnDelete);

    [Theory]
    [InlineData("")]
    [InlineData("a=>b")]
    [InlineData("a->")]
    [InlineData("a->b:explode")]
    [InlineData("a->b:setnull")]
    public void A_wrong_graph_is_refused_with_its_text(string notation)
        => Assert.Throws<FormatException>(() => GraphScenario.Parse(notation));
}
