using System.Globalization;
using FloworxPurge.Planning;
using FloworxPurge.Reporting;

namespace FloworxPurge.Execution;

/// <summary>What the transactions of this session verified, and what the run counted over all sessions, as the result of one run.</summary>
internal sealed class ChunkRecord(PurgePlan plan)
{
    private readonly List<Verification> _verifications = [];

    // The journal has those of before the commit alone.
    private readonly List<PlanNote> _notes = [];
    private PurgeRun? _last;
    private int _attempts;

    /// <summary>Adds a transaction that was committed.</summary>
    /// <param name="run">What was measured.</param>
    /// <param name="totals">The totals with it.</param>
    public void Add(PurgeRun run, ChunkTotals totals)
    {
        _attempts += run.Attempt;
        _last = run;
        _notes.AddRange(run.Notes.Except(totals.Notes).Except(_notes).Take(ChunkTotals.MostNotes - _notes.Count));
        foreach (Verification verification in run.Verifications)
        {
            int known = _verifications.FindIndex(other => string.Equals(other.Name, verification.Name, StringComparison.Ordinal));
            if (known < 0)
            {
                _verifications.Add(verification);
            }
            else
            {
                _verifications[known] = Together(_verifications[known], verification);
            }
        }
    }

    /// <summary>The result of the run so far.</summary>
    public PurgeRun ToRun(ChunkTotals totals, PurgeSettings settings, PurgePlan fresh, List<PlanNote> timeline)
    {
        var run = new PurgeRun(_attempts, joinedTransaction: false, plan.Tables.Select(table => table.Table).Distinct())
        {
            Transaction = TransactionOutcome.Committed,
            Database = fresh.Database,
            Guards = _last?.Guards ?? TargetGuard.NotReached(settings, plan.Fingerprint),
            Timeline = timeline,
            VerifiedAt = _last?.VerifiedAt,
            ObjectsBefore = _last?.ObjectsBefore ?? [],
            ObjectsAfter = _last?.ObjectsAfter,
            Plan = fresh with { Scope = WithMatched(totals) },
        };
        foreach (ChunkTable table in totals.Tables.Where(table => run.Tables.ContainsKey(table.Table)))
        {
            TableRun state = run.Tables[table.Table];
            state.Before = table.Before;
            state.After = 0;
            state.Counted = table.Rows;
            state.Reported = table.Reported;
            state.Others = table.Others is { } others ? (others, others) : null;
            state.Duration = table.Duration;
        }

        foreach (ChunkTable table in totals.Detached)
        {
            run.Detached[table.Table] = table.Rows;
        }

        foreach (ChunkTable table in totals.Added)
        {
            run.RowsAdded[table.Table] = table.Rows;
        }

        run.Verifications.AddRange(_verifications);
        run.Notes.AddRange(totals.Notes.Union(_notes));
        run.Notes.AddRange(totals.AboveLimit.Select(text => PlanNote.Warning(
            null,
            $"A transaction deleted more rows than the limit, since one selected row has so many dependents, or since rows had to be "
                + $"deleted together: {text}.")));
        return run;
    }

    private static PlanScope? WithMatched(ChunkTotals totals)
        => totals.Scope is { } scope ? scope with { Matched = totals.Listed.Sum() } : null;

    // The rows of all transactions add up; of the rest the last one is shown, and the worst result.
    private static Verification Together(Verification before, Verification now)
    {
        Outcome worst = before.Result > now.Result ? before.Result : now.Result;
        return now.Name.StartsWith("rows deleted from table ", StringComparison.Ordinal)
            ? now with { Expected = Sum(before.Expected, now.Expected), Actual = Sum(before.Actual, now.Actual), Result = worst }
            : now with { Result = worst };
    }

    private static string Sum(string one, string other)
        => (long.Parse(one, CultureInfo.InvariantCulture) + long.Parse(other, CultureInfo.InvariantCulture))
            .ToString(CultureInfo.InvariantCulture);
}
