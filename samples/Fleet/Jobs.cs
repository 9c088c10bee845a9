using FloworxPurge;
using FloworxPurge.Reporting;
using Quartz;

namespace Fleet;

/// <summary>Purges one target of a run. The key of the job is the target, its group the run.</summary>
/// <remarks>
/// Quartz calls it at least once: again, on another worker, where one was killed (<c>RequestRecovery</c>), and after a failure. The receipt
/// in the target's database makes it take effect once.
/// </remarks>
[DisallowConcurrentExecution]
[RetryPolicy("00:00:02", "00:00:04")]
internal sealed class PurgeJob(Tenants tenants) : IJob
{
    #region readme-fleet-job
    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken = default)
    {
        (string target, string runId) = (context.JobDetail.Key.Name, context.JobDetail.Key.Group);
        PurgeReport report = await Runs.FleetOf(runId, tenants)!.RunOneAsync(runId, target, cancellationToken);
        string again = context.Recovering ? " (called again, since a worker was lost)" : "";
        Console.WriteLine($"{runId} {target}: {report.Verdict}, {report.RowsDeleted} rows deleted by this run{again}");
        await HoldAsync(context, target, cancellationToken);
    }
    #endregion

    /// <summary>Schedules the job of each target of a run, all or none.</summary>
    /// <returns>False where the run has jobs that have not ended.</returns>
    public static async Task<bool> ScheduleAsync(IScheduler scheduler, string runId, CancellationToken cancellationToken)
    {
        try
        {
            await scheduler.ScheduleJobs(
                Tenants.Names.ToDictionary(
                    target => JobBuilder.Create<PurgeJob>().WithIdentity(target, runId).RequestRecovery().Build(),
                    IReadOnlyCollection<ITrigger> (target) => [TriggerBuilder.Create().WithIdentity(target, runId).StartNow().Build()]),
                cancellationToken: cancellationToken);
            return true;
        }
        catch (ObjectAlreadyExistsException)
        {
            return false;
        }
    }

    // Committed, and Quartz does not know yet: the moment at which a kill makes it call again.
    private static async Task HoldAsync(IJobExecutionContext context, string target, CancellationToken cancellationToken)
    {
        if (Environment.GetEnvironmentVariable("FLEET_HOLD_AFTER") == target && !context.Recovering)
        {
            Console.WriteLine($"Holding {target}: kill this process now.");
            await Task.Delay(Timeout.Infinite, cancellationToken);
        }
    }
}

/// <summary>Schedules the retention run of a night. The day is that of the trigger, also where a killed worker is replaced.</summary>
internal sealed class NightlyJob : IJob
{
    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken = default)
        => await PurgeJob.ScheduleAsync(
            context.Scheduler,
            Runs.Retention(context.ScheduledFireTimeUtc ?? context.FireTimeUtc),
            cancellationToken);
}
