using FloworxPurge.Engines;

namespace FloworxPurge.Tests.Dialects;

/// <summary>SQLite folds the letters A to Z, and no others.</summary>
public sealed class AsciiIgnoreCaseComparerTests
{
    private static readonly AsciiIgnoreCaseComparer Comparer = new();

    [Theory]
    [InlineData("", "")]
    [InlineData("orders", "Orders")]
    [InlineData("ABCXYZ", "abcxyz")]
    [InlineData("Straße_9", "STRAßE_9")]
    [InlineData("Äb", "ÄB")]
    [InlineData(null, null)]
    public void Names_that_differ_by_the_case_of_A_to_Z_are_one(string? one, string? other)
    {
        Assert.True(Comparer.Equals(one, other));
        Assert.Equal(0, Comparer.Compare(one, other));
        if (one is not null && other is not null)
        {
            Assert.Equal(Comparer.GetHashCode(one), Comparer.GetHashCode(other));
        }
    }

    [Theory]
    [InlineData("ÄB", "äb")]
    [InlineData("И", "и")]
    [InlineData("I", "ı")]
    [InlineData("k", "\u212A")]
    [InlineData("Straße", "Strasse")]
    [InlineData("\u00E9", "e\u0301")]
    [InlineData("@", "`")]
    [InlineData("[", "{")]
    [InlineData("a", "ab")]
    [InlineData("a", null)]
    [InlineData(null, "")]
    public void All_others_are_two(string? one, string? other)
    {
        Assert.False(Comparer.Equals(one, other));
        Assert.NotEqual(0, Comparer.Compare(one, other));
        Assert.Equal(Math.Sign(Comparer.Compare(one, other)), -Math.Sign(Comparer.Compare(other, one)));
    }

    [Fact]
    public void Names_are_ordered_as_their_lower_case_is()
        => Assert.Equal("_aBcÄä", string.Concat("äc_ÄBa".Select(letter => letter.ToString()).Order(Comparer)));

    [Fact]
    public void A_dictionary_finds_a_name_in_any_case()
    {
        var tables = new Dictionary<string, int>(Comparer) { ["Orders"] = 1, ["ÄB"] = 2, ["äb"] = 3 };

        Assert.Equal(1, tables["ORDERS"]);
        Assert.Equal(2, tables["Äb"]);
        Assert.Equal(3, tables["äB"]);
        Assert.False(tables.ContainsKey("Order"));
    }

    [Fact]
    public void The_comparer_of_the_dialect_is_this_one() => Assert.IsType<AsciiIgnoreCaseComparer>(new SqliteDialect().Identifiers);
}
