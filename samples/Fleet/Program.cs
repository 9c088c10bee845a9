using Fleet;
using FloworxPurge;
using FloworxPurge.Reporting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Quartz;

const string Usage = "Usage: dotnet run --project samples/Fleet [-- run RUN]\n"
    + "       dotnet run --project samples/Fleet -- (seed | worker | run RUN) --postgres \"<connection string>\"\n"
    + "RUN is offboard-PARTNER, such as offboard-acme, or retention-DATE, such as retention-2026-11-29.";

return args switch
{
    [] => await RunAsync("offboard-acme", postgres: null),
    ["run", var runId] => await RunAsync(runId, postgres: null),
    ["run", var runId, "--postgres", var postgres] => await RunAsync(runId, postgres),
    ["worker", "--postgres", var postgres] => await WorkAsync(postgres),
    ["seed", "--postgres", var postgres] => await SeedAsync(new Tenants(postgres)),
    _ => await WrongAsync(Usage),
};

static async Task<int> WrongAsync(string problem)
{
    await Console.Error.WriteLineAsync(problem);
    return 2;
}

static async Task<int> SeedAsync(Tenants tenants)
{
    Console.WriteLine($"{await tenants.SeedAsync()} databases created");
    return 0;
}

static async Task<int> WorkAsync(string postgres)
{
    using IHost host = Build(postgres, works: true);
    await host.RunAsync();
    return 0;
}

// Schedules the jobs of a run, waits until all have ended, and reports. With PostgreSQL, workers do the jobs; else this process does.
static async Task<int> RunAsync(string runId, string? postgres)
{
    using IHost host = Build(postgres, works: postgres is null);
    Tenants tenants = host.Services.GetRequiredService<Tenants>();
    if (Runs.FleetOf(runId, tenants) is not { } fleet)
    {
        return await WrongAsync($"\"{runId}\" is no run. {Usage}");
    }

    if (postgres is null)
    {
        await SeedAsync(tenants);
    }

    CancellationToken stop = host.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping;
    await host.StartAsync();
    IScheduler scheduler = await host.Services.GetRequiredService<ISchedulerFactory>().GetScheduler(stop);
    Console.WriteLine(await PurgeJob.ScheduleAsync(scheduler, runId, stop) ? $"{runId} is scheduled." : $"{runId} is under way.");
    while ((await scheduler.GetJobKeys(GroupMatcher<JobKey>.GroupEquals(runId), stop)).Count > 0)
    {
        await Task.Delay(500, stop);
    }

    #region readme-fleet-report
    FleetReport report = await fleet.RunAsync(runId, cancellationToken: stop);
    foreach (string file in (string[])["fleet.html", "fleet.json", "fleet.xml"])
    {
        await report.SaveAsync(file, stop);
    }

    Console.WriteLine(report);
    #endregion
    await host.StopAsync();
    return report.ExitCode;
}

static IHost Build(string? postgres, bool works)
{
    HostApplicationBuilder builder = Host.CreateApplicationBuilder();
    builder.Logging.SetMinimumLevel(LogLevel.Warning);
    builder.Services.AddSingleton(new Tenants(postgres));
    builder.AddQuartz(quartz =>
    {
        quartz.UseDefaultThreadPool(4);
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
                // A worker that is gone is noticed after about four seconds.
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
