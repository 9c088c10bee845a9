using FloworxPurge.Reporting;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace FloworxPurge.CommandLine.HealthChecks;

/// <summary>The health of an application in the words of a report.</summary>
internal static class Health
{
    /// <summary>Returns the result of health checks: only <see cref="HealthStatus.Healthy"/> passes.</summary>
    public static CheckReport Report(HealthStatus status, string actual) => new()
    {
        Expected = nameof(HealthStatus.Healthy),
        Actual = actual,
        Outcome = status == HealthStatus.Healthy ? Outcome.Passed : Outcome.Failed,
    };

    /// <summary>Returns the result of health checks that were not run.</summary>
    public static CheckReport NotRun(string reason) => new()
    {
        Expected = nameof(HealthStatus.Healthy),
        Actual = reason,
        Outcome = Outcome.NotRun,
    };

    /// <summary>Returns a status with its description.</summary>
    public static string Describe(HealthStatus status, string? description)
        => string.IsNullOrWhiteSpace(description) ? status.ToString() : $"{status} ({description.Trim().TrimEnd('.')})";
}
