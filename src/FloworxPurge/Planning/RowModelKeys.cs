using System.Diagnostics.CodeAnalysis;
using FloworxPurge.Schema;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore.Migrations;

namespace FloworxPurge.Planning;

/// <summary>The relationships of the models, by the foreign keys of the live database that they stand for.</summary>
[RequiresUnreferencedCode(TrimWarnings.Model)]
internal sealed class RowModelKeys
{
    private readonly RowModel _model;
    private readonly Dictionary<string, List<IForeignKey>> _byShape;

    public RowModelKeys(RowModel model)
    {
        _model = model;
        _byShape = new Dictionary<string, List<IForeignKey>>(model.Identifiers);
        List<ForeignKey> added = [];
        HashSet<string> known = new(model.Schema.ForeignKeys.Select(key => key.Shape), model.Identifiers);
        foreach (IForeignKey relationship in model.Contexts
            .SelectMany(context => context.Model.GetEntityTypes())
            .SelectMany(type => type.GetDeclaredForeignKeys()))
        {
            foreach (ForeignKey key in Keys(relationship))
            {
                if (!_byShape.TryGetValue(key.Shape, out List<IForeignKey>? relationships))
                {
                    _byShape[key.Shape] = relationships = [];
                }

                relationships.Add(relationship);
                if (known.Add(key.Shape))
                {
                    added.Add(key);
                }
            }
        }

        All = [.. model.Schema.ForeignKeys, .. added];
    }

    /// <summary>
    /// Gets all foreign keys between live tables: live ones, and those that only the model knows, such as one to a hierarchy in which each
    /// concrete type has a table.
    /// </summary>
    public IReadOnlyList<ForeignKey> All { get; }

    /// <summary>The relationships that a foreign key stands for; none where only the database knows it.</summary>
    public IReadOnlyList<IForeignKey> Relationships(ForeignKey key)
        => _byShape.TryGetValue(key.Shape, out List<IForeignKey>? relationships) ? relationships : [];

    private IEnumerable<ForeignKey> Keys(IForeignKey relationship)
    {
        List<TablePair> pairs =
        [
            .. relationship.GetMappedConstraints().Select(constraint => new TablePair(
                constraint.Table,
                [.. constraint.Columns.Select(column => column.Name)],
                constraint.PrincipalTable,
                [.. constraint.PrincipalColumns.Select(column => column.Name)],
                constraint.Name)),
        ];
        if (pairs.Count == 0)
        {
            pairs.AddRange(Unconstrained(relationship));
        }

        foreach ((ITable dependent, string[] from, ITable principal, string[] to, string? name) in pairs)
        {
            if (_model.Live(dependent) is { } child
                && _model.Live(principal) is { } parent
                && _model.ColumnNames(child, from) is { } childColumns
                && _model.ColumnNames(parent, to) is { } parentColumns)
            {
                yield return new ForeignKey
                {
                    Name = name,
                    Dependent = child.Name,
                    DependentColumns = childColumns,
                    Principal = parent.Name,
                    PrincipalColumns = parentColumns,
                    OnDelete = ReferentialAction.NoAction,
                    NullableColumns = [.. childColumns.Where(column => _model.Column(child, column)!.IsNullable)],
                    IsEnforced = false,
                };
            }
        }
    }

    // EF Core makes no constraint to a hierarchy in which each concrete type has a table, since the row is in one of several.
    private static IEnumerable<TablePair> Unconstrained(IForeignKey relationship)
    {
        if (relationship.DeclaringEntityType.IsMappedToJson())
        {
            yield break;
        }

        foreach (ITable dependent in Tables(relationship.DeclaringEntityType, relationship.Properties))
        {
            foreach (ITable principal in Tables(relationship.PrincipalEntityType, relationship.PrincipalKey.Properties))
            {
                string[] from = [.. relationship.Properties.Select(property => dependent.FindColumn(property)!.Name)];
                string[] to = [.. relationship.PrincipalKey.Properties.Select(property => principal.FindColumn(property)!.Name)];

                // Entities that share rows reference themselves.
                if (dependent != principal || !from.SequenceEqual(to, StringComparer.Ordinal))
                {
                    yield return new TablePair(dependent, from, principal, to, Name: null);
                }
            }
        }
    }

    private static IEnumerable<ITable> Tables(IEntityType type, IReadOnlyList<IProperty> properties)
        => (RowModel.IsTablePerConcreteType(type) ? RowModel.MainTables(type).Select(pair => pair.Mapping.Table)
            : type.GetTableMappings()
                .Where(mapping => properties.All(property => mapping.Table.FindColumn(property) is not null))
                .Select(mapping => mapping.Table)
                .Take(1))
            .Where(table => properties.All(property => table.FindColumn(property) is not null))
            .Distinct();

    private sealed record TablePair(ITable Dependent, string[] From, ITable Principal, string[] To, string? Name);
}
