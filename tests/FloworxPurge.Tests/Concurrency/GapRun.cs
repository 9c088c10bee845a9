using FloworxPurge.Reporting;
using FloworxPurge.Tests.Faults;
using FloworxPurge.Tests.Kit;
using Microsoft.EntityFrameworkCore;

namespace FloworxPurge.Tests.Concurrency;

/// <summary>What came of a purge with a statement of another session in the middle.</summary>
/// <param name="Statement">The statement.</param>
/// <param name="Number">The number of the moment.</param>
/// <param name="Points">The moments that were passed.</param>
/// <param name="Outcome">What came of the statement; null when the run ended before that moment.</param>
/// <param name="Plan">The plan.</param>
/// <param name="Report">The report; null when the run did not begin.</param>
/// <param name="Exception">What the run threw; null when nothing was thrown.</param>
/// <param name="Rows">All rows, afterwards.</param>
public sealed record GapResult(
    GapStatement Statement, int Number, IReadOnlyList<string> Points, GapOutcome? Outcome, PurgePlan Plan, PurgeReport? Report, Exception? Exception, GapRows Rows)
{
    /// <summary>Whether the statement ran, or would have run, after the commit.</summary>
    public bool IsAfterCommit => Points.Take(Number).Contains(GapPoints.AfterCommit);

    /// <summary>The moment, as text.</summary>
    public string Point => Number >= 1 && Number <= Points.Count ? Shorten(Points[Number - 1]) : "never reached";

    private static string Shorten(string point)
    {
        string line = string.Join(' ', point.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        return line.Length <= 140 ? line : line[..140] + "...";
    }
}

/// <summary>Runs a purge in a database that is made anew, with a statement of another session at one moment.</summary>
internal sealed class GapRun(GapDatabase database, bool locksTables)
{
    // A run that waits for another session, which waits for it, is a finding, too.
    private static readonly TimeSpan LongestRun = TimeSpan.FromSeconds(20);

    // The statement for which the tables are as they have to be, and the plan that fits them.
    private (GapStatement Statement, PurgePlan Plan)? _prepared;

    /// <summary>Rows as they are without any statement, after its first command, and so on: what is expected without the purge.</summary>
    public async Task<IReadOnlyList<GapRows>> ReadStatesAsync(GapStatement statement, CancellationToken cancellationToken)
    {
        _prepared = null;
        await database.RebuildAsync(statement, cancellationToken);
        List<GapRows> states = [await database.ReadRowsAsync(cancellationToken)];
        for (int i = 0; i < statement.Commands.Length; i++)
        {
            GapStatement command = statement with { Commands = [statement.Commands[i]] };
            GapOutcome outcome = await database.RunAloneAsync(command, cancellationToken);
            Assert.True(outcome.Failure is null || statement.EndsSession, $"{statement}: {outcome}");
            states.Add(await database.ReadRowsAsync(cancellationToken));
        }

        return states;
    }

    /// <summary>Runs the purge with the statement at a moment; 0 for a run that nobody disturbs.</summary>
    public async Task<GapResult> RunAsync(GapStatement statement, int number, CancellationToken cancellationToken)
    {
        bool isPrepared = _prepared?.Statement == statement;
        await (isPrepared ? database.RestoreRowsAsync(statement, cancellationToken) : database.RebuildAsync(statement, cancellationToken));
        var hook = new FaultHook();
        List<string> points = [];
        GapOutcome? outcome = null;
        await using ScenarioContext context = database.CreateContext(hook);
        Purger purger = new(options =>
        {
            options.Exclude("x");
            options.LockTables = locksTables;
            options.MaxRows = statement.MaxRows;
        });
        PurgePlan plan = isPrepared ? _prepared!.Value.Plan : await purger.PlanAsync(context, cancellationToken);
        hook.Arm(async (_, point) =>
        {
            if (!GapPoints.IsGap(point))
            {
                return;
            }

            points.Add(point);
            if (points.Count == number)
            {
                outcome = await database.RunAsync(statement, database.SessionOf(context.Database.GetDbConnection()), cancellationToken);
            }
        });
        PurgeReport? report = null;
        Exception? exception = null;
        try
        {
            report = await purger.ExecuteAsync(
                context,
                plan,
                cancellationToken: cancellationToken).WaitAsync(LongestRun, cancellationToken);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            exception = e;
            report = (e as PurgeException)?.Report;
        }

        hook.Disarm();
        if (statement.EndsSession)
        {
            // Else the pool would give the dead connection to the next run.
            database.ClearPool(context);
        }

        GapRows rows = await database.ReadRowsAsync(cancellationToken);

        // A purge leaves the tables as they are.
        bool isAsBefore = outcome is not { Done: > 0 } ? statement.IsUndoneByFailure : statement.ChangesRowsOnly;
        _prepared = isAsBefore && !statement.EndsSession ? (statement, plan) : null;
        return new(statement, number, points, outcome, plan, report, exception, rows);
    }
}
