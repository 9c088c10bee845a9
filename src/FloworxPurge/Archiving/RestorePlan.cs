using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using FloworxPurge.Archiving;

namespace FloworxPurge;

/// <summary>What a restore of an archive would do, and everything that it would be refused for.</summary>
public sealed record RestorePlan
{
    /// <summary>Gets the id of the archive, which is that of the run that wrote it.</summary>
    public required string ArchiveId { get; init; }

    /// <summary>Gets the folder of the archive; <see langword="null"/> for one in a schema.</summary>
    public required string? Directory { get; init; }

    /// <summary>Gets the schema of the archive; <see langword="null"/> for one in a folder.</summary>
    public string? Schema { get; init; }

    /// <summary>Gets the database into which the rows would be restored.</summary>
    public required DatabaseIdentity Database { get; init; }

    /// <summary>Gets when the run that wrote the archive began.</summary>
    public required DateTimeOffset ArchivedAt { get; init; }

    /// <summary>
    /// Gets the tables in the order in which they would be restored, and after them those whose rows get a reference back.
    /// </summary>
    public required IReadOnlyList<RestoreTable> Tables { get; init; }

    /// <summary>Gets everything that stands against the restore; it runs when there is nothing.</summary>
    public required IReadOnlyList<RestoreRefusal> Refusals { get; init; }

    /// <summary>Gets sentences about the archive that are no refusals, such as parts that no receipt covers.</summary>
    public required IReadOnlyList<string> Notes { get; init; }

    /// <summary>Gets whether nothing stands against the restore.</summary>
    [JsonIgnore]
    public bool CanRun => Refusals.Count == 0;

    /// <summary>The plan as indented JSON.</summary>
    /// <returns>The text, with <c>\n</c> line ends.</returns>
    public string ToJson() => JsonSerializer.Serialize(this, RestoreJson.Default.RestorePlan) + "\n";

    /// <summary>The plan as plain text.</summary>
    /// <returns>The text, with <c>\n</c> line ends.</returns>
    public override string ToString()
    {
        var text = new StringBuilder();
        RestoreText.Append(
            text,
            $"Restore of archive {ArchiveId} from {RestoreSource.PlaceOf(Directory, Schema)} into database \"{Database.Database}\" "
                + $"on {Database.Server}");
        RestoreText.AppendTables(text, Tables);
        RestoreText.AppendRefusals(text, Refusals);
        RestoreText.AppendNotes(text, Notes);
        RestoreText.Append(text, string.Empty);
        RestoreText.Append(
            text,
            CanRun
                ? $"Would restore {RestoreText.Rows(Tables)}. Nothing was written."
                : string.Create(CultureInfo.InvariantCulture, $"Would be refused, for {Refusals.Count} reasons. Nothing was written."));
        return text.ToString();
    }
}
