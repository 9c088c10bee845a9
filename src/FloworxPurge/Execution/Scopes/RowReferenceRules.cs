using System.Diagnostics.CodeAnalysis;
using System.Linq.Expressions;
using FloworxPurge.Connections;
using FloworxPurge.Planning;
using FloworxPurge.Schema;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore;

namespace FloworxPurge.Execution;

/// <summary>Finds the relationships that calls of <c>OnReference</c> name.</summary>
/// <param name="model">The models.</param>
/// <param name="problems">Why calls are refused.</param>
[RequiresUnreferencedCode(TrimWarnings.Model)]
internal sealed class RowReferenceRules(RowModel model, List<string> problems)
{
    /// <summary>The calls by the relationships that they name.</summary>
    public ILookup<IForeignKey, ReferenceRule> Match(IReadOnlyList<ReferenceRule> rules)
        => rules.SelectMany(rule => Find(rule).Select(key => (key, rule))).ToLookup(pair => pair.key, pair => pair.rule);

    /// <summary>The name of the member that an expression is, such as <c>order => order.UserId</c>; null where it is none.</summary>
    public static string? MemberName(LambdaExpression expression)
    {
        Expression body = expression.Body;
        while (body is UnaryExpression { NodeType: ExpressionType.Convert or ExpressionType.ConvertChecked } convert)
        {
            body = convert.Operand;
        }

        return body switch
        {
            MemberExpression member when IsRow(member.Expression, expression) => member.Member.Name,
            MethodCallExpression { Method.Name: nameof(EF.Property) } call
                when call.Method.DeclaringType == typeof(EF)
                    && IsRow(call.Arguments[0], expression)
                    && call.Arguments[1] is ConstantExpression { Value: string name } => name,
            MethodCallExpression { Method.Name: "get_Item", Arguments: [ConstantExpression { Value: string name }] } call
                when IsRow(call.Object, expression) => name,
            _ => null,
        };
    }

    /// <summary>Determines whether an expression is a parameter, maybe as another type.</summary>
    public static bool IsParameter(Expression? expression, ParameterExpression parameter)
        => expression is UnaryExpression { NodeType: ExpressionType.Convert or ExpressionType.TypeAs } convert
            ? IsParameter(convert.Operand, parameter)
            : expression == parameter;

    private static bool IsRow(Expression? expression, LambdaExpression lambda)
        => IsParameter(expression, lambda.Parameters[0]);

    private List<IForeignKey> Find(ReferenceRule rule)
    {
        List<IEntityType> types = [.. model.Entities
            .Select(entity => entity.Type)
            .Where(type => rule.Dependent.IsInterface
                ? rule.Dependent.IsAssignableFrom(type.ClrType)
                : type.ClrType == rule.Dependent)];
        if (types.Count == 0)
        {
            problems.Add($"{rule.Text} names {rule.Dependent.ShortDisplayName()}, which is not an entity type of the model."
                + UnknownName.OfType(rule.Dependent, model.Schema));
            return [];
        }

        if (MemberName(rule.Reference) is not { } name)
        {
            problems.Add($"{rule.Text} names no property of {rule.Dependent.ShortDisplayName()}. Name the navigation to the principal, or "
                + "a property of the foreign key.");
            return [];
        }

        // Join types share one class, and are told apart by their properties.
        List<IEntityType> having = [.. types.Where(type => type.FindProperty(name) is not null)];
        if (types.TrueForAll(type => type.HasSharedClrType) && having.Count > 0)
        {
            types = having;
        }

        List<string> names = [.. types.Select(type => type.Name).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        if (names.Count > 1 && types.TrueForAll(type => type.HasSharedClrType))
        {
            problems.Add($"{rule.Text} names \"{name}\", which several entity types of the class {rule.Dependent.ShortDisplayName()} have: "
                + $"{string.Join(", ", names.Select(other => $"\"{other}\""))}. "
                + "OnReference cannot tell them apart; set the delete behavior in the model.");
            return [];
        }

        List<IForeignKey> found = [];
        foreach (IEntityType type in types)
        {
            (IForeignKey? key, string? refusal) = Find(type, name);
            if (refusal is null && key!.DeclaringEntityType != type && !rule.Dependent.IsInterface)
            {
                refusal = $"is declared by {key.DeclaringEntityType.DisplayName()}, whose other types have it, too. Use "
                    + $"OnReference<{key.DeclaringEntityType.DisplayName()}>.";
            }

            if (refusal is null)
            {
                found.Add(key!);
            }
            else if (!problems.Contains($"{rule.Text}: \"{name}\" of {type.DisplayName()} {refusal}"))
            {
                problems.Add($"{rule.Text}: \"{name}\" of {type.DisplayName()} {refusal}");
            }
        }

        return [.. found.Distinct()];
    }

    private static (IForeignKey? Key, string? Refusal) Find(IEntityType type, string name)
    {
        if (type.FindNavigation(name) is { } navigation)
        {
            return navigation.IsOnDependent
                ? (navigation.ForeignKey, null)
                : (null, $"is on the principal side. Name the reference from the dependent side: "
                    + OnReference(navigation.ForeignKey));
        }

        if (type.FindSkipNavigation(name) is { } skip)
        {
            return (null, $"is a many-to-many relationship, whose rows are those of the join entity type {skip.JoinEntityType?.Name}. "
                + "Name the reference of that type.");
        }

        if (type.FindProperty(name) is not { } property)
        {
            return (null, "is not a mapped property. Name the navigation to the principal, or a property of the foreign key."
                + (Suggestions.Find(name, Names(type)) ?? string.Empty));
        }

        // The key of a derived type that has a table of its own is no reference, but ties its tables together.
        List<IForeignKey> keys = [.. property.GetContainingForeignKeys().Where(key =>
            !key.PrincipalEntityType.IsAssignableFrom(key.DeclaringEntityType)
                || !key.Properties.SequenceEqual(key.PrincipalKey.Properties))];
        List<IForeignKey> exact = [.. keys.Where(key => key.Properties.Count == 1)];
        keys = exact.Count > 0 ? exact : keys;
        return keys.Count switch
        {
            0 => (null, "is part of no foreign key. Name the navigation to the principal, or a property of the foreign key."
                + (Suggestions.Find(name, Names(type)) ?? string.Empty)),
            1 => (keys[0], null),
            _ => (null, $"is part of several foreign keys, to {string.Join(" and ", keys
                .Select(key => key.PrincipalEntityType.DisplayName())
                .Order(StringComparer.Ordinal))}. Name the navigation."),
        };
    }

    private static IEnumerable<string> Names(IEntityType type)
        => type.GetNavigations()
            .Where(navigation => navigation.IsOnDependent)
            .Select(navigation => navigation.Name)
            .Concat(type.GetForeignKeys().SelectMany(key => key.Properties).Select(property => property.Name))
            .Distinct(StringComparer.Ordinal);

    private static string OnReference(IForeignKey key)
        => $"OnReference<{key.DeclaringEntityType.DisplayName()}>(row => row."
            + $"{key.DependentToPrincipal?.Name ?? key.Properties[0].Name}, ...).";
}
