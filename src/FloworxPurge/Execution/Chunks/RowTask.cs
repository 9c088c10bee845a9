using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using FloworxPurge.Connections;
using FloworxPurge.Planning;
using FloworxPurge.Reporting;
using FloworxPurge.Schema;
using Microsoft.EntityFrameworkCore.Storage;

namespace FloworxPurge.Execution;

/// <summary>Deletes the rows that queries name, some of them in each transaction, with what depends on them.</summary>
[RequiresUnreferencedCode(TrimWarnings.Model)]
internal sealed class RowTask(
    DatabaseSession session,
    PurgePlan plan,
    FactsCache facts,
    SessionKeys keys,
    ChunkSettings settings,
    TimeProvider time)
    : ChunkTask
{
    // What blocks the rows that are left, where all of them stay.
    private IReadOnlyList<ScopeBlock>? _lastBlocked;

    private readonly ChunkLists _lists = new(session, facts.Last!);

    public override Task CheckAsync(CancellationToken cancellationToken) => _lists.CheckAsync(cancellationToken);

    public override async Task<bool> BeginAsync(Func<ChunkTotals, CancellationToken, Task> add, CancellationToken cancellationToken)
    {
        await _lists.CreateAsync(cancellationToken).ConfigureAwait(false);
        bool isAny = false;
        IDbContextTransaction transaction = await session.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
        await using (transaction.ConfigureAwait(false))
        {
            (IReadOnlyList<long> listed, IReadOnlyDictionary<RowQuery, long> queries) = await _lists
                .FillAsync(cancellationToken)
                .ConfigureAwait(false);
            isAny = listed.Sum() > 0;
            if (isAny)
            {
                await add(new ChunkTotals { Listed = listed, Scope = BeginningScope(queries) }, cancellationToken).ConfigureAwait(false);
                await transaction.CommitAsync(cancellationToken).ConfigureAwait(false);
            }
        }

        if (!isAny)
        {
            await DropAsync(cancellationToken).ConfigureAwait(false);
        }

        return isAny;
    }

    public override Task<string?> FindLostAsync(ChunkTotals totals, CancellationToken cancellationToken)
        => totals.Found is null ? _lists.FindLostAsync(totals.Listed, cancellationToken) : Task.FromResult<string?>(null);

    public override async Task<Chunk?> NextAsync(ChunkTotals totals, int size, CancellationToken cancellationToken)
    {
        if (totals.HasEnded || (totals.IsLast && !await IsWorthTryingAsync(totals, cancellationToken).ConfigureAwait(false)))
        {
            return null;
        }

        return new Chunk(facts, keys)
        {
            Portions = totals.IsLast ? All(totals) : [new RowPortion(_lists.All[totals.Next], totals.Pass, totals.Position, size)],
            MaxRows = totals.IsLast || size == 1 ? null : settings.MaxRows,
        };
    }

    public override async Task<ChunkTotals> AdvanceAsync(
        ChunkTotals totals,
        Chunk chunk,
        PurgeRun run,
        CancellationToken cancellationToken)
    {
        totals = totals with { Done = totals.Pass == 1 ? totals.Done + chunk.Taken.Sum(taken => taken.Taken) : totals.Done };
        if (totals.IsLast)
        {
            return totals with { HasEnded = true };
        }

        (RowPortion portion, long taken, long last) = chunk.Taken[0];
        if (taken == portion.Rows && last < totals.Listed[totals.Next])
        {
            return totals with { Position = last };
        }

        if (totals.Next + 1 < _lists.All.Count)
        {
            return totals with { Next = totals.Next + 1, Position = 0 };
        }

        // What is blocked by rows that went later may be deleted now; what blocks each other only together.
        long later = await _lists.CountLaterAsync(totals.Pass, cancellationToken).ConfigureAwait(false);
        bool wasWhole = totals.ChunksInPass == 1;
        return later == 0 || wasWhole ? totals with { HasEnded = true }
            : totals.WithoutBlocked() with
            {
                Pass = totals.Pass + 1,
                Next = 0,
                Position = 0,
                ChunksInPass = 0,
                HasDeleted = false,
                IsLast = !totals.HasDeleted,
            };
    }

    // The last rows were looked at without a transaction of their own where all of them stay.
    public override ChunkTotals End(ChunkTotals totals)
        => totals.HasEnded || _lastBlocked is not { } blocked ? base.End(totals)
            : totals with { HasEnded = true, Pass = totals.Pass - 1, Scope = totals.Scope! with { Blocked = blocked } };

    public override async Task<ChunkTotals> LookAsync(ChunkTotals totals, CancellationToken cancellationToken)
        => totals.Found is not null ? totals : totals with
        {
            Found = await _lists.LookAsync(totals.Pass, totals.Listed, keys, time, cancellationToken).ConfigureAwait(false),
        };

    public override Task FinishAsync(ChunkTotals totals, PurgeRun run, CancellationToken cancellationToken)
    {
        ListFindings found = totals.Found!;
        run.LookedAgainAt = found.At;
        foreach ((TableName table, long rows) in found.There)
        {
            run.Verifications.Add(new Verification(
                CommittedState.DeletedRowsOf(table.ToString()),
                "0",
                Text(rows),
                rows == 0 ? Outcome.Passed : Outcome.Unknown));
        }

        if (found.Lost > 0)
        {
            // Nobody knows which rows these were, and whether they are there.
            run.Verifications.Add(new Verification("rows that the lists of the run lost", "0", Text(found.Lost), Outcome.Unknown));
            run.Notes.Add(PlanNote.Warning(
                null,
                $"The lists of the rows of the run lost {Quantity.Of(found.Lost, "row")} while it worked: another session deleted from "
                    + "them. Their rows may be there. Run again to delete those that the queries name."));
        }

        if (found.Late > 0)
        {
            run.Notes.Add(PlanNote.Warning(
                null,
                $"{Quantity.Of(found.Late, "row")} that the queries name now {(found.Late == 1 ? "was" : "were")} not deleted: the queries "
                    + "did not name them when the run began, or not when their turn came. Run again to delete them."));
        }

        if (found.Gone > 0)
        {
            run.Notes.Add(PlanNote.Information(
                null,
                $"{Quantity.Of(found.Gone, "row")} that the queries named when the run began {(found.Gone == 1 ? "was" : "were")} gone "
                    + "when their turn came: deleted with a row of an earlier transaction, or by another session."));
        }

        if (found.Stays > 0)
        {
            // What stays is not among the rows that the run says to have deleted.
            run.Plan = run.Plan! with { Scope = run.Plan.Scope! with { Matched = run.Plan.Scope.Matched - found.Stays } };
            run.Notes.Add(PlanNote.Warning(
                null,
                $"{Quantity.Of(found.Stays, "row")} that the queries named when the run began {(found.Stays == 1 ? "stays" : "stay")}: the "
                    + "queries did not name them any more when their turn came. Another session changed that, or an earlier transaction of "
                    + "this run, where a query names a row because of other rows; such a query is complete in one transaction only."));
        }

        string[] changed = [.. totals.Detached
            .Where(table => table.Rows > 0 && totals.Chunks > 1)
            .Where(table => totals.Tables.Any(deleted => deleted.Table == table.Table && deleted.Rows > 0))
            .Select(table => table.Table.ToString())
            .Order(StringComparer.Ordinal)];
        if (changed.Length > 0)
        {
            run.Notes.Add(PlanNote.Information(
                null,
                $"A row of {string.Join(" or ", changed)} may have lost a reference in one transaction and been deleted in a later one. It "
                    + "is counted as changed, too."));
        }

        run.Chunks = run.Chunks! with { Late = found.Late };
        return Task.CompletedTask;
    }

    public override Task DropAsync(CancellationToken cancellationToken) => _lists.DropAsync(cancellationToken);

    private PlanScope BeginningScope(IReadOnlyDictionary<RowQuery, long> rows)
    {
        PlanScope scope = facts.Last!.Plan.Scope!;
        return scope with
        {
            Selection = [],
            Queries = [.. scope.Queries.Zip(facts.Last.Selection!.Scope.Queries, (query, read) => query.Keeps ? query : query with
            {
                Rows = rows[read],
                Hidden = plan.Scope!.Queries.FirstOrDefault(planned => planned.Identity == query.Identity)?.Hidden,
            })],
            References = [.. scope.References.Select(reference => reference with { Rows = 0 })],
        };
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    private IReadOnlyList<RowPortion> All(ChunkTotals totals)
        => [.. _lists.All.Select(list => new RowPortion(list, totals.Pass, After: 0, int.MaxValue))];

    // Without locks: most often all that is left stays.
    private async Task<bool> IsWorthTryingAsync(ChunkTotals totals, CancellationToken cancellationToken)
    {
        RowSelection selection = facts.Last!.Selection!;
        keys.Forget();
        SelectedRows selected = await session.ReadOnlyAsync(
            RowSelector.Creation(selection),
            () => new RowSelector(session, selection, isLocked: false, All(totals)).SelectAsync(cancellationToken),
            cancellationToken).ConfigureAwait(false);
        _lastBlocked = selected.Scope.Blocked;
        return selected.Scope.Matched > selected.Scope.BlockedRows;
    }
}
