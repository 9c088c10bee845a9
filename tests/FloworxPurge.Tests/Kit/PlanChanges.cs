namespace FloworxPurge.Tests.Kit;

/// <summary>Changes a plan of one unit as somebody could who edits its JSON.</summary>
internal static class PlanChanges
{
    public static PurgePlan WithSteps(this PurgePlan plan, params IReadOnlyList<PlanStep> steps)
        => plan with { Units = [Assert.Single(plan.Units) with { Steps = steps }] };
}
