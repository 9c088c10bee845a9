using FloworxPurge.Connections;
using FloworxPurge.Planning;

namespace FloworxPurge.Execution;

/// <summary>
/// Stores the rows of a run before they are deleted. It lives as long as the run: each transaction adds a chunk, and an attempt that is
/// rolled back takes back what it added.
/// </summary>
internal interface IRunArchive
{
    /// <summary>Gets the id of the run.</summary>
    string RunId { get; }

    /// <summary>Gets where the archive is, as the options name it.</summary>
    string Location { get; }

    /// <summary>Gets the number of chunks with their receipt, and the hash of the last; those of the chunk once it is completed.</summary>
    (long Chunks, string Hash) Receipt { get; }

    /// <summary>Gets the manifest as the journal keeps it with the receipt; null where it is a file.</summary>
    string? Manifest { get; }

    /// <summary>Checks and prepares all that can fail before the transaction begins.</summary>
    /// <param name="session">The session, which is in no transaction unless the caller opened one.</param>
    /// <param name="plan">The plan.</param>
    /// <param name="readFacts">Reads the facts of the whole run, where what is prepared depends on them.</param>
    /// <param name="cancellationToken">Cancels it.</param>
    /// <exception cref="RunStoppedException">Rows cannot be archived there, or on this engine.</exception>
    Task PrepareAsync(
        DatabaseSession session,
        PurgePlan plan,
        Func<CancellationToken, Task<FreshFacts>> readFacts,
        CancellationToken cancellationToken);

    /// <summary>Begins a chunk, and stores the rows of every table that <see cref="TryRunAsync"/> does not store later.</summary>
    /// <param name="session">The session.</param>
    /// <param name="whole">The facts of the whole run, of whose tables the archive consists.</param>
    /// <param name="facts">The facts of this transaction, which may delete from some of the tables.</param>
    /// <param name="run">What is measured.</param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    /// <exception cref="RunStoppedException">A table cannot be archived exactly.</exception>
    Task BeginAsync(
        DatabaseSession session,
        FreshFacts whole,
        FreshFacts facts,
        PurgeRun run,
        CancellationToken cancellationToken);

    /// <summary>Stores the rows that a step changes or deletes, where they are not stored yet.</summary>
    /// <returns>The number of deleted rows where that has run the step itself; null where it is still to be run.</returns>
    Task<long?> TryRunAsync(PlanStep step, CancellationToken cancellationToken);

    /// <summary>Completes the chunk: all of it is on the disk. Its receipt is written next.</summary>
    Task CompleteAsync(CancellationToken cancellationToken);

    /// <summary>Ends the attempt: the chunk counts, or it is taken back. Sets <see cref="PurgeRun.Archive"/>.</summary>
    /// <param name="run">What was measured.</param>
    /// <param name="isHeld">
    /// Whether the lock of a run in several transactions was held all the time; true for a run in one. Otherwise another session may
    /// continue the run by now, and what it wrote must stay: what has to be taken back is left to the next attempt, or to that session.
    /// </param>
    Task EndAsync(PurgeRun run, bool isHeld);

    /// <summary>
    /// Takes back what the last attempt left since the lock was not held: the lock is held again, and the run is given up.
    /// </summary>
    /// <param name="run">What was measured; null where nothing was.</param>
    Task TakeBackAsync(PurgeRun? run);
}
