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
        PurgeReport report = SampleReports.CompleteWithSkips() with
        {
            Verdict = verdict,
            JoinedTransaction = true,
            Attempts = 3,
            Error = "why",
        };

        PurgeReport read = PurgeReport.FromJson(report.ToJson());

        Assert.Equal(report.ToJson(), read.ToJson());
        Assert.Equal(report.ToString(), read.ToString());
        Assert.Equal(report.StartedAt, read.StartedAt);
        Assert.Equal(report.Duration, read.Duration);
        Assert.Equal(report.Database, read.Database);
        Assert.Equal(report.Verifications, read.Verifications);
    }

    [Fact]
    public void A_property_that_is_there_twice_is_refused()
    {
        string json = SampleReports.Bare().ToJson();

        Assert.Throws<PurgeException>(
            () => PurgeReport.FromJson(json.Replace("\"verdict\":", "\"verdict\": \"Failed\", \"verdict\":", StringComparison.Ordinal)));
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
        Assert.DoesNotContain("\r", json, StringComparison.Ordinal);
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
    public void What_is_no_report_is_refused_as_such(string json)
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
        string json = SampleReports.Bare()
            .ToJson()
            .Replace("\"formatVersion\": 1", "\"formatVersion\": " + version, StringComparison.Ordinal);

        PurgeException exception = Assert.Throws<PurgeException>(() => PurgeReport.FromJson(json));

        Assert.Contains($"format version {version}", exception.Message, StringComparison.Ordinal);
        Assert.Contains("reads version 1", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"entityTypes\": [", "\"entityTypes\": [null,")]
    [InlineData("\"dependentColumns\": [", "\"dependentColumns\": [null,")]
    [InlineData("\"J. Doe\"", "\"\ud800\"")]
    [InlineData("\"J. Doe\"", "\"\\ud800\"")]
    [InlineData("\"verdict\": \"CompleteWithSkips\"", "\"verdict\": \"Complete\", \"verdict\": \"CompleteWithSkips\"")]
    [InlineData("\"verdict\": \"CompleteWithSkips\"", "\"approved\": true, \"verdict\": \"CompleteWithSkips\"")]
    public void A_damaged_report_is_not_read_whatever_its_hash(string from, string to)
    {
        string json = SampleReports.CompleteWithSkips().ToJson();
        int at = json.IndexOf(from, StringComparison.Ordinal);
        Assert.True(at >= 0, from);

        Assert.Throws<PurgeException>(() => PurgeReport.FromJson(json[..at] + to + json[(at + from.Length)..]));
    }

    [Fact]
    public void A_report_without_its_hash_is_not_read()
    {
        PurgeReport report = SampleReports.CompleteWithSkips();
        string json = report.ToJson().Replace($",\n  \"hash\": \"{report.Hash}\"", "", StringComparison.Ordinal);

        Assert.Contains("hash", Assert.Throws<PurgeException>(() => PurgeReport.FromJson(json)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"n": [1e400, 1.0, 1.00, -0.0, 123456789012345678901234567890, 1E5, 0.1e-400]}""")]
    [InlineData("""{"a": 1, "A": {"a": null}, "": "", "\u202e": "\u0000"}""")]
    public void Data_of_the_callers_own_survives_in_every_form(string custom)
    {
        using var document = JsonDocument.Parse(custom);
        PurgeReport report = SampleReports.Bare() with { Details = new ReportDetails { Custom = document.RootElement } };

        PurgeReport read = PurgeReport.FromJson(report.ToJson());

        Assert.Equal(report.Hash, read.Hash);
        Assert.All([read.ToHtml(), read.ToMarkdown(), read.ToString()], Assert.NotEmpty);
    }

    [Theory]
    [InlineData("""{"\ud800": 1}""")]
    [InlineData("""{"a": [{"b": "\udfff"}]}""")]
    public void Data_of_the_callers_own_that_is_no_text_is_refused(string custom)
    {
        using var document = JsonDocument.Parse(custom);
        var details = new ReportDetails { Custom = document.RootElement };

        Assert.Contains(
            "Details.Custom has a name or a text",
            Assert.Throws<ArgumentException>(() => new Purger(options => options.Details = details)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Half_a_character_does_not_break_the_hash()
    {
        string json = SampleReports.Named("a\ud800b").ToJson();

        Assert.Equal(json, PurgeReport.FromJson(json).ToJson());
    }

    [Fact]
    public void Data_of_the_callers_own_with_a_property_twice_is_refused()
    {
        using var document = JsonDocument.Parse("""{"a": [{"twice": 1, "twice": 2}]}""");
        var details = new ReportDetails { Custom = document.RootElement };

        ArgumentException exception = Assert.Throws<ArgumentException>(() => new Purger(options => options.Details = details));

        Assert.Contains("Details.Custom has an object with a property twice", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(32, true)]
    [InlineData(33, false)]
    [InlineData(60, false)]
    public void Data_of_the_callers_own_that_could_not_be_read_back_is_refused(int depth, bool isAllowed)
    {
        using var document = JsonDocument.Parse(string.Concat(Enumerable.Repeat("{\"a\":", depth - 1)) + "{}" + new string('}', depth - 1));
        var details = new ReportDetails { Custom = document.RootElement };

        Exception? exception = Record.Exception(() => new Purger(options => options.Details = details));

        Assert.Equal(isAllowed, exception is null);
        Assert.True(isAllowed || exception!.Message.Contains("Details.Custom is nested deeper than 32", StringComparison.Ordinal));
        if (isAllowed)
        {
            PurgeReport report = SampleReports.Bare() with { Details = details };
            Assert.Equal(report.ToJson(), PurgeReport.FromJson(report.ToJson()).ToJson());
        }
    }

    [Fact]
    public void Any_json_reader_can_read_it()
    {
        using var document = JsonDocument.Parse(SampleReports.Partial().ToJson());

        Assert.Equal(15, document.RootElement.GetProperty("tables").GetArrayLength());
        Assert.Equal("clients", document.RootElement.GetProperty("skips")[2].GetProperty("table").GetProperty("name").GetString());
    }
}
