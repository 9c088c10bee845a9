
namespace FloworxPurge.Reporting;

public sealed partial record PurgeReport
{
    /// <summary>The report of a plan that was not run: verdict <see cref="PurgeVerdict.Planned"/>, in the future tense.</summary>
    /// <param name="plan">The plan.</param>
    /// <returns>The report.</returns>
    /// <exception cref="ArgumentNullException">The plan is null.</exception>
    public static PurgeReport FromPlan(PurgePlan plan)
    {
        ArgumentNullException.ThrowIfNull(plan);
        return PurgeReportBuilder.Build(plan, new ReportDetails(), []);
    }
}
