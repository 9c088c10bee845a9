using System.Globalization;
using FloworxPurge.Planning;
using Microsoft.EntityFrameworkCore;

namespace FloworxPurge;

/// <content>A run in several transactions.</content>
public sealed partial class PurgeOptions
{
    /// <summary>What <see cref="InChunks"/> set; null for one transaction.</summary>
    internal ChunkSettings? Chunks { get; private set; }

    /// <summary>The condition before each transaction but the first; null for none.</summary>
    internal Func<DbContext, CancellationToken, Task<bool>>? ChunkCondition { get; private set; }

    /// <summary>
    /// Gets or sets whether a run in several transactions that has not ended and has other options is given up for this one; what it
    /// deleted stays deleted. The default value is <see langword="false"/>: this run is refused.
    /// </summary>
    public bool AbandonUnfinished { get; set; }

    /// <summary>
    /// Deletes in several transactions, for tables that are too large for one. Each transaction deletes some of the rows that <c>Rows</c>
    /// selects, each with all rows that depend on it, so that every foreign key holds at every commit; without <c>Rows</c>, some of the
    /// tables, or a part of a large table. A run that was stopped, in whatever way, is continued by the same call: the database remembers
    /// how far it is, in the table <c>floworxpurge_runs</c>.
    /// </summary>
    /// <remarks>
    /// The rows to delete are remembered when the run begins. A row that no longer matches when its turn comes stays; a row that matches
    /// later stays, too, and is counted at the end. The transactions are of the run itself: it does not join a transaction of the caller.
    /// </remarks>
    /// <param name="roots">
    /// How many of the selected rows a transaction deletes at most, without the rows that depend on them; of a whole table, how many rows.
    /// The default value is 1,000.
    /// </param>
    /// <param name="maxRows">
    /// How many rows a transaction deletes at most, dependents included. A transaction with more rows is divided; a single selected row
    /// with more dependents is deleted alone, and reported. The default value is 100,000.
    /// </param>
    /// <param name="pause">How long to wait after each transaction. The default value is no pause.</param>
    /// <param name="rowsPerSecond">
    /// How many rows a second are deleted on average at most: the run waits after each transaction. The default value is any number.
    /// </param>
    /// <param name="when">
    /// A condition to be true before each transaction but the first, such as <see cref="ReplicationLag.IsBelow"/>. It is evaluated once a
    /// second, outside of a transaction, and gets the context of the run. The default value is none.
    /// </param>
    /// <param name="patience">
    /// How long to wait for the condition; then the run ends and can be continued. The default value is ten minutes.
    /// </param>
    /// <returns>The same options.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A number is less than 1, or a time is negative.</exception>
    public PurgeOptions InChunks(
        int roots = 1_000,
        int maxRows = 100_000,
        TimeSpan? pause = null,
        int? rowsPerSecond = null,
        Func<DbContext, CancellationToken, Task<bool>>? when = null,
        TimeSpan? patience = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(roots, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxRows, 1);
        if (pause is { } wait)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(wait, TimeSpan.Zero, nameof(pause));
        }

        if (rowsPerSecond is { } rate)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(rate, 1, nameof(rowsPerSecond));
        }

        if (patience is { } longest)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(longest, TimeSpan.Zero, nameof(patience));
        }

        Chunks = new ChunkSettings(roots, maxRows)
        {
            Pause = pause ?? TimeSpan.Zero,
            RowsPerSecond = rowsPerSecond,
            Patience = patience ?? ChunkSettings.DefaultPatience,
        };
        ChunkCondition = when;
        return this;
    }

    private IEnumerable<string> ChunkProblems()
    {
        if (Chunks is null)
        {
            yield break;
        }

        if (BestEffort)
        {
            yield return $"{nameof(BestEffort)} is true and {nameof(InChunks)} is called; a transaction that fails ends such a run, so set "
                + "it to false";
        }

        if (OnBlocked == OnBlocked.Fail)
        {
            yield return $"{nameof(OnBlocked)} is Fail and {nameof(InChunks)} is called; what is blocked is only known once other rows are "
                + "deleted, so set it to Skip";
        }

        if (RefreshMaterializedViews)
        {
            yield return $"{nameof(RefreshMaterializedViews)} is true and {nameof(InChunks)} is called; each transaction would refresh "
                + "them, so refresh them after the run";
        }
    }
}
