using FloworxPurge.Archiving;

namespace FloworxPurge;

/// <summary>What a restore of an archive may do. The defaults refuse everything that could change more than the archive holds.</summary>
public sealed class RestoreOptions
{
    private readonly List<string> _triggers = [];
    private readonly List<string> _allowedDatabases = [];

    /// <summary>
    /// Gets or sets whether the archive may be of another database of the same engine, such as the one that this database is a copy of. Its
    /// receipt has to be in this database all the same. The default value is <see langword="false"/>.
    /// </summary>
    public bool AllowOtherDatabase { get; set; }

    /// <summary>
    /// Gets or sets the one database into which may be restored, by the name that the server reports; any other is refused. The default
    /// value is <see langword="null"/>, any.
    /// </summary>
    public string? RequiredDatabase { get; set; }

    /// <summary>
    /// Gets or sets how the files are read where they were written through a stream of the host, such as one that encrypts: gets the stream
    /// of the file and returns that of its content. The default value is <see langword="null"/>.
    /// </summary>
    public Func<Stream, Stream>? Unwrap { get; set; }

    /// <summary>
    /// Gets or sets how long a statement waits for another session's lock, in whole milliseconds from 1. The default value is
    /// <see langword="null"/>, the server's own setting.
    /// </summary>
    public TimeSpan? LockTimeout { get; set; }

    /// <summary>Gets or sets the clock of reports. The default value is <see cref="TimeProvider.System"/>.</summary>
    public TimeProvider TimeProvider { get; set; } = TimeProvider.System;

    /// <summary>
    /// Allows a trigger or a rule to fire for the rows that are inserted, or that get a reference back. What it does is not verified. Any
    /// other that would fire refuses the restore, and so does a name that is of none.
    /// </summary>
    /// <param name="name">The name of the trigger.</param>
    /// <returns>The same options.</returns>
    /// <exception cref="ArgumentException">The name is null, empty or white space.</exception>
    public RestoreOptions AllowTrigger(string name)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        _triggers.Add(name);
        return this;
    }

    /// <summary>
    /// Allows databases by name, compared without case with the name that the server reports. Once one is allowed, every other is refused.
    /// </summary>
    /// <param name="pattern">The name, where <c>*</c> stands for any characters and <c>?</c> for one.</param>
    /// <returns>The same options.</returns>
    /// <exception cref="ArgumentException">The pattern is null, empty or white space.</exception>
    public RestoreOptions AllowDatabase(string pattern)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(pattern);
        _allowedDatabases.Add(pattern);
        return this;
    }

    /// <summary>The options as the restore reads them.</summary>
    /// <exception cref="ArgumentException">Options are not valid; the message names every one.</exception>
    internal RestoreSettings ToSettings(string parameter)
    {
        List<string> problems = [];
        if (LockTimeout is { } timeout && (timeout < TimeSpan.FromMilliseconds(1) || timeout.TotalMilliseconds > int.MaxValue))
        {
            problems.Add($"{nameof(LockTimeout)} is {timeout}. Give a time from one millisecond to 24 days.");
        }

        if (RequiredDatabase is { } required && string.IsNullOrWhiteSpace(required))
        {
            problems.Add($"{nameof(RequiredDatabase)} is empty. Give the name of a database, or null.");
        }

        if (TimeProvider is null)
        {
            problems.Add($"{nameof(TimeProvider)} is null. Give a clock.");
        }

        return problems.Count > 0
            ? throw new ArgumentException(string.Join(" ", problems), parameter)
            : new RestoreSettings
            {
                Triggers = [.. _triggers.Distinct(StringComparer.Ordinal)],
                Unwrap = Unwrap,
                RequiredDatabase = RequiredDatabase,
                AllowedDatabases = [.. _allowedDatabases],
                AllowOtherDatabase = AllowOtherDatabase,
                LockTimeout = LockTimeout,
                TimeProvider = TimeProvider!,
            };
    }
}
