using System.Data.Common;
using System.Globalization;
using FloworxPurge.Connections;
using FloworxPurge.Engines;
using FloworxPurge.Planning;
using FloworxPurge.Schema;
using Microsoft.Extensions.Logging;

namespace FloworxPurge.Execution;

/// <summary>
/// Measures whether the kept tables within reach are as they were. Where the server counts what the transaction writes, that count decides,
/// and no kept table is read; elsewhere their rows are counted and digested before and after.
/// </summary>
internal sealed class KeptContent(DatabaseSession session, FreshFacts facts, PurgeRun run)
{
    private readonly HashSet<TableName> _purged = facts.Schema.Live.WithPartitions(facts.Plan.Tables.Select(table => table.Table));
    private readonly HashSet<TableName> _changed = [];
    private readonly HashSet<TableName> _grown = [];
    private readonly Dictionary<TableName, RowDigests> _rowsBefore = [];
    private Dictionary<TableName, long> _before = [];
    private Dictionary<TableName, ContentDigest> _digestsBefore = [];
    private TransactionWrites? _writes;
    private KeptFiles? _files;
    private KeptSequences? _sequences;

    /// <summary>Gets the kept and skipped tables that the purge could touch.</summary>
    public IReadOnlyList<TableSchema> Tables { get; } = facts.ReachableKept();

    /// <summary>Gets the tables that were found to have changed.</summary>
    public IEnumerable<TableName> Changed => _changed.Order();

    /// <summary>Gets those of them that rows were only added to.</summary>
    public IEnumerable<TableName> Grown => _grown.Order();

    /// <summary>Gets whether what another session does cannot be taken for the work of this transaction.</summary>
    public bool SeparatesSessions => _writes is not null;

    /// <summary>Measures what has to be the same afterwards.</summary>
    public async Task BeforeAsync(CancellationToken cancellationToken)
    {
        _writes = await TransactionWrites.BeginAsync(session, cancellationToken).ConfigureAwait(false);
        run.Writes = _writes;
        if (facts.MayChangeAnyTable && session.Dialect.WriteStatistics is { } statistics)
        {
            _files = await KeptFiles.ReadAsync(session, statistics, cancellationToken).ConfigureAwait(false);
            _sequences = new KeptSequences(session, statistics, facts, run);
            await _sequences.BeforeAsync(cancellationToken).ConfigureAwait(false);
        }

        foreach (TableSchema table in MayGrow())
        {
            _rowsBefore[table.Name] = await TableDigest.RowsOfAsync(session, table, cancellationToken).ConfigureAwait(false);
        }

        _before = await CountAsync(cancellationToken).ConfigureAwait(false);
        _digestsBefore = await DigestAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Compares, and adds what it finds to the run's verifications.</summary>
    public async Task AfterAsync(CancellationToken cancellationToken)
    {
        foreach (TableSchema table in MayGrow())
        {
            VerifyGrowth(
                table.Name,
                _rowsBefore[table.Name],
                await TableDigest.RowsOfAsync(session, table, cancellationToken).ConfigureAwait(false));
        }

        await CompareAsync(cancellationToken).ConfigureAwait(false);
        if (_writes is not null)
        {
            await VerifyWritesAsync(_writes, cancellationToken).ConfigureAwait(false);
        }
        else if (session.Dialect.WriteStatistics is not null && facts.Triggers().Count > 0)
        {
            // Rows that are inserted after the first reading and deleted before the second are in neither.
            run.VerifyUnknown(
                "rows that other sessions added to kept tables meanwhile and triggers deleted",
                "0",
                "the server's count of written rows is off (track_counts), or a function that names that setting may switch it off");
        }

        if (_files is not null)
        {
            foreach ((string id, TableName table) in await _files.FindReplacedAsync(session, cancellationToken).ConfigureAwait(false))
            {
                if (KeptOf(id, table) is { } kept)
                {
                    _changed.Add(kept);
                    run.Verify($"storage of kept table {kept}", "as before", "truncated or rewritten by this transaction");
                }
            }
        }

        await (_sequences?.AfterAsync(cancellationToken) ?? Task.CompletedTask).ConfigureAwait(false);
    }

    private async Task CompareAsync(CancellationToken cancellationToken)
    {
        Dictionary<TableName, long> after = await CountAsync(cancellationToken).ConfigureAwait(false);
        Dictionary<TableName, ContentDigest> digestsAfter = await DigestAsync(cancellationToken).ConfigureAwait(false);
        foreach (TableName table in Uncounted().Select(table => table.Name))
        {
            if (!after.TryGetValue(table, out long rows))
            {
                run.VerifyUnknown($"rows of kept table {table}", "as before", "this role may not see all of them");
                continue;
            }

            run.Verify($"rows of kept table {table}", _before[table], rows);
            if (_digestsBefore.TryGetValue(table, out ContentDigest? digest))
            {
                ContentDigest.Verify(run, $"content of kept table {table}", digest, digestsAfter[table]);
            }

            if (_before[table] != rows || (digest is not null && digest != digestsAfter[table]))
            {
                _changed.Add(table);
                if (rows > _before[table])
                {
                    _grown.Add(table);
                }
            }
        }
    }

    // Every row of before has to be there still; what is there beside them was added.
    private void VerifyGrowth(TableName table, RowDigests before, RowDigests after)
    {
        if ((before.Unknown ?? after.Unknown) is { } because)
        {
            run.VerifyUnknown($"rows changed or deleted in kept table {table}", "0", because);
            return;
        }

        long missing = after.CountMissing(before);
        run.Verify($"rows changed or deleted in kept table {table}", 0, missing);
        long added = after.Sorted!.Length - (before.Sorted!.Length - missing);
        if (missing > 0)
        {
            _changed.Add(table);
        }
        else if (added > 0)
        {
            run.RowsAdded[table] = added;
        }
    }

    private async Task VerifyWritesAsync(TransactionWrites writes, CancellationToken cancellationToken)
    {
        // What is not counted at the end may not have been counted for a while.
        if (!await writes.IsCountingAsync(cancellationToken).ConfigureAwait(false))
        {
            run.Verify("the server counts the rows that are written (track_counts)", "on", "off");
        }

        IReadOnlyList<TableWrites> all = await writes.ReadAsync(cancellationToken).ConfigureAwait(false);
        HashSet<string> largeObjects = [.. session.Dialect.WriteStatistics!.LargeObjects];
        VerifyLargeObjects(all.Where(table => largeObjects.Contains(table.ObjectId)));
        ILookup<TableName, TableWrites> touched = all
            .Where(table => !largeObjects.Contains(table.ObjectId))
            .Select(table => (Kept: KeptOf(table.ObjectId, table.Table), Writes: table))
            .Where(pair => pair.Kept is not null)
            .ToLookup(pair => pair.Kept!, pair => pair.Writes);
        foreach (TableName table in Tables.Where(IsCounted).Select(table => table.Name).Union(touched.Select(group => group.Key)).Order())
        {
            await VerifyWritesAsync(writes, table, [.. touched[table]], cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task VerifyWritesAsync(
        TransactionWrites writes,
        TableName table,
        IReadOnlyList<TableWrites> parts,
        CancellationToken cancellationToken)
    {
        long inserted = 0;
        long updated = 0;
        long deleted = 0;
        foreach (TableWrites part in parts)
        {
            TableWrites left = await WithoutUndoneAsync(writes, part, cancellationToken).ConfigureAwait(false);
            inserted += left.Inserted;
            updated += left.Updated;
            deleted += left.Deleted;
        }

        if (updated == 0 && deleted == 0 && facts.AllowsInserts(table))
        {
            run.Verify($"rows changed or deleted in kept table {table}", 0, 0);
            if (inserted > 0)
            {
                run.RowsAdded[table] = inserted;
            }

            return;
        }

        if (inserted == 0 && deleted == 0 && facts.Detached.Contains(table))
        {
            run.Verify($"rows of kept table {table} that lost a reference", run.Detached.GetValueOrDefault(table), updated);
            return;
        }

        string found = string.Join(", ", new[] { (inserted, "inserted"), (updated, "updated"), (deleted, "deleted") }
            .Where(pair => pair.Item1 > 0)
            .Select(pair => string.Create(CultureInfo.InvariantCulture, $"{pair.Item1} {pair.Item2}")));
        run.Verify($"rows changed in kept table {table}", "0", found.Length == 0 ? "0" : found);
        if (found.Length > 0)
        {
            _changed.Add(table);
            if (updated == 0 && deleted == 0)
            {
                _grown.Add(table);
            }
        }
    }

    // The server also counts what an EXCEPTION block has undone. Where no row was deleted, the rows that are there show what was not; a
    // deleted row leaves no trace.
    private async Task<TableWrites> WithoutUndoneAsync(TransactionWrites writes, TableWrites table, CancellationToken cancellationToken)
    {
        if (table.Deleted > 0
            || !facts.Schema.Live.Tables.Any(known => known.Name == table.Table && known is { CanSelect: true, HidesRows: false }))
        {
            return table;
        }

        long? written = await writes.CountWrittenAsync(table, run.JoinedTransaction, cancellationToken).ConfigureAwait(false);
        return written == 0
            ? table with { Inserted = 0, Updated = 0 }
            : table.Updated == 0
            ? table with { Inserted = written ?? table.Inserted }
            : table;
    }

    // It is not known which rows a large object belongs to. The server's own function for that purpose unlinks those of the rows that are
    // deleted.
    private void VerifyLargeObjects(IEnumerable<TableWrites> tables)
    {
        long changed = tables.Sum(table => table.Updated + table.Deleted);
        if (changed == 0)
        {
            return;
        }

        if (facts.Triggers().Any(trigger => trigger.UnlinksLargeObjects))
        {
            run.Notes.Add(new PlanNote
            {
                Grade = LogLevel.Warning,
                Text = "A trigger that calls lo_manage unlinked large objects of rows that were deleted. Whether kept rows refer to the "
                    + "same large objects is not known.",
            });
        }
        else
        {
            run.Verify("pages and entries of large objects changed or deleted", 0, changed);
        }
    }

    private bool IsCounted(TableSchema table)
        => _writes is not null
            && table.Kind is not (TableKind.ForeignTable or TableKind.VirtualTable)
            && !facts.MayChangeMoreOf(table.Name);

    private IEnumerable<TableSchema> MayGrow()
        => facts.MayChangeAnyTable
            ? Tables.Where(table => !IsCounted(table) && table is { CanSelect: true, HidesRows: false } && facts.AllowsInserts(table.Name))
            : [];

    private IEnumerable<TableSchema> Uncounted() => Tables.Where(table => !IsCounted(table)).Except(MayGrow());

    private IEnumerable<TableSchema> Readable() => Uncounted().Where(table => table is { CanSelect: true, HidesRows: false });

    private async Task<Dictionary<TableName, long>> CountAsync(CancellationToken cancellationToken)
    {
        ILookup<bool, TableSchema> readable = Readable().ToLookup(table => table.Kind is TableKind.ForeignTable);
        Dictionary<TableName, long> rows = await session.CountAsync([.. readable[false]], cancellationToken).ConfigureAwait(false);
        foreach (TableSchema table in readable[true])
        {
            rows[table.Name] = await CountForeignAsync(table, cancellationToken).ConfigureAwait(false);
        }

        return rows;
    }

    // Its rows are on another server, which may not answer.
    private async Task<long> CountForeignAsync(TableSchema table, CancellationToken cancellationToken)
    {
        try
        {
            return (await session.CountAsync([table], cancellationToken).ConfigureAwait(false))[table.Name];
        }
        catch (DbException e) when (session.IsOpen && !cancellationToken.IsCancellationRequested && !session.Dialect.IsLockTimeout(e))
        {
            throw new RunStoppedException(
                RunEnd.Failed,
                $"the rows of kept foreign table {table.Name.ToQuotedString()} cannot be read, so whether triggers change them is not "
                    + $"known: {DatabaseFailure.Describe(e)}. Make its server available to this one, or drop the foreign table if nothing "
                    + $"uses it.",
                e);
        }
    }

    // A trigger may change a row without adding or removing one.
    private Task<Dictionary<TableName, ContentDigest>> DigestAsync(CancellationToken cancellationToken)
        => TableDigest.OfAsync(session, facts.MayChangeAnyTable ? Readable().Select(facts.WithoutDetached) : [], cancellationToken);

    // The rows of a partition are those of its table. What is in no fact was made since, and is nothing that was kept. Another session may
    // have renamed a table.
    private TableName? KeptOf(string objectId, TableName name)
    {
        TableSchema? found = facts.Schema.Live.Tables.FirstOrDefault(
            known => string.Equals(known.ObjectId, objectId, StringComparison.Ordinal))
            ?? facts.Schema.Live.Tables.FirstOrDefault(known => known.ObjectId is null && known.Name == name);
        return found is null || _purged.Contains(found.Name) ? null
            : found.PartOf is not { } root || _purged.Contains(root) ? found.Name
            : found.Wholes.Prepend(found.Name).FirstOrDefault(facts.Detached.Contains)
                ?? (IsDivided(root) ? found.Name : root);
    }

    // Of a table some of whose partitions are purged by themselves, the others are kept by themselves.
    private bool IsDivided(TableName root)
        => facts.Schema.Live.Tables.Any(known => known.PartOf == root && facts.Plan.Tables.Any(planned => planned.Table == known.Name));
}
