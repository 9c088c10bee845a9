using System.Diagnostics.CodeAnalysis;
using FloworxPurge.Connections;
using FloworxPurge.Extensibility;
using FloworxPurge.Planning;
using FloworxPurge.Schema;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore;

namespace FloworxPurge.Execution;

/// <summary>Resolves the rules of the options against the models and the live database, before any row is read.</summary>
[RequiresUnreferencedCode(TrimWarnings.Model)]
[RequiresDynamicCode(TrimWarnings.Model)]
internal static class RowScopeReader
{
    /// <summary>Makes the input of the selection. No statement is sent.</summary>
    /// <param name="contexts">The contexts; the parameters of the queries are those of their provider.</param>
    /// <param name="schema">Model and live database.</param>
    /// <param name="dispositions">What the filters and the drift make of each table.</param>
    /// <param name="settings">The options.</param>
    /// <param name="dialect">The dialect of the engine.</param>
    /// <exception cref="PurgeException">Rules are refused; the message names every one.</exception>
    public static RowScope Read(
        IReadOnlyList<DbContext> contexts,
        ComparedSchema schema,
        IReadOnlyList<TableDisposition> dispositions,
        PurgeSettings settings,
        PurgeDialect dialect)
    {
        List<string> problems = [];
        RowRules rules = settings.RowRules;
        var model = new RowModel(contexts, schema, dispositions, dialect);
        var queries = new RowQueryReader(model, problems);
        List<RowQuery> read = [.. rules.Rows.SelectMany(queries.Read)];
        var references = new RowReferenceReader(model, settings.OnBlocked, problems);
        List<RowReference> all = [.. references.Read(rules.References)];
        all.AddRange(new DeclaredReferences(model, queries, references, problems).Read(rules.Declared));
        HashSet<TableName> orphans = [.. new RowOrphans(model, problems).Read(rules.Orphans)];
        if (problems.Count > 0)
        {
            throw new PurgeException(string.Join(Environment.NewLine, problems.Distinct(StringComparer.Ordinal)));
        }

        return new RowScope(read, Reachable(read, all, orphans), orphans);
    }

    /// <summary>The references to tables of which rows may be deleted, in order.</summary>
    private static IReadOnlyList<RowReference> Reachable(
        List<RowQuery> queries,
        List<RowReference> references,
        HashSet<TableName> orphans)
    {
        HashSet<TableName> reached = [.. queries.Where(query => !query.Keeps).Select(query => query.Table)];
        int before;
        do
        {
            before = reached.Count;
            reached.UnionWith(references
                .Where(reference => reference.Action == ReferenceAction.Follow && reached.Contains(reference.Key.Principal))
                .Select(reference => reference.Key.Dependent)
                .ToList());
            reached.UnionWith(references
                .Where(reference => reached.Contains(reference.Key.Dependent) && orphans.Contains(reference.Key.Principal))
                .Select(reference => reference.Key.Principal)
                .ToList());
        }
        while (reached.Count > before);

        // What a kept row references is looked for upwards from any table.
        bool keeps = queries.Exists(query => query.Keeps);
        return [.. references
            .Where(reference => keeps || reached.Contains(reference.Key.Principal))
            .OrderBy(reference => reference.Key.Dependent)
            .ThenBy(reference => string.Join('\0', reference.Key.DependentColumns), StringComparer.Ordinal)
            .ThenBy(reference => reference.Key.Principal)
            .ThenBy(reference => reference.Key.Name, StringComparer.Ordinal)];
    }
}
