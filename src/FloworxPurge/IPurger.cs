using FloworxPurge.Execution;
using FloworxPurge.Planning;
using FloworxPurge.Reporting;
using Microsoft.EntityFrameworkCore;

namespace FloworxPurge;

/// <summary>Plans and runs purges of the database behind a <see cref="DbContext"/>.</summary>
public interface IPurger
{
    /// <summary>Reads model and live database and makes a plan. Writes nothing.</summary>
    /// <param name="context">The context whose database is to be purged.</param>
    /// <param name="cancellationToken">Stops the reading.</param>
    /// <returns>The plan: what will be deleted in which order, what is skipped, what is kept, each with its reason.</returns>
    /// <exception cref="PurgeException">The provider is not relational, the database cannot be reached, or a filter matches nothing.</exception>
    /// <exception cref="ObjectDisposedException">The context is disposed.</exception>
    Task<PurgePlan> PlanAsync(DbContext context, CancellationToken cancellationToken = default);

    /// <summary>Makes one plan for several contexts that share one database.</summary>
    /// <param name="contexts">The contexts; the first one's connection is used.</param>
    /// <param name="cancellationToken">Stops the reading.</param>
    /// <returns>The plan for all tables of all models.</returns>
    /// <exception cref="ArgumentException">There is no context, or one of them is null.</exception>
    /// <exception cref="PurgeException">As for one context; or the contexts are not on one database.</exception>
    Task<PurgePlan> PlanAsync(IReadOnlyList<DbContext> contexts, CancellationToken cancellationToken = default);

    /// <summary>Tells what a run of the plan would do: the plan as a report, and what each target counts. Writes nothing but the report files.</summary>
    /// <param name="contexts">The contexts that the plan was made for.</param>
    /// <param name="plan">The plan.</param>
    /// <param name="cancellationToken">Stops the counting.</param>
    /// <returns>A report with the verdict <see cref="PurgeVerdict.Planned"/>, in the future tense.</returns>
    /// <exception cref="ArgumentException">There is no context, or one of them is null.</exception>
    /// <exception cref="PurgeException">A provider is not relational, or a report cannot be saved.</exception>
    Task<PurgeReport> DryRunAsync(IReadOnlyList<DbContext> contexts, PurgePlan plan, CancellationToken cancellationToken = default);

    /// <summary>Runs a plan: re-reads the facts, deletes, verifies, and only then commits.</summary>
    /// <param name="context">The context that the plan was made for.</param>
    /// <param name="plan">The plan.</param>
    /// <param name="cancellationToken">Stops the purge, and everything is rolled back; once it is committed, stops what follows.</param>
    /// <returns>The report of a run whose verdict is <see cref="PurgeVerdict.Complete"/> or <see cref="PurgeVerdict.CompleteWithSkips"/>.</returns>
    /// <exception cref="PurgeException">The run has any other verdict; the exception carries the report.</exception>
    /// <exception cref="ObjectDisposedException">The context is disposed.</exception>
    Task<PurgeReport> ExecuteAsync(DbContext context, PurgePlan plan, CancellationToken cancellationToken = default);

    /// <summary>Runs a plan for several contexts that share one database, telling its progress.</summary>
    /// <param name="contexts">The contexts that the plan was made for, in the same order.</param>
    /// <param name="plan">The plan.</param>
    /// <param name="progress">Told before and after each step, or <see langword="null"/>.</param>
    /// <param name="cancellationToken">Stops the purge, and everything is rolled back; once it is committed, stops what follows.</param>
    /// <returns>The report of a run whose verdict is <see cref="PurgeVerdict.Complete"/> or <see cref="PurgeVerdict.CompleteWithSkips"/>.</returns>
    /// <exception cref="ArgumentException">There is no context, or one of them is null.</exception>
    /// <exception cref="PurgeException">The run has any other verdict; the exception carries the report.</exception>
    Task<PurgeReport> ExecuteAsync(
        IReadOnlyList<DbContext> contexts,
        PurgePlan plan,
        IProgress<PurgeProgress>? progress = null,
        CancellationToken cancellationToken = default);
}
