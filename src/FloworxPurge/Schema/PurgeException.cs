namespace FloworxPurge;

/// <summary>
/// A purge that could not be planned, was refused, failed or was cancelled. The message says what, which object, and what to do. An
/// exception of a run has its report: <c>exception.Report</c>.
/// </summary>
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

    /// <summary>
    /// Gets the report of the run, or <see langword="null"/>. Every stage throws this exception, and reports are made by the last of them,
    /// so the type of the report is not known here: <see cref="PurgeExtensions"/> gives it.
    /// </summary>
    internal object? RunReport { get; init; }
}
