using System.Data.Common;
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using FloworxPurge.Archiving;
using FloworxPurge.Connections;
using FloworxPurge.Execution;
using FloworxPurge.Extensibility;
using FloworxPurge.Hosting;
using FloworxPurge.Planning;
using FloworxPurge.Reading;
using FloworxPurge.Reporting;
using FloworxPurge.Schema;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Storage;
using Microsoft.Extensions.Logging;

namespace FloworxPurge;

/// <summary>Plans and runs purges. Holds options only, so one instance serves any number of contexts, also at once.</summary>
[RequiresUnreferencedCode(TrimWarnings.Model)]
[RequiresDynamicCode(TrimWarnings.Model)]
public sealed partial class Purger : IPurger
{
    private const string Watcher = "A listener to activities or metrics";

    private readonly PurgeOptions _options;
    private readonly ContextOwners? _owners;

    /// <summary>Creates a purger that purges every table of the model.</summary>
    public Purger()
        : this(new PurgeOptions())
    {
    }

    /// <summary>Creates a purger.</summary>
    /// <param name="configure">Sets the options.</param>
    /// <exception cref="ArgumentNullException">The action is null.</exception>
    /// <exception cref="ArgumentException">Options are not valid; the message names every one.</exception>
    public Purger(Action<PurgeOptions> configure)
        : this(Configured(configure))
    {
    }

    /// <summary>Creates a purger.</summary>
    /// <param name="options">The options; later changes to the object have no effect.</param>
    /// <exception cref="ArgumentNullException">The options are null.</exception>
    /// <exception cref="ArgumentException">Options are not valid; the message names every one.</exception>
    public Purger(PurgeOptions options)
        : this(options, owners: null)
    {
    }

    internal Purger(PurgeOptions options, ContextOwners? owners)
    {
        ArgumentNullException.ThrowIfNull(options);
        _options = options.Snapshot();
        _options.Validate(nameof(options));
        _owners = owners;
    }

    /// <inheritdoc/>
    public IPurger With(Action<PurgeOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        PurgeOptions options = _options.Snapshot();
        configure(options);
        return new Purger(options, _owners);
    }

    /// <inheritdoc/>
    public string? CheckGuards(PurgePlan plan)
    {
        ArgumentNullException.ThrowIfNull(plan);
        return TargetGuard.RefusalOf(plan, _options.ToSettings());
    }

    /// <inheritdoc/>
    public async Task<PurgePlan> PlanAsync(IReadOnlyList<DbContext> contexts, CancellationToken cancellationToken = default)
    {
        PurgeDialect dialect = DialectOf(contexts);
        var trace = new PurgeTrace(dialect);
        PurgePlan plan = await trace.RunAsync(
            "plan",
            span => PlanAsync(contexts, dialect, trace, span, cancellationToken)).ConfigureAwait(false);
        ILogger logger = Logger(contexts[0]);
        logger.Planned(plan.Database.Database, plan.Tables.Count, plan.Skips.Count, plan.Kept.Count, plan.Fingerprint);
        foreach (PlanTable skip in plan.Skips)
        {
            logger.Skipped(skip.Table.ToString(), $"{skip.Reason}", skip.Explanation);
        }

        foreach (Exception fault in trace.Faults)
        {
            logger.ListenerFailed(fault);
        }

        return plan;
    }

    /// <inheritdoc/>
    public Task<PurgeReport> ExecuteAsync(
        IReadOnlyList<DbContext> contexts,
        PurgePlan plan,
        IProgress<PurgeProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(plan);
        return ExecuteAsync(contexts, plan, receipt: null, progress, cancellationToken);
    }

    private async Task<PurgeReport> ExecuteAsync(
        IReadOnlyList<DbContext> contexts,
        PurgePlan plan,
        RunReceipt? receipt,
        IProgress<PurgeProgress>? progress,
        CancellationToken cancellationToken)
    {
        PurgeDialect dialect = ContextDialectOf(contexts);
        string? refusal = Scaffolding.Refusal(contexts[0], dialect) ?? ContextCheck.DescribeUnsaved(contexts);
        var trace = new PurgeTrace(dialect);
        trace.Describe(plan.Database, dialect, contexts[0].Database.GetDbConnection());
        using PurgeSpan span = trace.Start(
            "purge",
            ActivityKind.Internal,
            ("floworxpurge.plan.fingerprint", plan.Fingerprint));
        DateTimeOffset startedAt = _options.TimeProvider.GetUtcNow();
        long start = _options.TimeProvider.GetTimestamp();
        ILogger logger = Logger(contexts[0]);

        var listeners = new Listeners();
        IReadOnlyDictionary<ReportDestination, string> unwritable = await ReportFile.ProbeAsync(
            _options.Reports,
            CancellationToken.None).ConfigureAwait(false);
        if (unwritable.Count > 0)
        {
            refusal = string.Join(" ", unwritable.Values.Prepend(refusal).OfType<string>());
        }

        PurgeRun run = refusal is not null
            ? PurgeRun.BeforeItBegan(plan, _options.ToSettings(), RunEnd.Refused, refusal, exception: null)
            : await RunAsync(contexts, plan, dialect, receipt, logger, progress, listeners, trace, cancellationToken).ConfigureAwait(false);
        PurgeReport report = PurgeReportBuilder.Build(
            run.Plan ?? plan,
            run,
            _options.Details,
            _options.Overrides(),
            startedAt,
            TimeSpan.Zero);
        if (run.IsCommitted)
        {
            // What the contexts still track does not exist any more.
            foreach (DbContext context in contexts)
            {
                ContextCheck.Forget(context);
            }
        }

        receipt?.BeforeFollowUp =
            listeners.AddTo(report with { Duration = _options.TimeProvider.GetElapsedTime(start) }).ToJson();
        report = await Follow(contexts, logger, listeners, trace).CompleteAsync(report, progress, cancellationToken).ConfigureAwait(false);
        report = report with { Duration = _options.TimeProvider.GetElapsedTime(start) };
        Notify(listeners, report, run, trace, span, logger);
        report = await SaveAsync(
            listeners.AddTo(report),
            [.. _options.Reports.Where(file => !unwritable.ContainsKey(file))],
            run.Exception).ConfigureAwait(false);
        return Verdicts.IsReturned(report.Verdict) ? report : throw PurgeExtensions.NotClean(report, run.Exception);
    }

    /// <inheritdoc/>
    public async Task<PurgeReport> DryRunAsync(
        IReadOnlyList<DbContext> contexts,
        PurgePlan plan,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(plan);
        PurgeDialect dialect = DialectOf(contexts);
        cancellationToken.ThrowIfCancellationRequested();
        IReadOnlyDictionary<ReportDestination, string> unwritable = await ReportFile.ProbeAsync(
            _options.Reports,
            cancellationToken).ConfigureAwait(false);
        string? archive = FindArchiveProblem();
        if (unwritable.Count > 0 || archive is not null)
        {
            throw new PurgeException(string.Join(" ", unwritable.Values.Append(archive).OfType<string>()));
        }

        PurgeReport report = PurgeReportBuilder.Build(plan, _options.Details, _options.Overrides());
        var listeners = new Listeners();
        var trace = new PurgeTrace(dialect);
        trace.Describe(plan.Database, dialect, contexts[0].Database.GetDbConnection());
        report = await Follow(
            contexts,
            Logger(contexts[0]),
            listeners,
            trace).CountAsync(report, cancellationToken).ConfigureAwait(false);
        listeners.Add(Watcher, trace.Faults);
        return await SaveAsync(listeners.AddTo(report), _options.Reports, cause: null).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async Task<PurgeReport> VerifyAsync(
        IReadOnlyList<DbContext> contexts,
        PurgeReport report,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(report);
        PurgeDialect dialect = DialectOf(contexts);
        if (report.Verdict is not (PurgeVerdict.Complete or PurgeVerdict.CompleteWithSkips or PurgeVerdict.Partial))
        {
            throw new ArgumentException(
                $"The report is of a run that deleted nothing (verdict {report.Verdict}): there is nothing to verify after a commit.",
                nameof(report));
        }

        return await DatabaseFailure.DescribeAsync(
            async () =>
            {
                DatabaseSession session = await DatabaseSession.OpenAsync(contexts[0], dialect, cancellationToken).ConfigureAwait(false);
                await using (session.ConfigureAwait(false))
                {
                    PurgeReport seen = await new CommitCheck(
                        session,
                        _options.TimeProvider,
                        _options.LockTimeout,
                        report.Scope is { } scope ? token => CountSelectedAsync(contexts, session, scope, token) : null)
                        .RunAsync(report, cancellationToken)
                        .ConfigureAwait(false);
                    return Verdicts.IsReturned(seen.Verdict) ? seen : throw PurgeExtensions.NotClean(seen, innerException: null);
                }
            },
            e => DatabaseFailure.NotRead(contexts[0], dialect, e, "the state after the commit is not known"),
            cancellationToken).ConfigureAwait(false);
    }

    private static void Notify(
        Listeners listeners,
        PurgeReport report,
        PurgeRun run,
        PurgeTrace trace,
        PurgeSpan span,
        ILogger logger)
    {
        string verdict = report.Verdict.ToString();
        span.Set("floworxpurge.verdict", verdict);
        span.Set("floworxpurge.rows.deleted", report.RowsDeleted);
        string? error = Verdicts.IsReturned(report.Verdict) ? null : verdict;
        if (error is not null)
        {
            span.Fail(error, report.Summary);
        }

        trace.Guard(() => PurgeTelemetry.RunEnded(trace.System, verdict, error, report.RowsDeleted, report.Duration));
        span.Dispose();
        listeners.Add(Watcher, trace.Faults);
        listeners.Notify("The log", () => LogEnd(logger, verdict, report, run));
    }

    private static void LogEnd(ILogger logger, string verdict, PurgeReport report, PurgeRun run)
    {
        switch (report.Verdict)
        {
            case var clean when Verdicts.IsClean(clean):
                logger.RunSucceeded(verdict, report.Summary);
                break;

            case PurgeVerdict.NothingMatched:
                logger.NothingMatched(verdict, report.Summary);
                break;

            // Nothing was written, and nothing has to be mended.
            case PurgeVerdict.Refused:
                logger.RunRefused(verdict, report.Summary);
                break;

            case PurgeVerdict.Cancelled:
                logger.RunCancelled(verdict, report.Summary);
                break;

            default:
                logger.RunFailed(run.Exception, verdict, report.Summary);
                break;
        }
    }

    private static PurgeOptions Configured(Action<PurgeOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        var options = new PurgeOptions();
        configure(options);
        return options;
    }

    private static ModelSchema ReadModel(IReadOnlyList<DbContext> contexts, DatabaseSession session)
        => ModelSchemaReader.Read(contexts, session.Dialect);

    private static ILogger Logger(DbContext context) => context.GetService<ILoggerFactory>().CreateLogger("FloworxPurge");

    private FollowUp Follow(IReadOnlyList<DbContext> contexts, ILogger logger, Listeners listeners, PurgeTrace trace)
        => new(contexts, _options.Targets, _options.Checks, _options.TimeProvider, logger, listeners, trace);

    // What stands against writing the archive; null where nothing does. A run in several transactions continues the archive that is there,
    // and refuses one that is not its own.
    private string? FindArchiveProblem()
    {
        if (_options.Archive?.FullPath is not { } path)
        {
            return null;
        }

        var folder = new ArchiveFolder(path);
        return _options.Chunks is not null && File.Exists(folder.PathOf(ArchiveFolder.Manifest)) ? null : folder.Problem();
    }

    private PurgeDialect ContextDialectOf(IReadOnlyList<DbContext> contexts)
    {
        PurgeDialect dialect = ContextCheck.DialectOf(contexts, _options.Dialect);
        _owners?.Check(contexts);
        return dialect;
    }

    private PurgeDialect DialectOf(IReadOnlyList<DbContext> contexts)
    {
        PurgeDialect dialect = ContextDialectOf(contexts);
        Scaffolding.ThrowIfRefused(contexts[0], dialect);
        return dialect;
    }

    private Task<PurgePlan> PlanAsync(
        IReadOnlyList<DbContext> contexts,
        PurgeDialect dialect,
        PurgeTrace trace,
        PurgeSpan span,
        CancellationToken cancellationToken)
        => DatabaseFailure.DescribeAsync(
            async () =>
            {
                DatabaseSession session = await DatabaseSession.OpenAsync(contexts[0], dialect, cancellationToken).ConfigureAwait(false);
                await using (session.ConfigureAwait(false))
                {
                    FreshFacts facts = await session.ReadOnlyAsync(
                        () => ReadPlanAsync(contexts, session, cancellationToken),
                        cancellationToken).ConfigureAwait(false);
                    PurgePlan plan = await SelectAsync(session, facts, cancellationToken).ConfigureAwait(false);
                    trace.Describe(plan.Database, session.Dialect, session.Connection);
                    span.SetDatabase();
                    span.Set("floworxpurge.plan.fingerprint", plan.Fingerprint);
                    span.Set("floworxpurge.plan.tables", plan.Tables.Count);
                    span.Set("floworxpurge.plan.skips", plan.Skips.Count);
                    var skipped = new SkippedRows(session, (tables, token) => session.LookAsync(tables, _options.LockTimeout, token));
                    return plan with
                    {
                        Skips = await skipped.CountAsync(SkippedRows.Of(plan, facts.Schema.Live), cancellationToken).ConfigureAwait(false),
                    };
                }
            },
            e => DatabaseFailure.NotRead(contexts[0], dialect, e, "nothing was planned"),
            cancellationToken);

    private async Task<FreshFacts> ReadPlanAsync(
        IReadOnlyList<DbContext> contexts,
        DatabaseSession session,
        CancellationToken cancellationToken)
    {
        FreshFacts facts = await PlanReader.ReadAsync(
            contexts,
            ReadModel(contexts, session),
            session,
            _options.ToSettings(),
            _options.Truncate,
            cancellationToken).ConfigureAwait(false);
        if (facts.Selection is not null)
        {
            return facts;
        }

        Dictionary<TableName, long> rows = await session.CountAsync(
            [.. facts.Plan.Tables.Select(table => facts.Table(table.Table))],
            cancellationToken).ConfigureAwait(false);
        return facts with
        {
            Plan = facts.Plan with { Tables = [.. facts.Plan.Tables.Select(table => table with { Rows = rows[table.Table] })] },
        };
    }

    // The keys of the run are gone with its session; what could be deleted now is selected again.
    // What is blocked now and was not in the run may have been deleted by it, and be there again.
    private async Task<long> CountSelectedAsync(
        IReadOnlyList<DbContext> contexts,
        DatabaseSession session,
        PlanScope then,
        CancellationToken cancellationToken)
    {
        FreshFacts facts = await session.ReadOnlyAsync(
            () => ReadPlanAsync(contexts, session, cancellationToken),
            cancellationToken).ConfigureAwait(false);
        PlanScope? now = facts.Selection?.Report();
        if (then.OtherQueries("the run", now) is { } others)
        {
            throw new PurgeException(
                $"The report is of rows that other queries name: {others}. Call VerifyAsync of a purger with the options of the run.");
        }

        SelectedRows selected = await SelectAsync(session, facts.Selection!, cancellationToken).ConfigureAwait(false);
        return selected.Scope.Matched - Math.Min(selected.Scope.BlockedRows, then.BlockedRows);
    }

    private async Task<PurgePlan> SelectAsync(DatabaseSession session, FreshFacts facts, CancellationToken cancellationToken)
    {
        if (facts.Selection is not { } selection)
        {
            return facts.Plan;
        }

        SelectedRows selected = await SelectAsync(session, selection, cancellationToken).ConfigureAwait(false);
        return _options.OnBlocked == OnBlocked.Fail && SelectedRows.Refusal(selected.Scope, _options.ToSettings()) is { } refusal
            ? throw new PurgeException(char.ToUpperInvariant(refusal[0]) + refusal[1..])
            : selected.AddTo(facts.Plan);
    }

    // Selects the rows as a run would, but locks and deletes none.
    private static async Task<SelectedRows> SelectAsync(
        DatabaseSession session,
        RowSelection selection,
        CancellationToken cancellationToken)
    {
        try
        {
            return await session.ReadOnlyAsync(
                RowSelector.Creation(selection),
                () => new RowSelector(session, selection, isLocked: false).SelectAsync(cancellationToken),
                cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            if (session.IsOpen && session.Dialect.KeyTablesOutliveRollback)
            {
                await RowSelector.DropAsync(session, selection, CancellationToken.None).ConfigureAwait(false);
            }
        }
    }
}
