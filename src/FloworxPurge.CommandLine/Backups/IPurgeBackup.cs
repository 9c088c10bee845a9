using FloworxPurge.Execution;
using Microsoft.EntityFrameworkCore;

namespace FloworxPurge.CommandLine.Backups;

/// <summary>Makes a copy of the database before it is purged.</summary>
public interface IPurgeBackup
{
    /// <summary>Makes the backup and verifies it. Nothing is purged unless this succeeds.</summary>
    /// <param name="request">What to copy, and where to.</param>
    /// <param name="cancellationToken">Stops the backup; no half-written file is left.</param>
    /// <returns>What was made.</returns>
    /// <exception cref="PurgeBackupException">The backup could not be made or verified; the message says what, and what to do.</exception>
    Task<PurgeBackupResult> CreateAsync(PurgeBackupRequest request, CancellationToken cancellationToken = default);
}

/// <summary>What to copy, and where to.</summary>
public sealed record PurgeBackupRequest
{
    /// <summary>Gets the context whose database is to be copied.</summary>
    public required DbContext Context { get; init; }

    /// <summary>Gets the plan that will be run; its database is the one to copy.</summary>
    public required PurgePlan Plan { get; init; }

    /// <summary>Gets the folder for the file, as the command line says; the command has created it.</summary>
    public required string Folder { get; init; }

    /// <summary>Gets the clock, for the file's name.</summary>
    public required TimeProvider TimeProvider { get; init; }
}

/// <summary>A backup that was made and verified.</summary>
public sealed record PurgeBackupResult
{
    /// <summary>Gets the file, or the name of the backup where it is kept.</summary>
    public required string Path { get; init; }

    /// <summary>Gets its size in bytes.</summary>
    public required long Size { get; init; }

    /// <summary>Gets the SHA-256 of its content, in lower-case hexadecimal.</summary>
    public required string Sha256 { get; init; }

    /// <summary>Gets how it was verified, in words.</summary>
    public required string Verification { get; init; }

    /// <summary>
    /// Gets the command that restores the backup, as it is typed in a shell, without a password. The command prints it and the report
    /// holds it. The default value is <see langword="null"/>: it is not known.
    /// </summary>
    public string? Restore { get; init; }
}

/// <summary>A backup that could not be made or verified.</summary>
public sealed class PurgeBackupException : Exception
{
    /// <summary>Creates the exception.</summary>
    public PurgeBackupException()
    {
    }

    /// <summary>Creates the exception.</summary>
    /// <param name="message">What went wrong, which file, and what to do.</param>
    public PurgeBackupException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception.</summary>
    /// <param name="message">What went wrong, which file, and what to do.</param>
    /// <param name="innerException">The cause.</param>
    public PurgeBackupException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }
}
