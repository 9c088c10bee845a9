using System.Globalization;
using FloworxPurge.Execution;
using FloworxPurge.Planning;
using FloworxPurge.Schema;

namespace FloworxPurge.Archiving;

/// <summary>An archive from which rows are restored.</summary>
internal abstract class RestoreSource
{
    /// <summary>Gets the manifest.</summary>
    public abstract ArchiveManifest Manifest { get; }

    /// <summary>Gets the folder of the archive, or null.</summary>
    public virtual string? Directory => null;

    /// <summary>Gets the schema of the archive, or null.</summary>
    public virtual string? Schema => null;

    /// <summary>Gets where the archive is, for a message.</summary>
    public string Place => PlaceOf(Directory, Schema);

    /// <summary>Where an archive is, for a message.</summary>
    public static string PlaceOf(string? directory, string? schema) => schema is null ? $"\"{directory}\"" : $"schema \"{schema}\"";

    /// <summary>Compares the archive with its receipt, before any row is read from it.</summary>
    /// <param name="receipt">The run in the journal of the database; null where it has none.</param>
    /// <param name="refusals">What stands against a restore.</param>
    /// <param name="notes">What is to be said besides.</param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    /// <returns>What the receipt covers.</returns>
    public abstract Task<IReadOnlyList<ArchiveChunk>> CheckAsync(
        JournalEntry? receipt,
        RestoreRefusals refusals,
        List<string> notes,
        CancellationToken cancellationToken);

    /// <summary>Reads the rows of a table into its temporary table.</summary>
    /// <returns>What is wrong with the archive, as a sentence; null when all rows were read.</returns>
    /// <exception cref="PurgeException">The driver cannot send rows.</exception>
    public abstract Task<string?> LoadAsync(StagedTable table, IReadOnlyList<ArchiveChunk> chunks, CancellationToken cancellationToken);

    /// <summary>Checks the run that wrote the archive, as the journal knows it.</summary>
    /// <param name="receipt">The run; null where the journal has none.</param>
    /// <param name="runId">Its id.</param>
    /// <param name="written">The number of transactions in the files, of which the last one may not be committed.</param>
    /// <param name="refuse">Receives what stands against a restore.</param>
    /// <param name="note">Receives what is to be said besides.</param>
    /// <returns>False where there is no receipt.</returns>
    public static bool CheckReceipt(
        JournalEntry? receipt,
        string runId,
        int written,
        Action<RestoreRefusalKind, string> refuse,
        Action<string> note)
    {
        if (receipt?.ArchiveHash is null && written > 1)
        {
            refuse(
                RestoreRefusalKind.NotCommitted,
                $"The archive lost its receipt: at least {Quantity.Of(written - 1, "transaction")} of the run {runId} "
                    + $"{(written == 2 ? "was" : "were")} committed, and the database does not know the run. This is another database, or "
                    + $"somebody changed table \"{OwnTables.Journal}\". Keep the files: they may be the only place that has the rows.");
            return false;
        }

        if (receipt?.ArchiveHash is null)
        {
            refuse(
                RestoreRefusalKind.NotCommitted,
                $"The archive is not committed: the database has no receipt of the run {runId}, so the rows may still be in the "
                    + $"database. If this is the right database, and nobody changed table \"{OwnTables.Journal}\", nothing has to be "
                    + "restored.");
            return false;
        }

        if (receipt.RestoredAt is { } at)
        {
            refuse(
                RestoreRefusalKind.AlreadyRestored,
                $"The archive was restored at {at.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture)} UTC. Nothing "
                    + "has to be restored.");
        }

        // A run can only be continued where nothing of it was restored.
        if (!string.Equals(receipt.State, JournalEntry.Done, StringComparison.Ordinal))
        {
            note(
                "The run that wrote the archive has not ended. What it has deleted so far is restored, and it cannot be continued after "
                    + "that.");
        }

        return true;
    }
}
