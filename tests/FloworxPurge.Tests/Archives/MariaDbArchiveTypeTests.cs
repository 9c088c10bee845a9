using System.Text;
using FloworxPurge.Reporting;
using FloworxPurge.Tests.Kit;
using Microsoft.EntityFrameworkCore;

namespace FloworxPurge.Tests.Archives;

/// <summary>What MariaDB can store is archived as a text from which the same value is made.</summary>
public sealed class MariaDbArchiveTypeTests
{
    private const string Unchecked = "SET SESSION sql_mode = 'ANSI_QUOTES,ALLOW_INVALID_DATES', time_zone = '+02:00'; ";

    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("int", "NULL", "\\N")]
    [InlineData("bigint unsigned", "18446744073709551615", "18446744073709551615")]
    [InlineData("tinyint(1)", "-128", "-128")]
    [InlineData("decimal(65,30)", "-12345678901234567890123456789012345.123456789012345678901234567891", "-12345678901234567890123456789012345.123456789012345678901234567891")]
    [InlineData("float", "16777215", "16777215")]
    [InlineData("float", "0.1", "0.10000000149011612")]
    [InlineData("float", "1.17549435e-38", "1.1754943508222875e-38")]
    [InlineData("double", "0.30000000000000004", "0.30000000000000004")]
    [InlineData("double", "-1.7976931348623157e308", "-1.7976931348623157e308")]
    [InlineData("double", "4.9406564584124654e-324", "5e-324")]
    [InlineData("bit(12)", "b'101000000001'", "A01")]
    [InlineData("bit(64)", "b'1111111111111111111111111111111111111111111111111111111111111111'", "FFFFFFFFFFFFFFFF")]
    [InlineData("year", "0000", "0000")]
    [InlineData("date", "'0000-00-00'", "0000-00-00")]
    [InlineData("date", "'2026-02-31'", "2026-02-31")]
    [InlineData("datetime(6)", "'2026-10-25 02:30:00.000001'", "2026-10-25 02:30:00.000001")]
    [InlineData("datetime", "'0000-00-00 00:00:00'", "0000-00-00 00:00:00")]
    [InlineData("time(6)", "'-838:59:58.999999'", "-838:59:58.999999")]
    [InlineData("timestamp(6) NULL", "'2026-07-01 14:00:00.123456'", "2026-07-01 12:00:00.123456")]
    [InlineData("timestamp NULL", "0", "0000-00-00 00:00:00")]
    [InlineData("timestamp NULL", "'2026-07-01 14:00:00'", "2026-07-01 12:00:00.000000")]
    [InlineData("timestamp(6) NULL", "'2038-01-19 05:14:07.999999'", "2038-01-19 03:14:07.999999")]
    [InlineData("enum('a','b''c')", "'b''c'", "2")]
    [InlineData("enum('a','b')", "'invalid'", "0")]
    [InlineData("set('a','b','c')", "'a,c'", "5")]
    [InlineData("varchar(20) CHARACTER SET latin1", "_latin1 x'80e9ff5c'", "€éÿ\\\\")]
    [InlineData("varchar(20) CHARACTER SET utf16", "'é😀'", "é😀")]
    [InlineData("text", "'a\\tb\\nc\\r\\b\\\\N'", "a\\tb\\nc\\r\\b\\\\N")]
    [InlineData("longtext", "'a\\0b'", "a\0b")]
    [InlineData("char(5)", "'a '", "a")]
    [InlineData("varchar(5)", "'a '", "a ")]
    [InlineData("varbinary(5)", "x'00ff5c0a'", "00FF5C0A")]
    [InlineData("binary(3)", "x'01'", "010000")]
    [InlineData("longblob", "x''", "")]
    [InlineData("uuid", "'123e4567-e89b-12d3-a456-426655440000'", "123e4567-e89b-12d3-a456-426655440000")]
    [InlineData("inet6", "'2001:db8::ff00:42:8329'", "2001:db8::ff00:42:8329")]
    [InlineData("point", "ST_GeomFromText('POINT(1 -2)', 4326)", "E61000000101000000000000000000F03F00000000000000C0")]
    [InlineData("json", "'{\"a\":  1}'", "{\"a\":  1}")]
    public async Task A_value_is_written_exactly(string type, string sql, string expected)
        => Assert.Equal($"1\t{expected}\n", Encoding.UTF8.GetString(await ArchiveAsync($"v {type}", sql)));

    [Fact]
    public async Task A_column_that_a_plain_select_does_not_show_is_archived_and_a_computed_one_is_not()
        => Assert.Equal(
            "1\t7\n",
            Encoding.UTF8.GetString(await ArchiveAsync("v int INVISIBLE DEFAULT 3, w int AS (v * 2) STORED, x int AS (v * 3)", "7")));

    [Fact]
    public async Task A_character_set_that_is_not_of_Unicode_is_refused_before_anything_is_deleted()
    {
        PurgeException refused = await Assert.ThrowsAsync<PurgeException>(() => ArchiveAsync("v text CHARACTER SET sjis", "'x'"));

        Assert.Equal(PurgeVerdict.Refused, refused.Report!.Verdict);
        Assert.Contains("not every text of character set sjis comes back from UTF-8", refused.Message, StringComparison.Ordinal);
    }

    private static async Task<byte[]> ArchiveAsync(string columns, string value)
    {
        await using MariaDbTestDatabase database = await MariaDbTestDatabase.CreateAsync(CancellationToken);
        await database.ExecuteAsync(
            $"{Unchecked}CREATE TABLE typed (\"Id\" int PRIMARY KEY, {columns}); INSERT IGNORE INTO typed (\"Id\", v) VALUES (1, {value})",
            CancellationToken);
        using var archive = new ArchiveFiles();
        await using var context = new ScenarioContext(
            database,
            model => model.Entity<Typed>(entity =>
            {
                entity.ToTable("typed");
                entity.Property(row => row.Id).ValueGeneratedNever();
            }));
        var purger = new Purger(options => options.ArchiveTo(archive.Folder));
        PurgePlan plan = await purger.PlanAsync(context, CancellationToken);
        PurgeReport report = await purger.ExecuteAsync(context, plan, cancellationToken: CancellationToken);
        Assert.Equal(1, report.RowsDeleted);
        archive.AssertWhole();
        return archive.Content("typed");
    }
}
