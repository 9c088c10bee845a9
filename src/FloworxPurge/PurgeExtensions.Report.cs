using FloworxPurge.Reporting;

namespace FloworxPurge;

public static partial class PurgeExtensions
{
    extension(PurgeException exception)
    {
        /// <summary>
        /// Gets the report of the run that ended with this exception, or <see langword="null"/> when there was no run, because nothing
        /// could be planned.
        /// </summary>
        public PurgeReport? Report => exception?.RunReport as PurgeReport;

        /// <summary>
        /// Gets the report of the restore that ended with this exception, or <see langword="null"/> when it is of no restore.
        /// </summary>
        public RestoreReport? RestoreReport => exception?.RunReport as RestoreReport;
    }

    /// <summary>Creates the exception of a run that is not clean: the report's summary is its message.</summary>
    internal static PurgeException NotClean(PurgeReport report, Exception? innerException)
        => new(report.Summary, innerException) { RunReport = report };
}
