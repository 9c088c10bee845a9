using System.Data.Common;
using System.Globalization;
using FloworxPurge.Connections;
using FloworxPurge.Planning;
using FloworxPurge.Reporting;
using FloworxPurge.Schema;

namespace FloworxPurge.Execution;

/// <summary>
/// Looks at the tables once more after the commit, in a new snapshot, and asks the server whether it committed. What a trigger defers to
/// the commit, and what a listener does there, comes after every verification.
/// </summary>
internal sealed class CommittedState(DatabaseSession session, TimeProvider time, TimeSpan? lockTimeout)
{
    /// <summary>The name of the verification that a caller's commit still owes.</summary>
    public const string AtCallersCommit = "what triggers do at the caller's commit";

    /// <summary>The name of the verification that the queries find nothing more to delete.</summary>
    public const string SelectedRows = After + "rows that the queries name and that could be deleted";

    private const string After = "after the commit: ";
    private const string DeletedRows = After + "deleted rows of ";
    /// <summary>The name of the verification that purged tables are empty.</summary>
    public const string PurgedTables = After + "rows in purged tables";
    private const string KeptTables = After + "kept tables with fewer rows";
    private const string ServerStatus = After + "what the server says of the transaction";
    private const string Committed = "committed";
    private const string InProgress = "in progress";

    // A server that lost its client may still be at the commit.
    private const int MostQuestions = 20;

    private static readonly TimeSpan BetweenQuestions = TimeSpan.FromMilliseconds(100);

    /// <summary>The name of the verification that no deleted row of tables is there.</summary>
    public static string DeletedRowsOf(string tables) => DeletedRows + tables;

    /// <summary>Determines whether a verification is of what stands after the commit, so that a later look replaces it.</summary>
    public static bool IsOfCommit(string verification)
        => verification.StartsWith(After, StringComparison.Ordinal)
            || string.Equals(verification, AtCallersCommit, StringComparison.Ordinal);

    /// <summary>The name of a verification of what stands after the commit, where it is said already that it is one.</summary>
    public static string WithoutPrefix(string verification)
        => verification.StartsWith(After, StringComparison.Ordinal) ? verification[After.Length..] : verification;

    /// <summary>Measures what has to be the same after the commit.</summary>
    /// <param name="facts">The facts.</param>
    /// <param name="run">The run.</param>
    /// <param name="looksAgain">Whether the tables are looked at after the commit; otherwise only its outcome can be asked for.</param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    public async Task<CommitBaseline> BeforeAsync(
        FreshFacts facts,
        PurgeRun run,
        bool looksAgain,
        CancellationToken cancellationToken)
    {
        string? id = session.Dialect.TransactionId is { } query
            ? Convert.ToString(
                await session.ReadScalarAsync(query, [], cancellationToken).ConfigureAwait(false),
                CultureInfo.InvariantCulture)
            : null;
        if (!looksAgain)
        {
            return new CommitBaseline(id, [], [], facts.MayWorkAtCommit);
        }

        List<(TableSchema Table, bool IsCounted)> kept = [.. facts.ReachableKeptAtCommit()
            .Where(table => table is { CanSelect: true, HidesRows: false } && table.Kind is not TableKind.ForeignTable)
            .Select(table => (table, CommitBaseline.IsCounted(table)))];
        IReadOnlyList<long> rows = await session.LookAsync(kept, lockTimeout: null, cancellationToken).ConfigureAwait(false);
        return new CommitBaseline(
            id,

            // The keys of selected rows are gone once a caller commits.
            facts.Selection is not null && run.JoinedTransaction
                ? []
                : [.. facts.Plan.Tables.Where(table => run.Tables[table.Table].Error is null).Select(table => facts.Table(table.Table))],
            [.. kept.Zip(rows, (table, count) => new KeptRows(table.Table, table.IsCounted, count))],
            facts.MayWorkAtCommit)
        {
            Selection = facts.Selection,
            Skips = SkippedRows.Of(facts.Plan, facts.Schema.Live),

            // A caller may go back to a savepoint of its own, and the locks with it.
            Locked = run.JoinedTransaction
                ? new HashSet<TableName>()
                : facts.Plan.Steps.Where(step => step.Kind is PlanStepKind.Lock or PlanStepKind.Truncate)
                    .SelectMany(step => step.Tables)
                    .ToHashSet(),
        };
    }

    /// <summary>Asks the server what became of a transaction.</summary>
    /// <returns><c>committed</c>, <c>aborted</c>, or <see langword="null"/> when the server does not know or cannot be asked.</returns>
    public async Task<string?> AskAsync(string? transactionId)
    {
        if (transactionId is null || session.Dialect.TransactionStatus is not { } query)
        {
            return null;
        }

        for (int i = 0; i < MostQuestions; i++)
        {
            // The connection may be lost; any other connection can find the outcome of the transaction.
            await session.ReopenAsync(CancellationToken.None).ConfigureAwait(false);
            try
            {
                object? answer = await session.ReadScalarAsync(
                    query,
                    [PlanParameter.Of(transactionId)],
                    CancellationToken.None).ConfigureAwait(false);
                if (!InProgress.Equals(answer))
                {
                    return answer as string;
                }
            }
            catch (DbException) when (!session.IsOpen && i == 0)
            {
                // The loss was not known before.
                continue;
            }

            await Task.Delay(BetweenQuestions, time).ConfigureAwait(false);
        }

        return null;
    }

    /// <summary>Compares what stands after the commit.</summary>
    /// <returns>What was found. A failure to look is an unknown, not an exception: the commit is done.</returns>
    public async Task<CommitFindings> AfterAsync(CommitBaseline baseline, CancellationToken cancellationToken)
    {
        var found = new CommitFindings();
        try
        {
            string? status = await AskAsync(baseline.TransactionId).ConfigureAwait(false);
            found.IsRolledBack = status is not (null or Committed);
            if (baseline.TransactionId is not null)
            {
                Outcome result = status is null ? Outcome.Unknown
                    : found.IsRolledBack ? Outcome.Failed
                    : Outcome.Passed;
                found.Verifications.Add(new Verification(ServerStatus, Committed, status ?? "unknown", result));
            }

            if (!found.IsRolledBack)
            {
                await session.ReopenAsync(cancellationToken).ConfigureAwait(false);
                await LookOnlyAsync(baseline, isAsked: status is not null, found, cancellationToken).ConfigureAwait(false);
                found.Skips = await new SkippedRows(session, LookInTimeAsync)
                    .CountAsync(baseline.Skips, cancellationToken)
                    .ConfigureAwait(false);
            }

            found.At = time.GetUtcNow();
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // For any exception of a driver or an interceptor: the run has ended, and reports what it could not verify.
            string because = $"not looked at ({DatabaseFailure.Describe(e)})";
            found.Verifications.Add(new Verification(PurgedTables, "0", because, Outcome.Unknown));
        }

        return found;
    }

    // A write of a function that a SELECT runs would be committed without being verified.
    private Task<CommitFindings> LookOnlyAsync(
        CommitBaseline baseline,
        bool isAsked,
        CommitFindings found,
        CancellationToken cancellationToken)
        => session.Dialect.SelectRunsFunctions
            ? session.ReadOnlyAsync(() => LookAsync(baseline, isAsked, found, cancellationToken), cancellationToken)
            : LookAsync(baseline, isAsked, found, cancellationToken);

    private async Task<CommitFindings> LookAsync(
        CommitBaseline baseline,
        bool isAsked,
        CommitFindings found,
        CancellationToken cancellationToken)
    {
        // What a listener writes in the transaction just before the commit is no other session's.
        bool isOthersWork = isAsked && !session.HasTransactionListeners;
        List<(TableSchema Table, bool IsCounted)> kept = [.. baseline.Kept.Select(kept => (kept.Table, kept.IsCounted))];
        IReadOnlyList<long> keptRows;
        if (baseline.Selection is { } selection)
        {
            await LookForSelectedAsync(baseline, selection, isOthersWork, found, cancellationToken).ConfigureAwait(false);
            keptRows = await LookInTimeAsync(kept, cancellationToken).ConfigureAwait(false);
        }
        else
        {
            // In one statement, so that all of it is of one moment.
            IReadOnlyList<long> rows = await LookInTimeAsync(
                [.. baseline.Purged.Select(table => (table, true)), .. kept],
                cancellationToken).ConfigureAwait(false);
            keptRows = [.. rows.Skip(baseline.Purged.Count)];
            AddFilled(found, PurgedTables, [.. baseline.Purged.Zip(rows).Where(pair => pair.Second > 0)], baseline, isOthersWork);
        }

        List<string> fewer = [.. baseline.Kept
            .Zip(keptRows)
            .Where(pair => pair.Second < pair.First.Rows)
            .Select(pair => pair.First.IsCounted
                ? string.Create(CultureInfo.InvariantCulture, $"{pair.First.Table.Name}: {pair.First.Rows} before and {pair.Second} after")
                : $"{pair.First.Table.Name}: no rows any more")];
        if (baseline.Kept.Count > 0)
        {
            Add(found, KeptTables, "none", fewer, baseline, isOthersWork);
        }

        return found;
    }

    // A transaction is committed whole, and every key was looked for in it: where nothing else works at the commit, the rows that the
    // queries named stand for the others, which are not looked up again.
    private async Task LookForSelectedAsync(
        CommitBaseline baseline,
        RowSelection selection,
        bool isOthersWork,
        CommitFindings found,
        CancellationToken cancellationToken)
    {
        bool isWhole = !session.HasTransactionListeners && !baseline.MayWorkAtCommit;
        List<TableSchema> tables = [.. baseline.Purged.Where(table => !isWhole || selection.Roots.ContainsKey(table.Name))];
        List<(TableSchema Table, long Rows)> filled = [];
        foreach (TableSchema table in tables)
        {
            await SetLockTimeoutAsync(cancellationToken).ConfigureAwait(false);
            string count = selection.Sql.CountThere(table.Name);
            long rows = (await session.QueryNumbersAsync(
                lockTimeout is { } longest ? session.Dialect.WithLockTimeout(count, longest) : count,
                cancellationToken).ConfigureAwait(false))[0];
            if (rows > 0)
            {
                filled.Add((table, rows));
            }
        }

        if (tables.Count > 0)
        {
            string names = string.Join(", ", tables.Select(table => table.Name.ToString()));
            AddFilled(found, DeletedRowsOf(names), filled, baseline, isOthersWork);
        }
    }

    private static void AddFilled(
        CommitFindings found,
        string name,
        List<(TableSchema Table, long Rows)> filled,
        CommitBaseline baseline,
        bool isOthersWork)
        => Add(
            found,
            name,
            "0",
            [.. filled.Select(pair => string.Create(CultureInfo.InvariantCulture, $"{pair.Rows} in {pair.Table.Name}"))],
            baseline,
            isOthersWork && filled.All(pair => baseline.Locked.Contains(pair.Table.Name)));

    // The lock time-out of the run ended with its transaction, or was set back.
    private async Task<IReadOnlyList<long>> LookInTimeAsync(
        List<(TableSchema Table, bool IsCounted)> tables,
        CancellationToken cancellationToken)
    {
        await SetLockTimeoutAsync(cancellationToken).ConfigureAwait(false);
        return await session.LookAsync(tables, lockTimeout, cancellationToken).ConfigureAwait(false);
    }

    private async Task SetLockTimeoutAsync(CancellationToken cancellationToken)
    {
        if (lockTimeout is { } longest && session.Transaction is not null && !session.Dialect.LockTimeoutOutlivesTransaction)
        {
            await session.SetLockTimeoutAsync(SessionGuard.Milliseconds(longest), cancellationToken).ConfigureAwait(false);
        }
    }

    // Where nothing is deferred to the commit, and the server says that it committed, only another session can have written. What it wrote
    // to a table that was not locked, it may have written before the commit.
    private static void Add(
        CommitFindings found,
        string name,
        string expected,
        List<string> differences,
        CommitBaseline baseline,
        bool isOthersWork)
    {
        if (differences.Count == 0)
        {
            found.Verifications.Add(new Verification(name, expected, expected, Outcome.Passed));
            return;
        }

        string actual = string.Join(", ", differences);
        if (isOthersWork && !baseline.MayWorkAtCommit)
        {
            found.Verifications.Add(new Verification(name, expected, expected + " but for other sessions' work", Outcome.Passed));
            found.Notes.Add(PlanNote.Information(null, $"Another session has written since the tables were verified: {actual}."));
            return;
        }

        found.Verifications.Add(new Verification(name, expected, actual, baseline.MayWorkAtCommit ? Outcome.Failed : Outcome.Unknown));
        string cause = baseline.MayWorkAtCommit ? "a trigger that works at the commit, or another session"
            : baseline.TransactionId is null ? "another session, unless the server did not commit"
            : "another session, just before the commit or since (set LockTables to keep others from writing until then), or a listener "
                + "to the transaction";
        found.Notes.Add(
            PlanNote.Warning(null, $"After the commit the tables are not as they were verified ({actual}). The cause is {cause}."));
    }
}

/// <summary>What was found after a commit.</summary>
internal sealed class CommitFindings
{
    /// <summary>Gets when all of it was looked at; <see langword="null"/> when the look failed.</summary>
    public DateTimeOffset? At { get; set; }

    /// <summary>Gets whether the server says that it did not commit.</summary>
    public bool IsRolledBack { get; set; }

    /// <summary>Gets or sets the skipped tables with the rows that are left in them; null when they were not looked at.</summary>
    public IReadOnlyList<PlanTable>? Skips { get; set; }

    public List<Verification> Verifications { get; } = [];

    public List<PlanNote> Notes { get; } = [];
}
