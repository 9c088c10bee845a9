using FloworxPurge.Planning;
using FloworxPurge.Schema;

namespace FloworxPurge.Tests.Planning;

/// <summary>A table is truncated only when every table that points at it is truncated with it.</summary>
public sealed class TruncationSetTests
{
    [Theory]
    [InlineData("a->b->c", "", "a,b,c")]
    [InlineData("a->b->c", "a", "")]
    [InlineData("a->b->c", "b", "a")]
    [InlineData("a->b->c", "c", "a,b")]
    [InlineData("a<->b, c->a", "", "a,b,c")]
    [InlineData("a<->b, c->a", "c", "")]
    [InlineData("a->a, b", "", "a,b")]
    [InlineData("a->c, b->c, d", "b", "a,d")]
    public void What_cannot_be_truncated_takes_what_it_references_out_of_the_set(string notation, string others, string expected)
    {
        Assert.Equal(expected, Find(notation, others, kept: false));
        Assert.Equal(expected, Find(notation, others, kept: true));
    }

    [Fact]
    public void A_key_that_only_the_model_knows_does_not_count()
    {
        var purged = new[]
        {
            Facts.Disposition("a", mayTruncate: true),
            Facts.Disposition("kept"),
        }.ToDictionary(disposition => disposition.Name);

        Assert.Equal(["a"], TruncationSet.Find(purged, Facts.Keys("kept->a", "kept->a")).Select(table => table.Name));
        Assert.Empty(TruncationSet.Find(purged, Facts.Keys("kept->a")));
    }

    [Theory]
    [InlineData("a->b->c", "a->b", "a")]
    [InlineData("a->b->c", "b->c", "a,b")]
    [InlineData("a->a, b", "a->a", "a,b")]
    public void What_a_key_that_is_not_enforced_references_is_not_truncated(string notation, string off, string expected)
    {
        Dictionary<TableName, TableDisposition> purged = Kit.GraphScenario.Parse(notation).Tables.Select(
            table => Facts.Disposition(table, mayTruncate: true)).ToDictionary(disposition => disposition.Name);
        IEnumerable<ForeignKey> keys = Facts.Keys(notation).Select(key => key with { IsOff = $"{key.Dependent}->{key.Principal}" == off });

        Assert.Equal(expected, string.Join(",", TruncationSet.Find(purged, [.. keys]).Order()));
    }

    [Theory]
    [InlineData(false, 1, 99_999)]
    [InlineData(true, 1, 100_000)]
    [InlineData(true, 100, 1_000)]
    [InlineData(false, 200, 999)]
    [InlineData(false, 3, 0)]
    public void Only_large_tables_are_worth_it(bool expected, int tables, long rowsEach)
        => Assert.Equal(expected, TruncationSet.IsWorthIt([.. Enumerable.Repeat(Facts.Live("a") with { EstimatedRows = rowsEach }, tables)], []));

    [Fact]
    public void A_table_without_an_estimate_counts_as_empty()
        => Assert.False(TruncationSet.IsWorthIt([Facts.Live("a")], []));

    private static string Find(string notation, string others, bool kept)
    {
        string[] not = others.Split(',');
        Dictionary<TableName, TableDisposition> purged = Kit.GraphScenario.Parse(notation).Tables
            .Where(table => !kept || !not.Contains(table))
            .Select(table => Facts.Disposition(table, mayTruncate: !not.Contains(table)))
            .ToDictionary(disposition => disposition.Name);
        return string.Join(",", TruncationSet.Find(purged, Facts.Keys(notation)).Order());
    }

    [Theory]
    [InlineData("b", "s.a", true)]
    [InlineData("b", "s.kept", false)]
    [InlineData("kept", "s.a", false)]
    public void A_foreign_key_without_an_index_between_two_of_them_is_worth_it(string dependent, string principal, bool expected)
        => Assert.Equal(
            expected,
            TruncationSet.IsWorthIt(
                [Facts.Live("s.a"), Facts.Live("s.b")],
                [new SchemaFact(SchemaFact.KeyWithoutIndex, Facts.Name("s." + dependent), "key", principal)]));
}
