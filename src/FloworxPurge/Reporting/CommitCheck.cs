using System.Diagnostics.CodeAnalysis;
using FloworxPurge.Connections;
using FloworxPurge.Execution;
using FloworxPurge.Extensibility;
using FloworxPurge.Reading;
using FloworxPurge.Schema;

namespace FloworxPurge.Reporting;

/// <summary>Compares the state after a caller's commit with the state that a report verified before it.</summary>
/// <param name="session">The session.</param>
/// <param name="time">The clock.</param>
/// <param name="lockTimeout">How long locks are waited for.</param>
/// <param name="countSelected">Counts the rows that a purge of single rows would delete now; null for one of whole tables.</param>
[RequiresUnreferencedCode(TrimWarnings.Model)]
internal sealed class CommitCheck(
    DatabaseSession session,
    TimeProvider time,
    TimeSpan? lockTimeout,
    Func<CancellationToken, Task<long>>? countSelected = null)
{
    /// <summary>Reads the tables of the report again, and adds the result.</summary>
    /// <exception cref="PurgeException">
    /// The transaction is still open, the connection is to another database, or a table is not there any more.
    /// </exception>
    public async Task<PurgeReport> RunAsync(PurgeReport report, CancellationToken cancellationToken)
    {
        if (session.Transaction is not null || session.HasAmbientTransaction)
        {
            throw new PurgeException(
                "The transaction is still open, so the committed rows cannot be verified. Commit it, and then call VerifyAsync.");
        }

        DatabaseSchema live = await session.ReadOnlyAsync(
            () => LiveSchemaReader.ReadAsync(session, cancellationToken),
            cancellationToken).ConfigureAwait(false);
        if (report.Database is { } then && !IsSame(then, live.Identity))
        {
            throw new PurgeException(
                $"The report is of database \"{then.Database}\" on {then.Server}, and the connection is open to "
                    + $"\"{live.Identity.Database}\" on {live.Identity.Server}.");
        }

        CommitFindings found = await new CommittedState(session, time, lockTimeout)
            .AfterAsync(report.Baseline ?? BaselineOf(report, live), cancellationToken)
            .ConfigureAwait(false);
        if (countSelected is not null && !found.IsRolledBack)
        {
            long rows = await countSelected(cancellationToken).ConfigureAwait(false);
            found.Verifications.Add(new Verification(
                CommittedState.SelectedRows,
                "0",
                rows == 0
                    ? "0"
                    : $"{rows.ToString(System.Globalization.CultureInfo.InvariantCulture)}, which may have been added since, or are the "
                        + "next ones of a query that takes only some",
                rows == 0 ? Outcome.Passed : Outcome.Unknown));
        }

        return With(report, found);
    }

    private static bool IsSame(DatabaseIdentity then, DatabaseIdentity now)
        => string.Equals(then.Server, now.Server, StringComparison.Ordinal)
            && string.Equals(then.Database, now.Database, StringComparison.Ordinal)
            && string.Equals(then.DatabaseId, now.DatabaseId, StringComparison.Ordinal);

    // A report that was read back from its JSON holds the purged tables alone.
    private static CommitBaseline BaselineOf(PurgeReport report, DatabaseSchema live)
    {
        var tables = live.Tables.ToDictionary(table => table.Name);
        List<TableReport> purged = [.. report.Tables.Where(table => table.Error is null && report.Scope is null)];
        List<string> missing = [.. purged
            .Where(table => !tables.ContainsKey(table.Table))
            .Select(table => table.Table.ToQuotedString())
            .Order(StringComparer.Ordinal)];
        return missing.Count == 0
            ? new CommitBaseline(
                TransactionId: null,
                [.. purged.Select(table => tables[table.Table] with { Filter = table.RowSet is { } rows ? (rows, rows) : null })],
                Kept: [],
                MayWorkAtCommit: true)
            {
                Skips = [.. report.Skips.Select(skip => (skip, tables.GetValueOrDefault(skip.Table)))],
            }
            : throw new PurgeException($"These tables of the report are not there any more: {string.Join(", ", missing)}.");
    }

    private static PurgeReport With(PurgeReport report, CommitFindings found)
    {
        // A fault that an earlier check found remains.
        List<CheckReport> earlier = [.. report.Verifications
            .Where(verification => verification.Outcome == Outcome.Failed || !CommittedState.IsOfCommit(verification.Name))];
        bool isClean = found.Verifications.All(verification => verification.Result == Outcome.Passed);
        bool isAccepted = earlier.All(verification => verification.Outcome != Outcome.Failed)
            && report.Checks.All(check => check.Outcome == Outcome.Passed)
            && report.Targets.All(target => target.Outcome == Outcome.Passed);
        PurgeReport seen = report with
        {
            LookedAgainAt = found.At,
            Skips = found.Skips ?? report.Skips,
            Notes = [.. report.Notes, .. found.Notes],
            Verifications =
            [
                .. earlier,
                .. found.Verifications.Select(PurgeReportBuilder.ToReport),
            ],
        };
        PurgeVerdict verdict = Verdicts.AfterCommit(report, found.IsRolledBack, isClean, isAccepted);
        if (found.IsRolledBack)
        {
            const string RolledBack = "The caller's transaction was rolled back: nothing was deleted.";
            return seen with
            {
                Verdict = verdict,
                Transaction = TransactionOutcome.RolledBackWithCaller,
                RowsDeleted = 0,
                Tables = [.. report.Tables
                    .Select(table => table with { RowsDeleted = 0, RowsDeletedByCascade = 0, RowsArrived = 0, RowsAfter = null })],
                Summary = RolledBack,
                Error = RolledBack,
            };
        }

        if (isClean)
        {
            return seen with
            {
                Verdict = verdict,
                Transaction = TransactionOutcome.Committed,
                Summary = With(
                    RowsLeft.Replace(report, seen),
                    "After the commit the tables were read again: they are as they were verified."),
                Error = Verdicts.IsClean(verdict) ? null : report.Error,
            };
        }

        const string Differs =
            "After the commit the tables are not as they were verified, or could not be read; the verification says which.";
        return seen with
        {
            Verdict = verdict,
            Summary = With(RowsLeft.Replace(report, seen), Differs),
            Error = report.Error is { } error ? With(error, Differs) : Differs,
        };
    }

    // A report may be checked again.
    private static string With(string text, string sentence)
        => text.Contains(sentence, StringComparison.Ordinal) ? text : $"{text} {sentence}";
}
