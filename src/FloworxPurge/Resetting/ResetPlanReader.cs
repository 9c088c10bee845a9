using System.Data.Common;
using System.Diagnostics.CodeAnalysis;
using FloworxPurge.Connections;
using FloworxPurge.Execution;
using FloworxPurge.Planning;
using FloworxPurge.Schema;

namespace FloworxPurge.Resetting;

/// <summary>Plans the resets of a model's tables, and refuses what cannot be reset.</summary>
/// <param name="model">The model.</param>
/// <param name="purge">Which tables are deleted from, and how.</param>
/// <param name="settings">The options of the resetter.</param>
[RequiresUnreferencedCode(TrimWarnings.Model)]
[RequiresDynamicCode(TrimWarnings.Model)]
internal sealed class ResetPlanReader(ModelSchema model, PurgeSettings purge, ResetSettings settings)
{
    /// <summary>Plans the resets of the other tables.</summary>
    /// <param name="tables">Tables that are kept.</param>
    public ResetPlanReader Without(IEnumerable<TableName> tables)
        => new(
            model,
            purge with
            {
                Rules =
                [
                    .. purge.Rules,
                    .. tables.Select(table => new FilterRule(IsExclude: true, RuleMatcher.Pattern(table), EntityType: null)),
                ],
            },
            settings);

    /// <summary>Reads the facts and plans. Writes nothing.</summary>
    /// <exception cref="PurgeException">
    /// The database is not a test database and not allowed, or read-only; tables are skipped, or there are none; or rows may be hidden.
    /// </exception>
    public async Task<ResetPlan> ReadAsync(DatabaseSession session, CancellationToken cancellationToken)
    {
        // The mark first: what changes while the facts are read makes another one.
        string? mark = await ResetPlan.ReadStructureMarkAsync(session, cancellationToken).ConfigureAwait(false);
        FreshFacts facts = await session.ReadOnlyAsync(
            () => PlanReader.ReadAsync([], model, session, purge with { IsReset = true }, truncate: false, cancellationToken),
            cancellationToken).ConfigureAwait(false);
        TestDatabaseName.Check(facts.Plan.Database, session.Dialect.IsServer, settings);
        if (facts.Schema.Live.Facts.FirstOrDefault(fact => fact.Kind is SchemaFact.ReadOnly) is { } readOnly)
        {
            throw new PurgeException(
                $"The connection is read-only ({readOnly.Name}), so nothing can be deleted. Reset through a connection that may write.");
        }

        if (PlanNotes.NothingExists(facts.Schema) is { } nothing)
        {
            throw new PurgeException(nothing.Text + InMemoryHint(session));
        }

        // An inheritance child outside the model is nobody's test data.
        IReadOnlyList<PlanTable> skips = [.. facts.Plan.Skips.Where(skip => skip.Reason is not PlanReason.Unmapped)];
        if (settings.ThrowOnSkips && skips.Count > 0)
        {
            throw new PurgeException(string.Join(
                Environment.NewLine,
                skips.Select(skip => "- " + skip.Explanation)
                    .Prepend(
                        "Tables of the model cannot be reset. Correct the database, exclude them, or set ThrowOnSkips to false to "
                            + "reset the others:")));
        }

        if (facts.Plan.Tables.Count == 0)
        {
            throw new PurgeException(
                "There is no table to reset: the model maps none, or every table is excluded or skipped. Correct the filters "
                    + "(Include, Exclude) or the model.");
        }

        List<string> hidden = [.. facts.Plan.Tables
            .Where(table => facts.Table(table.Table).HidesRows)
            .Select(table => table.Table.ToQuotedString())];
        return hidden.Count == 0
            ? new ResetPlan(facts, mark)
            : throw new PurgeException(
                $"Row security applies to this role and may hide rows of {string.Join(", ", hidden)}, so it cannot be verified that they "
                    + $"are empty. Reset as the owner of the tables, or as a role that bypasses row security.");
    }

    // Such a database is empty again when its connection was closed: EF Core closes after each command what it has opened.
    private static string InMemoryHint(DatabaseSession session)
        => session.Dialect.IsInMemory(
            TestDatabaseStore.BuilderOf(DbProviderFactories.GetFactory(session.Connection), session.Connection.ConnectionString))
            ? " A database in memory exists while a connection to it is open: open the connection before the tables are created."
            : string.Empty;
}
