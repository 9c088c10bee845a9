using FloworxPurge.CommandLine.Output;

namespace FloworxPurge.CommandLine.Plans;

/// <summary>Shows how the plan of now differs from the one in a file.</summary>
internal sealed class ChangesView(CommandOutput output)
{
    private const int MostInMessage = 5;

    /// <summary>Shows the file and the differences.</summary>
    public void Show(PlanFile file, IReadOnlyList<PlanChange> changes)
    {
        output.Heading($"Since the plan file {file.Path} was written at {Words.Time(file.Content.WrittenAt)}");
        output.Line($"SHA-256 {file.Content.Sha256}", indent: 2, tone: Tone.Dim);
        if (changes.Count == 0)
        {
            output.Line("nothing has changed", indent: 2);
        }

        foreach (IGrouping<string, PlanChange> section in changes.GroupBy(change => change.Section, StringComparer.Ordinal))
        {
            output.Line(section.Key, indent: 2);
            foreach (PlanChange change in section)
            {
                output.Line(change.Text, indent: 4, tone: change.MakesAnotherPlan ? Tone.Warning : Tone.Plain);
            }
        }
    }

    /// <summary>Says in one sentence what makes it another plan; null where nothing does.</summary>
    public static string? Summary(PlanFile file, IReadOnlyList<PlanChange> changes)
    {
        PlanChange[] others = [.. changes.Where(change => change.MakesAnotherPlan)];
        if (others.Length == 0)
        {
            return null;
        }

        if (others.Any(change => string.Equals(change.Section, "Database", StringComparison.Ordinal)))
        {
            others = [.. others.Where(change => string.Equals(change.Section, "Database", StringComparison.Ordinal))];
        }

        string more = others.Length > MostInMessage ? $"; and {Words.Number(others.Length - MostInMessage)} more" : string.Empty;
        return $"the plan is not that of the file \"{file.Path}\" any more ("
            + $"{string.Join("; ", others.Take(MostInMessage).Select(change => $"{change.Section}: {WithoutReason(change)}"))}{more})";
    }

    // The differences have the sentences; here they would hide what to do.
    private static string WithoutReason(PlanChange change)
        => string.Equals(change.Section, "Skipped", StringComparison.Ordinal) ? change.Text.Split("; ")[0] : change.Text;
}
