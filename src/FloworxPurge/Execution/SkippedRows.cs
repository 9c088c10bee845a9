using FloworxPurge.Connections;
using FloworxPurge.Planning;
using FloworxPurge.Reporting;
using FloworxPurge.Schema;

namespace FloworxPurge.Execution;

/// <summary>Counts the rows that are left in skipped tables, as far as they can be counted.</summary>
/// <param name="session">The session.</param>
/// <param name="look">Counts the rows of tables.</param>
internal sealed class SkippedRows(
    DatabaseSession session,
    Func<List<(TableSchema Table, bool IsCounted)>, CancellationToken, Task<IReadOnlyList<long>>> look)
{
    // Counting more could take longer than the purge.
    private const long MostRowsToCount = 1_000_000;

    /// <summary>The skipped tables of a plan, each with its live table; <see langword="null"/> for one that does not exist.</summary>
    public static IReadOnlyList<(PlanTable Skip, TableSchema? Table)> Of(PurgePlan plan, DatabaseSchema live)
    {
        ILookup<TableName, TableSchema> tables = live.Tables.ToLookup(table => table.Name);
        return [.. plan.Skips.Select(skip => (skip, tables[skip.Table].FirstOrDefault()))];
    }

    /// <summary>Counts the rows. A table that cannot be counted has the reason, and is no failure.</summary>
    public async Task<IReadOnlyList<PlanTable>> CountAsync(
        IReadOnlyList<(PlanTable Skip, TableSchema? Table)> skips,
        CancellationToken cancellationToken)
    {
        PlanTable[] counted = [.. skips.Select(pair => pair.Skip with { Rows = null, NotCounted = WhyNot(pair.Skip, pair.Table) })];
        int[] open = [.. Enumerable.Range(0, counted.Length).Where(i => counted[i].NotCounted is null)];
        foreach (int i in open.Where(i => skips[i].Table is null))
        {
            counted[i] = counted[i] with { Rows = 0 };
        }

        open = [.. open.Where(i => skips[i].Table is not null)];
        if (!await TryAsync(open).ConfigureAwait(false))
        {
            // One table that cannot be read must not hide the rows of the others.
            foreach (int i in open)
            {
                await TryAsync([i]).ConfigureAwait(false);
            }
        }

        return counted;

        async Task<bool> TryAsync(int[] which)
        {
            if (which.Length == 0)
            {
                return true;
            }

            try
            {
                IReadOnlyList<long> rows = await session.ReadOnlyAsync(
                    () => look([.. which.Select(i => (skips[i].Table!, true))], cancellationToken),
                    cancellationToken).ConfigureAwait(false);
                for (int n = 0; n < which.Length; n++)
                {
                    counted[which[n]] = counted[which[n]] with { Rows = rows[n], NotCounted = null };
                }

                return true;
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                // For any exception of a driver or an interceptor: what could not be counted is in the report, with the reason.
                foreach (int i in which)
                {
                    counted[i] = counted[i] with { NotCounted = e.GetBaseException().Message.TrimEnd('.') };
                }

                return false;
            }
        }
    }

    private static string? WhyNot(PlanTable skip, TableSchema? table) => table switch
    {
        null => skip.Reason is PlanReason.TableMissing or PlanReason.SchemaMissing ? null : "the table is not visible to the role",
        { Kind: TableKind.View } => "it is not a table",
        { Kind: TableKind.ForeignTable } => "its rows are on another server",
        { MayUseSchema: false } or { CanSelect: false } => "the role may not read the table",
        { HidesRows: true } => "row security may hide rows from the role",
        { EstimatedRows: > MostRowsToCount } => $"the server estimates {Quantity.Of(table.EstimatedRows.Value, "row")}, "
            + "which is too many to count",
        _ => null,
    };
}
