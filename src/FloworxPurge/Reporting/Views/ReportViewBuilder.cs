using System.Globalization;
using FloworxPurge.Execution;
using FloworxPurge.Extensibility;
using FloworxPurge.Schema;
using static FloworxPurge.Reporting.ReportText;

namespace FloworxPurge.Reporting;

/// <summary>Creates the texts of a report, and selects the parts that its verdict allows.</summary>
internal sealed class ReportViewBuilder(PurgeReport report, ReportText text, bool hasPictures = true)
{
    private readonly bool _isPlan = report.Verdict is PurgeVerdict.Planned;
    private readonly bool _hasEffect = report.Verdict is PurgeVerdict.Complete or PurgeVerdict.CompleteWithSkips or PurgeVerdict.Partial;

    public ReportView Build()
    {
        ReportWording words = ReportWording.For(report);
        TableReport[] failed = _isPlan ? [] : [.. report.Tables.Where(table => table.Error is not null)];
        TableReport[] others = [.. report.Tables.Where(table => _isPlan || table.Error is null)];
        TableReport[] purged = _hasEffect ? others : [];

        var state = new ReportState(report, text);
        return new ReportView
        {
            Words = words,
            Title = $"{words.Title}: {(_isPlan ? "nothing has been run" : Of(report).ToLowerInvariant())}",
            Verdict = Of(report),
            Tone = state.Tone,
            IsPlan = _isPlan,
            HasEffect = _hasEffect,
            Summary = report.Summary,
            Remarks = [.. Remarks()],
            Error = report.Error,
            Facts = [.. Heading(), .. _isPlan ? PlanFacts() : RunFacts(purged.Length, failed.Length)],
            Components = [.. state.Components()],
            Target = [.. Target()],
            Authority = [.. Authority()],
            Guards = [.. report.Guards.Where(guard => guard.Outcome is not Outcome.Skipped)],
            Overrides = [.. report.Overrides, .. report.Details.Overrides],
            Scope = ScopeView.Of(report, text),
            Purged = purged,
            HasCascades = purged.Any(table => table.RowsDeletedByCascade != 0),
            HasKeptRows = purged.Any(table => table.RowsKept is not null),
            Pending = _hasEffect ? [] : others,
            EmptyTables = [.. others.Where(table => table is { RowsBefore: 0, RowsDeleted: 0 })],
            Failed = failed,
            HasIdentities = (_isPlan || _hasEffect) && report.IdentitiesReset.Count > 0,
            Archive = [.. ArchiveView.Of(report, text)],
            Verifications = _isPlan ? [] : Verifications(),
            Checklist = [.. state.Checklist()],
            Security = [.. state.Security()],
            Conclusion = [.. state.Conclusion()],
            Evidence = [.. Evidence()],
            Limits = [.. Limits()],
            Bars = hasPictures && (_isPlan || _hasEffect)
                ? ReportPictures.Bars([.. others.Select(table => (table.Table, _isPlan ? table.RowsBefore ?? 0 : table.RowsDeleted))], text)
                : null,
            Graph = hasPictures ? ReportPictures.Graph(report, text) : null,
            Suites = ReportSuites.Of(report, _hasEffect),
            Certificate = new CertificateBuilder(report, text).Build(),
        };
    }

    private static IEnumerable<FactView> Optional(params (string Label, string? Value)[] facts)
        => facts.Where(fact => !string.IsNullOrEmpty(fact.Value)).Select(fact => new FactView(fact.Label, fact.Value!));

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

    private IEnumerable<FactView> Heading()
    {
        yield return new FactView("Date", text.Time(report.StartedAt));
        yield return new FactView("Database", report.Database is { } database ? NameOf(database) : "not read");
        if (!string.IsNullOrWhiteSpace(report.Details.Environment))
        {
            yield return new FactView("Environment (stated)", report.Details.Environment);
        }

        yield return new FactView("Operation", Operation());
        if (!_isPlan)
        {
            yield return new FactView("Duration", text.Seconds(report.Duration));
        }
    }

    // The server of a file is its path, which ends with the name; the section of the target has it whole.
    private static string NameOf(DatabaseIdentity database)
        => database.Server.EndsWith(database.Database, StringComparison.Ordinal) ? database.Database
            : $"{database.Database} on {database.Server}";

    private string Operation()
    {
        if (report.Scope is { } scope)
        {
            int queries = scope.Queries.Count(query => !query.Keeps);

            // The values of parameters are long, and in another section.
            string[] scopes = [.. report.Details.Scopes.Select(name => name.Split(" (")[0])];
            string names = scopes.Length == 0 ? string.Empty : $" ({string.Join(", ", scopes)})";
            return (_isPlan ? "plan: " : string.Empty)
                + $"delete the rows that {text.Number(queries)} {(queries == 1 ? "rule selects" : "rules select")}, with what depends on "
                + $"them{names}";
        }

        int selected = report.Tables.Count(table => table.RowSet is not null);
        string rows = selected == 0 ? "all rows"
            : selected == report.Tables.Count ? "selected rows"
            : "all rows, of some tables selected rows";
        int tables = report.Tables.Count + report.Skips.Count;
        return (_isPlan ? "plan: " : string.Empty) + $"delete {rows} of {text.Number(tables)} {(tables == 1 ? "table" : "tables")}";
    }

    private IEnumerable<FactView> PlanFacts()
    {
        long?[] rows = [.. report.Tables.Select(table => table.RowsBefore)];
        int uncounted = rows.Count(count => count is null);
        string sum = text.Number(rows.Sum() ?? 0);
        yield return new FactView(
            "Rows to delete",
            uncounted == 0 ? sum : uncounted == rows.Length ? NotCounted : $"{sum}, and those of {text.Number(uncounted)} not counted");
        yield return new FactView(
            "Tables",
            $"{text.Number(rows.Length)} to purge, {text.Number(report.Skips.Count)} to skip, {text.Number(report.Kept.Count)} to keep");
    }

    private IEnumerable<FactView> RunFacts(int purged, int failed)
    {
        yield return new FactView("Rows deleted", _hasEffect ? text.Number(report.RowsDeleted) : RowsWithoutEffect(report));
        string[] tables =
        [
            report.Transaction is TransactionOutcome.Unknown ? "not known how many purged" : $"{text.Number(purged)} purged",
            failed > 0 ? $"{text.Number(failed)} failed" : string.Empty,
            $"{text.Number(report.Skips.Count)} skipped",
            $"{text.Number(report.Kept.Count)} kept",
        ];
        yield return new FactView("Tables", string.Join(", ", tables.Where(part => part.Length > 0)));
        if (_hasEffect && report.RowsAdded.Count > 0)
        {
            yield return new FactView("Rows added to kept tables", text.Number(report.RowsAdded.Sum(table => table.RowsArrived)));
        }
    }

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
            ("Rows (stated)", string.Join("; ", stated.Scopes)),
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
                report.LookedAgainAt is { } again ? text.Time(again)
                    : report.Transaction is TransactionOutcome.LeftToCaller ? "not yet: the commit is the caller's"
                    : "no");
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

    // What passed inside a transaction that was rolled back is true no longer.
    private List<CheckReport> Verifications()
    {
        CheckReport[] shown = [.. report.Verifications.Where(check => _hasEffect || check.Outcome is not Outcome.Passed)];
        CheckReport[] purged = [.. shown.Where(check => check.Outcome is Outcome.Passed && IsOfPurgedTable(check.Name))];
        CheckReport[] archived = [.. shown
            .Where(check => check.Outcome is Outcome.Passed && ArchiveVerifier.IsOfTable(check.Name))];
        IEnumerable<CheckReport> rest = shown;
        if (archived.Length > 1)
        {
            string rows = text.Number(archived.Sum(check => long.Parse(check.Actual!, CultureInfo.InvariantCulture)));
            string name = $"rows of {text.Number(archived.Length)} tables in the archive";
            rest = rest.Except(archived).Append(archived[0] with { Name = name, Expected = rows, Actual = rows });
        }

        return purged.Length < 2
            ? [.. rest]
            : [
                purged[0] with { Name = $"rows left in {text.Number(purged.Length)} purged tables" },
                .. rest.Except(purged),
            ];
    }

    private static bool IsOfPurgedTable(string name) => name.StartsWith("rows left in purged table ", StringComparison.Ordinal);
}
