using System.Globalization;
using FloworxPurge.Execution;
using FloworxPurge.Planning;

namespace FloworxPurge.Reporting;

/// <summary>Numbers, times and enumerations in words. Invariant: no group separators, a point before decimals, UTC.</summary>
internal static class ReportText
{
    public const string NotCounted = "not counted";

    public static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);

    public static string Number(long? value) => value is { } number ? Number(number) : NotCounted;

    public static string Milliseconds(TimeSpan value) => value.TotalMilliseconds.ToString("F1", CultureInfo.InvariantCulture);

    public static string Seconds(TimeSpan value) => value.TotalSeconds.ToString("F3", CultureInfo.InvariantCulture) + " s";

    public static string Time(DateTimeOffset value)
        => value.ToUniversalTime().ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture) + "Z";

    public static string Of(PurgeVerdict verdict) => verdict switch
    {
        PurgeVerdict.Planned => "Planned, nothing has been run",
        PurgeVerdict.Complete => "Complete",
        PurgeVerdict.CompleteWithSkips => "Complete with skips",
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

    public static string RowsWithoutEffect(PurgeReport report) => report.Verdict is PurgeVerdict.Refused ? "0, nothing was written" : report.Transaction switch
    {
        TransactionOutcome.NothingWritten => "0, nothing was written",
        TransactionOutcome.RolledBack => "0, everything was rolled back",
        TransactionOutcome.RolledBackWithCaller => "0, the caller's whole transaction was rolled back",
        TransactionOutcome.RollbackLeftToCaller => "0 once the caller has rolled back",
        _ => "not known: the commit was not acknowledged",
    };

    public static string Of(SkipReason reason) => reason switch
    {
        SkipReason.TableMissing => "table missing",
        SkipReason.SchemaMissing => "schema missing",
        SkipReason.NotATable => "not a table",
        SkipReason.PrincipalMissing => "principal missing",
        SkipReason.PrincipalKeyMissing => "principal key missing",
        SkipReason.ColumnMissing => "column missing",
        SkipReason.KeyTypeDiffers => "key type differs",
        SkipReason.ForeignKeyTypeDiffers => "foreign key type differs",
        SkipReason.OtherDrift => "other drift",
        SkipReason.Blocked => "blocked",
        SkipReason.CycleCannotBeBroken => "cycle cannot be broken",
        SkipReason.PrivilegeMissing => "right missing",
        _ => reason.ToString(),
    };

    public static string Of(KeepReason reason) => reason switch
    {
        KeepReason.Excluded => "excluded by a filter",
        KeepReason.NotIncluded => "not named by an include filter",
        KeepReason.ExcludedFromMigrations => "excluded from migrations: somebody else owns it",
        KeepReason.Unmapped => "not part of the model",
        KeepReason.MigrationsHistory => "the migrations history",
        KeepReason.ExtensionOwned => "owned by an extension of the server",
        KeepReason.ForeignTable => "its rows live on another server",
        _ => reason.ToString(),
    };

    public static string Of(PurgeMode mode) => mode switch
    {
        PurgeMode.AllOrNothing => "all or nothing: any failure rolls everything back",
        PurgeMode.BestEffort => "best effort: a failing table is rolled back, the rest goes on",
        _ => mode.ToString(),
    };

    public static string Of(VerificationOutcome outcome) => outcome switch
    {
        VerificationOutcome.Passed => "passed",
        VerificationOutcome.Failed => "failed",
        VerificationOutcome.Unknown => "unknown",
        _ => outcome.ToString(),
    };
}
