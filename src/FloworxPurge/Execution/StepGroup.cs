using FloworxPurge.Planning;
using FloworxPurge.Schema;

namespace FloworxPurge.Execution;

/// <summary>Steps that succeed or fail together: those of one table, or of the tables of one cycle.</summary>
internal sealed record StepGroup(IReadOnlyList<TableName> Tables, IReadOnlyList<PlanStep> Steps)
{
    /// <summary>Groups the steps of a plan, in their order.</summary>
    public static IReadOnlyList<StepGroup> Of(PurgePlan plan)
    {
        var cycleOf = plan.Cycles.SelectMany(cycle => cycle.Tables.Select(table => (Table: table, cycle.Tables))).ToDictionary(pair => pair.Table, pair => pair.Tables);
        var groups = new List<StepGroup>();
        foreach (PlanStep step in plan.Steps.Where(step => step.Kind is not (PlanStepKind.Lock or PlanStepKind.DeferConstraints)))
        {
            bool isDelete = step.Kind is PlanStepKind.SetNull or PlanStepKind.Delete or PlanStepKind.DeleteTogether;
            IReadOnlyList<TableName> tables = isDelete && cycleOf.TryGetValue(step.Tables[0], out IReadOnlyList<TableName>? cycle) ? cycle : step.Tables;
            if (isDelete && groups is [.., var last] && last.Tables == tables)
            {
                groups[^1] = last with { Steps = [.. last.Steps, step] };
            }
            else
            {
                groups.Add(new StepGroup(tables, [step]));
            }
        }

        return groups;
    }
}
