using System.Diagnostics.CodeAnalysis;
using FloworxPurge.Reporting;
using FloworxPurge.Schema;
using Microsoft.EntityFrameworkCore;

namespace FloworxPurge;

/// <summary>Purges the database of one context, in steps or in one call, and registers purgers with the services.</summary>
public static partial class PurgeExtensions
{
    /// <summary>
    /// Plans a purge of the context's database and runs the plan, with these options alone: those of a registered <see cref="IPurger"/> do
    /// not apply.
    /// </summary>
    /// <param name="context">The context.</param>
    /// <param name="configure">Sets the options, or <see langword="null"/> (the default) for the defaults.</param>
    /// <param name="progress">Receives the progress before and after each step, or <see langword="null"/> (the default).</param>
    /// <param name="cancellationToken">
    /// Stops the purge, and everything is rolled back; once it is committed, stops what follows. A run in several transactions keeps what
    /// it has committed.
    /// </param>
    /// <returns>
    /// The report of a run whose verdict is <see cref="PurgeVerdict.Complete"/>, <see cref="PurgeVerdict.CompleteWithSkips"/> or
    /// <see cref="PurgeVerdict.NothingMatched"/>.
    /// </returns>
    /// <exception cref="ArgumentNullException">The context is null.</exception>
    /// <exception cref="ArgumentException">Options are not valid; the message names every one.</exception>
    /// <exception cref="PurgeException">
    /// It could not be planned, or the run has any other verdict; then the exception carries the report.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The context is disposed.</exception>
    /// <exception cref="OperationCanceledException">The caller asked to stop before there was a plan.</exception>
    [RequiresUnreferencedCode(TrimWarnings.Model)]
    [RequiresDynamicCode(TrimWarnings.Model)]
    public static async Task<PurgeReport> PurgeAsync(
        this DbContext context,
        Action<PurgeOptions>? configure = null,
        IProgress<PurgeProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(context);
        var purger = new Purger(configure ?? (_ => { }));
        PurgePlan plan = await purger.PlanAsync(context, cancellationToken).ConfigureAwait(false);
        return await purger.ExecuteAsync(context, plan, progress, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Plans a purge of the context's database, with these options alone: those of a registered <see cref="IPurger"/> do not apply. Writes
    /// nothing.
    /// A purger with the same options runs the plan.
    /// </summary>
    /// <param name="context">The context.</param>
    /// <param name="configure">Sets the options, or <see langword="null"/> (the default) for the defaults.</param>
    /// <param name="cancellationToken">Stops the reading.</param>
    /// <returns>The plan: what will be deleted in which order, what is skipped, what is kept, each with its reason.</returns>
    /// <exception cref="ArgumentNullException">The context is null.</exception>
    /// <exception cref="ArgumentException">Options are not valid; the message names every one.</exception>
    /// <exception cref="PurgeException">
    /// The provider is not relational, the database cannot be reached, or a filter matches nothing.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The context is disposed.</exception>
    /// <exception cref="OperationCanceledException">The caller asked to stop.</exception>
    [RequiresUnreferencedCode(TrimWarnings.Model)]
    [RequiresDynamicCode(TrimWarnings.Model)]
    public static Task<PurgePlan> PlanPurgeAsync(
        this DbContext context, Action<PurgeOptions>? configure = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(context);
        return new Purger(configure ?? (_ => { })).PlanAsync(context, cancellationToken);
    }

    /// <summary>Reads model and live database and makes a plan. Writes nothing.</summary>
    /// <param name="purger">The purger.</param>
    /// <param name="context">The context whose database is to be purged.</param>
    /// <param name="cancellationToken">Stops the reading.</param>
    /// <returns>The plan: what will be deleted in which order, what is skipped, what is kept, each with its reason.</returns>
    /// <exception cref="ArgumentNullException">The purger or the context is null.</exception>
    /// <exception cref="PurgeException">
    /// The provider is not relational, the database cannot be reached, or a filter matches nothing.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The context is disposed.</exception>
    /// <exception cref="OperationCanceledException">The caller asked to stop.</exception>
    public static Task<PurgePlan> PlanAsync(this IPurger purger, DbContext context, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(purger);
        ArgumentNullException.ThrowIfNull(context);
        return purger.PlanAsync([context], cancellationToken);
    }

    /// <summary>
    /// Reports what a run of the plan would do: the plan as a report, and what each target counts. Writes nothing but the report files.
    /// </summary>
    /// <param name="purger">The purger.</param>
    /// <param name="context">The context that the plan was made for.</param>
    /// <param name="plan">The plan.</param>
    /// <param name="cancellationToken">Stops the counting.</param>
    /// <returns>A report with the verdict <see cref="PurgeVerdict.Planned"/>, in the future tense.</returns>
    /// <exception cref="ArgumentNullException">The purger, the context or the plan is null.</exception>
    /// <exception cref="PurgeException">The provider is not relational, or a report cannot be saved.</exception>
    /// <exception cref="ObjectDisposedException">The context is disposed.</exception>
    /// <exception cref="OperationCanceledException">The caller asked to stop.</exception>
    public static Task<PurgeReport> DryRunAsync(
        this IPurger purger,
        DbContext context,
        PurgePlan plan,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(purger);
        ArgumentNullException.ThrowIfNull(context);
        return purger.DryRunAsync([context], plan, cancellationToken);
    }

    /// <summary>Runs a plan: re-reads the facts, deletes, verifies, and only then commits.</summary>
    /// <param name="purger">The purger.</param>
    /// <param name="context">The context that the plan was made for.</param>
    /// <param name="plan">The plan.</param>
    /// <param name="progress">Receives the progress before and after each step, or <see langword="null"/> (the default).</param>
    /// <param name="cancellationToken">
    /// Stops the purge, and everything is rolled back; once it is committed, stops what follows. A run in several transactions keeps what
    /// it has committed.
    /// </param>
    /// <returns>
    /// The report of a run whose verdict is <see cref="PurgeVerdict.Complete"/>, <see cref="PurgeVerdict.CompleteWithSkips"/> or
    /// <see cref="PurgeVerdict.NothingMatched"/>.
    /// </returns>
    /// <exception cref="ArgumentNullException">The purger, the context or the plan is null.</exception>
    /// <exception cref="PurgeException">The run has any other verdict; the exception carries the report.</exception>
    /// <exception cref="ObjectDisposedException">The context is disposed.</exception>
    public static Task<PurgeReport> ExecuteAsync(
        this IPurger purger,
        DbContext context,
        PurgePlan plan,
        IProgress<PurgeProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(purger);
        ArgumentNullException.ThrowIfNull(context);
        return purger.ExecuteAsync([context], plan, progress, cancellationToken);
    }

    /// <summary>
    /// Verifies the tables of a report again, after the commit of the caller's transaction that the run took part in. Writes nothing.
    /// </summary>
    /// <param name="purger">The purger.</param>
    /// <param name="context">The context that the plan was made for, in no transaction.</param>
    /// <param name="report">What <see cref="ExecuteAsync"/> returned, or the report of the exception that it threw.</param>
    /// <param name="cancellationToken">Cancels the verification.</param>
    /// <returns>The report, with <see cref="PurgeReport.LookedAgainAt"/> and what was found.</returns>
    /// <exception cref="ArgumentNullException">The purger, the context or the report is null.</exception>
    /// <exception cref="ArgumentException">The report is of a run that deleted nothing.</exception>
    /// <exception cref="PurgeException">
    /// The transaction is still open, the database cannot be read, or the state is not what was verified; in the last case the exception
    /// carries the report.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The context is disposed.</exception>
    /// <exception cref="OperationCanceledException">The caller asked to stop.</exception>
    public static Task<PurgeReport> VerifyAsync(
        this IPurger purger,
        DbContext context,
        PurgeReport report,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(purger);
        ArgumentNullException.ThrowIfNull(context);
        return purger.VerifyAsync([context], report, cancellationToken);
    }
}
