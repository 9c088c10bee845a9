using System.Globalization;
using FloworxPurge.Execution;
using FloworxPurge.Extensibility;

namespace FloworxPurge.Reporting;

/// <summary>Formats numbers, times and enumerations in one culture. Times are UTC.</summary>
/// <param name="culture">Without one of its own: no group separators, a point before decimals, ISO dates.</param>
internal sealed class ReportText(CultureInfo culture)
{
    public const string NotCounted = "not counted";

    private const int HashLength = 64;
    private const int ShortLength = 12;

    // Not Equals: all cultures without a name are equal, even with other number formats.
    private bool IsInvariant => ReferenceEquals(culture, CultureInfo.InvariantCulture);

    /// <summary>Gets the texts for reports without a culture.</summary>
    public static ReportText Invariant { get; } = new(CultureInfo.InvariantCulture);

    public string Number(long value) => value.ToString(IsInvariant ? "D" : "N0", culture);

    public string Number(long? value) => value is { } number ? Number(number) : NotCounted;

    public string Milliseconds(TimeSpan value) => value.TotalMilliseconds.ToString(IsInvariant ? "F1" : "N1", culture);

    /// <summary>The milliseconds of a duration in its constant form; another text as it is.</summary>
    public string Milliseconds(string duration)
        => TimeSpan.TryParseExact(duration, "c", CultureInfo.InvariantCulture, out TimeSpan value) ? Milliseconds(value) : duration;

    public string Seconds(TimeSpan value) => value.TotalSeconds.ToString(IsInvariant ? "F3" : "N3", culture) + " s";

    public string Time(DateTimeOffset value) => Utc(value, "yyyy-MM-dd HH:mm:ss", "G");

    /// <summary>A moment among others that are milliseconds away.</summary>
    public string PreciseTime(DateTimeOffset value) => Utc(value, "yyyy-MM-dd HH:mm:ss.fff", "G");

    /// <summary>The same of a time in ISO 8601; another text as it is.</summary>
    public string PreciseTime(string time)
        => DateTimeOffset.TryParse(time, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset value)
            ? PreciseTime(value)
            : time;

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
        PlanReason.NotReached => "none of its rows depends on a deleted one",
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

    public static string Mode(bool isBestEffort, bool isInChunks = false)
        => isInChunks ? "several transactions: a failure rolls back its own, and the same call continues the run"
            : isBestEffort
            ? "best effort: a failing table is rolled back, the others are purged"
            : "all or nothing: any failure rolls everything back";

    /// <summary>The words for a member of an enumeration, as the JSON form names it; another text as it is.</summary>
    public static string Label(string member)
        => member.Length == 0 || !char.IsAsciiLetterUpper(member[0]) ? member
            : Enum.TryParse(member, out Outcome outcome) ? Of(outcome)
            : Enum.TryParse(member, out PlanReason reason) ? Of(reason)
            : Enum.TryParse(member, out ReferenceAction action) ? Of(action)
            : member;

    /// <summary>The words for an outcome.</summary>
    public static string Label(Outcome outcome) => Of(outcome);

    /// <summary>The words for what happens to rows that reference deleted ones.</summary>
    public static string Of(ReferenceAction action) => action switch
    {
        ReferenceAction.Follow => "deleted too",
        ReferenceAction.Detach => "set to NULL",
        ReferenceAction.Block => "blocks",
        _ => action.ToString(),
    };

    /// <summary>The beginning of a hash; another text as it is.</summary>
    public static string Short(string text)
        => text.Length == HashLength && text.All(char.IsAsciiHexDigitLower) ? text[..ShortLength] + "\u2026" : text;

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
