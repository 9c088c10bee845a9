using System.Globalization;
using FloworxPurge.Execution;
using FloworxPurge.Extensibility;

namespace FloworxPurge.Reporting;

/// <summary>Formats numbers, times and enumerations in one culture. Times are UTC.</summary>
/// <param name="culture">Without one of its own: no group separators, a point before decimals, ISO dates.</param>
internal sealed class ReportText(CultureInfo culture)
{
    public const string NotCounted = "not counted";

    // Not Equals: all cultures without a name are equal, even with other number formats.
    private bool IsInvariant => ReferenceEquals(culture, CultureInfo.InvariantCulture);

    /// <summary>Gets the texts for reports without a culture.</summary>
    public static ReportText Invariant { get; } = new(CultureInfo.InvariantCulture);

    public string Number(long value) => value.ToString(IsInvariant ? "D" : "N0", culture);

    public string Number(long? value) => value is { } number ? Number(number) : NotCounted;

    public string Milliseconds(TimeSpan value) => value.TotalMilliseconds.ToString(IsInvariant ? "F1" : "N1", culture);

    public string Seconds(TimeSpan value) => value.TotalSeconds.ToString(IsInvariant ? "F3" : "N3", culture) + " s";

    public string Time(DateTimeOffset value) => Utc(value, "yyyy-MM-dd HH:mm:ss", "G");

    /// <summary>A moment among others that are milliseconds away.</summary>
    public string PreciseTime(DateTimeOffset value) => Utc(value, "yyyy-MM-dd HH:mm:ss.fff", "G");

    private string Utc(DateTimeOffset value, string invariant, string other)
        => IsInvariant
            ? value.UtcDateTime.ToString(invariant, culture) + "Z"
            : value.UtcDateTime.ToString(other, culture) + " UTC";

    public static string Of(PurgeVerdict verdict) => verdict switch
    {
        PurgeVerdict.Planned => "Planned, nothing has been run",
        PurgeVerdict.Complete => "Complete",
        PurgeVerdict.CompleteWithSkips => "Complete with skips",
        PurgeVerdict.NothingMatched => "Nothing matched, nothing was deleted",
        PurgeVerdict.Partial => "Partial",
        PurgeVerdict.Failed => "Failed",
        PurgeVerdict.Refused => "Refused, nothing was written",
        PurgeVerdict.Cancelled => "Cancelled",
        _ => verdict.ToString(),
    };

    public static string Of(PurgeReport report) => report.Verdict is PurgeVerdict.Failed or PurgeVerdict.Cancelled
        ? Of(report.Verdict) + report.Transaction switch
        {
            TransactionOutcome.NothingWritten => ", nothing was written",
            TransactionOutcome.RolledBack => " and rolled back",
            TransactionOutcome.RolledBackWithCaller => " and rolled back with the caller's transaction",
            TransactionOutcome.RollbackLeftToCaller => ", the caller has to roll back",
            _ => ", not known whether committed",
        }
        : Of(report.Verdict);

    public static string RowsWithoutEffect(PurgeReport report)
        => report.Verdict is PurgeVerdict.Refused or PurgeVerdict.NothingMatched ? "0, nothing was written" : report.Transaction switch
        {
            TransactionOutcome.NothingWritten => "0, nothing was written",
            TransactionOutcome.RolledBack => "0, everything was rolled back",
            TransactionOutcome.RolledBackWithCaller => "0, the caller's whole transaction was rolled back",
            TransactionOutcome.RollbackLeftToCaller => "0 once the caller has rolled back",
            _ => "not known: the commit was not acknowledged",
        };

    public static string Of(PlanReason? reason) => reason switch
    {
        PlanReason.Excluded => "excluded by a filter",
        PlanReason.NotIncluded => "not named by an include filter",
        PlanReason.ExcludedFromMigrations => "excluded from migrations: it is managed outside of the model",
        PlanReason.Unmapped => "not part of the model",
        PlanReason.MigrationsHistory => "the migrations history",
        PlanReason.ExtensionOwned => "owned by an extension of the server",
        PlanReason.ForeignTable => "its rows live on another server",
        PlanReason.TableMissing => "table missing",
        PlanReason.SchemaMissing => "schema missing",
        PlanReason.NotATable => "not a table",
        PlanReason.UnsupportedTable => "unsupported kind of table",
        PlanReason.PrincipalMissing => "principal missing",
        PlanReason.PrincipalKeyMissing => "principal key missing",
        PlanReason.ColumnMissing => "column missing",
        PlanReason.KeyTypeDiffers => "key type differs",
        PlanReason.ForeignKeyTypeDiffers => "foreign key type differs",
        PlanReason.OtherDrift => "other drift",
        PlanReason.Blocked => "blocked",
        PlanReason.CycleCannotBeBroken => "cycle cannot be broken",
        PlanReason.PrivilegeMissing => "right missing",
        _ => reason?.ToString() ?? string.Empty,
    };

    public static string OfKept(PlanTable kept) => Of(kept.Reason) + (kept.AllowsInserts ? "; triggers may add rows" : string.Empty);

    public static string Mode(bool isBestEffort)
        => isBestEffort
            ? "best effort: a failing table is rolled back, the others are purged"
            : "all or nothing: any failure rolls everything back";

    public static string OfGuard(Outcome outcome) => outcome switch
    {
        Outcome.Passed => "allowed",
        Outcome.Failed => "refused",
        Outcome.NotRun => "not reached",
        Outcome.Skipped => "not set",
        _ => Of(outcome),
    };

    public static string OfCheck(Outcome outcome) => outcome switch
    {
        Outcome.Passed => "pass",
        Outcome.Failed => "fail",
        _ => Of(outcome),
    };

    public static string OfTarget(Outcome outcome, bool isPlan) => outcome switch
    {
        Outcome.Passed when isPlan => "would be emptied",
        Outcome.Skipped when isPlan => "not counted",
        Outcome.Failed when isPlan => "could not be counted",
        Outcome.Passed => "done",
        _ => Of(outcome),
    };

    public static string Severity(bool isRequired) => isRequired ? "required" : "optional";

    public static string Of(Outcome outcome) => outcome switch
    {
        Outcome.Passed => "passed",
        Outcome.Failed => "failed",
        Outcome.Unknown => "unknown",
        Outcome.Skipped => "skipped",
        Outcome.NotRun => "not run",
        _ => outcome.ToString(),
    };
}
