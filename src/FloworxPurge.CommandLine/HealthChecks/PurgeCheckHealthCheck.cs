using System.Data.Common;
using System.Diagnostics.CodeAnalysis;
using FloworxPurge.Extensibility;
using FloworxPurge.Reporting;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace FloworxPurge.CommandLine.HealthChecks;

/// <summary>A check of a purge as a health check. The health check service gives each run a scope, and so a context, of its own.</summary>
internal sealed class PurgeCheckHealthCheck<
    [DynamicallyAccessedMembers(
        DynamicallyAccessedMemberTypes.PublicConstructors
        | DynamicallyAccessedMemberTypes.NonPublicConstructors
        | DynamicallyAccessedMemberTypes.PublicProperties)] TContext>(IServiceProvider services, IPurgeCheck check) : IHealthCheck
    where TContext : DbContext
{
    /// <inheritdoc/>
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (services.GetService<TContext>() is { } registered)
        {
            return await RunAsync(registered, context, cancellationToken).ConfigureAwait(false);
        }

        TContext created = await services.GetRequiredService<IDbContextFactory<TContext>>()
            .CreateDbContextAsync(cancellationToken)
            .ConfigureAwait(false);
        await using (created.ConfigureAwait(false))
        {
            return await RunAsync(created, context, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<HealthCheckResult> RunAsync(TContext database, HealthCheckContext context, CancellationToken cancellationToken)
    {
        CheckReport report;
        await database.Database.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            DbConnection connection = database.Database.GetDbConnection();
            string provider = database.Database.ProviderName ?? connection.GetType().Name;
            report = await check.RunAsync(
                new ExtensionContext
                {
                    Contexts = [database],
                    Database = new DatabaseIdentity
                    {
                        Provider = provider,
                        Engine = provider,
                        ServerVersion = connection.ServerVersion,
                        Server = connection.DataSource,
                        Database = connection.Database,
                    },
                    IsDryRun = false,
                    TimeProvider = services.GetService<TimeProvider>() ?? TimeProvider.System,
                },
                cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            await database.Database.CloseConnectionAsync().ConfigureAwait(false);
        }

        string found = report.Expected.Length == 0 ? report.Actual : $"expected {report.Expected}, and it is {report.Actual}";
        return report.Outcome == Outcome.Passed
            ? HealthCheckResult.Healthy(report.Actual)
            : new HealthCheckResult(context.Registration.FailureStatus, $"{report.Outcome}: {found}");
    }
}
