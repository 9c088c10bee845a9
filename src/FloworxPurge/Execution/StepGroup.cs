
namespace FloworxPurge.Execution;

/// <summary>Steps that succeed or fail together: those of one table, or of the tables of one cycle.</summary>
internal sealed record StepGroup(IReadOnlyList<TableName> Tables, IReadOnlyList<PlanStep> Steps)
{
    /// <summary>Whether a step belongs to the deletion of its tables, and not to what follows it.</summary>
    public static bool IsDelete(PlanStepKind kind)
        => kind is PlanStepKind.SetNull or PlanStepKind.DisableConstraints or PlanStepKind.Delete or PlanStepKind.DeleteInChunks or PlanStepKind.DeleteTogether or PlanStepKind.EnableConstraints;

    /// <summary>Groups the steps of a plan, in their order.</summary>
    public static IReadOnlyList<StepGroup> Of(PurgePlan plan)
    {
        var cycleOf = plan.Cycles.SelectMany(cycle => cycle.Tables.Select(table => (Table: table, cycle.Tables))).ToDictionary(pair => pair.Table, pair => pair.Tables);
        var groups = new List<StepGroup>();
        foreach (PlanStep step in plan.Steps.Where(step => step.Kind is not (PlanStepKind.Lock or PlanStepKind.DeferConstraints)))
        {
            bool isDelete = IsDelete(step.Kind);
            IReadOnlyList<TableName> tables = isDelete && cycleOf.TryGetValue(step.Tables[0], out IReadOnlyList<TableName>? cycle) ? cycle : step.Tables;
            bool goesOn = isDelete ? groups is [.., var deletes] && deletes.Tables == tables
                : step.Kind == PlanStepKind.PurgeHistory && groups is [.., { Steps: [{ Kind: PlanStepKind.PurgeHistory }, ..] } history] && history.Tables.SequenceEqual(tables);
            if (goesOn)
            {
                groups[^1] = groups[^1] with { Steps = [.. groups[^1].Steps, step] };
            }
            else
            {
                groups.Add(new StepGroup(tables, [step]));
            }
        }

        return groups;
    }
}
