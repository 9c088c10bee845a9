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

/// <content>Running a plan, and saving its report.</content>
public sealed partial class Purger
{
    private async Task<PurgeRun> RunAsync(
        IReadOnlyList<DbContext> contexts,
        PurgePlan plan,
        PurgeDialect dialect,
        RunReceipt? receipt,
        ILogger logger,
        IProgress<PurgeProgress>? progress,
        Listeners listeners,
        PurgeTrace trace,
        CancellationToken cancellationToken)
    {
        DatabaseSession session;
        try
        {
            session = await DatabaseSession.OpenAsync(contexts[0], dialect, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is OperationCanceledException or DbException && cancellationToken.IsCancellationRequested)
        {
            // Some drivers report a cancellation as a server error.
            return PurgeRun.BeforeItBegan(
                plan,
                _options.ToSettings(),
                RunEnd.Cancelled,
                "the caller asked to stop before the run began",
                e);
        }
        catch (PurgeException e)
        {
            return PurgeRun.BeforeItBegan(plan, _options.ToSettings(), RunEnd.Failed, e.Message, e.InnerException ?? e);
        }
        catch (Exception e) when (DatabaseFailure.IsForeign(e, cancellationToken))
        {
            return PurgeRun.BeforeItBegan(plan, _options.ToSettings(), RunEnd.Failed, e.Message, e);
        }

        try
        {
            // The choice between DELETE and TRUNCATE uses estimates, which may change; a plan keeps its choice.
            bool truncate = _options.Truncate ?? plan.Truncates;
            trace.Describe(plan.Database, session.Dialect, session.Connection);
            PurgeSettings settings = _options.ToSettings();
            Task<FreshFacts> ReadAsync(CancellationToken token)
                => PlanReader.ReadAsync(contexts, ReadModel(contexts, session), session, settings, truncate, token);
            if (settings.Chunks is not null)
            {
                return await new ChunkedRun(
                    session,
                    plan,
                    ReadAsync,
                    settings,
                    logger,
                    progress,
                    trace,
                    _options.ChunkCondition,
                    entry => RunArchives.Open(settings, entry, receipt?.ArchiveId, isLocked: true),
                    receipt)
                    .RunAsync(cancellationToken)
                    .ConfigureAwait(false);
            }

            return await new PurgeExecutor(
                session,
                plan,
                ReadAsync,
                settings,
                logger,
                progress,
                trace,
                chunk: null,
                RunArchives.Open(settings, entry: null, receipt?.ArchiveId, isLocked: false),
                receipt)
                .RunAsync(cancellationToken)
                .ConfigureAwait(false);
        }
        finally
        {
            await listeners.NotifyAsync("A listener to the connection", session.DisposeAsync).ConfigureAwait(false);
        }
    }

    // A report is saved with any verdict, and even after a cancellation.
    private static async Task<PurgeReport> SaveAsync(PurgeReport report, IReadOnlyList<ReportDestination> files, Exception? cause)
    {
        (PurgeReport saved, IReadOnlyList<Exception> faults) = await ReportFile.SaveAsync(report, files).ConfigureAwait(false);
        if (faults.Count == 0)
        {
            return saved;
        }

        string where = saved.Files.Count == 0
            ? "The report could not be saved, and is in this exception"
            : $"Not every file of the report could be saved; it is in {string.Join(", ", saved.Files.Select(file => $"\"{file}\""))} and "
                + $"in this exception";
        throw new PurgeException(
            $"{report.Summary} {where}: {string.Join(" ", faults.Select(fault => fault.Message))}",
            cause is null && faults.Count == 1 ? faults[0] : new AggregateException(faults.Prepend(cause).OfType<Exception>()))
        {
            RunReport = saved,
        };
    }
}
