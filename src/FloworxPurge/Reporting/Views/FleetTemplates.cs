using System.Globalization;
using FloworxPurge.Planning;

namespace FloworxPurge.Reporting;

/// <summary>What the templates of a fleet's report bind to.</summary>
internal sealed record FleetView
{
    public required string Title { get; init; }

    public required string Verdict { get; init; }

    public required string Tone { get; init; }

    public required string Summary { get; init; }

    public required IReadOnlyList<FactView> Facts { get; init; }

    public required IReadOnlyList<FleetRowView> Targets { get; init; }

    public required IReadOnlyList<SuiteView> Suites { get; init; }
}

/// <summary>A target in a table.</summary>
internal sealed record FleetRowView(string Name, string State, string Tone, string Rows, string Duration, string Details);

/// <summary>The forms of a fleet's report that templates write.</summary>
internal static class FleetTemplates
{
    private static readonly ScribanReportTemplate HtmlTemplate = ScribanReportTemplate.Embedded("fleet", TemplateFormat.Html);
    private static readonly ScribanReportTemplate TextTemplate = ScribanReportTemplate.Embedded("fleet-plain", TemplateFormat.Text);

    public static string Html(FleetReport report) => HtmlTemplate.Render(View(report));

    public static string Text(FleetReport report) => TextTemplate.Render(View(report));

    public static string JUnit(FleetReport report) => PurgeReportTemplates.JUnit.Render(View(report));

    private static FleetView View(FleetReport report)
    {
        ReportText text = ReportText.Invariant;
        return new FleetView
        {
            Title = $"Purge of {Quantity.Of(report.Targets.Count, "target")}, run {report.RunId}",
            Verdict = FirstUpper(FleetReport.WordFor(report.Verdict)),
            Tone = ToneOf(report.Verdict),
            Summary = report.Summary,
            Facts =
            [
                new FactView("Run", report.RunId),
                new FactView("Started", text.Time(report.StartedAt)),
                new FactView("Duration", text.Seconds(report.Duration)),
                new FactView("Rows deleted", text.Number(report.RowsDeleted)),
            ],
            Targets = [.. report.Targets.Select(target => new FleetRowView(
                target.Target,
                StateOf(target),
                target.Verdict is { } verdict ? ToneOf(verdict) : "mixed",
                target.Report is { } known ? text.Number(known.RowsDeleted) : "0",
                target.Verdict is null ? string.Empty : text.Seconds(target.Duration),
                (target.IsFromReceipt ? "From the receipt of an earlier call. " : string.Empty) + target.Summary))],
            Suites = [Suite(report)],
        };
    }

    private static SuiteView Suite(FleetReport report)
    {
        CaseView[] cases = [.. report.Targets.Select(target => new CaseView(
            target.Target,
            target.Duration.TotalSeconds.ToString("F6", CultureInfo.InvariantCulture),
            target.Verdict is { } verdict && !Verdicts.IsReturned(verdict) ? target.Summary : string.Empty,
            target.Verdict is null or PurgeVerdict.NothingMatched ? target.Summary : string.Empty))];
        return new SuiteView(
            "fleet",
            ReportText.Invariant.Number(cases.Length),
            ReportText.Invariant.Number(cases.Count(item => item.Failure.Length > 0)),
            ReportText.Invariant.Number(cases.Count(item => item.Skipped.Length > 0)),
            report.Duration.TotalSeconds.ToString("F6", CultureInfo.InvariantCulture),
            cases);
    }

    private static string StateOf(FleetTargetReport target)
        => FirstUpper(target.Verdict is { } verdict ? FleetReport.WordFor(verdict) : "not reached");

    private static string FirstUpper(string text) => $"{char.ToUpperInvariant(text[0])}{text[1..]}";

    private static string ToneOf(PurgeVerdict verdict) => verdict switch
    {
        PurgeVerdict.Complete => "good",
        PurgeVerdict.CompleteWithSkips or PurgeVerdict.NothingMatched or PurgeVerdict.Cancelled => "mixed",
        _ => "bad",
    };
}
