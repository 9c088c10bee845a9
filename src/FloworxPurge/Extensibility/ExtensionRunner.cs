namespace FloworxPurge.Extensibility;

/// <summary>A check as it was added.</summary>
internal sealed record CheckRegistration(string Name, IPurgeCheck Check, PurgeSeverity Severity);

/// <summary>A target as it was added.</summary>
internal sealed record TargetRegistration(string Name, IPurgeTarget Target, PurgeSeverity Severity);

/// <summary>Runs targets and checks one after the other. None of them stops another, and none can throw.</summary>
internal sealed class ExtensionRunner(ExtensionContext context)
{
    // A report is for people, and has a limit of its own.
    private const int LongestText = 2000;

    private const string Cancelled = "the caller asked to stop before it was done";

    /// <summary>Empties the targets; in a dry run counts those that can be counted.</summary>
    public async Task<IReadOnlyList<TargetReport>> RunAsync(IReadOnlyList<TargetRegistration> targets, CancellationToken cancellationToken)
    {
        List<TargetReport> reports = [];
        foreach ((string name, IPurgeTarget target, PurgeSeverity severity) in targets)
        {
            long start = context.TimeProvider.GetTimestamp();
            TargetResult result = Settle(await PurgeAsync(target, cancellationToken).ConfigureAwait(false), severity);
            reports.Add(new TargetReport(name, severity, result.Outcome, result.ItemsBefore, result.ItemsRemoved, result.ItemsAfter, result.Reason, context.TimeProvider.GetElapsedTime(start)));
        }

        return reports;
    }

    /// <summary>Runs the checks.</summary>
    public async Task<IReadOnlyList<CheckReport>> RunAsync(IReadOnlyList<CheckRegistration> checks, CancellationToken cancellationToken)
    {
        List<CheckReport> reports = [];
        foreach ((string name, IPurgeCheck check, PurgeSeverity severity) in checks)
        {
            long start = context.TimeProvider.GetTimestamp();
            CheckResult result = await CheckAsync(check, cancellationToken).ConfigureAwait(false);
            reports.Add(new CheckReport(name, severity, result.Outcome, result.Expected, result.Actual, context.TimeProvider.GetElapsedTime(start)));
        }

        return reports;
    }

    /// <summary>Targets that were not begun, for the reason given.</summary>
    public static IReadOnlyList<TargetReport> NotBegun(IReadOnlyList<TargetRegistration> targets, string reason)
        => [.. targets.Select(target => new TargetReport(target.Name, target.Severity, TargetOutcome.Skipped, null, null, null, reason, TimeSpan.Zero))];

    /// <summary>Checks that were not begun, for the reason given.</summary>
    public static IReadOnlyList<CheckReport> NotBegun(IReadOnlyList<CheckRegistration> checks, string reason)
        => [.. checks.Select(check => new CheckReport(check.Name, check.Severity, CheckOutcome.NotRun, string.Empty, reason, TimeSpan.Zero))];

    private async Task<TargetResult> PurgeAsync(IPurgeTarget target, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return TargetResult.Failed(Cancelled);
        }

        try
        {
            if (context.IsDryRun && !target.SupportsDryRun)
            {
                return TargetResult.Skipped("it cannot count without removing, so a dry run leaves it alone");
            }

            return await target.PurgeAsync(context, cancellationToken).ConfigureAwait(false) ?? TargetResult.Failed("it gave no result");
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return TargetResult.Failed(Cancelled);
        }
        catch (Exception e)
        {
            return TargetResult.Failed(Describe(e));
        }
    }

    private async Task<CheckResult> CheckAsync(IPurgeCheck check, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return NotRun(Cancelled);
        }

        try
        {
            return Settle(await check.RunAsync(context, cancellationToken).ConfigureAwait(false) ?? NotRun("it gave no result"));
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

    // What somebody else's code gives may hold anything, and has to fit into a report all the same.
    private static TargetResult Settle(TargetResult result, PurgeSeverity severity)
    {
        string? reason = !string.IsNullOrWhiteSpace(result.Reason) ? ScalarValue.Shorten(result.Reason, LongestText) : result.Outcome == TargetOutcome.Done ? null : "it gave no reason";
        return result.Outcome switch
        {
            TargetOutcome.Unreachable => result with { Outcome = severity == PurgeSeverity.Required ? TargetOutcome.Failed : TargetOutcome.Skipped, Reason = $"not reachable: {reason}" },
            TargetOutcome.Done or TargetOutcome.Skipped or TargetOutcome.Failed => result with { Reason = reason },
            _ => result with { Outcome = TargetOutcome.Failed, Reason = $"it gave the outcome {result.Outcome:D}, which is none: {reason}" },
        };
    }

    private static CheckResult Settle(CheckResult result)
    {
        string expected = ScalarValue.Shorten(result.Expected ?? string.Empty, LongestText);
        string actual = ScalarValue.Shorten(result.Actual ?? string.Empty, LongestText);
        return Enum.IsDefined(result.Outcome)
            ? new CheckResult(result.Outcome, expected, actual)
            : new CheckResult(CheckOutcome.NotRun, expected, $"it gave the outcome {result.Outcome:D}, which is none: {actual}");
    }

    private static CheckResult NotRun(string reason) => new(CheckOutcome.NotRun, string.Empty, reason);

    private static string Describe(Exception exception) => ScalarValue.Shorten($"{exception.GetType().Name}: {exception.Message}", LongestText);
}
