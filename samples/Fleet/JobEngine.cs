using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Quartz;

namespace Fleet;

/// <summary>A host with Quartz: with a server, a node of its cluster.</summary>
internal static class JobEngine
{
    /// <summary>Creates the host.</summary>
    /// <param name="postgres">Where the jobs are kept; <see langword="null"/> for the memory of this process.</param>
    /// <param name="works">Whether it does jobs, or only schedules them for others.</param>
    public static IHost Build(string? postgres, bool works)
    {
        HostApplicationBuilder builder = Host.CreateApplicationBuilder();
        builder.Logging.SetMinimumLevel(LogLevel.Warning);

        // Quartz.Core.ErrorLogger says the same.
        builder.Logging.AddFilter("Quartz.Core.JobRunShell", LogLevel.None);
        builder.Services.AddSingleton(new Tenants(postgres));
        builder.AddQuartz(quartz =>
        {
            quartz.UseDefaultThreadPool(4);

            // How often a worker looks for jobs that another process has scheduled.
            quartz.ConfigureScheduler(scheduler => scheduler.IdleWaitTime = TimeSpan.FromSeconds(2));
            if (postgres is null)
            {
                quartz.UseInMemoryStore();
                return;
            }

            quartz.UsePersistentStore(store =>
            {
                store.UsePostgres(postgres);
                store.ProvisionSchema();
                store.UseClustering(cluster =>
                {
                    // A worker that has not reported for four seconds is lost.
                    cluster.CheckinInterval = TimeSpan.FromSeconds(2);
                    cluster.CheckinMisfireThreshold = TimeSpan.FromSeconds(2);
                });
            });
            if (works)
            {
                string nightly = Environment.GetEnvironmentVariable("FLEET_NIGHTLY") ?? "0 0 2 * * ?";
                quartz.ScheduleJob<NightlyJob>(
                    trigger => trigger.WithIdentity("nightly").WithCronSchedule(nightly, cron => cron.InTimeZone(TimeZoneInfo.Utc)),
                    job => job.WithIdentity("nightly").RequestRecovery());
            }
        });
        if (works)
        {
            builder.AddQuartzHostedService(options => options.WaitForJobsToComplete = true);
        }

        return builder.Build();
    }
}
