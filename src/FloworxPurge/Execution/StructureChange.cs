using FloworxPurge.Schema;
using Microsoft.EntityFrameworkCore.Migrations;

namespace FloworxPurge.Execution;

/// <summary>
/// Compares what decides which rows a purge deletes: objects, columns, keys, partitions, inheritance, rights, row security, triggers and
/// rules.
/// </summary>
internal static class StructureChange
{
    /// <summary>The differences between two readings of the live schema, as far as they concern the purged tables.</summary>
    /// <returns>Sentences without a full stop, in ordinal order.</returns>
    public static IReadOnlyList<string> Find(DatabaseSchema before, DatabaseSchema after, IReadOnlyCollection<TableName> purged)
    {
        HashSet<TableName> concerned = [.. before.WithPartitions(purged), .. after.WithPartitions(purged)];
        List<string> then = [.. Facts(before, concerned)];
        List<string> now = [.. Facts(after, concerned)];
        return [.. now.Except(then, StringComparer.Ordinal).Select(fact => fact + " was added")
            .Concat(then.Except(now, StringComparer.Ordinal).Select(fact => fact + " was removed"))
            .Order(StringComparer.Ordinal)];
    }

    /// <summary>
    /// The kept tables that a trigger's statements have dropped, renamed, replaced or partitioned otherwise: their rows are missing
    /// although none was deleted.
    /// </summary>
    /// <returns>Sentences without a full stop, in ordinal order.</returns>
    public static IReadOnlyList<string> FindKept(DatabaseSchema before, DatabaseSchema after, IReadOnlyCollection<TableName> kept)
    {
        HashSet<TableName> concerned = [.. before.WithPartitions(kept), .. after.WithPartitions(kept)];
        List<string> then = [.. before.Tables.Where(table => concerned.Contains(table.Name)).SelectMany(Existence)];
        List<string> now = [.. after.Tables.Where(table => concerned.Contains(table.Name)).SelectMany(Existence)];
        return [.. now.Except(then, StringComparer.Ordinal).Select(fact => fact + " was added")
            .Concat(then.Except(now, StringComparer.Ordinal).Select(fact => fact + " was removed"))
            .Order(StringComparer.Ordinal)];
    }

    private static IEnumerable<string> Existence(TableSchema table)
    {
        string name = table.Name.ToQuotedString();
        yield return $"{name} as object {table.ObjectId ?? "without a number"} ({table.Kind})";
        foreach (TableName whole in table.Wholes)
        {
            yield return $"{name} as a partition of {whole.ToQuotedString()}";
        }
    }

    private static IEnumerable<string> Facts(DatabaseSchema schema, HashSet<TableName> concerned)
    {
        foreach (TableSchema table in schema.Tables.Where(table => concerned.Contains(table.Name)))
        {
            string name = table.Name.ToQuotedString();
            foreach (string fact in Existence(table))
            {
                yield return fact;
            }

            foreach (Column column in table.Columns)
            {
                yield return $"column \"{column.Name}\" {column.StoreType}{(column.IsNullable ? string.Empty : " NOT NULL")} of {name}";
            }

            foreach (string right in Rights(table))
            {
                yield return $"{right} {name}";
            }
        }

        foreach (SchemaFact child in schema.Facts
            .Where(fact => fact.Kind is SchemaFact.Inherits && concerned.Contains(new TableName(fact.Detail, fact.Name))))
        {
            yield return $"{child.Table.ToQuotedString()} as a table that inherits from "
                + $"{new TableName(child.Detail, child.Name).ToQuotedString()}";
        }

        foreach (ForeignKey key in schema.ForeignKeys
            .Where(key => concerned.Contains(key.Principal) || concerned.Contains(key.Dependent)))
        {
            yield return $"foreign key {key}, on delete {Action(key.OnDelete)}{(key.IsOff ? ", turned off" : string.Empty)}";
        }

        foreach (SchemaObject o in schema.Objects.Where(o => o.Kind is "trigger" or "rule" && concerned.Contains(o.Table)))
        {
            yield return $"{o.Kind} \"{o.Name}\" on {o.Table.ToQuotedString()} ({o.State})";
        }
    }

    private static IEnumerable<string> Rights(TableSchema table)
    {
        if (table.CanDelete)
        {
            yield return "the right to delete from";
        }

        if (table.CanSelect)
        {
            yield return "the right to read";
        }

        if (table.HidesRows)
        {
            yield return "row security for this role on";
        }

        if (table.MayHaveHiddenDependents)
        {
            yield return "foreign keys that this role may not see to";
        }
    }

    private static string Action(ReferentialAction action) => action switch
    {
        ReferentialAction.Cascade => "cascade",
        ReferentialAction.SetNull => "set null",
        ReferentialAction.SetDefault => "set default",
        ReferentialAction.Restrict => "restrict",
        _ => "no action",
    };
}
