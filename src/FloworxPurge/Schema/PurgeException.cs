using FloworxPurge.Reporting;

namespace FloworxPurge;

/// <summary>A purge that could not be planned, was refused, failed or was cancelled. The message says what, which object, and what to do.</summary>
public sealed class PurgeException : Exception
{
    /// <summary>Creates the exception.</summary>
    public PurgeException()
    {
    }

    /// <summary>Creates the exception.</summary>
    /// <param name="message">What went wrong, which object, what to do.</param>
    public PurgeException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception.</summary>
    /// <param name="message">What went wrong, which object, what to do.</param>
    /// <param name="innerException">The cause, such as the provider's exception.</param>
    public PurgeException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }

    /// <summary>Creates the exception of a run that is not clean.</summary>
    /// <param name="report">What was measured.</param>
    /// <param name="innerException">The cause, such as the provider's exception.</param>
    public PurgeException(PurgeReport report, Exception? innerException)
        : base(report?.Summary, innerException)
        => Report = report;

    /// <summary>Creates the exception of a run whose report could not be saved.</summary>
    internal PurgeException(string message, PurgeReport report, Exception innerException)
        : base(message, innerException)
        => Report = report;

    /// <summary>The report of the run, or <see langword="null"/> when there was no run, because nothing could be planned.</summary>
    public PurgeReport? Report { get; }
}
