using System.Diagnostics.CodeAnalysis;
using FloworxPurge.Connections;
using FloworxPurge.Planning;
using FloworxPurge.Reading;
using FloworxPurge.Schema;
using Microsoft.EntityFrameworkCore;

namespace FloworxPurge.Execution;

/// <summary>Makes the plan that deletes single rows with what depends on them, from facts alone: it reads no rows.</summary>
[RequiresUnreferencedCode(TrimWarnings.Model)]
[RequiresDynamicCode(TrimWarnings.Model)]
internal static class RowPlanReader
{
    /// <summary>Adds to the live schema what a selection of single rows needs.</summary>
    /// <exception cref="PurgeException">The engine cannot delete single rows with what depends on them.</exception>
    public static async Task<DatabaseSchema> WithKeysAsync(
        DatabaseSchema live,
        DatabaseSession session,
        CancellationToken cancellationToken)
    {
        if (session.Dialect.NoKeyTables is { } because)
        {
            throw new PurgeException(
                $"{nameof(PurgeOptions.Rows)} is not supported on {session.Dialect.Engine ?? session.Dialect.Name}: {because}. Purge whole "
                    + "tables, or delete the rows with ExecuteDelete.");
        }

        return await RowCatalogReader.AddAsync(live, session, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Decides of which tables rows are deleted, and makes the plan.</summary>
    public static FreshFacts Read(
        IReadOnlyList<DbContext> contexts,
        ComparedSchema schema,
        IReadOnlyList<TableDisposition> assigned,
        DatabaseSession session,
        PurgeSettings settings)
    {
        RowScope scope = RowScopeReader.Read(contexts, schema, assigned, settings, session.Dialect);
        return Read(scope, schema, assigned, session, settings);
    }

    /// <summary>The facts of a transaction that deletes a part of a table, of which all rows are to be deleted.</summary>
    public static FreshFacts OfPart(
        RowScope scope,
        FreshFacts whole,
        DatabaseSchema keyed,
        DatabaseSession session,
        PurgeSettings settings)
    {
        ComparedSchema schema = whole.Schema with { Live = keyed };
        var live = keyed.Tables.ToDictionary(table => table.Name);
        HashSet<TableName> purged = [.. whole.Plan.Tables.Select(table => table.Table)];
        IReadOnlyList<TableDisposition> assigned = [.. whole.Plan.Tables
            .Select(table => new TableDisposition(table.Table, table.EntityTypes, live[table.Table]))];
        FreshFacts part = Read(
            scope,
            schema,
            assigned,
            session,
            settings with { Chunks = null, ResetIdentity = false, PurgeHistory = false });
        purged.ExceptWith(part.Plan.Tables.Select(table => table.Table));
        return new FreshFacts(
            part.Plan with { Kept = [], Skips = whole.Plan.Skips },
            part.Schema)
        {
            Selection = part.Selection,
            Elsewhere = purged,
        };
    }

    private static FreshFacts Read(
        RowScope scope,
        ComparedSchema schema,
        IReadOnlyList<TableDisposition> assigned,
        DatabaseSession session,
        PurgeSettings settings)
    {
        var selection = new RowSelection(scope, schema.Live, session.Dialect, session.Sql);
        if (settings.Chunks is not null && ChunkNotes.FindProblems(selection, schema.Live, session.Sql) is { Count: > 0 } problems)
        {
            throw new PurgeException(string.Join(Environment.NewLine, problems));
        }

        HashSet<TableName> reached = [.. selection.Tables];
        ThrowIfDivided(scope, reached, schema, assigned);
        ComparedSchema filtered = schema with
        {
            Live = schema.Live with
            {
                Tables = [.. schema.Live.Tables
                    .Select(table => reached.Contains(table.Name) ? table with { Filter = selection.Sql.Rows(table.Name) } : table)],
            },
        };
        var live = filtered.Live.Tables.ToDictionary(table => table.Name);
        IReadOnlyList<TableDisposition> dispositions = [.. assigned.Select(disposition => reached.Contains(disposition.Name)
            ? disposition with { Live = live[disposition.Name], Keep = null, Skip = null }
            : disposition with { Keep = disposition.Keep ?? PlanReason.NotReached, Skip = null })];
        ThrowIfUnbreakable(dispositions, filtered, session);
        PlanRequest request = PlanReader.Request(filtered, dispositions, session, settings, truncate: false);
        PurgePlan plan = PurgePlanner.Plan(request with { Selection = selection });
        return new FreshFacts(plan, filtered) { Selection = selection };
    }

    // A row of a partition is one of the whole table, too: what an option or a relationship says about the one table is not said about the
    // other.
    private static void ThrowIfDivided(
        RowScope scope,
        HashSet<TableName> reached,
        ComparedSchema schema,
        IReadOnlyList<TableDisposition> assigned)
    {
        HashSet<TableName> changed =
        [
            .. reached,
            .. scope.Queries.Select(query => query.Table),
            .. scope.References
                .Where(reference => reference.Action == ReferenceAction.Detach && reached.Contains(reference.Key.Principal))
                .Select(reference => reference.Key.Dependent),
        ];
        var mapped = schema.Tables.Select(table => table.Name).ToHashSet();
        var byName = assigned.ToDictionary(disposition => disposition.Name);
        var problems =
            from part in assigned
            from whole in (part.Live?.Wholes ?? []).Select(byName.GetValueOrDefault).OfType<TableDisposition>()
            where changed.Contains(part.Name) || changed.Contains(whole.Name)
            let kept = changed.Contains(part.Name) ? whole : part
            let names = $"{part.Name.ToQuotedString()} is a partition of {whole.Name.ToQuotedString()}"
            let problem = mapped.Contains(part.Name) && mapped.Contains(whole.Name)
                ? $"{names}, and the model maps both. What is said about the rows of the one is not said about the same rows of the other. "
                    + "Delete them with a context that maps one of the two."
                : kept.Keep is PlanReason.Excluded or PlanReason.ForeignTable
                ? $"{names}, and {kept.Name.ToQuotedString()} is kept ({kept.Keep}), while rows of the other are deleted or changed. "
                    + "Exclude both, or none of them."
                : null
            where problem is not null
            select problem;
        if (problems.ToList() is { Count: > 0 } found)
        {
            throw new PurgeException(string.Join(Environment.NewLine, found));
        }
    }

    private static void ThrowIfUnbreakable(
        IReadOnlyList<TableDisposition> dispositions,
        ComparedSchema schema,
        DatabaseSession session)
    {
        List<string> problems = [.. PurgePlanner
            .SkipUnbreakableCycles(dispositions, schema, session.Dialect, session.Sql)
            .Select(disposition => disposition.Skip?.Explanation)
            .OfType<string>()];
        if (problems.Count > 0)
        {
            throw new PurgeException(string.Join(Environment.NewLine, problems));
        }
    }
}
