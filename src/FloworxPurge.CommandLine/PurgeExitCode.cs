namespace FloworxPurge.CommandLine;

/// <summary>What the command ends with. The numbers are frozen: scripts build on them.</summary>
public enum PurgeExitCode
{
    /// <summary>
    /// Purged, verified and committed; or a dry run that was asked for. Skipped tables are listed, and change the exit code only with
    /// <c>--strict</c>.
    /// </summary>
    Complete = 0,

    /// <summary>
    /// It failed, and what was written is rolled back; or it could not begin, since the database cannot be reached or read or the backup
    /// failed.
    /// </summary>
    Failed = 1,

    /// <summary>The command line is wrong: an unknown option, a bad value, a filter that matches no table. Nothing was written.</summary>
    Usage = 2,

    /// <summary>
    /// Refused, and nothing was written: no consent or the wrong one, a guard that refuses, a report that cannot be written.
    /// </summary>
    Refused = 3,

    /// <summary>With <c>--strict</c>: complete, and some tables were skipped.</summary>
    CompleteWithSkips = 4,

    /// <summary>
    /// Committed, and not all that belongs to it is done: a required check or target failed, a table failed with <c>--best-effort</c>,
    /// a run with <c>--in-chunks</c> stopped after some of its transactions, something could not be verified, or the report could not be
    /// written.
    /// </summary>
    Partial = 5,

    /// <summary>
    /// Nothing was deleted, since no table could be purged: all were skipped, or the filters select none. With <c>--rows</c>, no row
    /// matches, or all that match are blocked.
    /// </summary>
    NothingMatched = 6,

    /// <summary>Cancelled, by Ctrl+C for instance, and what was written is rolled back.</summary>
    Cancelled = 130,
}
