using System.Diagnostics.CodeAnalysis;
using FloworxPurge.CommandLine.Arguments;
using FloworxPurge.CommandLine.Consent;
using FloworxPurge.CommandLine.Output;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace FloworxPurge.CommandLine;

/// <summary>One run of <c>restore</c>: connect, show, consent, restore, report.</summary>
[RequiresUnreferencedCode(TrimWarnings.Model)]
[RequiresDynamicCode(TrimWarnings.Model)]
internal sealed class RestoreRun(
    IServiceProvider services,
    IReadOnlyList<Type> contextTypes,
    PurgeCommandOptions options,
    RestoreArguments arguments,
    CommandOutput output)
{
    private readonly CommandArguments _common = arguments.Common;
    private readonly ConsentGate _gate = new(arguments.Common, options, output);

    // After this only the report of the run has what was written.
    private bool _hasBegun;

    /// <summary>Runs the command. Every error is printed and becomes an exit code.</summary>
    public async Task<PurgeExitCode> RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            AsyncServiceScope scope = services.CreateAsyncScope();
            await using (scope.ConfigureAwait(false))
            {
                DbContext context = HostContexts.Create(scope.ServiceProvider, contextTypes, output, _common.Timeout)[0];
                return await RunAsync(context, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (CommandStoppedException exception)
        {
            output.Error(exception.Message, exception.InnerException);
            return exception.ExitCode;
        }
        catch (Exception exception) when (cancellationToken.IsCancellationRequested && !_hasBegun)
        {
            output.Error("Cancelled: nothing was restored.", exception);
            return PurgeExitCode.Cancelled;
        }
        catch (Exception exception)
        {
            string outcome = _hasBegun
                ? "The restore had begun, and its report is lost: check the database before you run it again."
                : "Nothing was restored.";
            output.Error($"{exception.GetType().Name}: {Words.Sentence(exception)} {outcome} --verbose shows the stack trace.", exception);
            return PurgeExitCode.Failed;
        }
    }

    private async Task<PurgeExitCode> RunAsync(DbContext context, CancellationToken cancellationToken)
    {
        if (options.ProhibitPurge && !_common.DryRun)
        {
            throw new CommandStoppedException(
                PurgeExitCode.Refused,
                "Refused: this host prohibits purges and restores in its code, and no option overrides that. --dry-run shows the plan. "
                    + "Nothing was written.");
        }

        OutputFiles.Probe(_common.Reports);
        RestorePlan plan = await PlanAsync(context, cancellationToken).ConfigureAwait(false);
        new RestoreView(output).Show(plan, options.RunsIn);
        output.Line();
        if (_common.DryRun || !plan.CanRun || !_gate.CanBeGiven)
        {
            return EndDryRun(plan);
        }

        GivenConsent consent = await _gate.GetAsync(plan, cancellationToken).ConfigureAwait(false);
        output.Line($"Consent: {consent.How}");
        return await RestoreAsync(context, plan, cancellationToken).ConfigureAwait(false);
    }

    private async Task<RestorePlan> PlanAsync(DbContext context, CancellationToken cancellationToken)
    {
        try
        {
            return arguments.Schema is { } schema
                ? await PurgeArchive.RestoreSchemaPlanAsync(schema, context, arguments.RunId, Configure, cancellationToken)
                    .ConfigureAwait(false)
                : await PurgeArchive.RestorePlanAsync(arguments.Directory!, context, Configure, cancellationToken).ConfigureAwait(false);
        }
        catch (PurgeException exception) when (!cancellationToken.IsCancellationRequested)
        {
            throw new CommandStoppedException(PurgeExitCode.Failed, $"{InOptions(exception.Message)} Nothing was written.", exception);
        }
        catch (ArgumentException exception)
        {
            throw new CommandStoppedException(PurgeExitCode.Usage, Words.Message(exception), exception);
        }
    }

    private PurgeExitCode EndDryRun(RestorePlan plan)
    {
        if (_common.Json)
        {
            output.Result(plan.ToJson());
        }

        if (!plan.CanRun)
        {
            output.Error(
                $"Refused: {InOptions(string.Join(" ", plan.Refusals.Select(refusal => refusal.Text)))} Nothing was written.");
            return PurgeExitCode.Refused;
        }

        if (!_common.DryRun)
        {
            throw new CommandStoppedException(PurgeExitCode.Refused, _gate.HowToConsent("Nothing was restored", hasToken: false));
        }

        output.Always(
            $"Dry run: would restore {Words.Count(plan.Tables.Where(table => !table.IsDetached).Sum(table => table.Rows), "row")}. "
                + "Nothing was "
                + "written.");
        return PurgeExitCode.Complete;
    }

    private async Task<PurgeExitCode> RestoreAsync(DbContext context, RestorePlan plan, CancellationToken cancellationToken)
    {
        RestoreReport report;
        Exception? failure = null;
        _hasBegun = true;
        try
        {
            // The archive is the one that was shown, whatever the schema holds by now.
            report = arguments.Schema is { } schema
                ? await PurgeArchive.RestoreSchemaAsync(schema, context, plan.ArchiveId, ConfigureRun, cancellationToken)
                    .ConfigureAwait(false)
                : await PurgeArchive.RestoreAsync(arguments.Directory!, context, ConfigureRun, cancellationToken).ConfigureAwait(false);
        }
        catch (PurgeException exception) when (exception.RestoreReport is { } measured)
        {
            (report, failure) = (measured, exception);
        }

        new RestoreView(output).Show(report);
        if (_common.Json)
        {
            output.Result(report.ToJson());
        }

        bool isUnsaved = await SaveAsync(report).ConfigureAwait(false);
        if (failure is null)
        {
            output.Always(report.Summary, Tone.Good);
        }
        else
        {
            output.Error(InOptions(report.Summary), failure);
        }

        return report.Verdict switch
        {
            RestoreVerdict.Restored => isUnsaved ? PurgeExitCode.Partial : PurgeExitCode.Complete,
            RestoreVerdict.Refused => PurgeExitCode.Refused,
            RestoreVerdict.Cancelled => PurgeExitCode.Cancelled,
            _ => PurgeExitCode.Failed,
        };

        void ConfigureRun(RestoreOptions restore)
        {
            Configure(restore);

            // From here on the restore itself looks at the name, on the connection that writes.
            restore.RequiredDatabase ??= plan.Database.Database;
        }
    }

    // Whatever the restore did is done: a file that cannot be written does not change it.
    private async Task<bool> SaveAsync(RestoreReport report)
    {
        bool isUnsaved = false;
        foreach (string file in _common.Reports)
        {
            try
            {
                await report.SaveAsync(file, CancellationToken.None).ConfigureAwait(false);
                output.Line($"Report: {file}");
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                output.Error($"The report cannot be saved as \"{file}\": {exception.Message}", exception);
                isUnsaved = true;
            }
        }

        return isUnsaved;
    }

    private void Configure(RestoreOptions restore)
    {
        options.ConfigureRestore?.Invoke(restore);
        foreach (string trigger in arguments.Triggers)
        {
            restore.AllowTrigger(trigger);
        }

        if (arguments.AllowOtherDatabase)
        {
            restore.AllowOtherDatabase = true;
        }
    }

    // The messages of a restore name calls; the operator gives options.
    private static string InOptions(string message)
        => System.Text.RegularExpressions.Regex.Replace(
            message,
            """AllowTrigger\("(?<name>[^"]*)"\)""",
            "--allow-trigger \"${name}\"",
            System.Text.RegularExpressions.RegexOptions.ExplicitCapture,
            TimeSpan.FromSeconds(1))
            .Replace("set AllowOtherDatabase", "give --allow-other-database", StringComparison.Ordinal)
            .Replace("Give the runId of one of them", "Give --run with the id of one of them", StringComparison.Ordinal);
}
