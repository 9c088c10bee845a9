namespace FloworxPurge.Planning;

/// <summary>Divides the steps of a plan into the units that succeed or fail together.</summary>
internal static class PlanUnits
{
    /// <summary>
    /// One transaction for all steps, or a savepoint for each table and each cycle where a failure shall not undo the others; and each
    /// statement that commits by itself alone, after the commit.
    /// </summary>
    /// <param name="steps">The steps, in order.</param>
    /// <param name="cycles">The cycles among the tables.</param>
    /// <param name="isBestEffort">Whether a failing table leaves the others purged.</param>
    /// <param name="resetsIdentityAfterCommit">Whether the restart of an identity counter commits by itself.</param>
    /// <param name="selectsRows">Whether rows are deleted with all that depends on them, so that no table may fail alone.</param>
    public static IReadOnlyList<PlanUnit> Of(
        IReadOnlyList<PlanStep> steps,
        IReadOnlyList<PlanCycle> cycles,
        bool isBestEffort,
        bool resetsIdentityAfterCommit,
        bool selectsRows = false)
    {
        ILookup<bool, PlanStep> afterCommit = steps.ToLookup(step => resetsIdentityAfterCommit && step.Kind == PlanStepKind.ResetIdentity);
        List<PlanUnit> units = isBestEffort && selectsRows
            ? Together([.. afterCommit[false]])
            : isBestEffort
            ? BySavepoint(afterCommit[false], cycles)
            : [Unit([.. afterCommit[false]])];
        units.AddRange(afterCommit[true].Select(step => Unit([step]) with { RunsAfterCommit = true, FollowsDelete = true }));
        return [.. units.Where(unit => unit.Steps.Count > 0)];
    }

    private static PlanUnit Unit(IReadOnlyList<PlanStep> steps)
        => new()
        {
            // The table of rows that stay and lose a reference may be one that is kept.
            Tables = [.. steps.Where(step => step.Kind != PlanStepKind.Detach).SelectMany(step => step.Tables).Distinct().Order()],
            Steps = steps,
        };

    private static List<PlanUnit> Together(List<PlanStep> steps)
        => [Unit([.. steps.Where(step => step.Kind == PlanStepKind.Lock)]),
            Unit([.. steps.Where(step => step.Kind != PlanStepKind.Lock)]) with { HasSavepoint = true }];

    private static List<PlanUnit> BySavepoint(IEnumerable<PlanStep> steps, IReadOnlyList<PlanCycle> cycles)
    {
        var cycleOf = cycles.SelectMany(
            cycle => cycle.Tables.Select(table => (Table: table, cycle.Tables))).ToDictionary(pair => pair.Table, pair => pair.Tables);
        var units = new List<PlanUnit>();
        List<PlanStep> shared = [];
        foreach (PlanStep step in steps)
        {
            // What prepares all tables belongs to none of them.
            if (step.Kind is PlanStepKind.Lock or PlanStepKind.DeferConstraints)
            {
                shared.Add(step);
                continue;
            }

            bool follows = step.Kind is PlanStepKind.PurgeHistory or PlanStepKind.ResetIdentity or PlanStepKind.RefreshView;
            IReadOnlyList<TableName> tables = !follows
                && step.Kind != PlanStepKind.Truncate
                && cycleOf.TryGetValue(step.Tables[0], out IReadOnlyList<TableName>? cycle)
                ? cycle
                : step.Tables;
            if (units is [.., var last] && Continues(last, step, tables, follows))
            {
                units[^1] = last with { Steps = [.. last.Steps, step] };
            }
            else
            {
                units.Add(new PlanUnit { HasSavepoint = true, Tables = tables, Steps = [step], FollowsDelete = follows });
            }
        }

        return [Unit(shared), .. units];
    }

    // The statements that delete from the tables of one cycle, or that purge the history of one table.
    private static bool Continues(PlanUnit last, PlanStep step, IReadOnlyList<TableName> tables, bool follows)
        => follows ? step.Kind == PlanStepKind.PurgeHistory
            && last.Steps[0].Kind == PlanStepKind.PurgeHistory
            && last.Tables.SequenceEqual(tables)
            : step.Kind != PlanStepKind.Truncate
                && last.Steps[0].Kind != PlanStepKind.Truncate
                && !last.FollowsDelete
                && last.Tables.SequenceEqual(tables);
}
