using System.Diagnostics.CodeAnalysis;
using FloworxPurge.Planning;
using FloworxPurge.Schema;

namespace FloworxPurge.Execution;

/// <summary>Measures before the commit whether the purge did what the plan says, and nothing else.</summary>
[RequiresUnreferencedCode(TrimWarnings.Model)]
internal sealed class PurgeVerifier(DatabaseSession session, FreshFacts facts, PurgeRun run)
{
    private readonly KeptVerifier _kept = new(session, facts, run);
    private Dictionary<TableName, ContentDigest> _failedBefore = [];

    /// <summary>Measures what has to be the same afterwards.</summary>
    public async Task BeforeAsync(CancellationToken cancellationToken)
    {
        foreach ((TableName table, long count) in await CountPurgedAsync(cancellationToken).ConfigureAwait(false))
        {
            run.Tables[table].Before = count;
        }

        run.ObjectsBefore = Watched(facts.Schema.Live.Objects);
        _failedBefore = await TableDigest.OfAsync(session, PurgedAtRisk(), cancellationToken).ConfigureAwait(false);
        await _kept.BeforeAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Counts the purged tables again and says which of them hold rows, though nothing failed there.</summary>
    public async Task<IReadOnlyList<TableName>> NotEmptyAsync(CancellationToken cancellationToken)
    {
        foreach ((TableName table, long count) in await CountPurgedAsync(cancellationToken).ConfigureAwait(false))
        {
            run.Tables[table].After = count;
        }

        return [.. run.Tables.Where(pair => pair.Value is { Error: null, After: > 0 }).Select(pair => pair.Key).Order()];
    }

    /// <summary>Verifies everything.</summary>
    /// <exception cref="RunStoppedException">Anything is not as it should be; the run has to be rolled back.</exception>
    public async Task AfterAsync(CancellationToken cancellationToken)
    {
        await NotEmptyAsync(cancellationToken).ConfigureAwait(false);
        foreach (TableName table in facts.Plan.Tables.Select(table => table.Table).Where(table => run.Tables[table].Error is null))
        {
            long left = run.Tables[table].After ?? 0;
            if (left == 0 && facts.Table(table).HidesRows)
            {
                run.VerifyUnknown($"rows left in purged table {table}", "0", "0 visible; row security may hide others");
            }
            else
            {
                run.Verify($"rows left in purged table {table}", 0, left);
            }
        }

        await VerifyHistoriesAsync(cancellationToken).ConfigureAwait(false);
        await VerifyFailedAsync(cancellationToken).ConfigureAwait(false);
        await _kept.AfterAsync(cancellationToken).ConfigureAwait(false);
        bool rowsDiffer = run.Verifications.Any(verification => verification.Result == VerificationResult.Failed);
        run.ObjectsAfter = Watched(await LiveSchemaReader.ReadObjectsAsync(session, cancellationToken).ConfigureAwait(false));
        foreach (string kind in run.ObjectsBefore.Concat(run.ObjectsAfter).Select(o => o.Kind).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal))
        {
            List<SchemaObject> before = [.. run.ObjectsBefore.Where(o => string.Equals(o.Kind, kind, StringComparison.Ordinal))];
            List<SchemaObject> after = [.. run.ObjectsAfter.Where(o => string.Equals(o.Kind, kind, StringComparison.Ordinal))];
            int changed = before.Except(after).Union(after.Except(before)).DistinctBy(o => (o.Table, o.Name)).Count();
            run.Verify($"{kind} definitions and states changed", 0, changed);
        }

        List<Verification> failed = [.. run.Verifications.Where(verification => verification.Result == VerificationResult.Failed)];
        if (failed.Count == 0)
        {
            return;
        }

        string cause = !rowsDiffer ? string.Empty
            : facts.Triggers() is { Count: > 0 } triggers
                ? $" Triggers or rules fire on purged tables: {string.Join(", ", triggers.Select(trigger => $"\"{trigger.Name}\" on {trigger.Table}"))}.{_kept.Choices()}"
                : " Rows may have arrived from another session; stop it from writing, or run again.";
        throw new RunStoppedException(
            RunEnd.Failed,
            "the verification before the commit failed: " + string.Join("; ", failed.Select(verification => $"{verification.Name}: expected {verification.Expected}, found {verification.Actual}")) + "." + cause);
    }

    private async Task VerifyHistoriesAsync(CancellationToken cancellationToken)
    {
        foreach (RowHistory history in facts.Schema.Live.Histories.Where(history => run.HistoriesPurged.Contains(history.Table)))
        {
            if (session.Dialect.CountHistory(session.Sql, history.Table, history.Store) is { } sql)
            {
                run.Verify($"rows left in the history of purged table {history.Table}", 0, (await session.QueryNumbersAsync(sql, cancellationToken).ConfigureAwait(false))[0]);
            }
        }
    }

    // A table that failed is as before, unless another table's trigger wrote to it since.
    private async Task VerifyFailedAsync(CancellationToken cancellationToken)
    {
        List<TableName> failed = [.. run.Tables.Where(pair => pair.Value.Error is not null).Select(pair => pair.Key).Order()];
        Dictionary<TableName, ContentDigest> now = await TableDigest.OfAsync(session, failed.Where(_failedBefore.ContainsKey).Select(facts.Table), cancellationToken).ConfigureAwait(false);
        foreach (TableName table in failed)
        {
            run.Verify($"rows of failed table {table}", run.Tables[table].Before ?? 0, run.Tables[table].After ?? 0);
            if (now.TryGetValue(table, out ContentDigest? digest))
            {
                ContentDigest.Verify(run, $"content of failed table {table}", _failedBefore[table], digest);
            }
        }
    }

    private IEnumerable<TableSchema> PurgedAtRisk()
        => facts.Plan.Mode == PurgeMode.BestEffort && facts.MayChangeAnyTable ? facts.Plan.Tables.Select(table => facts.Table(table.Table)) : [];

    // What another session does to tables that this purge cannot reach is not its business.
    private List<SchemaObject> Watched(IEnumerable<SchemaObject> objects)
    {
        HashSet<TableName> watched = facts.Schema.Live.WithPartitions(facts.Plan.Tables.Select(table => table.Table).Concat(_kept.Tables.Select(table => table.Name)));
        return [.. objects.Where(o => watched.Contains(o.Table))];
    }

    private Task<Dictionary<TableName, long>> CountPurgedAsync(CancellationToken cancellationToken)
        => session.CountAsync([.. facts.Plan.Tables.Select(table => facts.Table(table.Table))], cancellationToken);
}
