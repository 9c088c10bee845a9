using FloworxPurge.Execution;
using FloworxPurge.Extensibility;
using FloworxPurge.Planning;
using FloworxPurge.Schema;
using Microsoft.Extensions.Logging;
using static FloworxPurge.Reporting.ReportText;

namespace FloworxPurge.Reporting;

/// <summary>Creates the texts of a report, and selects the parts that its verdict allows.</summary>
internal sealed class ReportViewBuilder(PurgeReport report, ReportText text)
{
    private readonly bool _isPlan = report.Verdict is PurgeVerdict.Planned;
    private readonly bool _hasEffect = report.Verdict is PurgeVerdict.Complete or PurgeVerdict.CompleteWithSkips or PurgeVerdict.Partial;

    public ReportView Build()
    {
        ReportWording words = ReportWording.For(report);
        TableReport[] failed = _isPlan ? [] : [.. report.Tables.Where(table => table.Error is not null)];
        TableReport[] others = [.. report.Tables.Where(table => _isPlan || table.Error is null)];
        TableReport[] purged = _hasEffect ? others : [];

        return new ReportView
        {
            Words = words,
            Title = $"{words.Title}: {(_isPlan ? "nothing has been run" : Of(report).ToLowerInvariant())}",
            Verdict = Of(report),
            Tone = Tone(),
            IsPlan = _isPlan,
            Summary = report.Summary,
            Remarks = [.. Remarks()],
            Error = report.Error,
            Facts = _isPlan ? [.. PlanFacts()] : [.. RunFacts(purged.Length, failed.Length)],
            Target = [.. Target()],
            Authority = [.. Authority()],
            Guards = [.. report.Guards.Select(guard => new GuardView(guard.Name, guard.Expected, guard.Actual, OfGuard(guard.Outcome)))],
            Overrides = [.. report.Overrides, .. report.Details.Overrides],
            Skips = [.. report.Skips.Select(Skip)],
            Purged = [.. purged.Select(Table)],
            HasCascades = purged.Any(table => table.RowsDeletedByCascade != 0),
            Pending = _hasEffect ? [] : [.. others.Select(Table)],
            Failed = [.. failed.Select(Table)],
            Cycles = [.. report.Cycles.Select(Cycle)],
            Kept = [.. report.Kept.Select(kept => new FactView(kept.Table.ToString(), OfKept(kept)))],
            RowsAdded = _hasEffect
                ? [.. report.RowsAdded.Select(table => new FactView(table.Table.ToString(), text.Number(table.RowsArrived)))]
                : [],
            Warnings = Notes(LogLevel.Warning),
            Notes = Notes(LogLevel.Information),
            Identities = _isPlan || _hasEffect ? [.. report.IdentitiesReset.Select(table => table.ToString())] : [],
            Targets = [.. report.Targets.Select(Place)],
            Verifications = _isPlan ? [] : Verifications(),
            Checks = [.. report.Checks
                .Select(
                    check => new CheckView(
                        check.Name,
                        check.Expected,
                        check.Actual,
                        _isPlan ? "will be checked" : OfCheck(check.Outcome),
                        Severity(check.IsRequired),
                        text.Milliseconds(check.Duration ?? TimeSpan.Zero)))],
            SchemaObjects = _isPlan ? [] : [.. report.SchemaObjects.Select(SchemaObject)],
            Timeline = [.. report.Timeline
                .Select(entry => new FactView(entry.At is { } at ? text.PreciseTime(at) : string.Empty, entry.Text))],
            Evidence = [.. Evidence()],
            Files = [.. report.Files],
            Limits = [.. Limits()],
            NextSteps = [.. report.Details.NextSteps],
            Support = [.. report.Details.Support],
            Escalation = [.. report.Details.Escalation],
            SignOff = [.. report.Details.SignOff],
            Bars = _isPlan || _hasEffect
                ? ReportPictures.Bars([.. others.Select(table => (table.Table, _isPlan ? table.RowsBefore ?? 0 : table.RowsDeleted))], text)
                : null,
            Graph = ReportPictures.Graph(report, words),
            Suites = ReportSuites.Of(report, _hasEffect),
        };
    }

    private static IEnumerable<FactView> Optional(params (string Label, string? Value)[] facts)
        => facts.Where(fact => !string.IsNullOrEmpty(fact.Value)).Select(fact => new FactView(fact.Label, fact.Value!));

    private string Tone() => report.Verdict switch
    {
        PurgeVerdict.Planned => "planned",
        PurgeVerdict.Complete => "good",
        PurgeVerdict.CompleteWithSkips or PurgeVerdict.NothingMatched or PurgeVerdict.Partial => "mixed",
        _ => "bad",
    };

    private IEnumerable<string> Remarks()
    {
        if (_isPlan)
        {
            yield return "Nothing has been run and nothing has been deleted: this is what a run would do.";
        }

        if (_hasEffect && report.JoinedTransaction)
        {
            yield return "The purge worked inside a transaction that the caller opened: it is final only once the caller commits.";
        }
    }

    private IEnumerable<FactView> PlanFacts()
    {
        long?[] rows = [.. report.Tables.Select(table => table.RowsBefore)];
        int uncounted = rows.Count(count => count is null);
        string sum = text.Number(rows.Sum() ?? 0);
        yield return new FactView("Verdict", Of(report.Verdict));
        yield return new FactView("Tables that will be purged", text.Number(rows.Length));
        yield return new FactView(
            "Rows in them",
            uncounted == 0 ? sum : uncounted == rows.Length ? NotCounted : $"{sum}, and those of {text.Number(uncounted)} not counted");
        yield return new FactView("Tables that will be skipped", text.Number(report.Skips.Count));
        yield return new FactView("Tables that will be kept", text.Number(report.Kept.Count));
        if (report.Checks.Count > 0)
        {
            yield return new FactView("Checks that will be run", text.Number(report.Checks.Count));
        }
    }

    private IEnumerable<FactView> RunFacts(int purged, int failed)
    {
        yield return new FactView("Verdict", Of(report));
        yield return new FactView("Rows deleted", _hasEffect ? text.Number(report.RowsDeleted) : RowsWithoutEffect(report));
        yield return new FactView("Tables purged", report.Transaction is TransactionOutcome.Unknown ? "not known" : text.Number(purged));
        yield return new FactView(_hasEffect ? "Tables skipped" : "Tables the plan skips", text.Number(report.Skips.Count));
        yield return new FactView("Tables failed", text.Number(failed));
        yield return new FactView(_hasEffect ? "Tables kept" : "Tables the plan keeps", text.Number(report.Kept.Count));
        if (_hasEffect && report.RowsAdded.Count > 0)
        {
            yield return new FactView("Rows added to kept tables", text.Number(report.RowsAdded.Sum(table => table.RowsArrived)));
        }

        if (_hasEffect && report.Targets.Count > 0)
        {
            yield return new FactView(
                "Targets done",
                OfAll(report.Targets.Count(target => target.Outcome is Outcome.Passed), report.Targets.Count));
        }

        if (_hasEffect && report.Checks.Count > 0)
        {
            yield return new FactView(
                "Checks passed",
                OfAll(report.Checks.Count(check => check.Outcome is Outcome.Passed), report.Checks.Count));
        }

        yield return new FactView("Duration", text.Seconds(report.Duration));
    }

    private string OfAll(int some, int all) => $"{text.Number(some)} of {text.Number(all)}";

    private IEnumerable<FactView> Target()
    {
        if (report.Database is { } database)
        {
            yield return new FactView("Engine", database.Engine);
            yield return new FactView("Version", database.ServerVersion);
            yield return new FactView("Server", database.Server);
            yield return new FactView("Database", database.DatabaseId is { } id ? $"{database.Database} (id {id})" : database.Database);
            string schemas = string.Join(
                ", ",
                report.Tables.Select(table => table.Table.Schema)
                    .Concat(report.Skips.Select(skip => skip.Table.Schema))
                    .OfType<string>()
                    .Distinct(StringComparer.Ordinal)
                    .Order(StringComparer.Ordinal));
            foreach (FactView fact in Optional(
                ("Role", database.Role),
                ("Default schema", database.DefaultSchema),
                ("Schemas of the plan", schemas)))
            {
                yield return fact;
            }

            yield return new FactView("Provider", database.Provider);
        }
        else
        {
            yield return new FactView("Database", "not read");
        }

        yield return new FactView("Dialect", report.Dialect);
        if (!_isPlan && report.JoinedTransaction)
        {
            yield return new FactView("Transaction", "the caller's");
        }

        if (report.Attempts > 1)
        {
            yield return new FactView("Attempts", text.Number(report.Attempts));
        }
    }

    private IEnumerable<FactView> Authority()
    {
        ReportDetails stated = report.Details;
        bool hasAny = report.Account.Length + report.Guards.Count + report.Overrides.Count + stated.Overrides.Count > 0
            || (stated.Operator ?? stated.Environment ?? stated.Consent ?? stated.Backup ?? stated.Restore ?? stated.Reason) is not null;
        return !hasAny ? [] : Optional(
            ("Operator (stated)", Stated(stated.Operator)),
            ("Account of the process", report.Account),
            ("Machine", report.Host),
            ("Environment (stated)", stated.Environment),
            ("Consent (stated)", Stated(stated.Consent)),
            ("Backup (stated)", stated.Backup),
            ("Restore with (stated)", stated.Restore),
            ("Reason (stated)", Stated(stated.Reason)));

        static string Stated(string? value) => string.IsNullOrWhiteSpace(value) ? "not stated" : value;
    }

    private IEnumerable<FactView> Evidence()
    {
        // Short labels: beside them a hash fits into a line of eighty characters, and can be searched for.
        yield return new FactView("Fingerprint", report.PlanFingerprint);
        yield return new FactView("Report hash", report.Hash);
        yield return new FactView("Mode", Mode(report.BestEffort));
        yield return new FactView(_isPlan ? "Planned at" : "Started at", text.Time(report.StartedAt));
        if (_hasEffect && report.VerifiedAt is { } verified)
        {
            yield return new FactView("Verified at", text.Time(verified));
            yield return new FactView(
                "Looked again",
                report.LookedAgainAt is { } again ? text.Time(again) : "not yet: the commit is the caller's");
        }
    }

    private IEnumerable<string> Limits()
    {
        if (_isPlan)
        {
            yield return "Rows are counted when the plan is made; a run counts them again, and is refused when the structure has changed.";
        }
        else
        {
            yield return "Copies elsewhere: backups, replicas, write-ahead logs, exports and files are not looked at.";
            yield return "Rows that came after the verification: other sessions may write as soon as the purge is committed.";
            yield return "Space: an engine may keep deleted rows on disk until it reuses or frees the space.";
        }

        yield return "Places that no target names: caches, queues, search indexes, files and other services.";
    }

    private static SkipView Skip(PlanTable skip) => new(
        skip.Table.ToString(),
        List(skip.EntityTypes),
        Of(skip.Reason),
        skip.Explanation,
        [.. skip.ForeignKeys.Select(key => key.ToString())]);

    private TableView Table(TableReport table) => new()
    {
        Level = text.Number(table.Level),
        Table = table.Table.ToString(),
        EntityTypes = List(table.EntityTypes),
        Before = text.Number(table.RowsBefore),
        Deleted = text.Number(table.RowsDeleted),
        ByCascade = text.Number(table.RowsDeletedByCascade),
        After = text.Number(table.RowsAfter),
        Milliseconds = text.Milliseconds(table.Duration),
        Error = table.Error ?? "",
    };

    private static CycleView Cycle(PlanCycle cycle) => new(
        [.. cycle.Tables.Select(table => table.ToString())],
        [.. cycle.ForeignKeys.Select(key => key.ToString())],
        cycle.BrokenBy);

    private IReadOnlyList<FactView> Notes(LogLevel grade)
        => [.. report.Notes.Where(note => note.Grade == grade).Select(note => new FactView(note.Table?.ToString() ?? "", note.Text))];

    private PlaceView Place(TargetReport target) => new(
        target.Name,
        OfTarget(target.Outcome, _isPlan),
        text.Number(target.ItemsBefore),
        _isPlan ? text.Number(target.ItemsBefore) : text.Number(target.ItemsRemoved),
        text.Number(target.ItemsAfter),
        target.Reason ?? "",
        Severity(target.IsRequired),
        text.Milliseconds(target.Duration));

    // What passed inside a transaction that was rolled back is true no longer.
    private IReadOnlyList<VerificationView> Verifications()
        => [.. report.Verifications
            .Where(check => _hasEffect || check.Outcome is not Outcome.Passed)
            .Select(check => new VerificationView(check.Name, check.Expected, check.Actual, Of(check.Outcome)))];

    private static SchemaObjectView SchemaObject(CheckReport item)
        => new(item.Name, item.Expected, item.Actual, item.Outcome is Outcome.Passed ? "unchanged" : "changed");

    private static string List(IReadOnlyList<string> values) => string.Join(", ", values);
}
