using System.Diagnostics.CodeAnalysis;
using FloworxPurge.Connections;
using FloworxPurge.Planning;
using FloworxPurge.Reading;
using FloworxPurge.Schema;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Storage;

namespace FloworxPurge.Execution;

/// <summary>Runs the stages from the model to a plan: live schema, comparison, dispositions, collateral, plan.</summary>
[RequiresUnreferencedCode(TrimWarnings.Model)]
[RequiresDynamicCode(TrimWarnings.Model)]
internal static class PlanReader
{
    public static async Task<FreshFacts> ReadAsync(
        IReadOnlyList<DbContext> contexts,
        ModelSchema model,
        DatabaseSession session,
        PurgeSettings settings,
        bool? truncate,
        CancellationToken cancellationToken)
    {
        settings.RowRules.ThrowIfUnused();
        if (settings.Chunks is not null && session.Dialect.NoChunks is { } because)
        {
            throw new PurgeException(
                $"{nameof(PurgeOptions.InChunks)} is not supported on {session.Dialect.Engine ?? session.Dialect.Name}: {because}. Purge "
                    + "in one transaction.");
        }

        if (settings.Archive is not null && session.Dialect.NoArchive is { } noArchive)
        {
            throw new PurgeException(
                $"{nameof(PurgeOptions.ArchiveTo)} is not supported on {session.Dialect.Engine ?? session.Dialect.Name}: {noArchive}. Make "
                    + "a backup instead.");
        }

        if (settings.Archive?.Schema is { } archiveSchema && session.Dialect.NoArchiveSchema is { } noSchema)
        {
            throw new PurgeException(
                $"{nameof(PurgeOptions.ArchiveTo)}(schema: \"{archiveSchema}\") is not supported on "
                    + $"{session.Dialect.Engine ?? session.Dialect.Name}: {noSchema}.");
        }

        DatabaseSchema live = await LiveSchemaReader.ReadAsync(session, cancellationToken).ConfigureAwait(false);
        ThrowIfUnsafe(live);
        if (settings.RowRules.IsUsed)
        {
            live = await RowPlanReader.WithKeysAsync(live, session, cancellationToken).ConfigureAwait(false);
        }

        var types = new StoreTypeComparer(session.Context.GetService<IRelationalTypeMappingSource>(), session.Dialect);
        ComparedSchema schema = new SchemaComparer(session.Dialect, types).Compare(model, live);

        if (settings.LockTables && session.Dialect is { LocksOnBegin: false } dialect && dialect.Lock(session.Sql, []) is null)
        {
            throw new PurgeException(
                $"LockTables is set, and {dialect.Name} has no statement that locks tables. Leave it out: rows that arrive meanwhile make "
                    + $"the verification fail.");
        }

        var filter = new TableFilter(settings.Rules, session.Dialect.Identifiers);
        filter.ThrowIfAnythingIsUnknown(schema);
        IReadOnlyList<TableDisposition> assigned = TableDispositions.Assign(schema, filter, settings.DriftTolerance);
        if (settings.RowRules.IsUsed)
        {
            return RowPlanReader.Read(contexts, schema, assigned, session, settings);
        }

        IReadOnlyList<TableDisposition> dispositions = await DecideAsync(
            session,
            schema,
            assigned,
            settings.OnBlocked,
            cancellationToken).ConfigureAwait(false);
        DividedEntities.ThrowIfAny(schema, dispositions, settings.Rules, session.Dialect.Identifiers);
        (schema, dispositions) = MappedPartitions.Join(schema, dispositions);

        if (settings.ResetIdentity)
        {
            schema = SequenceRestarts.AddTo(schema, dispositions, settings.IsReset);
        }

        PurgePlan plan = PurgePlanner.Plan(Request(schema, dispositions, session, settings, truncate));
        return new FreshFacts(plan, schema);
    }

    /// <summary>What the options ask of a plan.</summary>
    public static PlanRequest Request(
        ComparedSchema schema,
        IReadOnlyList<TableDisposition> dispositions,
        DatabaseSession session,
        PurgeSettings settings,
        bool? truncate)
        => new()
        {
            Schema = schema,
            Dispositions = dispositions,
            Dialect = session.Dialect,
            Sql = session.Sql,
            BestEffort = settings.BestEffort,
            Truncate = settings.Archive is null ? truncate : false,
            ResetIdentity = settings.ResetIdentity,

            // So that the rows that are read are those that are deleted. Selected rows are locked one by one.
            LocksTables = settings.LockTables || (settings.Archive is not null && !settings.RowRules.IsUsed),
            LimitsLockWaits = settings.LockTimeout is not null,
            RefreshMaterializedViews = settings.RefreshMaterializedViews,
            PurgeHistory = settings.PurgeHistory,
            AllowedInserts = new AllowedInserts(settings.InsertRules, session.Dialect.Identifiers).Find(schema, dispositions),
            MustBeVerified = settings.MustBeVerified,
            Chunks = settings.Chunks,
            Archive = settings.Archive is { } archive
                ? new PlanArchive
                {
                    Directory = archive.Directory,
                    Schema = archive.Schema,
                    RetainUntil = archive.RetainUntil,
                    IsWrapped = archive.Wrap is not null,
                }
                : null,
            CreatedAt = settings.TimeProvider.GetUtcNow(),
        };

    private static void ThrowIfUnsafe(DatabaseSchema live)
    {
        List<string> problems =
        [
            .. live.Facts.Where(fact => fact.Kind is SchemaFact.HiddenTable).Select(fact =>
                $"A temporary {fact.Detail} of this connection hides table {fact.Table.ToQuotedString()}: counts and deletes would go "
                    + $"there. Drop it, or use a connection without it."),
            .. live.Facts.Where(fact => fact.Kind is SchemaFact.NoRollback).Select(fact =>
                $"This connection cannot roll back ({fact.Name}), so a failed purge could not be undone. Turn that off first."),
        ];
        if (problems.Count > 0)
        {
            throw new PurgeException(string.Join(Environment.NewLine, problems));
        }
    }

    // A cycle that cannot be broken is skipped, its rows then block the tables that they reference, and that may leave another cycle.
    private static async Task<IReadOnlyList<TableDisposition>> DecideAsync(
        DatabaseSession session,
        ComparedSchema schema,
        IReadOnlyList<TableDisposition> dispositions,
        OnBlocked onBlocked,
        CancellationToken cancellationToken)
    {
        var tables = schema.Live.Tables.ToDictionary(table => table.Name);
        var counts = new Dictionary<ForeignKey, long>();
        async Task<long?> CountAsync(ForeignKey key, CancellationToken token)
        {
            // A cascade takes hidden rows too: the engine's own checks see them.
            if (tables[key.Dependent] is not { CanSelect: true, HidesRows: false })
            {
                return null;
            }

            if (!counts.TryGetValue(key, out long count))
            {
                count = counts[key] = await session.CountReferencingAsync(key, tables[key.Dependent], token).ConfigureAwait(false);
            }

            return count;
        }

        while (true)
        {
            dispositions = await CollateralAnalysis.RunAsync(
                dispositions,
                schema.ForeignKeys,
                CountAsync,
                onBlocked,
                cancellationToken).ConfigureAwait(false);
            IReadOnlyList<TableDisposition> broken = PurgePlanner.SkipUnbreakableCycles(dispositions, schema, session.Dialect, session.Sql);
            if (ReferenceEquals(broken, dispositions))
            {
                List<string> blocked = [.. dispositions
                    .Select(disposition => disposition.Skip)
                    .OfType<PlanTable>()
                    .Where(skip => skip.Reason == PlanReason.Blocked)
                    .Select(skip => skip.Explanation)];
                return onBlocked == OnBlocked.Fail && blocked.Count > 0
                    ? throw new PurgeException(string.Join(Environment.NewLine, blocked))
                    : dispositions;
            }

            dispositions = broken;
        }
    }
}
