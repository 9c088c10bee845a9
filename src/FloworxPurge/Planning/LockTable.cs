using System.Globalization;
using FloworxPurge.Schema;

namespace FloworxPurge.Planning;

/// <summary>
/// Compares the locks that a plan needs with the room of the server's lock table: PostgreSQL locks each table and each of its indexes, also
/// those without rows.
/// </summary>
internal static class LockTable
{
    // Other sessions need locks too.
    private const int Share = 2;

    /// <summary>Returns why a run has to fail for want of room, or <see langword="null"/>.</summary>
    public static string? Refusal(DatabaseSchema live, IEnumerable<TableName> tables)
        => Compare(live, tables) is { } found && found.Needed > found.Room ? $"{Describe(found)} {WhatToDo}" : null;

    /// <summary>Returns a warning where the run needs much of the room; <see langword="null"/> otherwise.</summary>
    public static PlanNote? Note(DatabaseSchema live, IEnumerable<TableName> tables)
        => Compare(live, tables) is not { } found || found.Needed <= found.Room / Share ? null
            : PlanNote.Warning(
                null,
                found.Needed > found.Room
                    ? $"A run is refused: {Describe(found)} {WhatToDo}"
                    : $"A run may fail when other sessions hold many locks: {Describe(found)} {WhatToDo}");

    private const string WhatToDo =
        "Raise max_locks_per_transaction, which needs a restart of the server, or purge fewer tables at a time (Include).";

    private static string Describe((long Needed, long Room, string Setting) found)
        => string.Create(
            CultureInfo.InvariantCulture,
            $"the purge holds about {found.Needed} locks on tables and indexes at once, and the lock table of the server has room for "
                + $"{found.Room} (max_locks_per_transaction = {found.Setting}, times the connections).");

    private static (long Needed, long Room, string Setting)? Compare(DatabaseSchema live, IEnumerable<TableName> tables)
    {
        if (live.Facts.FirstOrDefault(fact => fact.Kind is SchemaFact.LockTable) is not { } fact
            || !long.TryParse(fact.Detail, NumberStyles.None, CultureInfo.InvariantCulture, out long room))
        {
            return null;
        }

        HashSet<TableName> locked = live.WithPartitions(tables);
        return (locked.Count + live.Objects.Count(o => o.Kind is "index" && locked.Contains(o.Table)), room, fact.Name);
    }
}
