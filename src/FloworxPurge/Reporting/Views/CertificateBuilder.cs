using FloworxPurge.Execution;
using FloworxPurge.Extensibility;
using FloworxPurge.Planning;

namespace FloworxPurge.Reporting;

/// <summary>Says what an erasure certificate may say of a report: nothing that was not measured or stated.</summary>
internal sealed class CertificateBuilder(PurgeReport report, ReportText text)
{
    // What fits on one page beside the rest.
    private const int MostTables = 16;
    private const int MostLines = 6;

    private const string NoCertificate = "This is no erasure certificate";

    private readonly PlanScope? _scope = report.Scope;

    public CertificateView Build()
    {
        string? refusal = Refusal();
        string[] open = refusal is null ? [.. Open()] : [];
        TableReport[] erased = refusal is null ? [.. report.Tables.Where(table => table.RowsDeleted > 0)] : [];
        return new CertificateView
        {
            IsValid = refusal is null,
            Title = refusal is null ? "Erasure certificate" : NoCertificate,
            Tone = refusal is not null ? "bad" : open.Length > 0 ? "mixed" : "good",
            State = refusal is not null ? ReportText.Of(report) : open.Length > 0 ? "erased in part" : "erased and verified",
            Statement = refusal ?? Statement(open, erased.Length),
            Facts = [.. Facts()],
            Rules = Shortened([.. _scope?.Queries.Select(query => query.Text) ?? []], "rule"),
            Erased = [.. erased.Take(MostTables).Select(table => new ErasedView(
                table.Table.ToString(),
                string.Join(", ", table.EntityTypes),
                text.Number(table.RowsDeleted),
                table.RowsKept is { } kept ? text.Number(kept) : ReportText.NotCounted))],
            More = erased.Length <= MostTables ? string.Empty
                : $"{text.Number(erased.Length - MostTables)} more tables lost "
                    + $"{text.Number(erased.Skip(MostTables).Sum(table => table.RowsDeleted))} rows; the report names them.",
            Verified = refusal is null ? [.. Verified()] : [],
            Stays = refusal is null ? Stays() : [],
            Copies = refusal is null ? [.. Copies()] : [],
            SignOff = refusal is not null ? []
                : report.Details.SignOff.Count > 0 ? report.Details.SignOff
                : ["Responsible person", "Data protection officer"],
            Evidence =
            [
                new FactView("Plan", report.PlanFingerprint),
                new FactView("Report", report.Hash),
            ],
        };
    }

    // Why the report proves no erasure of rows; null when it does.
    private string? Refusal()
    {
        const string Nothing = "It proves no erasure.";
        return _scope is null ? $"The report is about whole tables and not about the rows of a person or a tenant. {Nothing}"
            : report.Verdict is PurgeVerdict.Planned ? $"The report is of a plan: nothing was run, and no row was erased. {Nothing}"
            : report.Verdict is PurgeVerdict.NothingMatched
                || (report.RowsDeleted == 0 && report.Transaction is TransactionOutcome.Committed)
                ? $"No row was erased: {report.Error ?? report.Summary} {Nothing}"
            : report.Transaction switch
            {
                TransactionOutcome.Committed => null,
                TransactionOutcome.LeftToCaller => $"The run is part of a transaction of the caller, and it is not known whether that was "
                    + $"committed. {Nothing} Call VerifyAsync after the commit, and write the certificate of its report.",
                TransactionOutcome.Unknown => "The commit was not acknowledged, and it is not known whether the rows were erased. "
                    + Nothing,
                _ => $"The run was not committed, and every row is as it was: {report.Summary} {Nothing}",
            };
    }

    private string Statement(string[] open, int tables)
    {
        string rows = $"{text.Number(report.RowsDeleted)} {(report.RowsDeleted == 1 ? "row" : "rows")} in "
            + $"{text.Number(tables)} {(tables == 1 ? "table" : "tables")} of the database named below "
            + $"{(report.RowsDeleted == 1 ? "was" : "were")} erased: the rows that the rules select, and all rows that depend on them.";
        return open.Length == 0 ? $"{rows} Each of them was looked for again before the commit, and none was found."
            : $"{rows} Not everything that was to be erased is known to be erased: {string.Join("; ", open)}.";
    }

    // What keeps the erasure from being complete.
    private IEnumerable<string> Open()
    {
        if (_scope!.BlockedRows > 0)
        {
            yield return $"{text.Number(_scope.BlockedRows)} selected {(_scope.BlockedRows == 1 ? "row is" : "rows are")} blocked";
        }

        if (report.VerifiedAt is null)
        {
            yield return "the result was not verified before the commit";
        }

        if (report.Skips.Count > 0)
        {
            yield return $"{text.Number(report.Skips.Count)} {(report.Skips.Count == 1 ? "table was" : "tables were")} skipped";
        }

        int failed = report.Tables.Count(table => table.Error is not null);
        if (failed > 0)
        {
            yield return $"{text.Number(failed)} {(failed == 1 ? "table" : "tables")} failed";
        }

        int unproven = report.Verifications.Count(item => item.Outcome is not Outcome.Passed);
        if (unproven > 0)
        {
            yield return $"{text.Number(unproven)} {(unproven == 1 ? "verification" : "verifications")} did not pass";
        }

        int places = report.Targets.Count(target => target.Outcome is not Outcome.Passed);
        if (places > 0)
        {
            yield return $"{text.Number(places)} {(places == 1 ? "place" : "places")} outside the database "
                + $"{(places == 1 ? "was" : "were")} not emptied";
        }
    }

    private IEnumerable<FactView> Facts()
    {
        ReportDetails stated = report.Details;
        (string Label, string? Value)[] facts =
        [
            ("Rows of (stated)", string.Join("; ", stated.Scopes)),
            ("Database", report.Database is { } database
                ? $"{database.Database} ({database.Engine} {database.ServerVersion})"
                : "not read"),
            ("Server", report.Database?.Server),
            ("Environment (stated)", stated.Environment),
            ("Run started", text.Time(report.StartedAt)),
            ("Operator (stated)", string.IsNullOrWhiteSpace(stated.Operator) ? "not stated" : stated.Operator),
            ("Account", report.Account.Length == 0 ? null : $"{report.Account} on {report.Host}"),
            ("Database role", report.Database?.Role),
            ("Reason (stated)", stated.Reason),
            ("Consent (stated)", stated.Consent),
        ];
        return facts.Where(fact => !string.IsNullOrWhiteSpace(fact.Value)).Select(fact => new FactView(fact.Label, fact.Value!));
    }

    private IEnumerable<string> Verified()
    {
        CheckReport[] before = [.. report.Verifications.Where(item => !CommittedState.IsOfCommit(item.Name))];
        CheckReport[] after = [.. report.Verifications.Where(item => CommittedState.IsOfCommit(item.Name))];
        yield return report.VerifiedAt is { } verified
            ? $"Before the commit, at {text.Time(verified)}: {Passed(before)}."
            : "Before the commit: not verified.";
        yield return report.LookedAgainAt is { } again && after.Length > 0
            ? $"After the commit, at {text.Time(again)}, in a new snapshot: {Passed(after)} "
                + $"({string.Join("; ", after.Select(item => CommittedState.WithoutPrefix(item.Name)))})."
            : "After the commit: not looked at again.";
        foreach (CheckReport item in report.Verifications.Where(item => item.Outcome is not Outcome.Passed).Take(MostLines))
        {
            string found = item.Outcome is Outcome.Unknown ? "not known" : "found";
            yield return $"{item.Name}: expected {item.Expected}, {found}: {item.Actual}";
        }

        if (report.Checks.Count > 0)
        {
            yield return $"Acceptance criteria: {text.Number(report.Checks.Count(check => check.Outcome is Outcome.Passed))} of "
                + $"{text.Number(report.Checks.Count)} passed.";
        }
    }

    private string Passed(CheckReport[] items)
        => $"{text.Number(items.Count(item => item.Outcome is Outcome.Passed))} of {text.Number(items.Length)} "
            + $"{(items.Length == 1 ? "verification" : "verifications")} passed";

    private string[] Stays()
    {
        string[] lines =
        [
            .. _scope!.Blocked.Select(block => $"Blocked: {ScopeText.Of(block)}"),
            .. _scope.Queries.Where(query => query.Hidden > 0).Select(query => $"Hidden by query filters of the model, and not selected: "
                + $"{text.Number(query.Hidden)} of {query.Table}."),
            .. ScopeView.Of(report, text)!.Detached.Select(line => $"Changed: {line}."),
            .. _scope.Queries.Where(query => query.Keeps).Select(query => $"Kept by a rule: {text.Number(query.Rows)} of {query.Table}, "
                + $"{query.Text}."),
            .. report.Tables.Where(table => table.Error is not null).Select(table => $"Failed: {table.Table}, {table.Error}"),
            .. report.Skips.Select(skip => $"Skipped: {skip.Table}, {ReportText.Of(skip.Reason)}."),
        ];
        return Shortened(lines, "line");
    }

    private IEnumerable<string> Copies()
    {
        ReportDetails stated = report.Details;
        string[] places =
        [
            .. report.Targets.Select(target => target.Outcome is Outcome.Passed
                ? $"{target.Name}: {(target.ItemsRemoved is { } items ? $"{text.Number(items)} items removed" : "emptied")}."
                : $"{target.Name}: {ReportText.Of(target.Outcome)}, {(target.Reason ?? "no reason given").TrimEnd('.')}. Copies may be "
                    + "there."),
        ];
        yield return string.IsNullOrWhiteSpace(stated.Backup)
            ? "Backups: nothing is stated. Backups that were made before the run hold the rows."
            : $"Backup (stated): {stated.Backup.TrimEnd('.')}. Backups that were made before the run hold the rows.";
        if (report.Archive is { Hash: not null } archive)
        {
            string place = archive.Schema is { } schema ? $"schema \"{schema}\"" : $"\"{archive.Directory}\"";
            yield return $"Archive: the rows are in {place}, to be kept until "
                + (archive.RetainUntil is { } until
                    ? until.ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture)
                    : "a day that is not stated")
                + ".";
        }

        foreach (string line in Shortened(places, "place"))
        {
            yield return line;
        }

        yield return "Replicas, logs of the database, exports, files and services that are not named here were not looked at.";
    }

    private string[] Shortened(string[] lines, string noun)
        => lines.Length <= MostLines + 1 ? lines
            : [.. lines.Take(MostLines), $"{text.Number(lines.Length - MostLines)} more {noun}s are in the report."];
}
