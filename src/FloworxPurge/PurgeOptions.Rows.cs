using System.Linq.Expressions;
using System.Runtime.CompilerServices;
using FloworxPurge.Planning;
using FloworxPurge.Reporting;

namespace FloworxPurge;

/// <content>Rules that select rows to delete, instead of whole tables.</content>
public sealed partial class PurgeOptions
{
    /// <summary>
    /// Gets or sets whether a run in which no row matches <c>Rows</c> ends with <see cref="PurgeException"/>. The default value is
    /// <see langword="false"/>: it ends with the verdict <see cref="PurgeVerdict.NothingMatched"/>.
    /// </summary>
    public bool RequireMatch { get; set; }

    /// <summary>The rules that select rows, in the order of the calls.</summary>
    internal RowRules RowRules { get; set; } = new();

    /// <summary>
    /// Selects rows to delete by a predicate, instead of whole tables. A row is deleted with all rows that depend on it, or not at all;
    /// <see cref="OnReference"/> sets which references are followed. Several calls add up.
    /// </summary>
    /// <remarks>
    /// Query filters of the model apply to the predicate, as in any query, and the plan says how many rows they hide. They do not apply to
    /// dependents: the foreign keys of the database are followed to every row.
    /// </remarks>
    /// <typeparam name="T">
    /// The class of an entity type of the model, or an interface: then the predicate is used for every entity type that implements it.
    /// </typeparam>
    /// <param name="predicate">The condition of the rows.</param>
    /// <param name="text">The predicate as source text, for plans and reports. The compiler sets it.</param>
    /// <returns>The same options.</returns>
    /// <exception cref="ArgumentNullException">The predicate is null.</exception>
    public PurgeOptions Rows<T>(
        Expression<Func<T, bool>> predicate,
        [CallerArgumentExpression(nameof(predicate))] string? text = null)
        where T : class
        => AddRows(keeps: false, predicate, text);

    /// <summary>Selects rows to delete by a query, as <see cref="Rows{T}(Expression{Func{T, bool}}, string?)"/> does.</summary>
    /// <typeparam name="T">The class of an entity type of the model, or an interface.</typeparam>
    /// <param name="query">
    /// Builds the query from the query of all rows, such as <c>users =&gt; users.OrderBy(u =&gt; u.Id).Take(100)</c>. It must return
    /// entities of the type.
    /// </param>
    /// <param name="text">The query as source text, for plans and reports. The compiler sets it.</param>
    /// <returns>The same options.</returns>
    /// <exception cref="ArgumentNullException">The query is null.</exception>
    public PurgeOptions Rows<T>(
        Func<IQueryable<T>, IQueryable<T>> query,
        [CallerArgumentExpression(nameof(query))] string? text = null)
        where T : class
        => AddRows(keeps: false, entityType: null, query, text);

    /// <summary>
    /// Selects rows to delete by a query, for an entity type that shares its class with others, such as a join entity type.
    /// </summary>
    /// <typeparam name="T">The class, such as <c>Dictionary&lt;string, object&gt;</c>.</typeparam>
    /// <param name="entityType">The name of the entity type.</param>
    /// <param name="query">Builds the query from the query of all rows.</param>
    /// <param name="text">The query as source text, for plans and reports. The compiler sets it.</param>
    /// <returns>The same options.</returns>
    /// <exception cref="ArgumentNullException">The query is null.</exception>
    /// <exception cref="ArgumentException">The name is null, empty or white space.</exception>
    public PurgeOptions Rows<T>(
        string entityType,
        Func<IQueryable<T>, IQueryable<T>> query,
        [CallerArgumentExpression(nameof(query))] string? text = null)
        where T : class
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(entityType);
        return AddRows(keeps: false, entityType, query, text);
    }

    /// <summary>
    /// Keeps the rows for which a predicate is true, with everything that they reference. It overrides <c>Rows</c>: a row that could only
    /// be deleted together with a kept row stays. Query filters of the model do not apply.
    /// </summary>
    /// <typeparam name="T">
    /// The class of an entity type of the model, or an interface: then the predicate is used for every entity type that implements it.
    /// </typeparam>
    /// <param name="predicate">The condition of the rows.</param>
    /// <param name="text">The predicate as source text, for plans and reports. The compiler sets it.</param>
    /// <returns>The same options.</returns>
    /// <exception cref="ArgumentNullException">The predicate is null.</exception>
    public PurgeOptions Keep<T>(
        Expression<Func<T, bool>> predicate,
        [CallerArgumentExpression(nameof(predicate))] string? text = null)
        where T : class
        => AddRows(keeps: true, predicate, text);

    /// <summary>Keeps the rows that a query returns, as <see cref="Keep{T}(Expression{Func{T, bool}}, string?)"/> does.</summary>
    /// <typeparam name="T">The class of an entity type of the model, or an interface.</typeparam>
    /// <param name="query">Builds the query from the query of all rows. It must return entities of the type.</param>
    /// <param name="text">The query as source text, for plans and reports. The compiler sets it.</param>
    /// <returns>The same options.</returns>
    /// <exception cref="ArgumentNullException">The query is null.</exception>
    public PurgeOptions Keep<T>(
        Func<IQueryable<T>, IQueryable<T>> query,
        [CallerArgumentExpression(nameof(query))] string? text = null)
        where T : class
        => AddRows(keeps: true, entityType: null, query, text);

    /// <summary>
    /// Keeps the rows that a query returns, for an entity type that shares its class with others, such as a join entity type.
    /// </summary>
    /// <typeparam name="T">The class, such as <c>Dictionary&lt;string, object&gt;</c>.</typeparam>
    /// <param name="entityType">The name of the entity type.</param>
    /// <param name="query">Builds the query from the query of all rows.</param>
    /// <param name="text">The query as source text, for plans and reports. The compiler sets it.</param>
    /// <returns>The same options.</returns>
    /// <exception cref="ArgumentNullException">The query is null.</exception>
    /// <exception cref="ArgumentException">The name is null, empty or white space.</exception>
    public PurgeOptions Keep<T>(
        string entityType,
        Func<IQueryable<T>, IQueryable<T>> query,
        [CallerArgumentExpression(nameof(query))] string? text = null)
        where T : class
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(entityType);
        return AddRows(keeps: true, entityType, query, text);
    }

    /// <summary>
    /// Sets what happens to rows that reference deleted rows through one relationship. By default the delete behavior of the model decides:
    /// <c>Cascade</c> and <c>ClientCascade</c> follow, <c>SetNull</c> and <c>ClientSetNull</c> detach if a column accepts NULL, and
    /// <c>Restrict</c> and <c>NoAction</c> block. Rows of tables that are excluded or not in the model block, too.
    /// </summary>
    /// <typeparam name="T">The class of the entity type that has the reference.</typeparam>
    /// <param name="reference">
    /// The navigation to the principal, such as <c>order =&gt; order.ApprovedBy</c>, or the property of the foreign key.
    /// </param>
    /// <param name="action">What happens to the rows.</param>
    /// <param name="text">The reference as source text, for plans and reports. The compiler sets it.</param>
    /// <returns>The same options.</returns>
    /// <exception cref="ArgumentNullException">The reference is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The action is not a member of the enumeration.</exception>
    public PurgeOptions OnReference<T>(
        Expression<Func<T, object?>> reference,
        ReferenceAction action,
        [CallerArgumentExpression(nameof(reference))] string? text = null)
        where T : class
    {
        ArgumentNullException.ThrowIfNull(reference);
        ThrowIfUndefined(action);
        var rule = new ReferenceRule(
            typeof(T),
            reference,
            action,
            $"OnReference<{typeof(T).Name}>({text ?? reference.ToString()}, {action})");
        RowRules = RowRules with { References = [.. RowRules.References, rule] };
        return this;
    }

    /// <summary>
    /// Declares a reference for which the database has no foreign key, such as a column that holds keys of several tables and a second
    /// column that says of which one.
    /// </summary>
    /// <typeparam name="TDependent">The class of the entity type that has the reference.</typeparam>
    /// <typeparam name="TPrincipal">The class of the entity type that is referenced by its primary key.</typeparam>
    /// <param name="key">The property that holds the key.</param>
    /// <param name="condition">The condition of the rows that have the reference, or <see langword="null"/> (the default) for all.</param>
    /// <param name="action">What happens to the rows that have it. The default is <see cref="ReferenceAction.Follow"/>.</param>
    /// <returns>The same options.</returns>
    /// <exception cref="ArgumentNullException">The property is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The action is not a member of the enumeration.</exception>
    public PurgeOptions Reference<TDependent, TPrincipal>(
        Expression<Func<TDependent, object?>> key,
        Expression<Func<TDependent, bool>>? condition = null,
        ReferenceAction action = ReferenceAction.Follow)
        where TDependent : class
        where TPrincipal : class
    {
        ArgumentNullException.ThrowIfNull(key);
        ThrowIfUndefined(action);
        var reference = new DeclaredReference(
            typeof(TDependent),
            typeof(TPrincipal),
            key,
            condition,
            action,
            $"Reference<{typeof(TDependent).Name}, "
                + $"{typeof(TPrincipal).Name}>({key}{(condition is null ? string.Empty : $", {condition}")})");
        RowRules = RowRules with { Declared = [.. RowRules.Declared, reference] };
        return this;
    }

    /// <summary>
    /// Also deletes rows of an entity type that deleted rows referenced and that no remaining row references. These are deleted in the same
    /// way as other rows, so that the rows that they reference may be orphans next. Rows that reference each other in a cycle stay, and are
    /// reported.
    /// </summary>
    /// <typeparam name="T">The class of an entity type whose rows are of no use by themselves, such as addresses.</typeparam>
    /// <returns>The same options.</returns>
    public PurgeOptions RemoveOrphans<T>()
        where T : class
    {
        RowRules = RowRules with { Orphans = [.. RowRules.Orphans, typeof(T)] };
        return this;
    }

    private static void ThrowIfUndefined(ReferenceAction action)
    {
        if (!Enum.IsDefined(action))
        {
            throw new ArgumentOutOfRangeException(nameof(action), action, "The action is not a member of the enumeration.");
        }
    }

    private static string Call(bool keeps, Type type, string? text) => $"{(keeps ? nameof(Keep) : nameof(Rows))}<{type.Name}>({text})";

    private PurgeOptions AddRows<T>(bool keeps, Expression<Func<T, bool>> predicate, string? text)
    {
        ArgumentNullException.ThrowIfNull(predicate);
        return AddRule(
            new RowRule(keeps, typeof(T), Name: null, predicate, Query: null, Call(keeps, typeof(T), text ?? predicate.ToString())));
    }

    private PurgeOptions AddRows<T>(bool keeps, string? entityType, Func<IQueryable<T>, IQueryable<T>> query, string? text)
    {
        ArgumentNullException.ThrowIfNull(query);
        return AddRule(new RowRule(
            keeps,
            typeof(T),
            entityType,
            Predicate: null,
            rows => query((IQueryable<T>)rows),
            Call(keeps, typeof(T), text ?? "a query")));
    }

    private PurgeOptions AddRule(RowRule rule)
    {
        RowRules = RowRules with { Rows = [.. RowRules.Rows, rule] };
        return this;
    }
}
