using System.Globalization;
using FloworxPurge.Schema;

namespace FloworxPurge.Planning;

/// <summary>
/// Compares the locks that a plan needs with the room of the server's lock table: PostgreSQL locks each table and each of its indexes, also
/// those without rows.
/// </summary>
internal sealed class LockTable
{
    // Other sessions need locks too.
    private const int Share = 2;

    private const string WhatToDo =
        "Raise max_locks_per_transaction, which needs a restart of the server, purge fewer tables at a time (Include), or purge in several "
            + "transactions (InChunks).";

    private readonly DatabaseSchema _live;
    private readonly SchemaFact? _fact;
    private readonly Dictionary<TableName, int> _indexes;
    private readonly ILookup<TableName, TableName> _partitions;

    public LockTable(DatabaseSchema live)
    {
        _live = live;
        _fact = live.Facts.FirstOrDefault(fact => fact.Kind is SchemaFact.LockTable);
        Room = long.TryParse(_fact?.Detail, NumberStyles.None, CultureInfo.InvariantCulture, out long room) ? room : long.MaxValue;
        _indexes = live.Objects.Where(o => o.Kind is "index").CountBy(o => o.Table).ToDictionary();
        _partitions = live.Tables
            .SelectMany(table => table.Wholes.Select(whole => (whole, table.Name)))
            .ToLookup(pair => pair.whole, pair => pair.Name);
    }

    /// <summary>Gets the number of locks that the server has room for.</summary>
    public long Room { get; }

    /// <summary>The locks on a table, its partitions and their indexes.</summary>
    public long NeededFor(TableName table)
        => _partitions[table].Append(table).Sum(part => 1L + _indexes.GetValueOrDefault(part));

    /// <summary>Returns why a run has to fail for want of room, or <see langword="null"/>.</summary>
    public static string? Refusal(DatabaseSchema live, IEnumerable<TableName> tables)
        => new LockTable(live).Compare(tables) is { } found && found.Needed > found.Room ? $"{Describe(found)} {WhatToDo}" : null;

    /// <summary>Returns a warning where the run needs much of the room; <see langword="null"/> otherwise.</summary>
    public static PlanNote? Note(DatabaseSchema live, IEnumerable<TableName> tables)
        => new LockTable(live).Compare(tables) is not { } found || found.Needed <= found.Room / Share ? null
            : PlanNote.Warning(
                null,
                found.Needed > found.Room
                    ? $"A run is refused: {Describe(found)} {WhatToDo}"
                    : $"A run may fail when other sessions hold many locks: {Describe(found)} {WhatToDo}");

    private static string Describe((long Needed, long Room, string Setting) found)
        => string.Create(
            CultureInfo.InvariantCulture,
            $"the purge holds about {found.Needed} locks on tables and indexes at once, and the lock table of the server has room for "
                + $"{found.Room} (max_locks_per_transaction = {found.Setting}, times the connections).");

    private (long Needed, long Room, string Setting)? Compare(IEnumerable<TableName> tables)
        => _fact is null || Room == long.MaxValue ? null : (_live.WithPartitions(tables).Sum(NeededForAlone), Room, _fact.Name);

    private long NeededForAlone(TableName table) => 1L + _indexes.GetValueOrDefault(table);
}
