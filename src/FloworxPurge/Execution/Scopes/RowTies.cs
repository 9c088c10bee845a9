using System.Diagnostics.CodeAnalysis;
using FloworxPurge.Connections;
using FloworxPurge.Planning;
using FloworxPurge.Schema;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore.Migrations;
using Microsoft.EntityFrameworkCore;

namespace FloworxPurge.Execution;

/// <summary>
/// Finds the tables that hold the rows of one entity together: of a hierarchy with a table for each type, and of split ones.
/// </summary>
[RequiresUnreferencedCode(TrimWarnings.Model)]
internal static class RowTies
{
    /// <summary>The ties between live tables, each in both directions, over the columns of the primary key.</summary>
    public static IEnumerable<ForeignKey> Read(RowModel model)
        => model.Entities
            .Where(entity => entity.Type.FindPrimaryKey() is not null && !RowModel.IsTablePerConcreteType(entity.Type))
            .SelectMany(entity => Pairs(entity.Type).SelectMany(pair => Ties(model, entity.Type, pair.Main, pair.Other)));

    // Each type of a hierarchy is tied to the next one towards its root, and each fragment to the main table of its type.
    private static IEnumerable<(ITableMapping Main, ITableMapping Other)> Pairs(IEntityType type)
    {
        ITableMapping? own = OwnMain(type);
        for (IEntityType? baseType = type.BaseType; own is not null && baseType is not null; baseType = baseType.BaseType)
        {
            if (OwnMain(baseType) is { } main && main.Table != own.Table)
            {
                yield return (main, own);
                break;
            }
        }

        foreach (ITableMapping fragment in type.GetTableMappings()
            .Where(mapping => own is not null && mapping.IsSplitEntityTypePrincipal == false && mapping.Table != own.Table))
        {
            yield return (own!, fragment);
        }
    }

    private static ITableMapping? OwnMain(IEntityType type)
        => type.GetTableMappings().LastOrDefault(mapping => mapping.IsSplitEntityTypePrincipal != false);

    private static IEnumerable<ForeignKey> Ties(RowModel model, IEntityType type, ITableMapping main, ITableMapping other)
        => model.Find(type, main) is { } one && model.Find(type, other) is { } two
            ? [Tie(two, one), Tie(one, two)]
            : [];

    private static ForeignKey Tie(RowTable dependent, RowTable principal) => new()
    {
        Dependent = dependent.Live.Name,
        DependentColumns = dependent.KeyColumns,
        Principal = principal.Live.Name,
        PrincipalColumns = principal.KeyColumns,
        OnDelete = ReferentialAction.NoAction,
        IsEnforced = false,
    };
}
