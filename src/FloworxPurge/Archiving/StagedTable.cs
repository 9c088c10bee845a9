using FloworxPurge.Schema;

namespace FloworxPurge.Archiving;

/// <summary>A table of an archive that fits the database, with the temporary table for its rows.</summary>
/// <param name="Archived">What the manifest says.</param>
/// <param name="Live">What the database says.</param>
/// <param name="Columns">The archived columns, in their order, as the database describes them.</param>
/// <param name="Stage">The qualified name of the temporary table.</param>
/// <param name="Rows">The number of archived rows.</param>
internal sealed record StagedTable(ArchiveTable Archived, TableSchema Live, IReadOnlyList<Column> Columns, string Stage, long Rows)
{
    public TableName Name => Live.Name;

    /// <summary>
    /// Gets the qualified name of the temporary table for the rows that were there before and are equal to archived ones; null where rows
    /// have a key, by which each is found.
    /// </summary>
    public string? EqualBefore { get; init; }

    public bool IsDetached => Archived.IsDetached;

    /// <summary>Gets the columns by which a row is found; none where the table has no primary key.</summary>
    public IReadOnlyList<string> Key => Archived.Key;

    /// <summary>Gets the columns of a table whose rows stay that were set to NULL.</summary>
    public IEnumerable<Column> Lost => Columns.Where(column => !Key.Contains(column.Name, StringComparer.Ordinal));

    public bool Has(IEnumerable<string> columns)
        => columns.All(name => Columns.Any(column => string.Equals(column.Name, name, StringComparison.Ordinal)));
}

/// <summary>A primary key or a unique key.</summary>
/// <param name="Table">The table.</param>
/// <param name="Name">The name of the index, or what it is.</param>
/// <param name="Columns">The columns.</param>
internal sealed record UniqueKey(TableName Table, string Name, IReadOnlyList<string> Columns);

/// <summary>A trigger or a rule that is on.</summary>
/// <param name="Table">The table.</param>
/// <param name="Name">The name.</param>
/// <param name="Events">The statements that fire it.</param>
internal sealed record FiringTrigger(TableName Table, string Name, IReadOnlyList<string> Events);

/// <summary>What a column does where an INSERT leaves it out.</summary>
/// <param name="IsGenerated">The engine computes it, and no statement may set it.</param>
/// <param name="FillsItself">It has a default, or a number of its own.</param>
internal sealed record ColumnFill(bool IsGenerated, bool FillsItself);

/// <summary>The rights of the role on a table.</summary>
/// <param name="MayInsert">Whether it may insert rows.</param>
/// <param name="MayUpdate">Whether it may change rows.</param>
/// <param name="MayLock">Whether it may keep other sessions from writing.</param>
internal sealed record TableRights(bool MayInsert, bool MayUpdate, bool MayLock);

/// <summary>The rights that the role lacks for a sequence, by their names; empty where it lacks none.</summary>
/// <param name="ToRead">Those without which it cannot see where the sequence is.</param>
/// <param name="ToMove">Those without which it cannot move it.</param>
internal sealed record SequenceRights(string ToRead, string ToMove);
