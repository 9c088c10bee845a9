using System.Diagnostics.CodeAnalysis;
using FloworxPurge.Planning;
using FloworxPurge.Schema;

namespace FloworxPurge.Execution;

/// <summary>Measures before the commit whether the kept tables within reach of the purge are as they were.</summary>
[RequiresUnreferencedCode(TrimWarnings.Model)]
internal sealed class KeptVerifier(DatabaseSession session, FreshFacts facts, PurgeRun run)
{
    private Dictionary<TableName, long> _before = [];
    private Dictionary<TableName, string> _digestsBefore = [];

    /// <summary>The kept and skipped tables that the purge could touch.</summary>
    public IReadOnlyList<TableSchema> Tables { get; } = facts.ReachableKept();

    /// <summary>Measures what has to be the same afterwards.</summary>
    /// <exception cref="RunStoppedException">Rows of a kept table reference a purged one by now.</exception>
    public async Task BeforeAsync(CancellationToken cancellationToken)
    {
        _before = await session.CountAsync([.. Tables.Where(table => table.CanSelect)], cancellationToken).ConfigureAwait(false);
        await RefuseNewReferencesAsync(cancellationToken).ConfigureAwait(false);
        _digestsBefore = await DigestAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Compares, and adds what it finds to the run's verifications.</summary>
    public async Task AfterAsync(CancellationToken cancellationToken)
    {
        Dictionary<TableName, long> after = await session.CountAsync([.. Tables.Where(table => table.CanSelect)], cancellationToken).ConfigureAwait(false);
        Dictionary<TableName, string> digestsAfter = await DigestAsync(cancellationToken).ConfigureAwait(false);
        foreach (TableSchema table in Tables)
        {
            if (!table.CanSelect || table.HidesRows)
            {
                run.VerifyUnknown($"rows of kept table {table.Name}", "as before", "this role may not see all of them");
                continue;
            }

            run.Verify($"rows of kept table {table.Name}", _before[table.Name], after[table.Name]);
            if (_digestsBefore.TryGetValue(table.Name, out string? digest))
            {
                run.Verify($"content of kept table {table.Name}", digest, digestsAfter[table.Name]);
            }
        }

        foreach (ForeignKey key in facts.KeysFromKept().Where(key => run.Tables[key.Principal].Error is null))
        {
            long orphans = await session.CountReferencingNowAsync(key, facts.Table(key.Dependent), cancellationToken).ConfigureAwait(false);
            run.Verify($"rows of kept table {key.Dependent} that reference purged table {key.Principal} through {string.Join(", ", key.DependentColumns)}", 0, orphans);
        }
    }

    // A kept row that came to point at a purged table since the facts were read would be cascaded into, or rewritten.
    private async Task RefuseNewReferencesAsync(CancellationToken cancellationToken)
    {
        foreach (ForeignKey key in facts.KeysFromKept())
        {
            long rows = await session.CountReferencingNowAsync(key, facts.Table(key.Dependent), cancellationToken).ConfigureAwait(false);
            if (rows > 0)
            {
                throw new RunStoppedException(
                    RunEnd.Refused,
                    $"{Quantity.Of(rows, "row")} of kept table {key.Dependent.ToQuotedString()} came to reference {key.Principal.ToQuotedString()} through foreign key {key} just now. Make a new plan with PlanAsync and look at it.");
            }
        }
    }

    // A trigger may change a row without adding or removing one.
    private Task<Dictionary<TableName, string>> DigestAsync(CancellationToken cancellationToken)
        => TableDigest.OfAsync(session, facts.MayChangeAnyTable ? Tables.Where(table => table.CanSelect) : [], cancellationToken);
}
