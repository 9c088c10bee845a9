using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using FloworxPurge.Planning;
using FloworxPurge.Schema;

namespace FloworxPurge.Execution;

/// <summary>The receipt of a run that takes effect once: a row of the journal, written in the transaction that deletes.</summary>
/// <param name="RunId">The id that the caller gave the run.</param>
/// <param name="Target">The name of the target.</param>
/// <param name="Write">Writes the report that the run has once it is committed.</param>
[RequiresUnreferencedCode(TrimWarnings.Model)]
internal sealed record RunReceipt(string RunId, string Target, Func<PurgePlan, PurgeRun, string> Write)
{
    /// <summary>Gets or sets the table, once it is found; null where it is not there yet.</summary>
    public RunJournal? Journal { get; set; }

    /// <summary>Gets or sets the report of the run without what follows the commit, as JSON; null where it is not known.</summary>
    public string? BeforeFollowUp { get; set; }

    /// <summary>Gets the id of the archive: each call of the run has the same, and knows what an earlier one has left.</summary>
    public string ArchiveId { get; } = new Guid(
        SHA256.HashData(Encoding.UTF8.GetBytes(RunJournal.IdOfReceipt(RunId, Target))).AsSpan(0, 16)).ToString("D");

    /// <summary>Gets the id of the row.</summary>
    public string Id { get; } = RunJournal.IdOfReceipt(RunId, Target);

    /// <summary>The row that says that the run is committed, and what it did.</summary>
    public JournalEntry Entry(PurgePlan plan, PurgeRun run, string owner, DateTimeOffset at)
    {
        // Whoever reads the row reads it after the commit.
        RunEnd end = run.End;
        run.End = RunEnd.Done;
        try
        {
            return new JournalEntry(Id, PlanFingerprint.OfTask(plan), JournalEntry.Committed, at)
            {
                Owner = owner,
                Progress = Write(plan, run),
            };
        }
        finally
        {
            run.End = end;
        }
    }

    /// <summary>Refuses a run whose receipt is there.</summary>
    /// <exception cref="RunStoppedException">The receipt is there.</exception>
    public async Task ThrowIfWrittenAsync(RunJournal journal, CancellationToken cancellationToken)
    {
        if (await journal.ReadAsync(Id, cancellationToken).ConfigureAwait(false) is not null)
        {
            throw new RunStoppedException(
                RunEnd.Refused,
                $"run \"{RunId}\" of target \"{Target}\" is committed already, by another call that was running at the same time.");
        }
    }
}
