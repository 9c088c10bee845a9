using System.Diagnostics.CodeAnalysis;
using FloworxPurge.Connections;
using FloworxPurge.Planning;
using FloworxPurge.Schema;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore.Migrations;
using Microsoft.EntityFrameworkCore;

namespace FloworxPurge.Execution;

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
        HashSet<string> enforced = new(model.Schema.ForeignKeys.Where(key => key.IsEnforced).Select(key => key.Shape), model.Identifiers);
        HashSet<string> replaced = new(model.Identifiers);
        HashSet<string> known = new(model.Schema.ForeignKeys.Select(key => key.Shape), model.Identifiers);
        foreach (IForeignKey relationship in model.Contexts
            .SelectMany(context => context.Model.GetEntityTypes())
            .SelectMany(type => type.GetDeclaredForeignKeys()))
        {
            List<TablePair> pairs = Pairs(relationship);
            List<ForeignKey> others =
            [
                .. pairs
                    .SelectMany(pair => ToOtherTables(relationship, pair))
                    .Select(Key)
                    .OfType<ForeignKey>()
                    .Where(key => enforced.Contains(key.Shape)),
            ];
            foreach (ForeignKey key in pairs.Select(Key).OfType<ForeignKey>().Concat(others))
            {
                if (!_byShape.TryGetValue(key.Shape, out List<IForeignKey>? relationships))
                {
                    _byShape[key.Shape] = relationships = [];
                }

                relationships.Add(relationship);
                if (others.Count > 0)
                {
                    replaced.Add(key.Shape);
                }
                else if (known.Add(key.Shape))
                {
                    added.Add(key);
                }
            }
        }

        All = [.. model.Schema.ForeignKeys.Where(key => key.IsEnforced || !replaced.Contains(key.Shape)), .. added];
    }

    /// <summary>
    /// Gets all foreign keys between live tables: live ones, and those that only the model knows, such as one to a hierarchy in which each
    /// concrete type has a table.
    /// </summary>
    public IReadOnlyList<ForeignKey> All { get; }

    /// <summary>The relationships that a foreign key stands for; none where only the database knows it.</summary>
    public IReadOnlyList<IForeignKey> Relationships(ForeignKey key)
        => _byShape.TryGetValue(key.Shape, out List<IForeignKey>? relationships) ? relationships : [];

    private static List<TablePair> Pairs(IForeignKey relationship)
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
        return pairs.Count > 0 ? pairs : [.. Unconstrained(relationship)];
    }

    // A database that EF Core did not make may reference another table of an entity that is stored in several.
    private static IEnumerable<TablePair> ToOtherTables(IForeignKey relationship, TablePair pair)
        => relationship.PrincipalEntityType.GetTableMappings()
            .Select(mapping => mapping.Table)
            .Where(table => table != pair.Principal
                && relationship.PrincipalKey.Properties.All(property => table.FindColumn(property) is not null))
            .Select(table => pair with
            {
                Principal = table,
                To = [.. relationship.PrincipalKey.Properties.Select(property => table.FindColumn(property)!.Name)],
            })
            .Where(other => other.Dependent != other.Principal || !other.From.SequenceEqual(other.To, StringComparer.Ordinal));

    private ForeignKey? Key(TablePair pair)
        => _model.Live(pair.Dependent) is { } child
            && _model.Live(pair.Principal) is { } parent
            && _model.ColumnNames(child, pair.From) is { } childColumns
            && _model.ColumnNames(parent, pair.To) is { } parentColumns
            ? new ForeignKey
            {
                Name = pair.Name,
                Dependent = child.Name,
                DependentColumns = childColumns,
                Principal = parent.Name,
                PrincipalColumns = parentColumns,
                OnDelete = ReferentialAction.NoAction,
                NullableColumns = [.. childColumns.Where(column => _model.Column(child, column)!.IsNullable)],
                IsEnforced = false,
            }
            : null;

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
