using System.Data.Common;
using Fleet;
using FloworxPurge;
using FloworxPurge.Reporting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Quartz;

const string Usage = "Usage: dotnet run --project samples/Fleet [-- run RUN]\n"
    + "       dotnet run --project samples/Fleet -- (seed | worker | run RUN) --postgres \"<connection string>\"\n"
    + "RUN is offboard-PARTNER, such as offboard-acme, or retention-DATE, such as retention-2026-11-29.";

try
{
    return args switch
    {
        [] => await RunAsync("offboard-acme", postgres: null),
        ["run", var runId] => await RunAsync(runId, postgres: null),
        ["run", var runId, "--postgres", var postgres] => await RunAsync(runId, postgres),
        ["worker", "--postgres", var postgres] => await WorkAsync(postgres),
        ["seed", "--postgres", var postgres] => await SeedAsync(new Tenants(postgres)),
        _ => await EndAsync(2, Usage),
    };
}
catch (OperationCanceledException)
{
    return await EndAsync(130, "Stopped. The same run goes on where it was.");
}
catch (Exception e) when (e is PurgeException or ArgumentException or IOException or SchedulerException || CauseOf(e) is not null)
{
    return await EndAsync(1, (CauseOf(e) ?? e).Message.Split('\n')[0]);
}

// What the database said, within what Quartz and EF Core say.
static DbException? CauseOf(Exception? e) => e as DbException ?? (e is null ? null : CauseOf(e.InnerException));

static async Task<int> EndAsync(int exitCode, string message)
{
    await Console.Error.WriteLineAsync(message);
    return exitCode;
}

static async Task<int> SeedAsync(Tenants tenants)
{
    Console.WriteLine($"{await tenants.SeedAsync()} databases created");
    return 0;
}

static async Task<int> WorkAsync(string postgres)
{
    using IHost host = JobEngine.Build(postgres, works: true);
    await host.RunAsync();
    return 0;
}

// Schedules the jobs of a run, waits until all have ended, and reports. With PostgreSQL, workers do the jobs; else this process does.
static async Task<int> RunAsync(string runId, string? postgres)
{
    using IHost host = JobEngine.Build(postgres, works: postgres is null);
    Tenants tenants = host.Services.GetRequiredService<Tenants>();
    if (Runs.FleetOf(runId, tenants) is not { } fleet)
    {
        return await EndAsync(2, $"\"{runId}\" is no run. {Usage}");
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
