using System.Diagnostics.CodeAnalysis;
using FloworxPurge.Connections;
using FloworxPurge.Planning;
using FloworxPurge.Schema;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore;

namespace FloworxPurge.Execution;

/// <summary>Decides what happens to the rows that reference deleted ones, for each foreign key.</summary>
/// <param name="model">The models.</param>
/// <param name="onBlocked">What is done where only the database knows a key.</param>
/// <param name="problems">Why rules are refused.</param>
[RequiresUnreferencedCode(TrimWarnings.Model)]
internal sealed class RowReferenceReader(RowModel model, OnBlocked onBlocked, List<string> problems)
{
    /// <summary>The references of all foreign keys and of the ties between tables of one entity.</summary>
    /// <param name="rules">The calls of <c>OnReference</c>.</param>
    public IReadOnlyList<RowReference> Read(IReadOnlyList<ReferenceRule> rules)
    {
        var keys = new RowModelKeys(model);
        ILookup<IForeignKey, ReferenceRule> explicitly = new RowReferenceRules(model, problems).Match(rules);
        Dictionary<string, RowReference> ties = RowTies.Read(model)
            .DistinctBy(key => key.Shape, model.Identifiers)
            .ToDictionary(key => key.Shape, OfTie, model.Identifiers);
        var references = new List<RowReference>();
        foreach (ForeignKey key in keys.All)
        {
            if (ties.TryGetValue(key.Shape, out RowReference? tie))
            {
                ties[key.Shape] = tie with { Key = key };
            }
            else
            {
                references.Add(Of(Settable(key), keys.Relationships(key), explicitly));
            }
        }

        return [.. references, .. ties.Values];
    }

    /// <summary>Why the options cannot have an action for a reference; null where they can.</summary>
    public string? WhyNot(ForeignKey key, ReferenceAction action)
    {
        string table = key.Dependent.ToQuotedString();
        return action != ReferenceAction.Block && WhyKept(key.Dependent) is { } kept
            ? $"would {(action == ReferenceAction.Follow ? "delete" : "change")} rows of {table}, but {kept}. Use "
                + $"{nameof(ReferenceAction.Block)}, or remove what keeps the table."
            : action == ReferenceAction.Detach && !CanDetach(key)
            ? $"cannot detach rows of {table}: no column of the reference {key} accepts NULL. Use {nameof(ReferenceAction.Follow)} or "
                + $"{nameof(ReferenceAction.Block)}."
            : null;
    }

    private string? WhyKept(TableName table) => model.Disposition(table) switch
    {
        { Keep: PlanReason.Excluded } => $"{table} is excluded",
        { Keep: PlanReason.Unmapped } or null => $"{table} is not in the model",
        { Keep: { } reason } => $"{table} is kept ({reason})",
        { Skip: { } skip } => $"{table} is skipped ({skip.Reason})",
        _ => null,
    };

    private static bool CanDetach(ForeignKey key) => key.NullableColumns.Count > 0;

    // The most careful of several relationships over the same columns wins.
    private static readonly ReferenceAction[] MostCarefulFirst = [ReferenceAction.Block, ReferenceAction.Detach, ReferenceAction.Follow];

    private RowReference OfTie(ForeignKey key) => WhyKept(key.Dependent) is { } kept
        ? new RowReference(key, ReferenceAction.Block, kept, Condition: null)
        : new RowReference(key, ReferenceAction.Follow, "rows of one entity", Condition: null) { IsTie = true };

    // A computed column cannot be set.
    private ForeignKey Settable(ForeignKey key)
    {
        HashSet<string> computed = new(
            model.Schema.Tables
                .Where(table => table.Name == key.Dependent)
                .SelectMany(table => table.Model.Columns)
                .Where(column => column.IsComputed)
                .Select(column => column.Name),
            model.Columns);
        return key.NullableColumns.Any(computed.Contains)
            ? key with { NullableColumns = [.. key.NullableColumns.Where(column => !computed.Contains(column))] }
            : key;
    }

    private RowReference Of(
        ForeignKey key,
        IReadOnlyList<IForeignKey> relationships,
        ILookup<IForeignKey, ReferenceRule> explicitly)
    {
        List<ReferenceRule> rules = [.. relationships.SelectMany(relationship => explicitly[relationship]).Distinct()];
        if (rules.Count > 0)
        {
            return OfRules(key, rules);
        }

        if (WhyKept(key.Dependent) is { } kept)
        {
            // Only tables that no option and no drift keeps may be included.
            return onBlocked == OnBlocked.IncludeDependents && model.Disposition(key.Dependent) is { MayBeIncluded: true }
                ? new RowReference(key, ReferenceAction.Follow, $"{kept}, and OnBlocked is IncludeDependents", Condition: null)
                : new RowReference(key, ReferenceAction.Block, kept, Condition: null);
        }

        if (relationships.Count == 0)
        {
            const string Known = "only the database knows it";
            return onBlocked == OnBlocked.IncludeDependents
                ? new RowReference(key, ReferenceAction.Follow, $"{Known}, and OnBlocked is IncludeDependents", Condition: null)
                : new RowReference(key, ReferenceAction.Block, Known, Condition: null);
        }

        (ReferenceAction action, string reason) = relationships
            .Select(relationship => OfModel(key, relationship.DeleteBehavior))
            .OrderBy(pair => Array.IndexOf(MostCarefulFirst, pair.Action))
            .ThenBy(pair => pair.Reason, StringComparer.Ordinal)
            .First();
        return new RowReference(key, action, reason, Condition: null)
        {
            IsByModel = true,
            IsOwnership = action == ReferenceAction.Follow && relationships.All(relationship => relationship.IsOwnership),
        };
    }

    private RowReference OfRules(ForeignKey key, List<ReferenceRule> rules)
    {
        string calls = string.Join(" and ", rules.Select(rule => rule.Text).Distinct(StringComparer.Ordinal));
        ReferenceAction action = rules[0].Action;
        if (rules.Exists(rule => rule.Action != action))
        {
            problems.Add($"{calls} contradict each other for foreign key {key}. Remove one of them.");
        }
        else if (WhyNot(key, action) is { } why)
        {
            problems.Add($"{calls} {why}");
        }

        return new RowReference(key, action, calls, Condition: null);
    }

    private static (ReferenceAction Action, string Reason) OfModel(ForeignKey key, DeleteBehavior behavior) => behavior switch
    {
        DeleteBehavior.Cascade or DeleteBehavior.ClientCascade => (ReferenceAction.Follow, $"the model has {behavior}"),
        DeleteBehavior.SetNull or DeleteBehavior.ClientSetNull when CanDetach(key) => (
            ReferenceAction.Detach,
            $"the model has {behavior}"),
        DeleteBehavior.SetNull or DeleteBehavior.ClientSetNull => (
            ReferenceAction.Block,
            $"the model has {behavior}, and no column accepts NULL"),
        _ => (ReferenceAction.Block, $"the model has {behavior}"),
    };
}
