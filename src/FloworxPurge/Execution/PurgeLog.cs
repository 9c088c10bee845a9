using Microsoft.Extensions.Logging;

namespace FloworxPurge.Execution;

/// <summary>The log messages and their event ids, which never change their meaning.</summary>
internal static partial class PurgeLog
{
    [LoggerMessage(
        1000,
        LogLevel.Information,
        "Purge of {Database} planned. Tables to purge: {Tables}, skipped: {Skips}, kept: {Kept}. Plan {Fingerprint}.")]
    public static partial void Planned(this ILogger logger, string database, int tables, int skips, int kept, string fingerprint);

    [LoggerMessage(1001, LogLevel.Warning, "Table {Table} is skipped ({Reason}): {Explanation}")]
    public static partial void Skipped(this ILogger logger, string table, string reason, string explanation);

    [LoggerMessage(1010, LogLevel.Information, "Purge of {Database} begins, attempt {Attempt}. Plan {Fingerprint}.")]
    public static partial void Begins(this ILogger logger, string database, int attempt, string fingerprint);

    [LoggerMessage(1011, LogLevel.Debug, "Step {Step} of {Steps} ({Kind}) done on {Tables}. Rows: {Rows}.")]
    public static partial void StepDone(this ILogger logger, int step, int steps, string kind, string tables, long rows);

    [LoggerMessage(1012, LogLevel.Warning, "Table {Table} failed and was rolled back; the best-effort run continues: {Error}")]
    public static partial void TableFailed(this ILogger logger, Exception? exception, string table, string error);

    [LoggerMessage(1013, LogLevel.Warning, "Purged tables have rows again, which are deleted again, pass {Pass}: {Tables}")]
    public static partial void TablesRefilled(this ILogger logger, int pass, string tables);

    [LoggerMessage(1014, LogLevel.Warning, "The rollback could not be sent; a server rolls back when it notices a lost connection.")]
    public static partial void RollbackNotSent(this ILogger logger, Exception exception);

    [LoggerMessage(EventId = 1015, Message = "Target {Target} ended as {Outcome}: {Details}")]
    public static partial void TargetDone(this ILogger logger, LogLevel level, string target, string outcome, string details);

    [LoggerMessage(EventId = 1016, Message = "Check {Check} ended as {Outcome}: {Details}")]
    public static partial void CheckDone(this ILogger logger, LogLevel level, string check, string outcome, string details);

    [LoggerMessage(1017, LogLevel.Warning, "A listener to activities or metrics failed, and may not know all of the plan.")]
    public static partial void ListenerFailed(this ILogger logger, Exception exception);

    [LoggerMessage(1020, LogLevel.Information, "Purge ended as {Verdict}: {Summary}")]
    public static partial void RunSucceeded(this ILogger logger, string verdict, string summary);

    [LoggerMessage(1021, LogLevel.Error, "Purge ended as {Verdict}: {Summary}")]
    public static partial void RunFailed(this ILogger logger, Exception? exception, string verdict, string summary);

    [LoggerMessage(1022, LogLevel.Warning, "{Summary} Verdict: {Verdict}.")]
    public static partial void RunRefused(this ILogger logger, string verdict, string summary);

    [LoggerMessage(1023, LogLevel.Warning, "{Summary} Verdict: {Verdict}.")]
    public static partial void RunCancelled(this ILogger logger, string verdict, string summary);

    [LoggerMessage(1024, LogLevel.Warning, "{Summary} Verdict: {Verdict}.")]
    public static partial void NothingMatched(this ILogger logger, string verdict, string summary);

    [LoggerMessage(1030, LogLevel.Warning, "Test database {Database} is dropped and not used again: {Reason}")]
    public static partial void TestDatabaseDiscarded(this ILogger logger, string database, string reason);

    [LoggerMessage(1031, LogLevel.Warning, "{Sentence}")]
    public static partial void TestDatabaseLeft(this ILogger logger, string sentence);
}
