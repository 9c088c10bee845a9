using System.Diagnostics.CodeAnalysis;
using System.Linq.Expressions;
using System.Reflection;
using FloworxPurge.Connections;
using FloworxPurge.Planning;
using FloworxPurge.Schema;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore;

namespace FloworxPurge.Execution;

/// <summary>Rewrites a predicate over an interface into one over an entity type that implements it.</summary>
[RequiresUnreferencedCode(TrimWarnings.Model)]
[RequiresDynamicCode(TrimWarnings.Model)]
internal static class InterfaceMembers
{
    /// <summary>The predicate over the entity type: its members in place of the interface's.</summary>
    public static LambdaExpression ForEntity(LambdaExpression predicate, IReadOnlyEntityType type)
    {
        ParameterExpression parameter = predicate.Parameters[0];
        if (parameter.Type == type.ClrType)
        {
            return predicate;
        }

        ParameterExpression row = Expression.Parameter(type.ClrType, parameter.Name);
        return Expression.Lambda(new Rewriter(parameter, row, type).Visit(predicate.Body), row);
    }

    [RequiresUnreferencedCode(TrimWarnings.Model)]
    [RequiresDynamicCode(TrimWarnings.Model)]
    private sealed class Rewriter(ParameterExpression parameter, ParameterExpression row, IReadOnlyEntityType type) : ExpressionVisitor
    {
        protected override Expression VisitMember(MemberExpression node)
        {
            if (!RowReferenceRules.IsParameter(node.Expression, parameter) || node.Member is not PropertyInfo property)
            {
                return base.VisitMember(node);
            }

            string name = node.Member.Name;
            PropertyInfo? own = type.ClrType.GetProperty(name, property.PropertyType);
            return own is not null ? Expression.Property(row, own)
                : type.FindProperty(name) is not null
                    ? Expression.Call(typeof(EF), nameof(EF.Property), [property.PropertyType], row, Expression.Constant(name))
                    : base.VisitMember(node);
        }

        // Without a rewritten member, such as a method call or the row itself.
        protected override Expression VisitParameter(ParameterExpression node)
            => node == parameter ? Expression.Convert(row, parameter.Type) : node;
    }
}
