using FloworxPurge.Execution;
using FloworxPurge.Planning;
using static FloworxPurge.Reporting.ReportText;

namespace FloworxPurge.Reporting;

/// <summary>What a report answers first: the state of each component, and what follows from it. Only what was measured or stated.</summary>
internal sealed class ReportState(PurgeReport report, ReportText text)
{
    private const string Good = "good";
    private const string Mixed = "mixed";
    private const string Bad = "bad";
    private const string None = "planned";

    // Passed checks beyond this number are one line.
    private const int MostChecks = 6;

    private readonly bool _isPlan = report.Verdict is PurgeVerdict.Planned;
    private readonly bool _isClean = report.Verdict is PurgeVerdict.Complete or PurgeVerdict.CompleteWithSkips;

    /// <summary>Gets how good the verdict is.</summary>
    public string Tone => report.Verdict switch
    {
        PurgeVerdict.Planned => None,
        PurgeVerdict.Complete => Good,
        PurgeVerdict.CompleteWithSkips or PurgeVerdict.NothingMatched or PurgeVerdict.Partial => Mixed,
        _ => Bad,
    };

    private bool HasEffect => _isClean || report.Verdict is PurgeVerdict.Partial;

    private string LeftTone => _isPlan ? None
        : report.RowsLeft is null ? HasEffect ? Mixed : Bad
        : report.RowsLeft == 0 && !RowsLeft.HasUnknown(report) ? Good
        : Mixed;

    /// <summary>Each component with its state.</summary>
    public IEnumerable<ComponentView> Components()
    {
        yield return Database();
        if (report.Scope is { } scope)
        {
            yield return Selected(scope);
        }

        if (report.Chunks is { } chunks)
        {
            yield return Transactions(chunks);
        }

        foreach (TargetReport target in report.Targets)
        {
            yield return new ComponentView(
                target.Name,
                target.Outcome is not Outcome.Passed ? Label(target.Outcome) : _isPlan ? "would be emptied" : "emptied",
                Items(target),
                _isPlan ? None : ToneOf(target.Outcome, target.IsRequired));
        }

        bool isLong = report.Checks.Count > MostChecks;
        CheckReport[] passed = [.. report.Checks.Where(check => isLong && check.Outcome is Outcome.Passed)];
        foreach (CheckReport check in report.Checks.Except(passed))
        {
            yield return new ComponentView(
                check.Name,
                _isPlan ? "will be checked" : Label(check.Outcome),
                _isPlan ? string.Empty
                    : check.Outcome is Outcome.Failed ? $"expected {check.Expected}, and it is {check.Actual}"
                    : check.Actual,
                _isPlan ? None : ToneOf(check.Outcome, check.IsRequired));
        }

        if (passed.Length > 0)
        {
            yield return new ComponentView("Other checks", "passed", $"{text.Number(passed.Length)} checks", Good);
        }

        string left = RowsLeft.Words(report, text);
        int where = left.IndexOf(' ', StringComparison.Ordinal);
        bool isCounted = left.Length > 0 && char.IsAsciiDigit(left[0]);
        yield return new ComponentView(
            _isPlan ? "Rows that stay" : "Rows left",
            !isCounted ? left : where < 0 ? left : left[..where].TrimEnd(';'),
            !isCounted || where < 0 ? string.Empty : left[(where + 1)..],
            LeftTone);
        foreach (ComponentView component in Measured().Concat(Approval()))
        {
            yield return component;
        }
    }

    /// <summary>What is ready: measured first, then what the host states.</summary>
    public IEnumerable<ChecklistItem> Checklist()
    {
        if (_isPlan)
        {
            yield break;
        }

        foreach (ComponentView item in Components().Where(item => item.Name is not ("Approval" or "Guards")))
        {
            yield return new ChecklistItem(
                item.Tone is Good,
                $"{item.Name}: {item.State}{(item.Details.Length == 0 ? string.Empty : $" ({item.Details})")}");
        }

        foreach (string line in report.Details.Checklist)
        {
            yield return new ChecklistItem(IsDone: true, $"{line} (stated)");
        }
    }

    /// <summary>What was measured, and stated, about security.</summary>
    public IEnumerable<string> Security()
    {
        if (_isPlan)
        {
            yield break;
        }

        if (report.Database is { } database)
        {
            yield return $"The purge worked as {(database.Role is { } role ? $"role {role}" : "the user of the connection")} on "
                + $"{database.Server}"
                + $"{(report.Account.Length == 0 ? string.Empty : $", started by account {report.Account} on {report.Host}")}.";
        }

        string[] loosened = [.. report.Overrides, .. report.Details.Overrides];
        yield return loosened.Length == 0 ? "No guard was loosened."
            : $"{Quantity.Of(loosened.Length, "guard")} {(loosened.Length == 1 ? "was" : "were")} loosened: {string.Join("; ", loosened)}.";
        if (HasEffect && report.SchemaObjects.Count > 0)
        {
            string[] changed = [.. report.SchemaObjects.Where(item => item.Outcome is not Outcome.Passed).Select(item => item.Name)];
            yield return changed.Length == 0
                ? $"Unchanged: {string.Join(", ", report.SchemaObjects.Select(Count))}."
                : $"Changed: {string.Join(", ", changed)}.";
        }

        int unknown = report.Verifications.Count(item => item.Outcome is Outcome.Unknown);
        if (HasEffect && unknown > 0)
        {
            yield return $"{Quantity.Of(unknown, "verification")} could not be made; rows may be hidden from the role.";
        }

        foreach (string line in report.Details.Security)
        {
            yield return $"{line} (stated)";
        }
    }

    /// <summary>The result in sentences.</summary>
    public IEnumerable<string> Conclusion()
    {
        if (_isPlan)
        {
            yield break;
        }

        yield return report.Verdict switch
        {
            PurgeVerdict.Complete when report.Scope is not null => "The purge is complete: every row that was to be deleted is verified "
                + "gone.",
            PurgeVerdict.CompleteWithSkips when report.Scope is { } scope =>
                $"The purge is complete but for {Quantity.Of(scope.BlockedRows, "selected row")} that "
                    + $"{(scope.BlockedRows == 1 ? "is" : "are")} blocked.",
            PurgeVerdict.Complete => "The purge is complete: every table that was to be purged is verified empty of the rows to delete.",
            PurgeVerdict.CompleteWithSkips =>
                $"The purge is complete but for {Quantity.Of(report.Skips.Count, "table")} that "
                    + $"{(report.Skips.Count == 1 ? "was" : "were")} skipped.",
            PurgeVerdict.Partial when report.Chunks is { HasEnded: false } => "The purge has stopped before its end; the same call "
                + "continues it.",
            PurgeVerdict.Partial => "The purge is not complete, or not all of it is known to be.",
            _ => $"The purge did not take place: {Of(report).ToLowerInvariant()}.",
        };
        if (HasEffect)
        {
            yield return $"Rows left: {RowsLeft.Words(report, text)}.";
        }

        CheckReport[] required = [.. report.Checks.Where(check => check.IsRequired)];
        if (HasEffect && required.Length > 0)
        {
            yield return $"Acceptance: {text.Number(required.Count(check => check.Outcome is Outcome.Passed))} of "
                + $"{text.Number(required.Length)} required checks passed.";
        }

        if (_isClean && !string.IsNullOrWhiteSpace(report.Details.Conclusion))
        {
            yield return $"{report.Details.Conclusion} (stated)";
        }
    }

    private ComponentView Database()
    {
        string state = report.Verdict switch
        {
            PurgeVerdict.Planned => "not touched",
            _ when HasEffect && report.Transaction is TransactionOutcome.LeftToCaller => "purged, not yet committed",
            PurgeVerdict.Complete or PurgeVerdict.CompleteWithSkips => "purged and verified",
            PurgeVerdict.Partial => report.Tables.Any(table => table.Error is not null) ? "purged in part" : "purged",
            _ => report.Transaction is TransactionOutcome.Unknown ? "not known" : "as before",
        };
        int purged = report.Tables.Count(table => table.Error is null);
        string rows = _isPlan
            ? $"{text.Number(report.Tables.Sum(table => table.RowsBefore ?? 0))} rows in {text.Number(report.Tables.Count)} tables to purge"
            : HasEffect
                ? $"{text.Number(report.RowsDeleted)} rows deleted from {text.Number(purged)} {(purged == 1 ? "table" : "tables")}"
                : $"rows deleted: {RowsWithoutEffect(report)}";
        return new ComponentView("Database purge", state, rows + Skipped(), Tone);
    }

    // "2 of 3 rows of users": how much of the tables that the rules name, and what of the selection is left.
    private ComponentView Selected(PlanScope scope)
    {
        long deleted = scope.Matched - scope.BlockedRows;
        bool isDone = HasEffect && report.Transaction is TransactionOutcome.Committed or TransactionOutcome.LeftToCaller;
        string[] tables = [.. scope.Queries
            .Where(query => !query.Keeps)
            .Select(query => query.Table)
            .Distinct()
            .Select(OfTable)];
        long hidden = scope.Queries.Sum(query => query.Keeps ? 0 : query.Hidden ?? 0);
        string[] parts =
        [
            .. tables,
            scope.BlockedRows == 0 ? string.Empty : $"{text.Number(scope.BlockedRows)} blocked",
            hidden == 0 ? string.Empty : $"{text.Number(hidden)} hidden by query filters",
            scope.Detached == 0 ? string.Empty
                : $"{text.Number(scope.Detached)} {(scope.Detached == 1 ? "row" : "rows")} changed",
        ];
        return new ComponentView(
            "Selected rows",
            $"{text.Number(deleted)} of {text.Number(scope.Matched)} {(_isPlan ? "to delete" : isDone ? "deleted" : "in the plan")}",
            string.Join("; ", parts.Where(part => part.Length > 0)),
            _isPlan || !isDone ? None : scope.BlockedRows > 0 || !_isClean ? Mixed : Good);
    }

    private ComponentView Transactions(ChunkReport chunks)
    {
        string[] parts =
        [
            $"{text.Number(chunks.Transactions)} committed"
                + (chunks.Sessions == 1 ? string.Empty : $" in {text.Number(chunks.Sessions)} sessions"),
            $"the longest took {text.Seconds(chunks.Longest)}",
            $"at most {text.Number(chunks.MostRows)} {(chunks.MostRows == 1 ? "row" : "rows")} in one",
            chunks.AboveLimit.Count == 0 ? string.Empty : $"{text.Number(chunks.AboveLimit.Count)} above the limit",
            chunks.Late == 0 ? string.Empty : $"{text.Number(chunks.Late)} matched later and stayed",
        ];
        return new ComponentView(
            "Transactions",
            chunks.HasEnded ? "all done" : "stopped",
            string.Join("; ", parts.Where(part => part.Length > 0)),
            !chunks.HasEnded || chunks.Late > 0 ? Mixed : Good);
    }

    private string OfTable(TableName name)
        => report.Tables.FirstOrDefault(table => table.Table == name) is not { } table ? $"{name}: none"
            : table.RowsKept is { } kept && HasEffect
                ? $"{text.Number(table.RowsDeleted)} of {text.Number(table.RowsDeleted + kept)} rows of {name}"
                : $"{text.Number(_isPlan ? table.RowsBefore : table.RowsDeleted)} rows of {name}";

    private string Skipped()
    {
        int failed = _isPlan ? 0 : report.Tables.Count(table => table.Error is not null);
        return (failed == 0 ? string.Empty : $"; {text.Number(failed)} failed")
            + (report.Skips.Count == 0 ? string.Empty : $"; {text.Number(report.Skips.Count)} {(_isPlan ? "to skip" : "skipped")}");
    }

    private IEnumerable<ComponentView> Measured()
    {
        if (!HasEffect)
        {
            yield break;
        }

        if (report.Verifications.Count > 0)
        {
            CheckReport[] open = [.. report.Verifications.Where(item => item.Outcome is not Outcome.Passed)];
            yield return new ComponentView(
                "Verification",
                open.Length == 0 ? "passed" : open.Any(item => item.Outcome is Outcome.Failed) ? "failed" : "not all known",
                $"{text.Number(report.Verifications.Count - open.Length)} of {text.Number(report.Verifications.Count)} passed",
                open.Length == 0 ? Good : open.Any(item => item.Outcome is Outcome.Failed) ? Bad : Mixed);
        }

        if (report.SchemaObjects.Count > 0)
        {
            bool isSame = report.SchemaObjects.All(item => item.Outcome is Outcome.Passed);
            yield return new ComponentView(
                "Schema",
                isSame ? "unchanged" : "changed",
                string.Join(", ", report.SchemaObjects.Select(Count)),
                isSame ? Good : Bad);
        }
    }

    private IEnumerable<ComponentView> Approval()
    {
        ReportDetails stated = report.Details;
        string[] by = [.. new[] { stated.Operator, stated.Consent, stated.Reason }
            .OfType<string>()
            .Where(part => !string.IsNullOrWhiteSpace(part))];
        if (by.Length > 0 || report.Guards.Count > 0)
        {
            bool isStated = !string.IsNullOrWhiteSpace(stated.Operator) || !string.IsNullOrWhiteSpace(stated.Consent);
            yield return new ComponentView("Approval", isStated ? "stated" : "not stated", string.Join("; ", by), None);
        }

        if (report.Guards.Count > 0)
        {
            string[] refused = [.. report.Guards.Where(guard => guard.Outcome is Outcome.Failed).Select(guard => guard.Name)];
            int allowed = report.Guards.Count(guard => guard.Outcome is Outcome.Passed);
            int loosened = report.Overrides.Count + stated.Overrides.Count;
            yield return new ComponentView(
                "Guards",
                refused.Length > 0 ? "refused" : allowed == 0 ? "not reached" : "allowed",
                (refused.Length > 0 ? string.Join(", ", refused) : $"{text.Number(allowed)} of {text.Number(report.Guards.Count(IsSet))}")
                    + (loosened == 0 ? string.Empty : $"; {text.Number(loosened)} loosened"),
                refused.Length > 0 ? Bad : loosened > 0 || allowed == 0 ? Mixed : Good);
        }
    }

    private static bool IsSet(CheckReport guard) => guard.Outcome is not Outcome.Skipped;

    private string Items(TargetReport target)
    {
        string items = _isPlan ? target.ItemsBefore is { } before ? $"{text.Number(before)} items" : string.Empty
            : target.ItemsRemoved is { } removed ? $"{text.Number(removed)} items removed"
            : string.Empty;
        return string.Join("; ", new[] { items, target.Reason ?? string.Empty }.Where(part => part.Length > 0));
    }

    private static string Count(CheckReport item)
        => $"{item.Actual} {item.Name}{(item.Actual is "1" ? string.Empty : item.Name.EndsWith('x') ? "es" : "s")}";

    private static string ToneOf(Outcome outcome, bool isRequired) => outcome is Outcome.Passed ? Good : isRequired ? Bad : Mixed;
}
