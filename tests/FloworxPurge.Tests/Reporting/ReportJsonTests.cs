using System.Text.Json;
using FloworxPurge.Reporting;
using Xunit;

namespace FloworxPurge.Tests.Reporting;

public sealed class ReportJsonTests
{
    public static TheoryData<PurgeVerdict> Verdicts => [.. Enum.GetValues<PurgeVerdict>()];

    [Theory]
    [MemberData(nameof(Verdicts))]
    public void A_report_survives_the_way_to_json_and_back(PurgeVerdict verdict)
    {
        PurgeReport report = SampleReports.CompleteWithSkips() with { Verdict = verdict, JoinedTransaction = true, Attempts = 3, Error = "why" };

        PurgeReport read = PurgeReport.FromJson(report.ToJson());

        Assert.Equal(report.ToJson(), read.ToJson());
        Assert.Equal(report.ToString(), read.ToString());
        Assert.Equal(report.StartedAt, read.StartedAt);
        Assert.Equal(report.Duration, read.Duration);
        Assert.Equal(report.Database, read.Database);
        Assert.Equal(report.Verifications, read.Verifications);
    }

    [Fact]
    public void A_run_that_ended_before_the_database_was_read_survives_too()
    {
        PurgeReport report = SampleReports.Bare(PurgeVerdict.Refused) with { Database = null, Error = "no connection" };

        Assert.Equal(report.ToJson(), PurgeReport.FromJson(report.ToJson()).ToJson());
    }

    [Fact]
    public void The_format_version_comes_first_and_names_read_like_json()
    {
        string json = SampleReports.CompleteWithSkips().ToJson();

        Assert.StartsWith("{\n  \"formatVersion\": 1,\n  \"verdict\": \"CompleteWithSkips\",\n", json, StringComparison.Ordinal);
        Assert.Contains("\"startedAt\": \"2025-09-18T13:10:00+00:00\"", json, StringComparison.Ordinal);
        Assert.Contains("\"duration\": \"00:00:01.4822500\"", json, StringComparison.Ordinal);
        Assert.Contains("\"reason\": \"MigrationsHistory\"", json, StringComparison.Ordinal);
        Assert.DoesNotContain("isSelfReference", json, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain('\r', json);
    }

    [Fact]
    public void Hidden_characters_are_escaped_and_come_back_as_they_were()
    {
        const string Name = "a\u202Eb\u0007c\u200Bd\ne\u2028f\uD83D\uDE00g\U000E0041h\"<ü'";
        PurgeReport report = SampleReports.Named(Name);

        string json = report.ToJson();

        Assert.All(json.Replace("\n", "", StringComparison.Ordinal).EnumerateRunes(), rune => Assert.False(VisibleText.IsInvisible(rune)));
        Assert.Contains("\\u202E", json, StringComparison.Ordinal);
        Assert.Contains("<ü'", json, StringComparison.Ordinal);
        Assert.Equal(Name, PurgeReport.FromJson(json).Skips[0].Table.Name);
        Assert.Equal(Name, PurgeReport.FromJson(json).Summary);
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("{\"formatVersion\": 1}")]
    [InlineData("{\"formatVersion\": \"1\"}")]
    [InlineData("# Purge report")]
    public void What_is_no_report_is_told_to_be_none(string json)
    {
        PurgeException exception = Assert.Throws<PurgeException>(() => PurgeReport.FromJson(json));

        Assert.StartsWith("The text is not a purge report: ", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"verdict\": \"CompleteWithSkips\"", "\"verdict\": 1")]
    [InlineData("\"verdict\": \"CompleteWithSkips\"", "\"verdict\": \"Splendid\"")]
    [InlineData("\"dialect\": \"PostgreSQL\"", "\"dialect\": null")]
    [InlineData("\"skips\": [", "\"skips\": [null,")]
    public void A_damaged_report_is_not_read(string from, string to)
    {
        string json = SampleReports.CompleteWithSkips().ToJson();
        string damaged = json.Replace(from, to, StringComparison.Ordinal);
        Assert.NotEqual(json, damaged, StringComparer.Ordinal);

        Assert.Throws<PurgeException>(() => PurgeReport.FromJson(damaged));
    }

    [Theory]
    [InlineData("2")]
    [InlineData("0")]
    [InlineData("1.5")]
    [InlineData("99999999999")]
    public void A_report_of_another_version_is_refused_by_its_version(string version)
    {
        string json = SampleReports.Bare().ToJson().Replace("\"formatVersion\": 1", "\"formatVersion\": " + version, StringComparison.Ordinal);

        PurgeException exception = Assert.Throws<PurgeException>(() => PurgeReport.FromJson(json));

        Assert.Contains($"format version {version}", exception.Message, StringComparison.Ordinal);
        Assert.Contains("reads version 1", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Any_json_reader_can_read_it()
    {
        using var document = JsonDocument.Parse(SampleReports.Partial().ToJson());

        Assert.Equal(15, document.RootElement.GetProperty("tables").GetArrayLength());
        Assert.Equal("clients", document.RootElement.GetProperty("skips")[2].GetProperty("table").GetProperty("name").GetString());
    }
}
