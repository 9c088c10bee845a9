using System.Linq.Expressions;
using Microsoft.EntityFrameworkCore;

namespace FloworxPurge.Tests.RowScopes.Properties;

/// <summary>The class of a generated table: makes calls of the options for it.</summary>
public abstract class ScopeClass
{
    private static readonly ScopeClass[] Classes =
    [
        new Typed<E0, D0>(),
        new Typed<E1, D1>(),
        new Typed<E2, D2>(),
        new Typed<E3, D3>(),
        new Typed<E4, D4>(),
        new Typed<E5, D5>(),
        new Typed<E6, D6>(),
    ];

    /// <summary>The class.</summary>
    public abstract Type Type { get; }

    /// <summary>The class of the derived type, which not every table has.</summary>
    public abstract Type Derived { get; }

    /// <summary>The query filter that some tables have.</summary>
    public abstract LambdaExpression Filter { get; }

    /// <summary>The class of a table.</summary>
    public static ScopeClass Of(ScopeTable table) => Classes[table.Number];

    /// <summary>Counts the entities, hidden ones as well.</summary>
    public abstract int Count(DbContext context);

    /// <summary>Excludes the table.</summary>
    public abstract void Exclude(PurgeOptions options);

    /// <summary>Adds the rule to the options.</summary>
    public abstract void Add(PurgeOptions options, ScopeRule rule);

    /// <summary>Sets what happens to the rows that have a reference.</summary>
    public abstract void OnReference(PurgeOptions options, string property, ReferenceAction action);

    /// <summary>Declares a reference.</summary>
    public abstract void Reference(PurgeOptions options, ScopeClass principal, string property, ScopeKey key);

    /// <summary>Lets rows be deleted that nothing references any more.</summary>
    public abstract void RemoveOrphans(PurgeOptions options);

    /// <summary>The numbers that a rule of a list names.</summary>
    public static int[] List(int value) => [value, value + 3, value + 4];

    /// <summary>The divisor of a rule of remainders.</summary>
    public static int Divisor(int value) => (value % 4) + 2;

    private protected abstract void ReferenceFrom<TDependent>(
        PurgeOptions options,
        Expression<Func<TDependent, object?>> property,
        Expression<Func<TDependent, bool>>? condition,
        ReferenceAction action)
        where TDependent : ScopeEntity;

    private sealed class Typed<T, TDerived> : ScopeClass
        where T : ScopeEntity
        where TDerived : T
    {
        public override Type Type => typeof(T);

        public override Type Derived => typeof(TDerived);

        public override LambdaExpression Filter => (Expression<Func<T, bool>>)(row => row.Hidden == 0);

        public override int Count(DbContext context) => context.Set<T>().IgnoreQueryFilters().ToList().Count;

        public override void Exclude(PurgeOptions options) => options.Exclude<T>();

        public override void Add(PurgeOptions options, ScopeRule rule)
        {
            int value = rule.Value;
            int divisor = Divisor(value);
            int[] list = List(value);
            switch (rule.Kind)
            {
                case RuleKind.Remainder:
                    Add<T>(options, rule, row => row.Number % divisor == value % divisor);
                    break;
                case RuleKind.Below:
                    Add<T>(options, rule, row => row.Number < value);
                    break;
                case RuleKind.List:
                    Add<T>(options, rule, row => list.Contains(row.Number));
                    break;
                case RuleKind.All:
                    Add<T>(options, rule, row => true);
                    break;
                case RuleKind.Derived:
                    Add<TDerived>(options, rule, row => row.Number % divisor == 0);
                    break;
                case RuleKind.Interface:
                    Add<INumbered>(options, rule, row => row.Number == value);
                    break;
                default:
                    Take(options, rule);
                    break;
            }
        }

        public override void OnReference(PurgeOptions options, string property, ReferenceAction action)
            => options.OnReference(Property(property), action);

        public override void Reference(PurgeOptions options, ScopeClass principal, string property, ScopeKey key)
            => principal.ReferenceFrom(options, Property(property), key.OnlyEven ? row => row.Number % 2 == 0 : null, key.Explicit!.Value);

        public override void RemoveOrphans(PurgeOptions options) => options.RemoveOrphans<T>();

        private protected override void ReferenceFrom<TDependent>(
            PurgeOptions options,
            Expression<Func<TDependent, object?>> property,
            Expression<Func<TDependent, bool>>? condition,
            ReferenceAction action)
            => options.Reference<TDependent, T>(property, condition, action);

        private static Expression<Func<T, object?>> Property(string name)
        {
            ParameterExpression row = Expression.Parameter(typeof(T), "row");
            return Expression.Lambda<Func<T, object?>>(Expression.Convert(Expression.Property(row, name), typeof(object)), row);
        }

        private static void Take(PurgeOptions options, ScopeRule rule)
        {
            int count = rule.Value;
            if (rule.Keeps)
            {
                options.Keep<T>(rows => rows.OrderByDescending(row => row.Number).Take(count));
            }
            else
            {
                options.Rows<T>(rows => rows.OrderByDescending(row => row.Number).Take(count));
            }
        }

        private static void Add<TRow>(PurgeOptions options, ScopeRule rule, Expression<Func<TRow, bool>> predicate)
            where TRow : class
            => _ = rule.Keeps ? options.Keep(predicate) : options.Rows(predicate);
    }
}
