using System.Linq.Expressions;

namespace FloworxPurge.Planning;

/// <summary>A call of <c>Rows</c> or <c>Keep</c>.</summary>
/// <param name="Keeps">Whether the rows are kept.</param>
/// <param name="Type">The class of the entity type, or an interface that entity types implement.</param>
/// <param name="Name">The name of the entity type where several share the class; otherwise null.</param>
/// <param name="Predicate">The predicate, or null.</param>
/// <param name="Query">The query over all rows, or null.</param>
/// <param name="Text">The call as it was typed.</param>
internal sealed record RowRule(
    bool Keeps,
    Type Type,
    string? Name,
    LambdaExpression? Predicate,
    Func<IQueryable, IQueryable>? Query,
    string Text);

/// <summary>A call of <c>OnReference</c>.</summary>
/// <param name="Dependent">The class of the entity type that has the reference.</param>
/// <param name="Reference">The navigation or the property of the foreign key.</param>
/// <param name="Action">What happens to the rows that have it.</param>
/// <param name="Text">The call as it was typed.</param>
internal sealed record ReferenceRule(Type Dependent, LambdaExpression Reference, ReferenceAction Action, string Text);

/// <summary>A call of <c>Reference</c>: a reference that the database does not know.</summary>
/// <param name="Dependent">The class of the entity type that has the reference.</param>
/// <param name="Principal">The class of the entity type that is referenced by its primary key.</param>
/// <param name="Key">The property that holds the key.</param>
/// <param name="Condition">Which rows have it, or null for all.</param>
/// <param name="Action">What happens to the rows that have it.</param>
/// <param name="Text">The call as it was typed.</param>
internal sealed record DeclaredReference(
    Type Dependent,
    Type Principal,
    LambdaExpression Key,
    LambdaExpression? Condition,
    ReferenceAction Action,
    string Text);

/// <summary>The rules that select rows, in the order of the calls.</summary>
internal sealed record RowRules
{
    public IReadOnlyList<RowRule> Rows { get; init; } = [];

    public IReadOnlyList<ReferenceRule> References { get; init; } = [];

    public IReadOnlyList<DeclaredReference> Declared { get; init; } = [];

    public IReadOnlyList<Type> Orphans { get; init; } = [];

    /// <summary>Gets the calls as they were typed.</summary>
    public IReadOnlyList<string> Calls =>
    [
        .. Rows.Select(rule => rule.Text),
        .. References.Select(rule => rule.Text),
        .. Declared.Select(reference => reference.Text),
        .. Orphans.Select(type => $"{nameof(PurgeOptions.RemoveOrphans)}<{type.Name}>()"),
    ];

    /// <summary>Gets whether rows are selected at all; otherwise whole tables are purged.</summary>
    public bool IsUsed => Rows.Any(rule => !rule.Keeps);

    /// <summary>
    /// Refuses rules that would have no effect: without rows to delete, whole tables are purged. The rules may be there before the rows
    /// are, which a scope of the command adds.
    /// </summary>
    /// <exception cref="PurgeException">There are such rules; the message names every one.</exception>
    public void ThrowIfUnused()
    {
        if (!IsUsed && Calls.Count > 0)
        {
            throw new PurgeException(
                $"{string.Join(", ", Calls.Distinct(StringComparer.Ordinal))}: this has no effect without {nameof(PurgeOptions.Rows)}, and "
                    + $"whole tables would be purged. Call {nameof(PurgeOptions.Rows)} to select the rows to delete, or remove it.");
        }
    }
}
