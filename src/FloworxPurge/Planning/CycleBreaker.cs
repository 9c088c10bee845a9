using FloworxPurge.Extensibility;
using Microsoft.EntityFrameworkCore.Migrations;
using Microsoft.EntityFrameworkCore.Storage;

namespace FloworxPurge.Planning;

/// <summary>How the tables of one component are deleted.</summary>
internal enum CycleMeans
{
    /// <summary>In the given order, which the engine accepts.</summary>
    Order,

    /// <summary>In one statement.</summary>
    Together,

    /// <summary>In any order, with checks postponed to the end of the transaction.</summary>
    Deferred,

    /// <summary>In the given order, once some foreign keys are NULL.</summary>
    SetNull,

    /// <summary>In any order, with the foreign keys turned off meanwhile.</summary>
    TurnedOff,

    /// <summary>Not at all.</summary>
    Impossible,
}

/// <summary>What makes deleting a component legal.</summary>
/// <param name="Means">The means.</param>
/// <param name="Order">The tables in the order of their deletion.</param>
/// <param name="SetToNull">The foreign keys to set to NULL first, with any means.</param>
/// <param name="ForeignKeys">The foreign keys that form the cycle; empty when there is none.</param>
internal sealed record BrokenCycle(
    CycleMeans Means,
    IReadOnlyList<TableName> Order,
    IReadOnlyList<ForeignKey> SetToNull,
    IReadOnlyList<ForeignKey> ForeignKeys)
{
    /// <summary>Gets the foreign keys to turn off meanwhile.</summary>
    public IReadOnlyList<ForeignKey> TurnedOff { get; init; } = [];
}

/// <summary>Finds the cheapest means that needs no extra rights.</summary>
internal static class CycleBreaker
{
    /// <summary>Breaks the component's cycles, if it has any.</summary>
    /// <param name="component">The component.</param>
    /// <param name="foreignKeys">The foreign keys among its tables, self references included.</param>
    /// <param name="dialect">What the engine can do.</param>
    /// <param name="sql">The provider's quoting.</param>
    /// <param name="canDeleteTogether">
    /// Whether nothing keeps the engine from deleting these tables in one statement, where it can at all.
    /// </param>
    public static BrokenCycle Break(
        Component component,
        IReadOnlyList<ForeignKey> foreignKeys,
        PurgeDialect dialect,
        ISqlGenerationHelper sql,
        bool canDeleteTogether = true)
    {
        if (foreignKeys.Count == 0)
        {
            return new BrokenCycle(CycleMeans.Order, component.Tables, [], []);
        }

        // A key that only the model knows, or that is turned off, stops no statement.
        List<ForeignKey> enforced = [.. foreignKeys.Where(key => key is { IsEnforced: true, IsOff: false })];
        List<ForeignKey> refused = dialect.FollowsCascadesToAnyDepth ? [] : [.. enforced.Where(WritesNullWhereNoneIsAccepted)];
        List<ForeignKey> cut = dialect.FollowsCascadesToAnyDepth
            ? []
            : [.. CascadesToCut(component.Tables, enforced).Union(refused.Where(key => key.NullableColumns.Count > 0))];
        List<ForeignKey> left = [.. enforced.Except(cut)];
        List<ForeignKey> between = [.. left.Where(key => !key.IsSelfReference)];
        List<ForeignKey> obstacles = [.. left.Where(key => key.IsSelfReference && (refused.Contains(key) || IsObstacle(key, dialect)))];

        if (obstacles.Count == 0 && OrderOf(component.Tables, between) is { } order)
        {
            // SQLite checks every self reference of a row that is updated, so one that is violated already fails the UPDATE, unless the
            // DELETE may mend it.
            bool isUpdateChecked = dialect.DeferConstraints is not null
                && left.Exists(key => key.IsSelfReference && cut.Exists(other => other.Dependent == key.Dependent));
            return new BrokenCycle(
                isUpdateChecked ? CycleMeans.Deferred : cut.Count == 0 ? CycleMeans.Order : CycleMeans.SetNull,
                order,
                cut,
                foreignKeys);
        }

        if (canDeleteTogether && dialect.DeleteTogether(sql, []) is not null)
        {
            return new BrokenCycle(CycleMeans.Together, component.Tables, cut, foreignKeys);
        }

        if (dialect.DeferConstraints is not null && OrderBeforeActions(component.Tables, left, [.. refused.Except(cut)]) is { } deferred)
        {
            return new BrokenCycle(CycleMeans.Deferred, deferred, cut, foreignKeys);
        }

        return obstacles.All(key => key.NullableColumns.Count > 0) && CycleCut.Find(component.Tables, between) is { } nulled
            ? new BrokenCycle(
                CycleMeans.SetNull,
                OrderOf(component.Tables, between.Except(nulled))!,
                [.. cut, .. obstacles, .. nulled],
                foreignKeys)
            : enforced.TrueForAll(key => key.MayBeTurnedOff) && dialect.DisableConstraints(sql, enforced) is not null
                ? new BrokenCycle(CycleMeans.TurnedOff, component.Tables, [], foreignKeys) { TurnedOff = enforced }
                : new BrokenCycle(CycleMeans.Impossible, component.Tables, [], foreignKeys);
    }

    // Where it is not known when the engine checks, a key that accepts NULL is set to NULL, and any other is left to the engine.
    private static bool IsObstacle(ForeignKey key, PurgeDialect dialect)
        => dialect.ChecksAtStatementEnd(key.OnDelete) is { } checksAtEnd ? !checksAtEnd : key.NullableColumns.Count > 0;

    // SET NULL and SET DEFAULT fail at once on a NOT NULL column, deferred or not; a column that has a default is not distinguished from
    // one that has none.
    private static bool WritesNullWhereNoneIsAccepted(ForeignKey key)
        => key.OnDelete is ReferentialAction.SetNull or ReferentialAction.SetDefault
            && key.NullableColumns.Count < key.DependentColumns.Count;

    /// <summary>
    /// The tables in an order in which no refused action finds a row: its dependent goes before its principal, and before all that cascades
    /// into that.
    /// </summary>
    private static IReadOnlyList<TableName>? OrderBeforeActions(
        IReadOnlyList<TableName> tables,
        List<ForeignKey> keys,
        List<ForeignKey> refused)
    {
        if (refused.Count == 0)
        {
            return tables;
        }

        ILookup<TableName, TableName> cascades = keys.Where(
            key => key.OnDelete == ReferentialAction.Cascade).ToLookup(key => key.Dependent, key => key.Principal);
        List<ForeignKey> firsts = [.. refused
            .SelectMany(key => CycleCut.Reached(key.Principal, table => cascades[table]).Select(table => key with { Principal = table }))];
        return firsts.Exists(key => key.IsSelfReference) ? null : OrderOf(tables, firsts);
    }

    /// <summary>The keys through which a cascade could go on from row to row, as far as NULL can stop it.</summary>
    private static List<ForeignKey> CascadesToCut(IReadOnlyList<TableName> tables, List<ForeignKey> keys)
    {
        List<ForeignKey> cascades = [.. keys.Where(key => key.OnDelete == ReferentialAction.Cascade)];
        return
        [
            .. cascades.Where(key => key.IsSelfReference && key.NullableColumns.Count > 0),
            .. CycleCut.Find(tables, [.. cascades.Where(key => !key.IsSelfReference)]) ?? [],
        ];
    }

    /// <summary>The tables with dependents first, or null when the keys form a cycle.</summary>
    private static List<TableName>? OrderOf(IReadOnlyList<TableName> tables, IEnumerable<ForeignKey> keys)
    {
        IReadOnlyList<Component> components = DependencyGraph.Order(tables, keys);
        return components.Count == tables.Count ? [.. components.Select(component => component.Tables[0])] : null;
    }
}
