using System.Text;
using FloworxPurge.Reporting;
using FloworxPurge.Tests.Kit;
using Microsoft.EntityFrameworkCore;

namespace FloworxPurge.Tests.Archives;

/// <summary>Any column of SQLite holds values of any class: each is archived with its class, exactly.</summary>
public sealed class SqliteArchiveTypeTests
{
    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("NULL", "\\N")]
    [InlineData("9223372036854775807", "i:9223372036854775807")]
    [InlineData("-9223372036854775808", "i:-9223372036854775808")]
    [InlineData("1.5", "r:1.5")]
    [InlineData("0.1 + 0.2", "r:0.30000000000000004")]
    [InlineData("4.9406564584124654e-324", "r:5E-324")]
    [InlineData("-0.0", "r:-0")]
    [InlineData("9e999", "r:Infinity")]
    [InlineData("-9e999", "r:-Infinity")]
    [InlineData("2.0", "r:2")]
    [InlineData("''", "t:")]
    [InlineData("'12'", "t:12")]
    [InlineData("'\\N'", "t:\\\\N")]
    [InlineData("'a' || char(9) || 'b' || char(10) || 'c' || char(13) || char(8) || char(11) || char(12) || '\\'", "t:a\\tb\\nc\\r\\b\\v\\f\\\\")]
    [InlineData("'é😀'", "t:é😀")]
    [InlineData("'a' || char(0) || 'b'", "t:a\0b")]
    [InlineData("x''", "b:")]
    [InlineData("x'00ff5c0a'", "b:00ff5c0a")]
    public async Task A_value_is_written_with_its_class(string sql, string expected)
    {
        // A column without a type keeps each value as it is.
        Assert.Equal($"i:1\t{expected}\n", Encoding.UTF8.GetString(await ArchiveAsync("\"Id\" INTEGER PRIMARY KEY, v", $"1, {sql}", "v")));
    }

    [Fact]
    public async Task A_text_that_is_no_UTF_8_is_written_as_its_bytes()
        => Assert.Equal(
            [.. "i:1\tt:a"u8, 0xff, 0xc0, (byte)'b', (byte)'\n'],
            await ArchiveAsync("\"Id\" INTEGER PRIMARY KEY, v TEXT", "1, CAST(x'61ffc062' AS TEXT)", "v"));

    [Fact]
    public async Task A_number_in_a_column_of_another_affinity_keeps_its_class_and_computed_columns_are_left_out()
        => Assert.Equal(
            "i:1\tr:5\tt:x\ti:7\n",
            Encoding.UTF8.GetString(await ArchiveAsync(
                "\"Id\" INTEGER PRIMARY KEY, v REAL, w INTEGER, x, y AS (v * 2) STORED, z AS (v * 3)",
                "1, 5, 'x', 7",
                "v, w, x")));

    [Fact]
    public async Task A_database_in_UTF_16_is_refused_before_anything_is_deleted()
    {
        PurgeException refused = await Assert.ThrowsAsync<PurgeException>(
            () => ArchiveAsync("\"Id\" INTEGER PRIMARY KEY, v", "1, 'x'", "v", "PRAGMA encoding = 'UTF-16le';"));

        Assert.Equal(PurgeVerdict.Refused, refused.Report!.Verdict);
        Assert.Contains("the texts of the database are UTF-16le", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_table_of_more_columns_than_can_be_read_at_once_is_refused_before_anything_is_deleted()
    {
        string columns = string.Join(", ", Enumerable.Range(1, 1000).Select(number => $"c{number}"));

        PurgeException refused = await Assert.ThrowsAsync<PurgeException>(
            () => ArchiveAsync($"\"Id\" INTEGER PRIMARY KEY, {columns}", "1, 'x'", "c1"));

        Assert.Equal(PurgeVerdict.Refused, refused.Report!.Verdict);
        Assert.Contains("has 1001 columns, more than the 1000 that can be read at once", refused.Message, StringComparison.Ordinal);
    }

    private static async Task<byte[]> ArchiveAsync(string columns, string values, string names, string first = "")
    {
        await using SqliteTestDatabase database = SqliteTestDatabase.Create();
        await database.ExecuteAsync(
            $"{first} CREATE TABLE typed ({columns}); INSERT INTO typed (\"Id\", {names}) VALUES ({values})",
            CancellationToken);
        using var archive = new ArchiveFiles();
        await using var context = new ScenarioContext(database, model => model.Entity<Typed>().ToTable("typed"));
        var purger = new Purger(options => options.ArchiveTo(archive.Folder));
        PurgePlan plan = await purger.PlanAsync(context, CancellationToken);
        PurgeReport report = await purger.ExecuteAsync(context, plan, cancellationToken: CancellationToken);
        Assert.Equal(1, report.RowsDeleted);
        archive.AssertWhole();
        return archive.Content("typed");
    }
}
