using System.Text.Json;
using System.Xml.Linq;
using FloworxPurge.Reporting;
using FloworxPurge.Tests.Kit;
using FloworxPurge.Tests.Reporting;

namespace FloworxPurge.Tests.Fleets;

/// <summary>The report of a fleet has a row for each target in every form.</summary>
public sealed class FleetReportTests
{
    private static readonly DateTimeOffset Start = new(2026, 11, 29, 2, 0, 0, TimeSpan.Zero);

    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Fact]
    public void As_text_it_fits_a_terminal() => Snapshot.Match("fleet.txt", Report().ToString());

    [Fact]
    public void As_HTML_it_is_one_page() => Snapshot.Match("fleet.html", Report().ToHtml());

    [Theory]
    [InlineData(PurgeVerdict.Complete, PurgeVerdict.CompleteWithSkips, 0)]
    [InlineData(PurgeVerdict.CompleteWithSkips, PurgeVerdict.NothingMatched, 6)]
    [InlineData(PurgeVerdict.NothingMatched, PurgeVerdict.Cancelled, 130)]
    [InlineData(PurgeVerdict.Cancelled, PurgeVerdict.Refused, 3)]
    [InlineData(PurgeVerdict.Refused, PurgeVerdict.Partial, 5)]
    [InlineData(PurgeVerdict.Partial, PurgeVerdict.Failed, 1)]
    public void The_worse_of_two_targets_is_its_verdict(PurgeVerdict one, PurgeVerdict worse, int exitCode)
    {
        foreach (FleetReport report in (FleetReport[])[Of(Target(one), Target(worse)), Of(Target(worse), Target(one))])
        {
            Assert.Equal((worse, exitCode), (report.Verdict, report.ExitCode));
        }
    }

    [Fact]
    public void A_target_without_rows_that_match_is_no_failure_and_one_without_tables_is()
    {
        FleetTargetReport complete = Target(PurgeVerdict.Complete);
        FleetTargetReport withoutTables = Target(PurgeVerdict.NothingMatched);
        FleetTargetReport withoutRows = withoutTables with
        {
            Report = SampleReports.RowsDeleted() with { Scope = SampleReports.RowsDeleted().Scope! with { Matched = 0 } },
        };
        FleetTargetReport blocked = withoutTables with { Report = SampleReports.RowsDeleted() };

        Assert.Equal(PurgeVerdict.Complete, Of(withoutRows, complete).Verdict);
        Assert.Equal(PurgeVerdict.NothingMatched, Of(complete, withoutTables).Verdict);
        Assert.Equal(PurgeVerdict.NothingMatched, Of(withoutRows, complete, withoutTables).Verdict);
        Assert.Equal(PurgeVerdict.NothingMatched, Of(withoutRows, complete, blocked).Verdict);
    }

    [Fact]
    public void As_JUnit_it_has_a_test_case_for_each_target()
    {
        XElement suite = XDocument.Parse(Report().ToJUnit()).Root!.Element("testsuite")!;

        Assert.Equal(
            ["5", "2", "1"],
            ((string[])["tests", "failures", "skipped"]).Select(name => suite.Attribute(name)!.Value));
        Assert.Equal(
            ["north", "south", "<script>alert(1)</script>", "east", "west"],
            suite.Elements("testcase").Select(test => test.Attribute("name")!.Value));
        Assert.Equal(
            ["-", "-", "failure", "failure", "skipped"],
            suite.Elements("testcase").Select(test => test.Elements().FirstOrDefault()?.Name.LocalName ?? "-"));
    }

    [Fact]
    public void As_JSON_it_holds_the_reports_of_the_targets()
    {
        using var json = JsonDocument.Parse(Report().ToJson());
        JsonElement targets = json.RootElement.GetProperty("targets");

        Assert.Equal(1, json.RootElement.GetProperty("formatVersion").GetInt32());
        Assert.Equal("Failed", json.RootElement.GetProperty("verdict").GetString());
        Assert.Equal(1, json.RootElement.GetProperty("exitCode").GetInt32());
        Assert.Equal(JsonValueKind.Null, targets[4].GetProperty("verdict").ValueKind);
        Assert.Equal(JsonValueKind.Null, targets[3].GetProperty("report").ValueKind);
        Assert.True(targets[1].GetProperty("isFromReceipt").GetBoolean());
        PurgeReport first = PurgeReport.FromJson(targets[0].GetProperty("report").GetRawText());
        Assert.Equal(Report().Targets[0].Report!.ToJson(), first.ToJson());
    }

    [Fact]
    public void Names_of_targets_are_text_and_nothing_else()
    {
        Assert.DoesNotContain("<script>", Report().ToHtml(), StringComparison.Ordinal);
        Assert.Contains("&lt;script&gt;alert(1)&lt;/script&gt;", Report().ToHtml(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("fleet.html", "<!DOCTYPE html>")]
    [InlineData("fleet.json", "{")]
    [InlineData("fleet.XML", "<?xml")]
    [InlineData("fleet.txt", "Purge of 5 targets")]
    public async Task It_is_saved_by_the_ending_of_the_file(string name, string begin)
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("floworxpurge-fleet-");
        try
        {
            string path = Path.Combine(folder.FullName, name);
            await Report().SaveAsync(path, CancellationToken);
            Assert.StartsWith(begin, await File.ReadAllTextAsync(path, CancellationToken), StringComparison.Ordinal);
            Assert.StartsWith(
                "The ending \".pdf\" of ",
                (await Assert.ThrowsAsync<ArgumentException>(() => Report().SaveAsync(path + ".pdf", CancellationToken))).Message,
                StringComparison.Ordinal);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static FleetReport Report()
    {
        PurgeReport complete = SampleReports.AllClean();
        PurgeReport refused = SampleReports.WithoutEffect(PurgeVerdict.Refused);
        return FleetReport.Of(
            "retention-2026-11-29",
            Start,
            TimeSpan.FromSeconds(12.5),
            [
                Target("north", complete, isFromReceipt: false),
                Target("south", complete, isFromReceipt: true),
                Target("<script>alert(1)</script>", refused, isFromReceipt: false),
                new FleetTargetReport("east", PurgeVerdict.Failed, "This call wrote nothing: The database \"east\" does not exist.")
                {
                    Duration = TimeSpan.FromMilliseconds(20),
                },
                FleetTargetReport.NotReached("west", "2 targets had failed (StopAfterFailures)"),
            ]);
    }

    private static FleetTargetReport Target(string name, PurgeReport report, bool isFromReceipt)
        => new(name, report.Verdict, report.Summary)
        {
            Report = report,
            IsFromReceipt = isFromReceipt,
            Duration = TimeSpan.FromSeconds(1.25),
        };

    private static FleetTargetReport Target(PurgeVerdict verdict) => new("t", verdict, "Summary.");

    private static FleetReport Of(params FleetTargetReport[] targets)
        => FleetReport.Of("run", DateTimeOffset.UnixEpoch, TimeSpan.Zero, targets);
}
