using System.Data;
using System.Data.Common;
using FloworxPurge.Connections;
using FloworxPurge.Execution;

namespace FloworxPurge.Tests.Planning;

/// <summary>Two rows that differ have two digests, and a row that was there twice has to be there twice still.</summary>
public sealed class RowDigestTests
{
    [Fact]
    public void Values_that_read_alike_have_different_digests()
    {
        object[][] rows =
        [
            ["ab", "c"],
            ["a", "bc"],
            ["", "c"],
            [DBNull.Value, "c"],
            ["1", "c"],
            [1, "c"],
            [1m, "c"],
            [1.0, "c"],
            [1f, "c"],
            ["a", "b"],
            ["a", DBNull.Value],
            [true, "c"],
            [new byte[] { 1 }, "c"],
            [(byte[])[1], (byte[])[2, .. "bytes:0:"u8]],
            [(byte[])[1, .. "bytes:0:"u8, 2], (byte[])[]],
            [new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero), "c"],
            [new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.FromHours(1)), "c"],
        ];

        Assert.Equal(rows.Length, rows.Select(row => Digest(row).Digest).Distinct().Count());
        Assert.All(rows.Where(row => row[0] is not bool), row => Assert.Null(Digest(row).Unknown));
    }

    [Fact]
    public void A_value_that_cannot_be_read_exactly_makes_the_content_unknown()
        => Assert.Contains("\"c0\"", Digest([new Version(1, 2), "c"]).Unknown, StringComparison.Ordinal);

    [Fact]
    public void A_row_that_was_there_twice_and_is_there_once_is_missing()
    {
        RowDigests before = new([1, 2, 2, 3], Unknown: null);

        Assert.Equal(0, before.CountMissing(before));
        Assert.Equal(0, new RowDigests([0, 1, 2, 2, 3, 4], Unknown: null).CountMissing(before));
        Assert.Equal(1, new RowDigests([1, 2, 3, 4, 5], Unknown: null).CountMissing(before));
        Assert.Equal(4, new RowDigests([], Unknown: null).CountMissing(before));
    }

    private static (long Digest, string? Unknown) Digest(object[] row)
    {
        using var table = new DataTable();
        foreach (int i in Enumerable.Range(0, row.Length))
        {
            table.Columns.Add($"c{i}", row[i] is DBNull ? typeof(string) : row[i].GetType());
        }

        table.Rows.Add(row);
        using DbDataReader reader = table.CreateDataReader();
        Assert.True(reader.Read());
        var digester = new RowReader();
        return (digester.Digest(reader), digester.Unknown);
    }
}
