using System.Diagnostics.CodeAnalysis;
using FloworxPurge.Connections;
using FloworxPurge.Planning;
using FloworxPurge.Schema;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore.Migrations;
using Microsoft.EntityFrameworkCore;

namespace FloworxPurge.Execution;

/// <summary>Resolves the references that the options declare since the database does not know them.</summary>
/// <param name="model">The models.</param>
/// <param name="queries">Makes the queries of conditions.</param>
/// <param name="references">Says which tables are kept.</param>
/// <param name="problems">Why calls are refused.</param>
[RequiresUnreferencedCode(TrimWarnings.Model)]
[RequiresDynamicCode(TrimWarnings.Model)]
internal sealed class DeclaredReferences(
    RowModel model,
    RowQueryReader queries,
    RowReferenceReader references,
    List<string> problems)
{
    private readonly RowEntities _entities = new(model, problems);

    /// <summary>The references.</summary>
    public IEnumerable<RowReference> Read(IReadOnlyList<DeclaredReference> declared) => declared.SelectMany(Read);

    private IEnumerable<RowReference> Read(DeclaredReference reference)
    {
        string call = reference.Text;
        List<RowEntity> dependents = [.. _entities.Find(reference.Dependent, name: null, call)];
        List<RowEntity> principals = [.. _entities.Find(reference.Principal, name: null, call)];
        if (dependents.Count == 0 || principals.Count == 0)
        {
            yield break;
        }

        if (RowReferenceRules.MemberName(reference.Key) is not { } name)
        {
            problems.Add($"{call} names no property of {reference.Dependent.ShortDisplayName()}. Name the property that holds the key.");
            yield break;
        }

        foreach (RowEntity dependent in dependents)
        {
            if (dependent.Type.FindProperty(name) is not { } property)
            {
                problems.Add($"{call}: \"{name}\" is not a mapped property of {dependent.Type.DisplayName()}."
                    + (Suggestions.Find(name, dependent.Type.GetProperties().Select(other => other.Name)) ?? string.Empty));
                continue;
            }

            foreach (RowEntity principal in principals
                .Where(entity => ReferenceEquals(entity.Context, dependent.Context) || dependents.Count == 1))
            {
                foreach (RowReference found in Read(reference, dependent, property, principal))
                {
                    yield return found;
                }
            }
        }
    }

    private IEnumerable<RowReference> Read(DeclaredReference reference, RowEntity dependent, IProperty property, RowEntity principal)
    {
        string call = reference.Text;
        IKey key = principal.Type.FindPrimaryKey()!;
        if (key.Properties.Count > 1)
        {
            problems.Add($"{call}: the primary key of {principal.Type.DisplayName()} has {key.Properties.Count} columns, and a declared "
                + "reference can only have one. Configure the relationship in the model instead.");
            yield break;
        }

        if (!Stored(property).Equals(Stored(key.Properties[0])))
        {
            problems.Add($"{call}: \"{property.Name}\" is stored as {property.GetColumnType()} and the key of "
                + $"{principal.Type.DisplayName()} as {key.Properties[0].GetColumnType()}, so that the two cannot be "
                + "compared. Name a property of the same type.");
            yield break;
        }

        foreach ((RowTable child, string column) in Tables(dependent, property, call))
        {
            foreach (RowTable parent in _entities.Tables(principal, reference.Principal, call))
            {
                if (Read(reference, dependent, child, column, parent) is { } found)
                {
                    yield return found;
                }
            }
        }
    }

    private RowReference? Read(DeclaredReference reference, RowEntity dependent, RowTable child, string column, RowTable parent)
    {
        string call = reference.Text;
        var key = new ForeignKey
        {
            Dependent = child.Live.Name,
            DependentColumns = [column],
            Principal = parent.Live.Name,
            PrincipalColumns = parent.KeyColumns,
            OnDelete = ReferentialAction.NoAction,
            NullableColumns = model.Column(child.Live, column)!.IsNullable ? [column] : [],
            IsEnforced = false,
        };
        if (references.WhyNot(key, reference.Action) is { } why)
        {
            problems.Add($"{call} {why}");
            return null;
        }

        // Rows of other types in the same table have no such reference, although the column is theirs, too.
        bool hasOthers = dependent.Type.BaseType is not null && !RowModel.IsTablePerConcreteType(dependent.Type);
        if (reference.Condition is null && !hasOthers)
        {
            return new RowReference(key, reference.Action, call, Condition: null);
        }

        return queries.ReadCondition(call, dependent, child, reference.Condition) is { } condition
            ? new RowReference(key, reference.Action, call, condition)
            : null;
    }

    /// <summary>The live tables that hold a property, and its live column there.</summary>
    private IEnumerable<(RowTable Table, string Column)> Tables(RowEntity dependent, IProperty property, string call)
    {
        IEnumerable<(IEntityType Type, ITableMapping Mapping)> mappings = RowModel.IsTablePerConcreteType(dependent.Type)
            ? RowModel.MainTables(dependent.Type)
            : dependent.Type.GetTableMappings()
                .Where(mapping => mapping.ColumnMappings.Any(column => column.Property == property))
                .Select(mapping => (dependent.Type, (ITableMapping)mapping))
                .Take(1);
        foreach ((IEntityType type, ITableMapping mapping) in mappings)
        {
            if (model.Find(type, mapping) is { } table
                && mapping.Table.FindColumn(property) is { } column
                && model.Column(table.Live, column.Name) is { } live)
            {
                yield return (table, live.Name);
            }
            else
            {
                problems.Add($"{call}: the column of \"{property.Name}\" is not in the database. Bring model and database together (a "
                    + "migration).");
            }
        }
    }

    // Integers of different widths can be compared.
    private static Type Stored(IProperty property)
    {
        Type type = property.GetTypeMapping().Converter?.ProviderClrType ?? property.ClrType;
        type = Nullable.GetUnderlyingType(type) ?? type;
        type = type.IsEnum ? Enum.GetUnderlyingType(type) : type;
        return Type.GetTypeCode(type) is >= TypeCode.SByte and <= TypeCode.UInt64 ? typeof(long) : type;
    }
}
