using System.Diagnostics.CodeAnalysis;
using FloworxPurge.CommandLine.HealthChecks;
using FloworxPurge.Extensibility;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;

namespace FloworxPurge.CommandLine;

/// <summary>
/// Connects the health checks of an application with the checks of a purge: a health check can be an acceptance criterion of a purge, and a
/// check of a purge can be a health check.
/// </summary>
public static class PurgeHealthChecks
{
    /// <summary>
    /// Adds the health checks of the services as one acceptance criterion: after a purge all of them have to be
    /// <see cref="HealthStatus.Healthy"/>.
    /// </summary>
    /// <remarks>The services need <c>AddHealthChecks()</c>. A purge for which no health check was run is not accepted.</remarks>
    /// <param name="builder">What <c>AddFloworxPurge</c> returned.</param>
    /// <param name="name">What it is called in the report. The default value is <c>health checks</c>.</param>
    /// <param name="predicate">Selects health checks, or <see langword="null"/> (the default) for all.</param>
    /// <param name="isRequired">
    /// Whether the verdict is <c>Partial</c> when it fails or cannot be measured. The default value is <see langword="true"/>; otherwise it
    /// is only reported.
    /// </param>
    /// <returns>The same builder.</returns>
    /// <exception cref="ArgumentNullException">The builder is null.</exception>
    /// <exception cref="ArgumentException">The name is null, empty or white space.</exception>
    public static OptionsBuilder<PurgeOptions> AddHealthChecks(
        this OptionsBuilder<PurgeOptions> builder,
        string name = "health checks",
        Func<HealthCheckRegistration, bool>? predicate = null,
        bool isRequired = true)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        return builder.Configure<IServiceProvider>((options, services) =>
        {
            // Missing services are noticed when the host starts, not after the data is deleted.
            HealthCheckService health = services.GetService<HealthCheckService>()
                ?? throw new InvalidOperationException(
                    $"The services have no health checks for the check \"{name}\" of the purge. Call services.AddHealthChecks().");
            options.AddCheck(name, new HealthReportCheck(health, predicate), isRequired);
        });
    }

    /// <summary>
    /// Adds one health check as an acceptance criterion: after a purge it has to be <see cref="HealthStatus.Healthy"/>. It does not have to
    /// be registered.
    /// </summary>
    /// <param name="options">The options.</param>
    /// <param name="name">What it is called in the report.</param>
    /// <param name="check">The health check.</param>
    /// <param name="isRequired">
    /// Whether the verdict is <c>Partial</c> when it fails or cannot be measured. The default value is <see langword="true"/>; otherwise it
    /// is only reported.
    /// </param>
    /// <returns>The same options.</returns>
    /// <exception cref="ArgumentNullException">The options or the check is null.</exception>
    /// <exception cref="ArgumentException">The name is null, empty or white space.</exception>
    public static PurgeOptions AddHealthCheck(this PurgeOptions options, string name, IHealthCheck check, bool isRequired = true)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(check);
        return options.AddCheck(name, new HealthCheckCheck(name, check), isRequired);
    }

    /// <summary>
    /// Adds a check of a purge as a health check of the application, such as <see cref="HttpEndpointCheck"/>. It is
    /// <see cref="HealthStatus.Healthy"/> when the check passes.
    /// </summary>
    /// <remarks>It runs as often as the health checks are asked for, so the check may change nothing.</remarks>
    /// <typeparam name="TContext">The context that the check receives; each run has one of its own.</typeparam>
    /// <param name="builder">What <c>AddHealthChecks</c> of the services returned.</param>
    /// <param name="name">The name of the health check.</param>
    /// <param name="check">The check.</param>
    /// <param name="failureStatus">
    /// The status when the check fails or cannot be measured, or <see langword="null"/> (the default) for
    /// <see cref="HealthStatus.Unhealthy"/>.
    /// </param>
    /// <param name="tags">Tags that select health checks. The default is none.</param>
    /// <param name="timeout">
    /// How long the check may take, or <see langword="null"/> (the default) for no limit beyond its own.
    /// </param>
    /// <returns>The same builder.</returns>
    /// <exception cref="ArgumentNullException">The builder or the check is null.</exception>
    /// <exception cref="ArgumentException">The name is null, empty or white space.</exception>
    public static IHealthChecksBuilder AddPurgeCheck<
        [DynamicallyAccessedMembers(
            DynamicallyAccessedMemberTypes.PublicConstructors
            | DynamicallyAccessedMemberTypes.NonPublicConstructors
            | DynamicallyAccessedMemberTypes.PublicProperties)] TContext>(
        this IHealthChecksBuilder builder,
        string name,
        IPurgeCheck check,
        HealthStatus? failureStatus = null,
        IEnumerable<string>? tags = null,
        TimeSpan? timeout = null)
        where TContext : DbContext
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(check);
        return builder.Add(new HealthCheckRegistration(
            name,
            services => new PurgeCheckHealthCheck<TContext>(services, check),
            failureStatus,
            tags,
            timeout));
    }
}
