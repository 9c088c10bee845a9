using System.Diagnostics;
using FloworxPurge.Connections;
using FloworxPurge.Reporting;

namespace FloworxPurge.Extensibility;

/// <summary>A check as it was added.</summary>
internal sealed record CheckRegistration(string Name, IPurgeCheck Check, bool IsRequired);

/// <summary>A target as it was added.</summary>
internal sealed record TargetRegistration(string Name, IPurgeTarget Target, bool IsRequired);

/// <summary>Runs targets and checks one after the other. None of them stops another, and none can throw.</summary>
internal sealed class ExtensionRunner(ExtensionContext context, PurgeTrace trace)
{
    // A report is for people, and has a limit of its own.
    private const int LongestText = 2000;

    private const string Cancelled = "the caller asked to stop before it was done";

    /// <summary>Empties the targets; in a dry run counts those that can be counted.</summary>
    public async Task<IReadOnlyList<TargetReport>> RunAsync(IReadOnlyList<TargetRegistration> targets, CancellationToken cancellationToken)
    {
        List<TargetReport> reports = [];
        foreach ((string name, IPurgeTarget target, bool isRequired) in targets)
        {
            long start = context.TimeProvider.GetTimestamp();
            using PurgeSpan span = trace.Start($"target {name}", ActivityKind.Internal, ("floworxpurge.target.name", name));
            TargetReport report = Settle(await PurgeAsync(target, cancellationToken).ConfigureAwait(false), isRequired);
            Describe(span, "floworxpurge.target.outcome", report.Outcome, report.Reason);
            span.Set("floworxpurge.target.items_removed", report.ItemsRemoved);
            reports.Add(report with { Name = name, IsRequired = isRequired, Duration = context.TimeProvider.GetElapsedTime(start) });
        }

        return reports;
    }

    /// <summary>Runs the checks.</summary>
    public async Task<IReadOnlyList<CheckReport>> RunAsync(IReadOnlyList<CheckRegistration> checks, CancellationToken cancellationToken)
    {
        List<CheckReport> reports = [];
        foreach ((string name, IPurgeCheck check, bool isRequired) in checks)
        {
            long start = context.TimeProvider.GetTimestamp();
            using PurgeSpan span = trace.Start($"check {name}", ActivityKind.Internal, ("floworxpurge.check.name", name));
            CheckReport report = await CheckAsync(check, cancellationToken).ConfigureAwait(false);
            // What was measured may be data of the application, so it stays in the report.
            Describe(span, "floworxpurge.check.outcome", report.Outcome, reason: null);
            reports.Add(report with { Name = name, IsRequired = isRequired, Duration = context.TimeProvider.GetElapsedTime(start) });
        }

        return reports;
    }

    /// <summary>Targets that were not begun, for the reason given.</summary>
    public static IReadOnlyList<TargetReport> NotBegun(IReadOnlyList<TargetRegistration> targets, string reason)
        => [.. targets.Select(target => TargetReport.Skipped(reason) with { Name = target.Name, IsRequired = target.IsRequired })];

    /// <summary>Checks that were not begun, for the reason given.</summary>
    public static IReadOnlyList<CheckReport> NotBegun(IReadOnlyList<CheckRegistration> checks, string reason)
        => [.. checks.Select(check => NotRun(reason) with { Name = check.Name, IsRequired = check.IsRequired, Duration = TimeSpan.Zero })];

    private static void Describe(PurgeSpan span, string key, Outcome outcome, string? reason)
    {
        span.Set(key, outcome.ToString());
        if (outcome is not (Outcome.Passed or Outcome.Skipped))
        {
            span.Fail(outcome.ToString(), reason ?? string.Empty);
        }
    }

    private async Task<TargetReport> PurgeAsync(IPurgeTarget target, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return TargetReport.Failed(Cancelled);
        }

        try
        {
            if (context.IsDryRun && !target.SupportsDryRun)
            {
                return TargetReport.Skipped("it cannot count without removing, so a dry run leaves it alone");
            }

            return await target.PurgeAsync(context, cancellationToken).ConfigureAwait(false)
                ?? TargetReport.Failed("it returned no result");
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return TargetReport.Failed(Cancelled);
        }
        catch (Exception e)
        {
            return TargetReport.Failed(Describe(e));
        }
    }

    private async Task<CheckReport> CheckAsync(IPurgeCheck check, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return NotRun(Cancelled);
        }

        try
        {
            return Settle(await check.RunAsync(context, cancellationToken).ConfigureAwait(false) ?? NotRun("it returned no result"));
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return NotRun(Cancelled);
        }
        catch (Exception e)
        {
            return NotRun(Describe(e));
        }
    }

    // The code of the caller may return any text, and a report has limits.
    private static TargetReport Settle(TargetReport report, bool isRequired)
    {
        string? reason = !string.IsNullOrWhiteSpace(report.Reason) ? ScalarValue.Shorten(report.Reason, LongestText)
            : report.Outcome == Outcome.Passed ? null
            : "it returned no reason";
        return report.Outcome switch
        {
            Outcome.Unknown => report with
            {
                Outcome = isRequired ? Outcome.Failed : Outcome.Skipped,
                Reason = $"not reachable: {reason}",
            },
            Outcome.Passed or Outcome.Skipped or Outcome.Failed => report with { Reason = reason },
            _ => report with
            {
                Outcome = Outcome.Failed,
                Reason = $"it returned the outcome {report.Outcome}, which no target has: {reason}",
            },
        };
    }

    private static CheckReport Settle(CheckReport report)
    {
        string expected = ScalarValue.Shorten(report.Expected ?? string.Empty, LongestText);
        string actual = ScalarValue.Shorten(report.Actual ?? string.Empty, LongestText);
        return Enum.IsDefined(report.Outcome)
            ? report with { Expected = expected, Actual = actual }
            : NotRun($"it returned the outcome {report.Outcome:D}, which does not exist: {actual}") with { Expected = expected };
    }

    private static CheckReport NotRun(string reason) => new() { Expected = string.Empty, Actual = reason, Outcome = Outcome.NotRun };

    private static string Describe(Exception exception)
        => ScalarValue.Shorten($"{exception.GetType().Name}: {exception.Message}", LongestText);
}
