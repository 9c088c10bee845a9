using FloworxPurge.Execution;
using FloworxPurge.Reporting;

namespace FloworxPurge.Archiving;

/// <summary>Makes the report of what a restore measured.</summary>
internal static class RestoreReportBuilder
{
    /// <summary>Makes the report.</summary>
    public static RestoreReport Build(
        RestoreSource archive,
        RestoreResult result,
        RestoreSettings settings,
        DateTimeOffset startedAt,
        TimeSpan duration)
    {
        PurgeRun run = result.Run;
        RestoreVerdict verdict = (run.End, run.Transaction) switch
        {
            (RunEnd.Done, _) => RestoreVerdict.Restored,
            (_, TransactionOutcome.Unknown) => RestoreVerdict.Unknown,
            (RunEnd.Refused, _) => RestoreVerdict.Refused,
            (RunEnd.Cancelled, _) => RestoreVerdict.Cancelled,
            _ => RestoreVerdict.Failed,
        };
        IReadOnlyList<RestoreTable> tables = verdict == RestoreVerdict.Restored ? result.Plan!.Tables : [];
        string error = run.Error?.TrimEnd('.') ?? string.Empty;
        return new RestoreReport
        {
            Verdict = verdict,
            Summary = verdict switch
            {
                RestoreVerdict.Restored => $"Restored {RestoreText.Rows(tables)} from {archive.Place}, verified and "
                    + "committed.",
                RestoreVerdict.Refused => $"Refused: {error}. Nothing was written.",
                RestoreVerdict.Cancelled => $"Cancelled: {error}. Nothing was restored.",
                RestoreVerdict.Unknown => $"It is not known whether the archive was restored: {error}.",
                _ => $"Failed: {error}. Everything was rolled back.",
            },
            ArchiveId = archive.Manifest.RunId,
            Directory = archive.Directory,
            Schema = archive.Schema,
            Database = run.Database,
            StartedAt = startedAt.ToUniversalTime(),
            Duration = duration,
            Tables = tables,
            Refusals = result.Plan?.Refusals ?? [],
            Verifications =
            [
                .. run.Verifications.Select(check => new CheckReport
                {
                    Name = check.Name,
                    Expected = check.Expected,
                    Actual = check.Actual,
                    Outcome = check.Result,
                }),
            ],
            Notes = [.. result.Plan?.Notes ?? [], .. run.Notes.Select(note => note.Text)],
            Overrides = settings.Overrides,
        };
    }
}
