namespace FloworxPurge.CommandLine.Plans;

/// <summary>A difference between two plans.</summary>
/// <param name="Section">What differs, as a heading.</param>
/// <param name="Text">The difference, after a sign: + for what is new, - for what is gone, ~ for what is another.</param>
/// <param name="MakesAnotherPlan">Whether a run of the earlier plan is refused because of it.</param>
internal sealed record PlanChange(string Section, string Text, bool MakesAnotherPlan);
