using FloworxPurge.Connections;
using FloworxPurge.Planning;
using FloworxPurge.Schema;

namespace FloworxPurge.Archiving;

/// <summary>Finds what among the rows of the database stands against a restore.</summary>
internal sealed class RestoreChecks(
    DatabaseSession session,
    RestoreFacts facts,
    IReadOnlyList<StagedTable> tables,
    RestoreRefusals refusals)
{
    private readonly RestoreSql _sql = new(session, tables);

    /// <summary>Checks each table.</summary>
    /// <param name="hasSeveralChunks">Whether a key may have been archived twice.</param>
    /// <param name="cancellationToken">Cancels a query.</param>
    public async Task CheckAsync(bool hasSeveralChunks, CancellationToken cancellationToken)
    {
        foreach (StagedTable table in tables.Where(table => table.Rows > 0))
        {
            if (table.IsDetached)
            {
                await CheckDetachedAsync(table, cancellationToken).ConfigureAwait(false);
            }
            else
            {
                await CheckKeysAsync(table, hasSeveralChunks, cancellationToken).ConfigureAwait(false);
            }

            await CheckParentsAsync(table, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task CheckKeysAsync(StagedTable table, bool hasSeveralChunks, CancellationToken cancellationToken)
    {
        foreach (UniqueKey key in facts.UniqueKeys.Where(key => key.Table == table.Name && table.Has(key.Columns)))
        {
            await CheckAsync(
                RestoreRefusalKind.KeyInUse,
                table,
                _sql.KeysInUse(table, key),
                key.Columns,
                rows => $"In {table.Name.ToQuotedString()} the {key.Name} ({string.Join(", ", key.Columns)}) of {rows} of the archive "
                    + "is in use.",
                "Delete or renumber the rows that have it.",
                cancellationToken).ConfigureAwait(false);
        }

        if (hasSeveralChunks && table.Key.Count > 0)
        {
            await CheckAsync(
                RestoreRefusalKind.KeyInUse,
                table,
                _sql.RepeatedKeys(table),
                table.Key,
                rows => $"The archive holds keys of {table.Name.ToQuotedString()} more than once ({rows}): they were deleted, "
                    + "inserted again and deleted again while the run went on.",
                "Take what you need out of the file by hand.",
                cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task CheckParentsAsync(StagedTable table, CancellationToken cancellationToken)
    {
        foreach (ForeignKey key in facts.KeysOf(table.Name))
        {
            bool isConcerned = table.IsDetached
                ? key.DependentColumns.Intersect(table.Lost.Select(column => column.Name), StringComparer.Ordinal).Any()
                : table.Has(key.DependentColumns);
            if (!isConcerned)
            {
                continue;
            }

            // A table of the archive that does not fit is refused, and its rows are not known.
            TableSchema? principal = facts.Live.Tables.FirstOrDefault(other => other.Name == key.Principal);
            string from = _sql.MissingParents(table, key, principal, isInserted: false);
            await CheckAsync(
                RestoreRefusalKind.PrincipalMissing,
                table,
                from,
                table.Key.Count > 0 ? table.Key : key.DependentColumns,
                rows => $"Rows of {key.Principal.ToQuotedString()} do not exist any more that are referenced by {rows} of "
                    + $"{table.Name.ToQuotedString()} ({string.Join(", ", key.DependentColumns)}) in the archive.",
                "Insert them first.",
                cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task CheckDetachedAsync(StagedTable table, CancellationToken cancellationToken)
    {
        await CheckAsync(
            RestoreRefusalKind.DetachedRow,
            table,
            _sql.MissingRows(table),
            table.Key,
            rows => $"{table.Name.ToQuotedString()} does not have {rows} any more that lost a reference.",
            "Insert them first.",
            cancellationToken).ConfigureAwait(false);
        string columns = string.Join(", ", table.Lost.Select(column => column.Name));
        await CheckAsync(
            RestoreRefusalKind.DetachedRow,
            table,
            _sql.OtherReferences(table),
            table.Key,
            rows => $"The lost reference of {rows} of {table.Name.ToQuotedString()} ({columns}) is to another row now.",
            "Set it to NULL for the restore.",
            cancellationToken).ConfigureAwait(false);
    }

    private async Task CheckAsync(
        RestoreRefusalKind kind,
        StagedTable table,
        string from,
        IReadOnlyList<string> keyColumns,
        Func<string, string> describe,
        string whatToDo,
        CancellationToken cancellationToken)
    {
        long rows = (await session.QueryNumbersNowAsync(_sql.Count(from), cancellationToken).ConfigureAwait(false))[0];
        if (rows == 0)
        {
            return;
        }

        List<string> keys = await session.QueryAsync(
            _sql.Keys(from, keyColumns),
            reader => string.Join(
                ", ",
                Enumerable.Range(0, reader.FieldCount).Select(i => reader.IsDBNull(i) ? "NULL" : reader.GetString(i))),
            cancellationToken).ConfigureAwait(false);
        string end = rows > keys.Count ? ", ..." : ".";
        string shown = string.Join(", ", keys.Select(key => keyColumns.Count > 1 ? $"({key})" : key));
        refusals.Add(new RestoreRefusal
        {
            Kind = kind,
            Table = table.Name,
            Text = $"{describe(Quantity.Of(rows, "row"))} {(rows == 1 ? "Key" : "Keys")}: {shown}{end} {whatToDo}",
            Rows = rows,
            Keys = keys,
        });
    }
}
