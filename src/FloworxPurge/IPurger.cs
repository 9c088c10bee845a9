using System.Diagnostics.CodeAnalysis;
using FloworxPurge.Reporting;
using Microsoft.EntityFrameworkCore;

namespace FloworxPurge;

/// <summary>
/// Plans and runs purges of the database behind one or several <see cref="DbContext"/>. <see cref="PurgeExtensions"/> has the calls for one
/// context.
/// </summary>
public interface IPurger
{
    /// <summary>Reads models and live database and makes one plan for all contexts. Writes nothing.</summary>
    /// <param name="contexts">The contexts, which share one database; the first one's connection is used.</param>
    /// <param name="cancellationToken">Stops the reading.</param>
    /// <returns>The plan: what will be deleted in which order, what is skipped, what is kept, each with its reason.</returns>
    /// <exception cref="ArgumentException">There is no context, or one of them is null.</exception>
    /// <exception cref="PurgeException">
    /// A provider is not relational or has no scaffolding, the contexts are not on one database, it cannot be reached, or a filter matches
    /// nothing.
    /// </exception>
    /// <exception cref="ObjectDisposedException">A context is disposed.</exception>
    /// <exception cref="OperationCanceledException">The caller asked to stop.</exception>
    Task<PurgePlan> PlanAsync(IReadOnlyList<DbContext> contexts, CancellationToken cancellationToken = default);

    /// <summary>
    /// Evaluates the guards of the options for a plan before a run: the name of its database, and the rows that were counted when it was
    /// made. A run evaluates them again.
    /// </summary>
    /// <param name="plan">The plan.</param>
    /// <returns>Why a run would be refused, as sentences, or <see langword="null"/> when no guard refuses it.</returns>
    /// <exception cref="ArgumentNullException">The plan is null.</exception>
    string? CheckGuards(PurgePlan plan);

    /// <summary>Creates a purger with the options of this one and what is changed of them, to add to the options of a host.</summary>
    /// <param name="configure">Changes a copy of the options; this purger keeps its own.</param>
    /// <returns>The other purger.</returns>
    /// <exception cref="ArgumentNullException">The action is null.</exception>
    /// <exception cref="ArgumentException">Options are not valid; the message names every one.</exception>
    [SuppressMessage("Naming", "CA1716", Justification = "The name of C# for a changed copy. Visual Basic writes it in brackets.")]
    IPurger With(Action<PurgeOptions> configure);

    /// <summary>
    /// Reports what a run of the plan would do: the plan as a report, and what each target counts. Writes nothing but the report files.
    /// </summary>
    /// <param name="contexts">The contexts that the plan was made for.</param>
    /// <param name="plan">The plan.</param>
    /// <param name="cancellationToken">Stops the counting.</param>
    /// <returns>A report with the verdict <see cref="PurgeVerdict.Planned"/>, in the future tense.</returns>
    /// <exception cref="ArgumentNullException">The plan is null.</exception>
    /// <exception cref="ArgumentException">There is no context, or one of them is null.</exception>
    /// <exception cref="PurgeException">A provider is not relational or has no scaffolding, or a report cannot be saved.</exception>
    /// <exception cref="ObjectDisposedException">A context is disposed.</exception>
    /// <exception cref="OperationCanceledException">The caller asked to stop.</exception>
    Task<PurgeReport> DryRunAsync(IReadOnlyList<DbContext> contexts, PurgePlan plan, CancellationToken cancellationToken = default);

    /// <summary>Runs a plan: re-reads the facts, deletes, verifies, and only then commits.</summary>
    /// <param name="contexts">The contexts that the plan was made for, in the same order.</param>
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
    /// <exception cref="ArgumentNullException">The plan is null.</exception>
    /// <exception cref="ArgumentException">There is no context, or one of them is null.</exception>
    /// <exception cref="PurgeException">The run has any other verdict; the exception carries the report.</exception>
    /// <exception cref="ObjectDisposedException">A context is disposed.</exception>
    Task<PurgeReport> ExecuteAsync(
        IReadOnlyList<DbContext> contexts,
        PurgePlan plan,
        IProgress<PurgeProgress>? progress = null,
        CancellationToken cancellationToken = default);

    /// <summary>
    /// Verifies the tables of a report again, after the commit of the caller's transaction that the run took part in. A run in a
    /// transaction of its own
    /// does the same by itself. Writes nothing.
    /// </summary>
    /// <param name="contexts">The contexts that the plan was made for, in the same order; none of them in a transaction.</param>
    /// <param name="report">What <see cref="ExecuteAsync"/> returned, or the report of the exception that it threw.</param>
    /// <param name="cancellationToken">Cancels the verification.</param>
    /// <returns>
    /// The report, with <see cref="PurgeReport.LookedAgainAt"/> and what was found: whether the purged tables are still empty, whether kept
    /// tables within reach hold
    /// fewer rows, and, on PostgreSQL, whether the server reports that the transaction was committed.
    /// </returns>
    /// <exception cref="ArgumentNullException">The report is null.</exception>
    /// <exception cref="ArgumentException">
    /// There is no context, one of them is null, or the report is of a run that deleted nothing.
    /// </exception>
    /// <exception cref="PurgeException">
    /// The transaction is still open, the database cannot be read, or the state is not what was verified; in the last case the exception
    /// carries the report.
    /// </exception>
    /// <exception cref="ObjectDisposedException">A context is disposed.</exception>
    /// <exception cref="OperationCanceledException">The caller asked to stop.</exception>
    Task<PurgeReport> VerifyAsync(IReadOnlyList<DbContext> contexts, PurgeReport report, CancellationToken cancellationToken = default);
}
