using System.Diagnostics.CodeAnalysis;
using System.Linq.Expressions;
using System.Reflection;
using FloworxPurge.Connections;
using FloworxPurge.Planning;
using FloworxPurge.Schema;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore.Query;
using Microsoft.EntityFrameworkCore;

namespace FloworxPurge.Execution;

/// <summary>Makes the queries for the keys of rows, as EF Core translates them.</summary>
/// <param name="model">The models.</param>
/// <param name="problems">Why rules are refused.</param>
[RequiresUnreferencedCode(TrimWarnings.Model)]
[RequiresDynamicCode(TrimWarnings.Model)]
internal sealed class RowQueryReader(RowModel model, List<string> problems)
{
    private const BindingFlags Own = BindingFlags.NonPublic | BindingFlags.Static;

    private readonly RowEntities _entities = new(model, problems);

    /// <summary>The queries of a rule; none where it is refused.</summary>
    public IReadOnlyList<RowQuery> Read(RowRule rule)
    {
        List<RowQuery> queries = [];
        foreach (RowEntity entity in _entities.Find(rule.Type, rule.Name, rule.Text))
        {
            foreach (RowTable table in _entities.Tables(entity, rule.Type, rule.Text))
            {
                // Another context may map the same class to the same table, with filters of its own: the first one decides.
                if (!queries.Exists(query => query.Table == table.Live.Name
                        && string.Equals(query.EntityType, table.Type.DisplayName(), StringComparison.Ordinal))
                    && Read(rule, entity, table) is { } query)
                {
                    queries.Add(query);
                }
            }
        }

        return queries;
    }

    /// <summary>A query for the keys of the rows of an entity type that satisfy a condition, without query filters.</summary>
    public RowQuery? ReadCondition(string text, RowEntity entity, RowTable table, LambdaExpression? condition)
    {
        IQueryable rows = Set(entity);
        return Translate(
            text,
            entity,
            () => Command(
                entity,
                table,
                condition is null ? rows : Where(rows, condition, entity.Type),
                ignoresFilters: true)) is { } command
            ? new RowQuery(text, Keeps: false, entity.Type.DisplayName(), table.Live.Name, table.KeyColumns, command, Unfiltered: null)
            : null;
    }

    private RowQuery? Read(RowRule rule, RowEntity entity, RowTable table)
    {
        string? why = null;
        IQueryable? rows = Translate(rule.Text, entity, () =>
        {
            IQueryable query = Query(rule, entity);
            why = RowQueryShape.WhyNot(query, Set(entity), entity, rule);
            return query;
        });
        if (why is not null)
        {
            problems.Add($"{rule.Text} {why}");
        }

        if (rows is null || why is not null)
        {
            return null;
        }

        if (Translate(rule.Text, entity, () => Command(entity, table, rows, rule.Keeps)) is not { } command)
        {
            return null;
        }

        RowCommand? unfiltered = !rule.Keeps && RowQueryShape.HasFilters(entity.Context)
            ? Translate(rule.Text, entity, () => Command(entity, table, rows, ignoresFilters: true))
            : null;
        return new RowQuery(
            rule.Text,
            rule.Keeps,
            table.Type.DisplayName(),
            table.Live.Name,
            table.KeyColumns,
            command,
            IsSame(command, unfiltered) ? null : unfiltered);
    }

    private static bool IsSame(RowCommand command, RowCommand? other)
        => other is null
            || (string.Equals(command.Sql, other.Sql, StringComparison.Ordinal)
                && string.Equals(command.ParametersHash, other.ParametersHash, StringComparison.Ordinal));

    private static IQueryable Query(RowRule rule, RowEntity entity)
    {
        IQueryable rows = Set(entity);
        return rule.Predicate is { } predicate
            ? Where(rows, predicate, entity.Type)
            : rule.Query!(rows) ?? throw new InvalidOperationException("the query is null");
    }

    private T? Translate<T>(string text, RowEntity entity, Func<T> translate)
        where T : class
    {
        try
        {
            return translate();
        }
        catch (PurgeException e)
        {
            problems.Add($"{text}: {e.Message}");
        }
        catch (InvalidOperationException e) when (e.InnerException is { } inner)
        {
            // The message of the inner exception may hold the value, such as an address, which no output shows.
            problems.Add($"{text} cannot be evaluated: its code failed with {inner.GetType().Name}. Check the values that it uses.");
        }
        catch (Exception e) when (DatabaseFailure.IsForeign(e, CancellationToken.None) || e is ArgumentException)
        {
            problems.Add($"{text} cannot be translated to SQL for {entity.Type.DisplayName()}: {RowQueryShape.OneLine(e)} Use "
                + "mapped properties only, and return entities of this type.");
        }

        return null;
    }

    private static IQueryable Set(RowEntity entity)
        => (IQueryable)typeof(RowQueryReader)
            .GetMethod(nameof(SetOf), Own)!
            .MakeGenericMethod(entity.Type.ClrType)
            .Invoke(null, [entity.Context, entity.Type.HasSharedClrType ? entity.Type.Name : null])!;

    private static DbSet<T> SetOf<T>(DbContext context, string? name)
        where T : class
        => name is null ? context.Set<T>() : context.Set<T>(name);

    private static IQueryable Where(IQueryable rows, LambdaExpression predicate, IEntityType type)
        => Call(rows, nameof(Queryable.Where), Expression.Quote(InterfaceMembers.ForEntity(predicate, type)));

    private static IQueryable Call(IQueryable rows, string method, params Expression[] arguments)
        => rows.Provider.CreateQuery(
            Expression.Call(typeof(Queryable), method, [rows.ElementType], [rows.Expression, .. arguments]));

    private static RowCommand Command(RowEntity entity, RowTable table, IQueryable rows, bool ignoresFilters)
    {
        if (ignoresFilters)
        {
            rows = (IQueryable)typeof(RowQueryReader)
                .GetMethod(nameof(Unfiltered), Own)!
                .MakeGenericMethod(rows.ElementType)
                .Invoke(null, [rows])!;
        }

        ParameterExpression row = Expression.Parameter(rows.ElementType, "row");
        if (RowModel.IsTablePerConcreteType(entity.Type))
        {
            Expression isExactly = Expression.Equal(
                Expression.Call(row, typeof(object).GetMethod(nameof(GetType))!),
                Expression.Constant(table.Type.ClrType, typeof(Type)));
            rows = Call(rows, nameof(Queryable.Where), Expression.Quote(Expression.Lambda(isExactly, row)));
        }

        if (RowQueryShape.MayReturnNull(rows.Expression))
        {
            Expression isThere = Expression.NotEqual(row, Expression.Constant(null, rows.ElementType));
            rows = Call(rows, nameof(Queryable.Where), Expression.Quote(Expression.Lambda(isThere, row)));
        }

        IReadOnlyList<IProperty> key = table.Type.FindPrimaryKey()!.Properties;
        return RowCommandReader.Read(entity.Context, RowQueryShape.SelectKey(rows, row, key));
    }

    private static IQueryable Unfiltered<T>(IQueryable<T> rows)
        where T : class
        => rows.IgnoreQueryFilters();
}
