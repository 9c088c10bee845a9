using System.Diagnostics.CodeAnalysis;
using FloworxPurge.Connections;
using FloworxPurge.Planning;
using FloworxPurge.Schema;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore;

namespace FloworxPurge.Execution;

/// <summary>Finds the entity types that a call with a class, an interface or a name stands for.</summary>
/// <param name="model">The models.</param>
/// <param name="problems">Why calls are refused.</param>
[RequiresUnreferencedCode(TrimWarnings.Model)]
internal sealed class RowEntities(RowModel model, List<string> problems)
{
    /// <summary>
    /// The entity types that a call stands for; none where it is refused. Of types that are derived from one another the base alone.
    /// </summary>
    /// <param name="type">The class or the interface.</param>
    /// <param name="name">The name of the entity type, where the call has one.</param>
    /// <param name="call">The call as it was typed.</param>
    public IReadOnlyList<RowEntity> Find(Type type, string? name, string call)
        => name is not null ? FindNamed(type, name, call)
            : type.IsInterface ? FindImplementations(type, call)
            : FindClass(type, call);

    /// <summary>The live tables with the keys of an entity type's rows; none where that is refused.</summary>
    /// <param name="entity">The entity type.</param>
    /// <param name="type">The class or the interface of the call.</param>
    /// <param name="call">The call as it was typed.</param>
    public IReadOnlyList<RowTable> Tables(RowEntity entity, Type type, string call)
    {
        List<RowTable> tables = [];
        foreach ((IEntityType concrete, ITableMapping mapping) in RowModel.MainTables(entity.Type))
        {
            TableName name = model.NameOf(mapping.Table);
            TableDisposition? disposition = model.Disposition(name);
            if (type.IsInterface && disposition?.Keep == PlanReason.Excluded)
            {
                // An interface stands for many types, and excluding one of them is how it is taken out.
                continue;
            }

            if (WhyNot(disposition, name) is { } why)
            {
                problems.Add($"{call} names rows of {name.ToQuotedString()} (entity type {concrete.DisplayName()}), but {why}");
            }
            else if (model.Find(concrete, mapping) is { } table)
            {
                tables.Add(table);
            }
            else
            {
                problems.Add(
                    $"{call} names rows of {name.ToQuotedString()} (entity type {concrete.DisplayName()}), but the database lacks key "
                        + "columns of it. Bring model and database together (a migration).");
            }
        }

        return tables;
    }

    // The display name of an entity type that shares its class has the class, too.
    private static string NameOf(IReadOnlyEntityType type) => type.HasSharedClrType ? type.Name : type.DisplayName();

    private static string? WhyNot(TableDisposition? disposition, TableName table) => disposition switch
    {
        null => "the database has no such table. Bring model and database together (a migration).",
        { Keep: PlanReason.Excluded } => "the table is excluded, so all of its rows stay. Remove the exclusion or this call.",
        { Keep: PlanReason.ExcludedFromMigrations } => "the model excludes the table from migrations, so another application owns it. "
            + "Delete its rows there.",
        { Keep: PlanReason.MigrationsHistory } => "it is the migrations history, which is kept.",
        { Keep: { } reason } => $"the table is kept ({reason}).",
        { Skip: { } skip } => $"the table is skipped: {skip.Explanation}",
        { Live: null } => $"{table.ToQuotedString()} is not in the database.",
        _ => null,
    };

    private static string Names(IEnumerable<IReadOnlyEntityType> types)
        => string.Join(", ", types.Select(type => type.DisplayName()).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal));

    private List<RowEntity> FindNamed(Type type, string name, string call)
    {
        List<RowEntity> found = [.. model.Entities.Where(entity => string.Equals(entity.Type.Name, name, StringComparison.Ordinal)
            || string.Equals(NameOf(entity.Type), name, StringComparison.Ordinal))];
        if (found.Count == 0)
        {
            string near = Suggestions.Describe(name, model.Entities.Select(entity => NameOf(entity.Type)).Distinct(StringComparer.Ordinal));
            problems.Add($"{call} names the entity type \"{name}\", which is not in the model.{near}");
            return [];
        }

        if (found.Find(entity => entity.Type.ClrType != type) is { } other)
        {
            problems.Add(
                $"{call} names the entity type \"{name}\", whose class is {other.Type.ClrType.ShortDisplayName()}, not "
                    + $"{type.ShortDisplayName()}. Use that class as the type argument.");
            return [];
        }

        return Accepted(found, call);
    }

    private List<RowEntity> FindClass(Type type, string call)
    {
        List<RowEntity> found = [.. model.Entities.Where(entity => entity.Type.ClrType == type)];
        List<RowEntity> roots = [.. found.Where(entity => !entity.Type.IsOwned())];
        if (found.Count == 0)
        {
            problems.Add($"{call} names {type.ShortDisplayName()}, which is not an entity type of the model.{Near(type)}");
            return [];
        }

        if (roots.Count == 0)
        {
            string owners = Names(found.Select(entity => entity.Type.FindOwnership()!.PrincipalEntityType));
            problems.Add(
                $"{call} names {type.ShortDisplayName()}, which is owned: its rows are deleted with their owners. Name the owner "
                    + $"({owners}).");
            return [];
        }

        List<string> shared = [.. roots
            .Where(entity => entity.Type.HasSharedClrType)
            .Select(entity => entity.Type.Name)
            .Distinct(StringComparer.Ordinal)
            .Order(StringComparer.Ordinal)];
        if (shared.Count > 1)
        {
            problems.Add(
                $"{call} names {type.ShortDisplayName()}, the class of several entity types: "
                    + $"{string.Join(", ", shared.Select(name => $"\"{name}\""))}. Rows and Keep accept the name of one of them as the first "
                    + "argument; no other rule does.");
            return [];
        }

        return Accepted(roots, call);
    }

    private List<RowEntity> FindImplementations(Type type, string call)
    {
        List<RowEntity> all = [.. model.Entities.Where(entity => type.IsAssignableFrom(entity.Type.ClrType))];

        // A base type that implements it stands for the derived ones, and an owner for what it owns. A view shows rows of tables.
        List<RowEntity> found = [.. all.Where(entity => !type.IsAssignableFrom(entity.Type.BaseType?.ClrType)
            && !OwnersOf(entity.Type).Any(owner => type.IsAssignableFrom(owner.ClrType))
            && (entity.Type.IsOwned() || Refusal(entity.Type) is null || SharesRows(entity.Type) is not null))];
        if (found.Count == 0)
        {
            problems.Add($"{call} names the interface {type.ShortDisplayName()}, which no entity type with a table implements."
                + (all.Count == 0 ? string.Empty : $" {Names(all.Select(entity => entity.Type))} are views, queries or keyless."));
            return [];
        }

        List<RowEntity> owned = [.. found.Where(entity => entity.Type.IsOwned())];
        if (owned.Count > 0)
        {
            problems.Add(
                $"{call} names the interface {type.ShortDisplayName()}, which {Names(owned.Select(entity => entity.Type))} implements "
                    + "and its owner does not: owned rows are deleted with their owners. Implement the interface in the owner, or name the "
                    + "entity types one by one.");
            return [];
        }

        return Accepted(found, call);
    }

    private static IEnumerable<IEntityType> OwnersOf(IEntityType type)
    {
        for (IEntityType? owner = type.FindOwnership()?.PrincipalEntityType; owner is not null;
            owner = owner.FindOwnership()?.PrincipalEntityType)
        {
            yield return owner;
        }
    }

    private List<RowEntity> Accepted(List<RowEntity> entities, string call)
    {
        List<RowEntity> accepted = [];
        foreach (RowEntity entity in entities)
        {
            if (Refusal(entity.Type) is { } refusal)
            {
                problems.Add($"{call} names {entity.Type.DisplayName()}, {refusal}");
            }
            else
            {
                accepted.Add(entity);
            }
        }

        return accepted;
    }

    private static string? Refusal(IEntityType type)
    {
        if (type.IsOwned())
        {
            return "which is owned: its rows are deleted with their owners. Name "
                + $"{type.FindOwnership()!.PrincipalEntityType.DisplayName()}.";
        }

        if (type.FindPrimaryKey() is null)
        {
            return "which has no primary key, so that single rows cannot be identified. Name an entity type with a primary key.";
        }

        if (RowModel.MainTables(type).Count > 0)
        {
            return SharesRows(type) is { } principal
                ? $"whose rows are parts of rows of {principal.DisplayName()}: they share one table. Name {principal.DisplayName()}."
                : null;
        }

        string? view = type.GetViewName() ?? type.GetDerivedTypes().Select(derived => derived.GetViewName()).FirstOrDefault();
        return view is not null ? $"which is mapped to the view \"{view}\". Name the entity type of a table."
            : type.GetSqlQuery() is not null ? "which is mapped to an SQL query. Name the entity type of a table."
            : type.GetFunctionName() is not null ? "which is mapped to a function. Name the entity type of a table."
            : "which is not mapped to a table. Name the entity type of a table.";
    }

    // The dependent of table splitting has no rows of its own.
    private static IEntityType? SharesRows(IEntityType type)
        => RowModel.MainMapping(type.GetRootType()) is { } mapping
            ? type.GetRootType()
                .FindRowInternalForeignKeys(StoreObjectIdentifier.Table(mapping.Table.Name, mapping.Table.Schema))
                .Select(key => key.PrincipalEntityType)
                .FirstOrDefault()
            : null;

    private string Near(Type type)
    {
        List<IEntityType> derived = [.. model.Entities.Select(entity => entity.Type).Where(other => type.IsAssignableFrom(other.ClrType))];
        return derived.Count > 0 && type != typeof(object)
            ? $" {Names(derived)} derive from it. Name these, or an interface that they implement."
            : UnknownName.OfType(type, model.Schema);
    }
}
