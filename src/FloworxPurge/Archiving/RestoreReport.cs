using System.Globalization;
using System.Text;
using System.Text.Json;
using FloworxPurge.Archiving;
using FloworxPurge.Reporting;

namespace FloworxPurge;

/// <summary>Specifies how a restore ended.</summary>
public enum RestoreVerdict
{
    /// <summary>All rows of the archive are in the database again, verified and committed.</summary>
    Restored,

    /// <summary>Nothing was written, for the reasons in <see cref="RestoreReport.Refusals"/>.</summary>
    Refused,

    /// <summary>It failed, and what was written is rolled back.</summary>
    Failed,

    /// <summary>The caller asked to stop, and what was written is rolled back.</summary>
    Cancelled,

    /// <summary>The commit was sent and not acknowledged: look at the database before anything else.</summary>
    Unknown,
}

/// <summary>What a restore did: only what was measured.</summary>
public sealed record RestoreReport
{
    /// <summary>Gets how the restore ended.</summary>
    public required RestoreVerdict Verdict { get; init; }

    /// <summary>Gets the outcome in one or two sentences.</summary>
    public required string Summary { get; init; }

    /// <summary>Gets the id of the archive, which is that of the run that wrote it.</summary>
    public required string ArchiveId { get; init; }

    /// <summary>Gets the folder of the archive; <see langword="null"/> for one in a schema.</summary>
    public required string? Directory { get; init; }

    /// <summary>Gets the schema of the archive; <see langword="null"/> for one in a folder.</summary>
    public string? Schema { get; init; }

    /// <summary>Gets the database, or <see langword="null"/> when the run ended before it was known.</summary>
    public required DatabaseIdentity? Database { get; init; }

    /// <summary>Gets when the restore began.</summary>
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>Gets how long it took.</summary>
    public required TimeSpan Duration { get; init; }

    /// <summary>Gets the tables that were restored; none unless the verdict is <see cref="RestoreVerdict.Restored"/>.</summary>
    public required IReadOnlyList<RestoreTable> Tables { get; init; }

    /// <summary>Gets everything that stood against the restore.</summary>
    public required IReadOnlyList<RestoreRefusal> Refusals { get; init; }

    /// <summary>Gets what was verified before the commit, and looked at after it.</summary>
    public required IReadOnlyList<CheckReport> Verifications { get; init; }

    /// <summary>Gets further sentences about the archive and the run.</summary>
    public required IReadOnlyList<string> Notes { get; init; }

    /// <summary>Gets the options that loosen what a restore refuses by default, such as triggers that may fire.</summary>
    public required IReadOnlyList<string> Overrides { get; init; }

    /// <summary>The report as indented JSON.</summary>
    /// <returns>The text, with <c>\n</c> line ends.</returns>
    public string ToJson() => JsonSerializer.Serialize(this, RestoreJson.Default.RestoreReport) + "\n";

    /// <summary>The report as plain text.</summary>
    /// <returns>The text, with <c>\n</c> line ends.</returns>
    public override string ToString()
    {
        var text = new StringBuilder();
        RestoreText.Append(
            text,
            string.Create(CultureInfo.InvariantCulture, $"{StartedAt.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC: {Verdict}"));
        RestoreText.Append(text, Summary);
        RestoreText.AppendTables(text, Tables);
        RestoreText.AppendRefusals(text, Refusals);
        RestoreText.AppendNotes(text, [.. Overrides, .. Notes]);
        RestoreText.AppendChecks(text, Verifications);
        return text.ToString();
    }

    /// <summary>Saves the report as JSON where the file ends with <c>.json</c>, and as text where it ends with <c>.txt</c>.</summary>
    /// <param name="path">The file; one that exists is replaced, and only once the new one is complete.</param>
    /// <param name="cancellationToken">Stops the writing; the file is then as it was.</param>
    /// <returns>A task that ends when the file is complete.</returns>
    /// <exception cref="ArgumentException">The path is empty, or its ending names no known format.</exception>
    /// <exception cref="DirectoryNotFoundException">The folder does not exist.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder or the file may not be written to.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public async Task SaveAsync(string path, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        string text = Path.GetExtension(path).ToUpperInvariant() switch
        {
            ".JSON" => ToJson(),
            ".TXT" => ToString(),
            { } other => throw new ArgumentException(
                $"A report of a restore has no format for \"{other}\". Give a file name with .json or .txt.",
                nameof(path)),
        };
        string full = Path.GetFullPath(path);
        string temporary = $"{full}.{Guid.NewGuid():N}.tmp";
        try
        {
            await File.WriteAllTextAsync(temporary, text, cancellationToken).ConfigureAwait(false);
            File.Move(temporary, full, overwrite: true);
        }
        finally
        {
            File.Delete(temporary);
        }
    }
}
