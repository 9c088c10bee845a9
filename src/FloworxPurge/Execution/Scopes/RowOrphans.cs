using System.Diagnostics.CodeAnalysis;
using FloworxPurge.Connections;
using FloworxPurge.Planning;
using FloworxPurge.Schema;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore;

namespace FloworxPurge.Execution;

/// <summary>Finds the tables of the calls of <c>RemoveOrphans</c>.</summary>
/// <param name="model">The models.</param>
/// <param name="problems">Why calls are refused.</param>
[RequiresUnreferencedCode(TrimWarnings.Model)]
internal sealed class RowOrphans(RowModel model, List<string> problems)
{
    private readonly RowEntities _entities = new(model, problems);

    /// <summary>The live tables.</summary>
    public IEnumerable<TableName> Read(IReadOnlyList<Type> types)
    {
        foreach (Type type in types.Distinct())
        {
            string call = $"RemoveOrphans<{type.ShortDisplayName()}>()";
            foreach (RowEntity entity in _entities.Find(type, name: null, call))
            {
                if (WhyNot(entity.Type) is { } why)
                {
                    problems.Add($"{call} names {entity.Type.DisplayName()}, {why}");
                    continue;
                }

                foreach (RowTable table in _entities.Tables(entity, type, call))
                {
                    yield return table.Live.Name;
                }
            }
        }
    }

    // Which rows are referenced is asked of one table, and it must hold no others.
    private static string? WhyNot(IEntityType type)
        => RowModel.IsTablePerConcreteType(type) ? null
            : type.BaseType is not null
                ? $"which is derived from {type.GetRootType().DisplayName()}: its table also holds rows of other types. Name "
                    + $"{type.GetRootType().DisplayName()}."
            : type.GetDerivedTypesInclusive()
                .SelectMany(derived => derived.GetTableMappings())
                .Select(mapping => mapping.Table)
                .Distinct()
                .Count() > 1
                ? "whose rows are stored in several tables. Delete its orphans with Rows and a query."
            : null;
}
