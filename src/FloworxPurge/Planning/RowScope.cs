using FloworxPurge.Connections;

namespace FloworxPurge.Planning;

/// <summary>Which rows are to be deleted, resolved against the model and the live database: the input of the selection.</summary>
/// <param name="Queries">The queries, one for each table that has rows of its own: a TPC hierarchy has several.</param>
/// <param name="References">Every reference along which the selection goes on, stops, or which it breaks. Live tables only.</param>
/// <param name="Orphans">The tables of which rows are deleted when no remaining row references them.</param>
internal sealed record RowScope(
    IReadOnlyList<RowQuery> Queries,
    IReadOnlyList<RowReference> References,
    IReadOnlySet<TableName> Orphans);

/// <summary>A query for the keys of rows, as EF Core translates it.</summary>
/// <param name="Text">The call as it was typed.</param>
/// <param name="Keeps">Whether its rows are kept.</param>
/// <param name="EntityType">The display name of the entity type.</param>
/// <param name="Table">The live table: the first of an entity that is stored in several.</param>
/// <param name="KeyColumns">The live columns that the columns of the query stand for, in their order.</param>
/// <param name="Command">The SQL text and its parameters.</param>
/// <param name="Unfiltered">
/// The same query without the query filters of the model, where one applies to a query of rows to delete; otherwise null.
/// </param>
internal sealed record RowQuery(
    string Text,
    bool Keeps,
    string EntityType,
    TableName Table,
    IReadOnlyList<string> KeyColumns,
    RowCommand Command,
    RowCommand? Unfiltered);

/// <summary>A reference from rows of one table to rows of another.</summary>
/// <param name="Key">
/// The foreign key: a live one, one that only the model knows or that the options declare (<see cref="ForeignKey.IsEnforced"/> is false),
/// or the tie that holds the rows of one entity together, which is there in both directions (TPT, entity splitting).
/// </param>
/// <param name="Action">What happens to the rows that have it.</param>
/// <param name="Reason">Why, in words.</param>
/// <param name="Condition">A query for the keys of the rows that have the reference at all, where not all rows do; otherwise null.</param>
internal sealed record RowReference(ForeignKey Key, ReferenceAction Action, string Reason, RowQuery? Condition)
{
    /// <summary>Gets whether it is a tie between the tables of one entity, which is no reference to be reported.</summary>
    public bool IsTie { get; init; }

    /// <summary>Gets whether the model alone decides what happens to the rows, so that an option may decide otherwise.</summary>
    public bool IsByModel { get; init; }

    /// <summary>Gets whether the dependents are owned, so that they are a part of the row that they reference, and go with it.</summary>
    public bool IsOwnership { get; init; }
}
