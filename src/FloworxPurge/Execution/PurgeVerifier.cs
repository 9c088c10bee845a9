using System.Globalization;
using FloworxPurge.Schema;

namespace FloworxPurge.Execution;

/// <summary>Measures before the commit whether the purge did what the plan says, and nothing else.</summary>
internal sealed class PurgeVerifier(DatabaseSession session, FreshFacts facts, PurgeRun run)
{
    private IReadOnlyList<TableSchema> _kept = [];
    private Dictionary<TableName, long> _keptBefore = [];

    /// <summary>Measures what has to be the same afterwards.</summary>
    public async Task BeforeAsync(CancellationToken cancellationToken)
    {
        run.ObjectsBefore = facts.Schema.Live.Objects;
        foreach ((TableName table, long count) in await CountPurgedAsync(cancellationToken).ConfigureAwait(false))
        {
            run.Tables[table].Before = count;
        }

        _kept = facts.ReachableKept();
        _keptBefore = await session.CountAsync(_kept, cancellationToken).ConfigureAwait(false);
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
        IReadOnlyList<TableName> notEmpty = await NotEmptyAsync(cancellationToken).ConfigureAwait(false);
        foreach (TableName table in facts.Plan.Tables.Select(table => table.Table).Where(table => run.Tables[table].Error is null))
        {
            Add($"rows left in purged table {table}", 0, run.Tables[table].After ?? 0);
        }

        await VerifyKeptAsync(cancellationToken).ConfigureAwait(false);
        run.ObjectsAfter = await LiveSchemaReader.ReadObjectsAsync(session, cancellationToken).ConfigureAwait(false);
        foreach (string kind in run.ObjectsBefore.Concat(run.ObjectsAfter).Select(o => o.Kind).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal))
        {
            List<SchemaObject> before = [.. run.ObjectsBefore.Where(o => string.Equals(o.Kind, kind, StringComparison.Ordinal))];
            List<SchemaObject> after = [.. run.ObjectsAfter.Where(o => string.Equals(o.Kind, kind, StringComparison.Ordinal))];
            int changed = before.Except(after).Union(after.Except(before)).DistinctBy(o => (o.Table, o.Name)).Count();
            Add($"{kind} definitions and states changed", 0, changed);
        }

        List<Verification> failed = [.. run.Verifications.Where(verification => !verification.Passed)];
        if (failed.Count == 0)
        {
            return;
        }

        string cause = notEmpty.Count == 0 ? string.Empty
            : facts.DeleteTriggers() is { Count: > 0 } triggers
                ? $" Delete triggers fire on purged tables: {string.Join(", ", triggers.Select(trigger => $"\"{trigger.Name}\" on {trigger.Table}"))}."
                : " Rows may have arrived from another session; stop it from writing, or run again.";
        throw new RunStoppedException(
            RunEnd.Failed,
            "the verification before the commit failed: " + string.Join("; ", failed.Select(verification => $"{verification.Name}: expected {verification.Expected}, found {verification.Actual}")) + "." + cause);
    }

    private async Task VerifyKeptAsync(CancellationToken cancellationToken)
    {
        Dictionary<TableName, long> keptAfter = await session.CountAsync(_kept, cancellationToken).ConfigureAwait(false);
        foreach (TableSchema table in _kept)
        {
            Add($"rows of kept table {table.Name}", _keptBefore[table.Name], keptAfter[table.Name]);
        }

        foreach (ForeignKey key in facts.KeysFromKept().Where(key => run.Tables[key.Principal].Error is null))
        {
            long orphans = await session.CountReferencingAsync(key, facts.Table(key.Dependent), cancellationToken).ConfigureAwait(false);
            Add($"rows of kept table {key.Dependent} that reference purged table {key.Principal} through {string.Join(", ", key.DependentColumns)}", 0, orphans);
        }
    }

    private Task<Dictionary<TableName, long>> CountPurgedAsync(CancellationToken cancellationToken)
        => session.CountAsync([.. facts.Plan.Tables.Select(table => facts.Table(table.Table))], cancellationToken);

    private void Add(string name, long expected, long actual)
        => run.Verifications.Add(new Verification(name, expected.ToString(CultureInfo.InvariantCulture), actual.ToString(CultureInfo.InvariantCulture), expected == actual));
}
