using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using FloworxPurge.Connections;
using FloworxPurge.Execution;
using FloworxPurge.Extensibility;
using FloworxPurge.Planning;
using FloworxPurge.Reporting;
using FloworxPurge.Schema;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;

namespace FloworxPurge;

/// <summary>
/// Purges many databases, or schemas, with one purger: each in its own transaction, with its own report, once for each run id.
/// </summary>
/// <remarks>
/// A receipt with the report is written to the table <c>floworxpurge_runs</c> of each target, in the transaction that deletes. A run with
/// the same id answers from it and deletes nothing, so that a job engine that delivers at least once gets the effect of exactly once:
/// <see cref="RunOneAsync"/> is the unit of work for such an engine. Targets in one database are purged one after the other.
/// </remarks>
[RequiresUnreferencedCode(TrimWarnings.Model)]
[RequiresDynamicCode(TrimWarnings.Model)]
public sealed class PurgeFleet
{
    private const string NotText = "has a NUL or half of a surrogate pair, with which receipts could not be told apart";

    private readonly IPurger _purger;
    private readonly Func<string, DbContext> _createContext;

    /// <summary>Creates a fleet.</summary>
    /// <param name="purger">The purger: its options are those of every target.</param>
    /// <param name="targets">The names of the targets, such as those of tenants. Receipts, reports and messages name them.</param>
    /// <param name="createContext">Creates the context of a target; the fleet disposes it.</param>
    /// <exception cref="ArgumentNullException">A parameter is null.</exception>
    /// <exception cref="ArgumentException">
    /// There is no target; a name is empty, there twice, or has a NUL or half of a surrogate pair; or the purger is not one that this
    /// library made.
    /// </exception>
    public PurgeFleet(IPurger purger, IEnumerable<string> targets, Func<string, DbContext> createContext)
    {
        ArgumentNullException.ThrowIfNull(purger);
        ArgumentNullException.ThrowIfNull(targets);
        ArgumentNullException.ThrowIfNull(createContext);
        (_purger, _createContext) = (purger, createContext);
        Targets = [.. targets];
        if (Targets.Count == 0 || Targets.Any(string.IsNullOrWhiteSpace))
        {
            throw new ArgumentException("Give at least one target, and no empty name among them.", nameof(targets));
        }

        string[] twice = [.. Targets
            .CountBy(target => target, StringComparer.Ordinal)
            .Where(pair => pair.Value > 1)
            .Select(pair => $"\"{pair.Key}\"")
            .Order(StringComparer.Ordinal)];
        if (twice.Length > 0)
        {
            throw new ArgumentException(
                $"These targets are there more than once: {string.Join(", ", twice)}. Receipts are kept by name, so that names must "
                    + "differ.",
                nameof(targets));
        }

        string[] broken = [.. Targets.Where(target => !IsText(target)).Select(target => $"\"{target}\"")];
        if (broken.Length > 0)
        {
            throw new ArgumentException($"A name of a target {NotText}: {string.Join(", ", broken)}.", nameof(targets));
        }

        if (!IsOwn(purger))
        {
            throw new ArgumentException(
                $"{purger.GetType().Name} cannot write receipts. Give a {nameof(Purger)}, or the {nameof(IPurger)} that AddFloworxPurge "
                    + "registers.",
                nameof(purger));
        }
    }

    /// <summary>Gets the names of the targets, in the order of the runs.</summary>
    public IReadOnlyList<string> Targets { get; }

    /// <summary>Gets how many databases are purged at the same time at most, from 1. The default value is 4.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The number is less than 1.</exception>
    public int Parallelism
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
            field = value;
        }
    }
    = 4;

    /// <summary>
    /// Gets the number of failed targets, from 1, after which no other is begun; those that are running come to their end. The default
    /// value is <see langword="null"/>: one failure stops no other target.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The number is less than 1.</exception>
    public int? StopAfterFailures
    {
        get;
        init
        {
            if (value is { } number)
            {
                ArgumentOutOfRangeException.ThrowIfLessThan(number, 1, nameof(value));
            }

            field = value;
        }
    }

    /// <summary>
    /// Gets what sets the options in which a target differs from the others, such as the folder of its archive, the file of its report,
    /// or the tenant whose rows are deleted. The default value is <see langword="null"/>: none.
    /// </summary>
    public Action<string, PurgeOptions>? Configure { get; init; }

    /// <summary>Purges all targets. What fails, and why, is in the report, and not thrown.</summary>
    /// <param name="runId">
    /// Names the run, such as <c>offboard-11</c>: a target that has a receipt of this run answers from it. Use the same id to go on with a
    /// run that was stopped, and another one to delete again.
    /// </param>
    /// <param name="progress">Receives each target when it has ended, or <see langword="null"/> (the default).</param>
    /// <param name="cancellationToken">
    /// Stops the targets that are running, which are rolled back, and begins no other. A run in several transactions keeps what it has
    /// committed.
    /// </param>
    /// <returns>The report: look at its verdict, or end the process with its exit code.</returns>
    /// <exception cref="ArgumentException">The id is empty, or has a NUL or half of a surrogate pair.</exception>
    /// <exception cref="PurgeException">
    /// The options of a target are not valid, or several targets write to the same file or folder. Nothing was written.
    /// </exception>
    public async Task<FleetReport> RunAsync(
        string runId,
        IProgress<FleetTargetReport>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ThrowIfNoId(runId);
        Dictionary<string, Purger> purgers = ConfigureAll();
        TimeProvider time = purgers[Targets[0]].Time;
        DateTimeOffset startedAt = time.GetUtcNow();
        long start = time.GetTimestamp();
        ConcurrentDictionary<string, FleetTargetReport> ended = new(StringComparer.Ordinal);
        int failures = 0;
        bool MayGoOn() => !cancellationToken.IsCancellationRequested && !(Volatile.Read(ref failures) >= StopAfterFailures);

        await Parallel.ForEachAsync(
            ByDatabase(),
            new ParallelOptions { MaxDegreeOfParallelism = Parallelism },
            async (targets, _) =>
            {
                foreach (string target in targets.TakeWhile(_ => MayGoOn()))
                {
                    FleetTargetReport report = await ReportAsync(purgers[target], runId, target, cancellationToken).ConfigureAwait(false);
                    ended[target] = report;
                    if (!Verdicts.IsReturned(report.Verdict!.Value))
                    {
                        Interlocked.Increment(ref failures);
                    }

                    ended[target] = Notify(progress, report);
                }
            }).ConfigureAwait(false);
        string why = cancellationToken.IsCancellationRequested
            ? "the caller asked to stop"
            : $"{Quantity.Of(failures, "target")} had failed ({nameof(StopAfterFailures)})";
        return FleetReport.Of(
            runId,
            startedAt,
            time.GetElapsedTime(start),
            [.. Targets.Select(target => ended.GetValueOrDefault(target) ?? FleetTargetReport.NotReached(target, why))]);
    }

    /// <summary>
    /// Purges one target: the unit of work for a job engine, which may call it again. A target that has a receipt of this run answers from
    /// it, and nothing is deleted; targets that were not emptied and checks that failed behind the commit are tried again. A run in several
    /// transactions that was stopped goes on.
    /// </summary>
    /// <param name="runId">Names the run; see <see cref="RunAsync"/>.</param>
    /// <param name="target">The name of the target.</param>
    /// <param name="cancellationToken">
    /// Stops the purge, and everything is rolled back; once it is committed, stops what follows. A run in several transactions keeps what
    /// it has committed.
    /// </param>
    /// <returns>The report; from the receipt, it is that of the call that deleted.</returns>
    /// <exception cref="ArgumentException">
    /// The id is empty, or has a NUL or half of a surrogate pair; or there is no target of this name.
    /// </exception>
    /// <exception cref="PurgeException">
    /// The options are not valid, another target writes to the same file or folder, it could not be planned, the receipt is of a run with
    /// other options or cannot be read, or the verdict is none that <see cref="IPurger"/> returns; then the exception carries the report.
    /// </exception>
    /// <exception cref="OperationCanceledException">The caller asked to stop before the run began.</exception>
    public async Task<PurgeReport> RunOneAsync(string runId, string target, CancellationToken cancellationToken = default)
    {
        ThrowIfNoId(runId);
        ArgumentException.ThrowIfNullOrWhiteSpace(target);
        if (!Targets.Contains(target, StringComparer.Ordinal))
        {
            throw new ArgumentException($"The fleet has no target \"{target}\".", nameof(target));
        }

        Purger purger = PurgerOf(target);
        ThrowIfShared(purger);
        return (await PurgeAsync(purger, runId, target, cancellationToken).ConfigureAwait(false)).Report;
    }

    private async Task<(PurgeReport Report, bool IsFromReceipt)> PurgeAsync(
        Purger purger,
        string runId,
        string target,
        CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        DbContext context = _createContext(target)
            ?? throw new PurgeException($"There is no context for target \"{target}\": what creates contexts returned null.");
        return await Purger.ThenDisposeAsync(
            async () => context.Database.IsRelational() && context.Database.CurrentTransaction is not null
                ? throw new PurgeException(
                    $"The context of target \"{target}\" is in a transaction. A fleet commits each target by itself: create contexts "
                        + "without one.")
                : await purger.ExecuteOnceAsync(context, runId, target, cancellationToken).ConfigureAwait(false),
            "The disposal of the context",
            context.DisposeAsync).ConfigureAwait(false);
    }

    // What the code of the caller throws stops no other target.
    private static FleetTargetReport Notify(IProgress<FleetTargetReport>? progress, FleetTargetReport report)
    {
        try
        {
            progress?.Report(report);
            return report;
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            return report with
            {
                Summary = $"{report.Summary} The listener to the progress failed: {DatabaseFailure.Describe(e).TrimEnd('.')}.",
            };
        }
    }

    private async Task<FleetTargetReport> ReportAsync(Purger purger, string runId, string target, CancellationToken cancellationToken)
    {
        long start = purger.Time.GetTimestamp();
        try
        {
            (PurgeReport report, bool isFromReceipt) = await PurgeAsync(purger, runId, target, cancellationToken).ConfigureAwait(false);
            return new FleetTargetReport(target, report.Verdict, report.Summary)
            {
                Report = report,
                IsFromReceipt = isFromReceipt,
                Duration = purger.Time.GetElapsedTime(start),
            };
        }
        catch (PurgeException e) when (e.Report is { } report)
        {
            return new FleetTargetReport(target, report.Verdict, e.Message)
            {
                Report = report,
                Duration = purger.Time.GetElapsedTime(start),
            };
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // Whatever a context, a provider or an option of the caller throws: it is the failure of this target.
            bool isStopped = cancellationToken.IsCancellationRequested;
            return new FleetTargetReport(
                target,
                isStopped ? PurgeVerdict.Cancelled : PurgeVerdict.Failed,
                isStopped ? "Cancelled before this call wrote anything." : $"This call wrote nothing: {DatabaseFailure.Describe(e)}.")
            {
                Duration = purger.Time.GetElapsedTime(start),
            };
        }
    }

    // Two runs in one database would wait for each other, and the second of several transactions is refused.
    private IReadOnlyList<IReadOnlyList<string>> ByDatabase()
        => [.. Targets.GroupBy(PlaceOf).Select(group => group.ToList())];

    // A target whose context cannot be created is a failure of its own, when its turn comes.
    private object PlaceOf(string target)
    {
        try
        {
            using DbContext context = _createContext(target);
            return context.Database.GetDbConnection() is var connection && !string.IsNullOrEmpty(connection.DataSource)
                ? (connection.DataSource, connection.Database)
                : target;
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            return target;
        }
    }

    private Dictionary<string, Purger> ConfigureAll()
    {
        (Dictionary<string, Purger> purgers, List<Exception> problems) = TryConfigureAll();
        if (SharedBy(PlacesOf(purgers.Values)) is { } shared)
        {
            problems.Add(new PurgeException(shared));
        }

        return problems.Count == 0
            ? purgers
            : throw new PurgeException(
                string.Join(" ", problems.Select(problem => problem.Message)),
                problems.Count == 1 ? problems[0].InnerException : new AggregateException(problems));
    }

    private (Dictionary<string, Purger> Purgers, List<Exception> Problems) TryConfigureAll()
    {
        Dictionary<string, Purger> purgers = new(StringComparer.Ordinal);
        List<Exception> problems = [];
        foreach (string target in Targets)
        {
            try
            {
                purgers[target] = PurgerOf(target);
            }
            catch (PurgeException e)
            {
                problems.Add(e);
            }
        }

        return (purgers, problems);
    }

    private Purger PurgerOf(string target)
    {
        try
        {
            return (Purger)_purger.With(options => Configure?.Invoke(target, options));
        }
        catch (Exception e) when (Configure is not null && e is not OutOfMemoryException)
        {
            throw new PurgeException($"The options of target \"{target}\" are not valid: {e.Message.TrimEnd('.')}.", e);
        }
    }

    private static bool IsOwn(IPurger purger) => purger.With(_ => { }) is Purger;

    // Receipts are found by a hash of the UTF-8 text, which has one form for every half of a surrogate pair.
    private static bool IsText(string text)
        => !text.Contains('\0') && string.Equals(string.Concat(text.EnumerateRunes()), text, StringComparison.Ordinal);

    private static void ThrowIfNoId(string runId)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(runId);
        if (!IsText(runId))
        {
            throw new ArgumentException($"The id of the run {NotText}: \"{runId}\".", nameof(runId));
        }
    }

    // Only a place of the fleet's purger is likely to be that of another target, so that the others are configured for nothing else. Where
    // their options are not valid, their own runs are refused.
    private void ThrowIfShared(Purger purger)
    {
        HashSet<string> own = new(purger.WrittenTo(), StringComparer.Ordinal);
        if (own.Overlaps(((Purger)_purger.With(_ => { })).WrittenTo())
            && SharedBy(PlacesOf(TryConfigureAll().Purgers.Values).Where(own.Contains)) is { } shared)
        {
            throw new PurgeException(shared);
        }
    }

    private static IEnumerable<string> PlacesOf(IEnumerable<Purger> purgers)
        => purgers.SelectMany(purger => purger.WrittenTo().Distinct(StringComparer.Ordinal));

    private static string? SharedBy(IEnumerable<string> places)
    {
        string[] shared = [.. places
            .GroupBy(path => path, StringComparer.Ordinal)
            .Where(group => group.Count() > 1)
            .Select(group => $"\"{group.Key}\"")
            .Order(StringComparer.Ordinal)];
        return shared.Length == 0
            ? null
            : $"Several targets would write to {string.Join(", ", shared)}. Set {nameof(PurgeOptions.ArchiveTo)} and "
                + $"{nameof(PurgeOptions.SaveReport)} for each target, in {nameof(Configure)}.";
    }
}
