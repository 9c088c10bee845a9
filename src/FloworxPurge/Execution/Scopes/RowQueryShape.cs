using System.Collections;
using System.Diagnostics.CodeAnalysis;
using System.Linq.Expressions;
using FloworxPurge.Connections;
using FloworxPurge.Planning;
using FloworxPurge.Schema;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore.Query;
using Microsoft.EntityFrameworkCore;

namespace FloworxPurge.Execution;

/// <summary>Checks what a query returns before EF Core translates it.</summary>
[RequiresUnreferencedCode(TrimWarnings.Model)]
[RequiresDynamicCode(TrimWarnings.Model)]
internal static class RowQueryShape
{
    // What returns the rows that it is given, or some of them.
    private static readonly HashSet<string> Preserving = new(StringComparer.Ordinal)
    {
        nameof(Queryable.Where), nameof(Queryable.OrderBy), nameof(Queryable.OrderByDescending), nameof(Queryable.ThenBy),
        nameof(Queryable.ThenByDescending), nameof(Queryable.Order), nameof(Queryable.OrderDescending), nameof(Queryable.Take),
        nameof(Queryable.Skip), nameof(Queryable.Distinct), nameof(Queryable.Reverse), nameof(Queryable.OfType), nameof(Queryable.Cast),
        nameof(Queryable.AsQueryable), "Include", "ThenInclude", "AsTracking", "AsNoTracking", "AsNoTrackingWithIdentityResolution",
        "AsSplitQuery", "AsSingleQuery", "IgnoreAutoIncludes", "IgnoreQueryFilters", "TagWith", "TagWithCallSite", "FromSqlRaw", "FromSql",
        "FromSqlInterpolated",
    };

    private static readonly HashSet<string> Combining = new(StringComparer.Ordinal)
    {
        nameof(Queryable.Concat), nameof(Queryable.Union), nameof(Queryable.Intersect), nameof(Queryable.Except),
    };

    /// <summary>Determines whether the model of a context has query filters.</summary>
    public static bool HasFilters(DbContext context)
        => context.Model.GetEntityTypes().Any(type => type.GetDeclaredQueryFilters().Count > 0);

    /// <summary>Why the rows that a query returns are not meant by a rule; null where they are.</summary>
    public static string? WhyNot(IQueryable rows, IQueryable all, RowEntity entity, RowRule rule)
    {
        if (rows.Provider is not IAsyncQueryProvider)
        {
            return "is not an EF Core query: it would be evaluated in memory. Build it from the query that it receives.";
        }

        var parts = new Parts();
        parts.Visit(rows.Expression);
        if (parts.Made.FirstOrDefault(type => type == entity.Type.ClrType || rows.ElementType.IsAssignableFrom(type)) is { } made)
        {
            return $"is a projection: it makes new objects of {made.ShortDisplayName()}. Return the entities themselves.";
        }

        // One query stands for several entity types here, and each returns rows of its own.
        if ((rule.Type.IsInterface || entity.Type.HasSharedClrType) && !IsOver(rows.Expression, all.Expression))
        {
            return $"returns other rows than those of {entity.Type.DisplayName()} that it receives. Use operators that select from "
                + "these rows, such as Where, OrderBy and Take.";
        }

        return UnknownFilters(parts, entity.Context.Model);
    }

    /// <summary>Determines whether a query may return null in place of an entity, as an outer join does.</summary>
    public static bool MayReturnNull(Expression query)
        => query is MethodCallExpression call
            && (!Preserving.Contains(call.Method.Name) || MayReturnNull(call.Arguments[0]));

    /// <summary>The query for the keys of the rows.</summary>
    public static IQueryable SelectKey(IQueryable rows, ParameterExpression row, IReadOnlyList<IProperty> key)
    {
        LambdaExpression select = Expression.Lambda(
            Expression.NewArrayInit(
                typeof(object),
                key.Select(property => Expression.Convert(
                    Expression.Call(typeof(EF), nameof(EF.Property), [property.ClrType], row, Expression.Constant(property.Name)),
                    typeof(object)))),
            row);
        return rows.Provider.CreateQuery(Expression.Call(
            typeof(Queryable),
            nameof(Queryable.Select),
            [rows.ElementType, typeof(object[])],
            rows.Expression,
            Expression.Quote(select)));
    }

    /// <summary>The message of an exception in one line, with a full stop.</summary>
    public static string OneLine(Exception e)
    {
        string text = string.Join(
            ' ',
            (e is System.Reflection.TargetInvocationException { InnerException: { } inner } ? inner : e).Message
                .Split(['\r', '\n'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
        return text.TrimEnd('.') + ".";
    }

    private static bool IsOver(Expression query, Expression root)
        => ExpressionEqualityComparer.Instance.Equals(query, root)
            || (query is UnaryExpression { NodeType: ExpressionType.Convert } convert && IsOver(convert.Operand, root))
            || (query is MethodCallExpression call
                && ((Preserving.Contains(call.Method.Name) && IsOver(call.Arguments[0], root))
                    || (Combining.Contains(call.Method.Name) && IsOver(call.Arguments[0], root) && IsOver(call.Arguments[1], root))));

    // EF Core ignores a name that no filter has.
    private static string? UnknownFilters(Parts parts, IModel model)
    {
        List<IEntityType> types = [.. model.GetEntityTypes().Where(type => parts.Types.Contains(type.ClrType))];
        HashSet<string> known = [.. types
            .SelectMany(type => type.GetRootType().GetDeclaredQueryFilters())
            .Select(filter => filter.Key)
            .OfType<string>()];
        List<string> unknown = [.. parts.FilterNames.Where(name => !known.Contains(name)).Distinct(StringComparer.Ordinal)];
        if (unknown.Count == 0)
        {
            return null;
        }

        string names = string.Join(", ", unknown.Select(name => $"\"{name}\""));
        string there = known.Count == 0
            ? "They have no named filters"
            : $"Their filters are {string.Join(", ", known.Order(StringComparer.Ordinal).Select(name => $"\"{name}\""))}";
        return $"ignores the query filter {names}, which none of its entity types has. EF Core would ignore nothing. {there}.";
    }

    /// <summary>Collects what a query consists of.</summary>
    [RequiresDynamicCode(TrimWarnings.Model)]
    private sealed class Parts : ExpressionVisitor
    {
        public HashSet<Type> Types { get; } = [];

        public HashSet<Type> Made { get; } = [];

        public List<string> FilterNames { get; } = [];

        public override Expression? Visit(Expression? node)
        {
            if (node is not null)
            {
                Types.Add(node.Type);
                Types.UnionWith(node.Type.GetGenericArguments());
            }

            return base.Visit(node);
        }

        protected override Expression VisitNew(NewExpression node)
        {
            Made.Add(node.Type);
            return base.VisitNew(node);
        }

        protected override Expression VisitExtension(Expression node) => node;

        protected override Expression VisitMethodCall(MethodCallExpression node)
        {
            if (node.Method.DeclaringType == typeof(EntityFrameworkQueryableExtensions)
                && string.Equals(
                    node.Method.Name,
                    nameof(EntityFrameworkQueryableExtensions.IgnoreQueryFilters),
                    StringComparison.Ordinal)
                && node.Arguments.Count > 1)
            {
                object? names = Expression.Lambda(node.Arguments[1]).Compile(preferInterpretation: true).DynamicInvoke();
                FilterNames.AddRange(((IEnumerable?)names)?.Cast<string>() ?? []);
            }

            return base.VisitMethodCall(node);
        }
    }
}
