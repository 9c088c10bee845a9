using FloworxPurge.Connections;
using FloworxPurge.Planning;
using FloworxPurge.Schema;
using Microsoft.EntityFrameworkCore.Migrations;

namespace FloworxPurge.Execution;

/// <summary>
/// Measures whether the rows that stay in tables of which others are deleted are as they were, where a trigger may change them: by the
/// server's own count of what the transaction changed, elsewhere by their content.
/// </summary>
internal sealed class StayingRows(DatabaseSession session, FreshFacts facts, PurgeRun run)
{
    private Dictionary<TableName, ContentDigest> _before = [];

    private IEnumerable<TableSchema> Tables => facts.Selection is null || !facts.MayChangeAnyTable
        ? []
        : facts.Plan.Tables.Select(table => facts.Table(table.Table)).Where(table => table is { CanSelect: true, HidesRows: false });

    // What the plan or a foreign key's action sets to NULL in rows that are deleted afterwards is counted, too; and a row that loses a
    // reference is counted once, whatever a trigger changes in it.
    private bool IsCounted => run.Writes is not null
        && facts.Plan.Steps.All(step => step.Kind != PlanStepKind.SetNull)
        && !facts.Plan.Tables.Any(table => facts.MayChangeMoreOf(table.Table))
        && !facts.Schema.ForeignKeys.Any(key => key.OnDelete is ReferentialAction.SetNull or ReferentialAction.SetDefault
            && facts.Plan.Tables.Any(table => table.Table == key.Dependent));

    /// <summary>Measures what has to be the same afterwards.</summary>
    public async Task BeforeAsync(CancellationToken cancellationToken)
    {
        if (!IsCounted)
        {
            _before = await DigestAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Compares, and adds what it finds to the run's verifications.</summary>
    public async Task AfterAsync(CancellationToken cancellationToken)
    {
        if (!IsCounted)
        {
            foreach ((TableName table, ContentDigest digest) in await DigestAsync(cancellationToken).ConfigureAwait(false))
            {
                ContentDigest.Verify(run, $"content of the rows of table {table} that stay", _before[table], digest);
            }

            return;
        }

        ILookup<TableName, TableWrites> writes = (await run.Writes!.ReadAsync(cancellationToken).ConfigureAwait(false))
            .ToLookup(table => facts.PlannedOf(table.Table));
        foreach (TableName table in Tables.Select(table => table.Name))
        {
            run.Verify(
                $"rows of table {table} that stay and were changed",
                run.Detached.GetValueOrDefault(table),
                writes[table].Sum(part => part.Updated));
        }
    }

    private Task<Dictionary<TableName, ContentDigest>> DigestAsync(CancellationToken cancellationToken)
        => TableDigest.OfAsync(session, Tables.Select(facts.WithoutDetached), cancellationToken, table => table.Filter!.Value.Others);
}
