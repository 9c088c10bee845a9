using FloworxPurge.Extensibility;
using FloworxPurge.Reporting;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace FloworxPurge.CommandLine.HealthChecks;

/// <summary>The health checks of an application as one check of a purge.</summary>
internal sealed class HealthReportCheck(HealthCheckService health, Func<HealthCheckRegistration, bool>? predicate) : IPurgeCheck
{
    /// <inheritdoc/>
    public async Task<CheckReport> RunAsync(ExtensionContext context, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(context);
        HealthReport report = await health.CheckHealthAsync(predicate, cancellationToken).ConfigureAwait(false);

        // A report of no health checks is healthy, and shows nothing.
        if (report.Entries.Count == 0)
        {
            return Health.NotRun(
                predicate is null ? "no health check is registered" : "no registered health check is selected by the predicate");
        }

        List<KeyValuePair<string, HealthReportEntry>> bad = [.. report.Entries
            .Where(entry => entry.Value.Status != HealthStatus.Healthy)
            .OrderBy(entry => entry.Key, StringComparer.Ordinal)];
        string actual = bad.Count == 0
            ? $"{HealthStatus.Healthy}: {string.Join(", ", report.Entries.Keys.Order(StringComparer.Ordinal))}"
            : $"{report.Status}: "
                + string.Join("; ", bad.Select(entry => $"{entry.Key} is {Health.Describe(entry.Value.Status, entry.Value.Description)}"));
        return Health.Report(report.Status, actual);
    }
}
