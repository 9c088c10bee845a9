using System.Text;
using FloworxPurge.Schema;

namespace FloworxPurge.Tests.Archives;

/// <summary>The tables of an archive in a schema are told from all others by their names.</summary>
public sealed class ArchiveTableNameTests
{
    private const string Run = "1a2b3c4d-0000-4000-8000-000000000000";

    [Theory]
    [InlineData("Users", "r1a2b3c4d_12_Users")]
    [InlineData("Odd \"name' é", "r1a2b3c4d_12_Odd \"name' é")]
    [InlineData("ends with a space ", "r1a2b3c4d_12_ends with a space")]
    public void It_has_the_run_a_number_and_the_name(string table, string expected)
    {
        string name = ArchiveTableName.Of(Run, 12, table);

        Assert.Equal(expected, name);
        Assert.True(ArchiveTableName.Is(name));
    }

    [Theory]
    [InlineData('a')]
    [InlineData('é')]
    [InlineData('語')]
    public void It_is_cut_between_two_characters_where_it_is_too_long(char letter)
    {
        string name = ArchiveTableName.Of(Run, 1, new string(letter, 100));

        Assert.InRange(Encoding.UTF8.GetByteCount(name), 61, 63);
        Assert.Equal("r1a2b3c4d_1_" + new string(letter, name.Length - 12), name);
    }

    [Theory]
    [InlineData("")]
    [InlineData("Users")]
    [InlineData("r1a2b3c4d")]
    [InlineData("r1a2b3c4d_")]
    [InlineData("r1a2b3c4d_1")]
    [InlineData("r1a2b3c4d__Users")]
    [InlineData("r1a2b3c4d_x_Users")]
    [InlineData("r1A2B3C4D_1_Users")]
    [InlineData("rows_of_us_1_a")]
    public void Other_names_are_no_names_of_archives(string name) => Assert.False(ArchiveTableName.Is(name));
}
