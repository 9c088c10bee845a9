using System.Diagnostics.CodeAnalysis;
using FloworxPurge.Archiving;
using FloworxPurge.Connections;
using FloworxPurge.Execution;
using FloworxPurge.Extensibility;
using FloworxPurge.Reading;
using FloworxPurge.Schema;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.Extensions.Logging;

namespace FloworxPurge;

/// <summary>Restores the archive of a purge into the database that it is from: all of it or nothing, and never over other rows.</summary>
[RequiresUnreferencedCode(TrimWarnings.Model)]
[RequiresDynamicCode(TrimWarnings.Model)]
public static class PurgeArchive
{
    /// <summary>Finds out what a restore would do, and everything that stands against it. Writes nothing.</summary>
    /// <param name="directory">The folder of the archive.</param>
    /// <param name="context">A context that is connected to the database.</param>
    /// <param name="configure">Sets the options, or <see langword="null"/> for the defaults.</param>
    /// <param name="cancellationToken">Stops the reading.</param>
    /// <returns>The plan, with every refusal.</returns>
    /// <exception cref="ArgumentException">The folder is empty, or options are not valid; the message names every one.</exception>
    /// <exception cref="ArgumentNullException">The folder or the context is null.</exception>
    /// <exception cref="PurgeException">There is no archive, or the database cannot be read.</exception>
    /// <exception cref="OperationCanceledException">The caller asked to stop.</exception>
    public static async Task<RestorePlan> RestorePlanAsync(
        string directory,
        DbContext context,
        Action<RestoreOptions>? configure = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(directory);
        ArgumentNullException.ThrowIfNull(context);
        RestoreSettings settings = Settings(configure);
        ArchiveReader archive = await ArchiveReader.OpenAsync(directory, cancellationToken).ConfigureAwait(false);
        return await PlanAsync(context, settings, Folder(archive, settings), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Finds out what a restore of an archive in a schema of the database would do, and everything that stands against it. Writes nothing.
    /// </summary>
    /// <param name="schema">The schema that <see cref="PurgeOptions.ArchiveTo"/> was called with.</param>
    /// <param name="context">A context that is connected to the database.</param>
    /// <param name="runId">
    /// The id of the run that wrote the archive; <see langword="null"/> (the default) for the only one that is not restored yet.
    /// </param>
    /// <param name="configure">Sets the options, or <see langword="null"/> for the defaults.</param>
    /// <param name="cancellationToken">Stops the reading.</param>
    /// <returns>The plan, with every refusal.</returns>
    /// <exception cref="ArgumentException">The schema is empty, or options are not valid; the message names every one.</exception>
    /// <exception cref="ArgumentNullException">The schema or the context is null.</exception>
    /// <exception cref="PurgeException">
    /// There is no such archive, or several and no <paramref name="runId"/>, or the database cannot be read.
    /// </exception>
    /// <exception cref="OperationCanceledException">The caller asked to stop.</exception>
    public static async Task<RestorePlan> RestoreSchemaPlanAsync(
        string schema,
        DbContext context,
        string? runId = null,
        Action<RestoreOptions>? configure = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(schema);
        ArgumentNullException.ThrowIfNull(context);
        RestoreSettings settings = Settings(configure);
        return await PlanAsync(context, settings, Schema(schema, runId, settings), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Restores an archive in one transaction, and verifies it before the commit and after it.</summary>
    /// <param name="directory">The folder of the archive.</param>
    /// <param name="context">A context that is connected to the database.</param>
    /// <param name="configure">Sets the options, or <see langword="null"/> for the defaults.</param>
    /// <param name="cancellationToken">Stops the restore, which is then rolled back.</param>
    /// <returns>The report of the restore, whose verdict is <see cref="RestoreVerdict.Restored"/>.</returns>
    /// <exception cref="ArgumentException">The folder is empty, or options are not valid; the message names every one.</exception>
    /// <exception cref="ArgumentNullException">The folder or the context is null.</exception>
    /// <exception cref="PurgeException">
    /// There is no archive, or the restore was refused, failed or was cancelled; the exception then has the report:
    /// <c>exception.RestoreReport</c>.
    /// </exception>
    public static async Task<RestoreReport> RestoreAsync(
        string directory,
        DbContext context,
        Action<RestoreOptions>? configure = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(directory);
        ArgumentNullException.ThrowIfNull(context);
        RestoreSettings settings = Settings(configure);
        DateTimeOffset startedAt = settings.TimeProvider.GetUtcNow();
        long start = settings.TimeProvider.GetTimestamp();
        ArchiveReader archive = await ArchiveReader.OpenAsync(directory, cancellationToken).ConfigureAwait(false);
        return await RestoreAsync(context, settings, Folder(archive, settings), startedAt, start, cancellationToken)
            .ConfigureAwait(false);
    }

    /// <summary>
    /// Restores an archive in a schema of the database in one transaction, and verifies it before the commit and after it. The tables of
    /// the archive stay.
    /// </summary>
    /// <param name="schema">The schema that <see cref="PurgeOptions.ArchiveTo"/> was called with.</param>
    /// <param name="context">A context that is connected to the database.</param>
    /// <param name="runId">
    /// The id of the run that wrote the archive; <see langword="null"/> (the default) for the only one that is not restored yet.
    /// </param>
    /// <param name="configure">Sets the options, or <see langword="null"/> for the defaults.</param>
    /// <param name="cancellationToken">Stops the restore, which is then rolled back.</param>
    /// <returns>The report of the restore, whose verdict is <see cref="RestoreVerdict.Restored"/>.</returns>
    /// <exception cref="ArgumentException">The schema is empty, or options are not valid; the message names every one.</exception>
    /// <exception cref="ArgumentNullException">The schema or the context is null.</exception>
    /// <exception cref="PurgeException">
    /// There is no such archive, or several and no <paramref name="runId"/>, or the restore was refused, failed or was cancelled; the
    /// exception then has the report: <c>exception.RestoreReport</c>.
    /// </exception>
    public static async Task<RestoreReport> RestoreSchemaAsync(
        string schema,
        DbContext context,
        string? runId = null,
        Action<RestoreOptions>? configure = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(schema);
        ArgumentNullException.ThrowIfNull(context);
        RestoreSettings settings = Settings(configure);
        return await RestoreAsync(
            context,
            settings,
            Schema(schema, runId, settings),
            settings.TimeProvider.GetUtcNow(),
            settings.TimeProvider.GetTimestamp(),
            cancellationToken).ConfigureAwait(false);
    }

    private static Func<DatabaseSession, ILogger, CancellationToken, Task<RestoreSource>> Folder(
        ArchiveReader archive,
        RestoreSettings settings)
        => (session, logger, _) => Task.FromResult<RestoreSource>(new FolderSource(session, archive, settings.Unwrap, logger));

    private static Func<DatabaseSession, ILogger, CancellationToken, Task<RestoreSource>> Schema(
        string schema,
        string? runId,
        RestoreSettings settings)
        => async (session, _, token) => await SchemaSource.OpenAsync(session, schema, runId, settings, token).ConfigureAwait(false);

    private static async Task<RestorePlan> PlanAsync(
        DbContext context,
        RestoreSettings settings,
        Func<DatabaseSession, ILogger, CancellationToken, Task<RestoreSource>> open,
        CancellationToken cancellationToken)
    {
        (_, RestoreResult result) = await RunAsync(context, settings, open, isDryRun: true, cancellationToken).ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
        return result.Plan is { } plan && (result.Run.End == RunEnd.Done || plan.Refusals.Count > 0)
            ? plan
            : throw new PurgeException($"The restore cannot be planned: {result.Run.Error}", result.Run.Exception);
    }

    private static async Task<RestoreReport> RestoreAsync(
        DbContext context,
        RestoreSettings settings,
        Func<DatabaseSession, ILogger, CancellationToken, Task<RestoreSource>> open,
        DateTimeOffset startedAt,
        long start,
        CancellationToken cancellationToken)
    {
        (RestoreSource source, RestoreResult result) = await RunAsync(context, settings, open, isDryRun: false, cancellationToken)
            .ConfigureAwait(false);
        RestoreReport report = RestoreReportBuilder.Build(
            source,
            result,
            settings,
            startedAt,
            settings.TimeProvider.GetElapsedTime(start));
        if (report.Verdict != RestoreVerdict.Restored)
        {
            throw new PurgeException(report.Summary, result.Run.Exception) { RunReport = report };
        }

        // What the context tracks was read when the rows were not there.
        context.ChangeTracker.Clear();
        return report;
    }

    private static RestoreSettings Settings(Action<RestoreOptions>? configure)
    {
        var options = new RestoreOptions();
        configure?.Invoke(options);
        return options.ToSettings(nameof(configure));
    }

    private static async Task<(RestoreSource Source, RestoreResult Result)> RunAsync(
        DbContext context,
        RestoreSettings settings,
        Func<DatabaseSession, ILogger, CancellationToken, Task<RestoreSource>> open,
        bool isDryRun,
        CancellationToken cancellationToken)
    {
        PurgeDialect dialect = ContextCheck.DialectOf([context], chosen: null);
        if (context.Database.CurrentTransaction is not null || System.Transactions.Transaction.Current is not null)
        {
            throw new PurgeException(
                $"{context.GetType().Name} is in a transaction, and a restore uses its own. End the transaction first.");
        }

        if (!isDryRun && ContextCheck.DescribeUnsaved([context]) is { } unsaved)
        {
            throw new PurgeException(unsaved);
        }

        ILogger logger = context.GetService<ILoggerFactory>().CreateLogger("FloworxPurge");
        return await DatabaseFailure.DescribeAsync(
            async () =>
            {
                DatabaseSession session = await DatabaseSession.OpenAsync(context, dialect, cancellationToken).ConfigureAwait(false);
                await using (session.ConfigureAwait(false))
                {
                    RestoreSource source = await open(session, logger, cancellationToken).ConfigureAwait(false);
                    return (
                        source,
                        await new Restorer(session, source, settings, logger).RunAsync(isDryRun, cancellationToken).ConfigureAwait(false));
                }
            },
            e => DatabaseFailure.NotRead(context, dialect, e, "nothing was restored"),
            cancellationToken).ConfigureAwait(false);
    }
}
