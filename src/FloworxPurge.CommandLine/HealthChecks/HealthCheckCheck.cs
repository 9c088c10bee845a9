using FloworxPurge.Extensibility;
using FloworxPurge.Reporting;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace FloworxPurge.CommandLine.HealthChecks;

/// <summary>One health check as a check of a purge.</summary>
internal sealed class HealthCheckCheck(string name, IHealthCheck check) : IPurgeCheck
{
    /// <inheritdoc/>
    public async Task<CheckReport> RunAsync(ExtensionContext context, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(context);

        // A health check may read its own registration.
        var registration = new HealthCheckRegistration(name, check, failureStatus: null, tags: null);
        HealthCheckResult result = await check.CheckHealthAsync(
            new HealthCheckContext { Registration = registration },
            cancellationToken).ConfigureAwait(false);
        return Health.Report(result.Status, Health.Describe(result.Status, result.Description));
    }
}
