using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using FloworxPurge.Connections;
using FloworxPurge.Planning;
using FloworxPurge.Reporting;
using FloworxPurge.Schema;

namespace FloworxPurge.Execution;

/// <summary>
/// Empties whole tables, some of them in each transaction of the plan. A table with more rows than a transaction may delete loses some of
/// them in transactions before.
/// </summary>
[RequiresUnreferencedCode(TrimWarnings.Model)]
[RequiresDynamicCode(TrimWarnings.Model)]
internal sealed class TableTask(DatabaseSession session, PurgePlan plan, FactsCache facts, SessionKeys keys, PurgeSettings settings)
    : ChunkTask
{
    // Tables that a trigger or another session fills again and again are left, and reported.
    private const int MostPasses = 3;

    private readonly int _transactions = plan.Units.Select(unit => unit.Transaction).DefaultIfEmpty(0).Max();
    private readonly PartialTables _partial = new(session, settings);
    private int _again;

    public override async Task<bool> BeginAsync(Func<ChunkTotals, CancellationToken, Task> add, CancellationToken cancellationToken)
    {
        // Those of a run that was given up.
        await ChunkLists.DropLeftAsync(session, facts.Last!.Plan.Database, cancellationToken).ConfigureAwait(false);
        if (_transactions == 0)
        {
            return false;
        }

        await add(new ChunkTotals { Listed = [plan.Tables.Sum(table => table.Rows ?? 0)] }, cancellationToken).ConfigureAwait(false);
        return true;
    }

    public override bool IsThrough(ChunkTotals totals) => totals.Next >= _transactions;

    public override async Task<Chunk?> NextAsync(ChunkTotals totals, int size, CancellationToken cancellationToken)
    {
        if (IsThrough(totals))
        {
            // Not within the last transaction, which would lock all tables at once.
            IReadOnlyList<TableName> filled = totals.HasEnded || totals.Pass == MostPasses ? []
                : await FindFilledAsync(facts.Last!, cancellationToken).ConfigureAwait(false);
            if (filled.Count == 0)
            {
                return null;
            }

            _again = FirstOf(filled) - 1;
        }

        int number = Here(totals).Next + 1;
        PurgePlan part = PlanTransactions.Of(plan, number);
        if (await FindLargeAsync(part, totals.Whole, size, cancellationToken).ConfigureAwait(false) is { } large)
        {
            return new Chunk(facts, keys)
            {
                Tables = [large],
                MaxRows = size == 1 ? null : settings.Chunks!.MaxRows,
                IsPartial = true,
                Restrict = (whole, token) => _partial.ReadAsync(whole, large, size, token),
            };
        }

        return new Chunk(facts, keys)
        {
            Tables = [.. part.Tables.Select(table => table.Table)],
            Restrict = (whole, _) => Task.FromResult(whole.InTransaction(number)),
        };
    }

    public override Task<ChunkTotals> AdvanceAsync(
        ChunkTotals totals,
        Chunk chunk,
        PurgeRun run,
        CancellationToken cancellationToken)
    {
        totals = Here(totals) with { Done = totals.Tables.Sum(table => table.Rows) };
        if (chunk.IsPartial)
        {
            // Where rows stay although they were selected, the whole table is tried, which says why.
            TableName table = chunk.Tables[0];
            return Task.FromResult(run.Tables[table].Deleted > 0 ? totals : totals with { Whole = [.. totals.Whole, table] });
        }

        return Task.FromResult(totals with { Next = totals.Next + 1 });
    }

    public override async Task FinishAsync(ChunkTotals totals, PurgeRun run, CancellationToken cancellationToken)
    {
        IReadOnlyList<TableName> filled = await FindFilledAsync(facts.Last!, cancellationToken).ConfigureAwait(false);
        run.LookedAgainAt = settings.TimeProvider.GetUtcNow();
        run.Skips = await new SkippedRows(session, (tables, token) => session.LookAsync(tables, settings.LockTimeout, token))
            .CountAsync(SkippedRows.Of(facts.Last!.Plan, facts.Last.Schema.Live), cancellationToken)
            .ConfigureAwait(false);
        run.Verifications.Add(new Verification(
            CommittedState.PurgedTables,
            "0",
            filled.Count == 0 ? "0" : $"rows in {string.Join(", ", filled)}",
            filled.Count == 0 ? Outcome.Passed : Outcome.Unknown));
        if (filled.Count > 0)
        {
            run.Notes.Add(PlanNote.Warning(
                null,
                $"At the end of the run there are rows again in {string.Join(", ", filled)}, from a trigger or another session."));
        }
    }

    // Behind the last transaction, the next one is the first of another pass.
    private ChunkTotals Here(ChunkTotals totals)
        => IsThrough(totals) ? totals with { Pass = totals.Pass + 1, Next = _again } : totals;

    private int FirstOf(IReadOnlyList<TableName> tables)
        => plan.Units.Where(unit => unit.Tables.Any(tables.Contains)).Min(unit => unit.Transaction);

    private async Task<IReadOnlyList<TableName>> FindFilledAsync(FreshFacts whole, CancellationToken cancellationToken)
    {
        List<TableSchema> tables = [.. plan.Tables.Select(table => whole.Table(table.Table))];
        IReadOnlyList<long> rows = await session.LookAsync(
            [.. tables.Select(table => (table, false))],
            settings.LockTimeout,
            cancellationToken).ConfigureAwait(false);
        return [.. tables.Zip(rows).Where(pair => pair.Second > 0).Select(pair => pair.First.Name)];
    }

    private async Task<TableName?> FindLargeAsync(
        PurgePlan part,
        IReadOnlyList<TableName> whole,
        int size,
        CancellationToken cancellationToken)
    {
        HashSet<TableName> together = [.. plan.Cycles.SelectMany(cycle => cycle.Tables.Count > 1 ? cycle.Tables : [])];
        HashSet<TableName> truncated = [.. part.Steps.Where(step => step.Kind == PlanStepKind.Truncate).SelectMany(step => step.Tables)];
        foreach (TableName table in part.Tables.Select(table => table.Table)
            .Where(table => !together.Contains(table) && !truncated.Contains(table) && !whole.Contains(table)))
        {
            if (await session.HasMoreRowsAsync(facts.Last!.Table(table), size, cancellationToken).ConfigureAwait(false)
                && await _partial.MayBePartialAsync(facts.Last!, table, cancellationToken).ConfigureAwait(false))
            {
                return table;
            }
        }

        return null;
    }
}
