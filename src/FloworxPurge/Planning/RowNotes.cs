using System.Globalization;
using FloworxPurge.Schema;

namespace FloworxPurge.Planning;

/// <summary>What the plan says of selected rows that only counting them shows.</summary>
internal static class RowNotes
{
    /// <summary>A foreign key without an index makes each deleted row a scan of a table.</summary>
    /// <param name="key">The foreign key.</param>
    /// <param name="scanned">The rows of its table, where their number is known.</param>
    /// <param name="deleted">The selected rows that it may reference.</param>
    public static PlanNote Scan(ForeignKey key, long? scanned, long deleted)
    {
        string cost = scanned is { } each
            ? string.Create(
                CultureInfo.InvariantCulture,
                $"each of them scans about {Quantity.Of(each, "row")} of this table, {(decimal)deleted * each:0} in all")
            : "each of them scans this table";
        string columns = string.Join(", ", key.DependentColumns.Select(column => $"\"{column}\""));
        string name = key.Name is { } known ? $"Foreign key \"{known}\"" : $"The foreign key of {columns}";
        return PlanNote.Warning(
            key.Dependent,
            $"{name} to {key.Principal} has no index on its columns: {Quantity.Of(deleted, "row")} of {key.Principal} "
                + $"{(deleted == 1 ? "is" : "are")} deleted, and {cost}. Create an index on {columns} first.");
    }

    /// <summary>Rows that reference each other are no orphans, although nothing else may reference them.</summary>
    /// <param name="table">The table of orphans.</param>
    /// <param name="rows">The rows of it that stay and are referenced by deleted ones.</param>
    /// <param name="keys">The foreign keys that may keep them.</param>
    public static PlanNote OrphanCycle(TableName table, long rows, IReadOnlyList<ForeignKey> keys)
        => PlanNote.Information(
            table,
            $"{Quantity.Of(rows, "row")} that deleted rows reference {(rows == 1 ? "stays" : "stay")}, since rows that stay reference "
                + $"{(rows == 1 ? "it" : "them")}. Some of these may be orphans, too: rows that only reference each other through "
                + $"{string.Join(", ", keys.Select(key => key.ToString()))} are not removed.");
}
