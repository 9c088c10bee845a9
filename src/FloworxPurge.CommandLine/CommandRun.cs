using System.Diagnostics.CodeAnalysis;
using FloworxPurge.CommandLine.Arguments;
using FloworxPurge.CommandLine.Backups;
using FloworxPurge.CommandLine.Consent;
using FloworxPurge.CommandLine.Output;
using FloworxPurge.CommandLine.Rows;
using FloworxPurge.Execution;
using FloworxPurge.Hosting;
using FloworxPurge.Reporting;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace FloworxPurge.CommandLine;

/// <summary>One run of the command: connect, show, consent, backup, purge, report.</summary>
[RequiresUnreferencedCode(TrimWarnings.Model)]
[RequiresDynamicCode(TrimWarnings.Model)]
internal sealed class CommandRun(
    IServiceProvider services,
    IReadOnlyList<Type> contextTypes,
    PurgeCommandOptions options,
    CommandArguments arguments,
    CommandOutput output)
{
    private readonly ConsentGate _gate = new(arguments, options, output);

    // After this only the report of the run has what was written.
    private bool _hasBegun;

    /// <summary>Runs the command. Every error is printed and becomes an exit code.</summary>
    public async Task<PurgeExitCode> RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            IReadOnlyList<NamedRows<PurgeOptions>> registered = NamedRows<PurgeOptions>.Of(services);
            if (arguments.ListRows)
            {
                new RowsList(output, arguments).Show(registered);
                return PurgeExitCode.Complete;
            }

            var rows = ChosenRows.Find(registered, arguments);
            AsyncServiceScope scope = services.CreateAsyncScope();
            await using (scope.ConfigureAwait(false))
            {
                List<DbContext> contexts = HostContexts.Create(scope.ServiceProvider, contextTypes, output, arguments.Timeout);
                return await RunAsync(contexts, rows, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (CommandStoppedException exception)
        {
            output.Error(exception.Message, exception.InnerException);
            return exception.ExitCode;
        }
        catch (Exception exception) when (cancellationToken.IsCancellationRequested && !_hasBegun)
        {
            output.Error("Cancelled: nothing was deleted.", exception);
            return PurgeExitCode.Cancelled;
        }
        catch (PurgeBackupException exception)
        {
            output.Error($"{exception.Message} Nothing was purged.", exception);
            return PurgeExitCode.Failed;
        }
        catch (Exception exception)
        {
            string outcome = _hasBegun
                ? "The purge had begun, and its report is lost: check the database before you run another purge."
                : "Nothing was purged.";
            output.Error($"{exception.GetType().Name}: {Words.Sentence(exception)} {outcome} --verbose shows the stack trace.", exception);
            return PurgeExitCode.Failed;
        }
    }

    private async Task<PurgeExitCode> RunAsync(List<DbContext> contexts, ChosenRows rows, CancellationToken cancellationToken)
    {
        bool isDryRun = arguments.DryRun || arguments.Sql;
        if (options.ProhibitPurge && !isDryRun)
        {
            throw new CommandStoppedException(
                PurgeExitCode.Refused,
                "Refused: this host prohibits purges in its code, and no option overrides that. --dry-run shows the plan. Nothing was "
                    + "written.");
        }

        OutputFiles.Probe([.. arguments.Reports, .. new[] { arguments.SqlFile, arguments.Certificate }.OfType<string>()]);
        IPurger purger = new PurgerSetup(services, contextTypes, options, arguments, rows).Create(contexts);
        PurgePlan plan = await PlanAsync(purger, contexts, cancellationToken).ConfigureAwait(false);
        new PlanView(output).Show(plan, options.RunsIn, rows.Shown);
        if (isDryRun || !_gate.CanBeGiven)
        {
            return await DryRunAsync(purger, contexts, plan, isDryRun, cancellationToken).ConfigureAwait(false);
        }

        CheckGuards(purger, plan);
        GivenConsent consent = await _gate.GetAsync(plan, cancellationToken).ConfigureAwait(false);
        (string backup, string? restore, IReadOnlyList<string> waivers) = await BackUpAsync(
            contexts,
            plan,
            cancellationToken).ConfigureAwait(false);
        IPurger approved = purger.With(purge =>
        {
            // From here on the purge itself looks at the name, on the connection that deletes.
            purge.RequiredDatabase ??= plan.Database.Database;
            purge.MaxRows = consent.MostRows is { } most && !(purge.MaxRows < most) ? most : purge.MaxRows;
            purge.Details = purge.Details with
            {
                Consent = consent.How,
                Backup = backup,
                Restore = restore,
                Overrides = [
                    .. purge.Details.Overrides,
                    .. new[] { options.RunsIn.Override }.OfType<string>(),
                    .. consent.Overrides,
                    .. waivers],
            };
        });
        _gate.Use();
        return await ExecuteAsync(approved, contexts, plan, cancellationToken).ConfigureAwait(false);
    }

    private async Task<PurgePlan> PlanAsync(IPurger purger, List<DbContext> contexts, CancellationToken cancellationToken)
    {
        try
        {
            return await purger.PlanAsync(contexts, cancellationToken).ConfigureAwait(false);
        }
        catch (PurgeException exception) when (!cancellationToken.IsCancellationRequested)
        {
            // The message of the purge names calls; the operator gave options.
            string message = exception.Message;
            foreach ((string call, string option) in Calls())
            {
                message = message.Replace(call, option, StringComparison.Ordinal);
            }

            PurgeExitCode code = !string.Equals(message, exception.Message, StringComparison.Ordinal)
                ? PurgeExitCode.Usage
                : PurgeExitCode.Failed;
            throw new CommandStoppedException(code, $"{message} Nothing was written.", exception);
        }
    }

    private IEnumerable<(string Call, string Option)> Calls()
        => arguments.Include.Select(pattern => ($"{nameof(PurgeOptions.Include)}(\"{pattern}\")", $"--include \"{pattern}\""))
            .Concat(arguments.Exclude.Select(pattern => ($"{nameof(PurgeOptions.Exclude)}(\"{pattern}\")", $"--exclude \"{pattern}\"")))
            .Concat(
                arguments.AllowInserts.Select(
                    pattern => ($"{nameof(PurgeOptions.AllowInserts)}(\"{pattern}\")", $"--allow-inserts \"{pattern}\"")));

    private async Task<PurgeExitCode> DryRunAsync(
        IPurger purger,
        List<DbContext> contexts,
        PurgePlan plan,
        bool isWanted,
        CancellationToken cancellationToken)
    {
        PurgeReport report;
        try
        {
            report = await purger.DryRunAsync(contexts, plan, cancellationToken).ConfigureAwait(false);
        }
        catch (PurgeException exception) when (!cancellationToken.IsCancellationRequested)
        {
            throw new CommandStoppedException(
                PurgeExitCode.Refused,
                $"A run would be refused: {exception.Message} Nothing was written.",
                exception);
        }

        new PlanView(output).ShowAfterCommit(report);
        if (arguments.Json)
        {
            output.Result(plan.ToJson());
        }

        await WriteScriptAsync(plan, cancellationToken).ConfigureAwait(false);
        output.Line();
        if (purger.CheckGuards(plan) is { } refusal)
        {
            output.Always($"A run would be refused: {refusal}", Tone.Warning);
        }

        if (options.ApprovalKey is { } key && !options.ProhibitPurge)
        {
            DateTimeOffset expiresAt = options.TimeProvider.GetUtcNow() + options.ApprovalLifetime;
            output.Always($"This plan is approved until {Words.Time(expiresAt)} by:");
            output.Copyable($"--approve {ApprovalToken.Create(plan, expiresAt, [.. key])}");
        }

        if (!isWanted)
        {
            throw new CommandStoppedException(PurgeExitCode.Refused, _gate.HowToConsent());
        }

        output.Always(report.Summary);
        return PurgeExitCode.Complete;
    }

    private async Task WriteScriptAsync(PurgePlan plan, CancellationToken cancellationToken)
    {
        if (arguments.SqlFile is { } file)
        {
            await OutputFiles.WriteAsync(file, plan.ToSqlScript(), cancellationToken).ConfigureAwait(false);
            output.Line();
            output.Line($"Wrote the script {file}");
        }
        else if (arguments.Sql)
        {
            output.Result(plan.ToSqlScript());
        }
    }

    // Before anybody is asked, and before a backup takes its time.
    private void CheckGuards(IPurger purger, PurgePlan plan)
    {
        List<string> refusals = [.. new[] { purger.CheckGuards(plan) }.OfType<string>()];
        if (options.RunsIn.IsProduction && arguments.Backup is null && !arguments.NoBackup)
        {
            refusals.Add($"in {options.RunsIn.Name} give --backup DIR, or --no-backup with --reason TEXT.");
        }

        if (arguments.Backup is { } folder && File.Exists(folder))
        {
            refusals.Add($"--backup \"{folder}\" is a file. Give a folder.");
        }

        if (refusals.Count > 0)
        {
            throw new CommandStoppedException(PurgeExitCode.Refused, $"Refused: {string.Join(" Also, ", refusals)} Nothing was written.");
        }
    }

    private async Task<(string Text, string? Restore, IReadOnlyList<string> Waivers)> BackUpAsync(
        List<DbContext> contexts,
        PurgePlan plan,
        CancellationToken cancellationToken)
    {
        if (arguments.NoBackup)
        {
            return ("none: waived by --no-backup", null, [$"--no-backup: {arguments.Reason}"]);
        }

        if (arguments.Backup is not { } folder)
        {
            output.Line();
            output.Line("No backup is made; --backup DIR makes one.", tone: Tone.Warning);
            return ("none: --backup was not given", null, []);
        }

        IPurgeBackup backup = options.Backup ?? services.GetService<IPurgeBackup>() ?? plan.Database.Provider switch
        {
            "Microsoft.EntityFrameworkCore.Sqlite" => new SqliteBackup(),
            "Npgsql.EntityFrameworkCore.PostgreSQL" => new PostgreSqlBackup(),
            { } provider => throw new CommandStoppedException(
                PurgeExitCode.Refused,
                $"Refused: there is no built-in backup for {provider}. Set "
                    + $"{nameof(PurgeCommandOptions)}.{nameof(PurgeCommandOptions.Backup)} in the host, or make a backup yourself and "
                    + $"give --no-backup --reason TEXT. Nothing was written."),
        };
        output.Line();
        output.Line($"Making a backup in {folder} ...");
        OutputFiles.CreateFolder(folder);
        PurgeBackupResult result = await backup.CreateAsync(
            new PurgeBackupRequest(contexts[0], plan, folder, options.TimeProvider),
            cancellationToken).ConfigureAwait(false);
        string text = $"{result.Path}, {Words.Count(result.Size, "byte")}, SHA-256 {result.Sha256}; {result.Verification}";
        output.Line($"Backup: {text}", tone: Tone.Good);
        if (result.Restore is { } command)
        {
            output.Line("To restore it, stop the application and run:");
            output.CopyableLine(command);
        }

        return (text, result.Restore, []);
    }

    private async Task<PurgeExitCode> ExecuteAsync(
        IPurger purger,
        List<DbContext> contexts,
        PurgePlan plan,
        CancellationToken cancellationToken)
    {
        PurgeReport report;
        Exception? failure = null;
        bool isUnsaved = false;
        _hasBegun = true;
        try
        {
            report = await new ProgressView(output, options.TimeProvider)
                .RunAsync(progress => purger.ExecuteAsync(contexts, plan, progress, cancellationToken), cancellationToken)
                .ConfigureAwait(false);
        }
        catch (PurgeException exception) when (exception.Report is { } measured)
        {
            (report, failure) = (measured, exception);
            isUnsaved = !string.Equals(exception.Message, report.Summary, StringComparison.Ordinal);
        }

        new ReportView(output).Show(report);
        if (arguments.Json)
        {
            output.Result(report.ToJson());
        }

        return End(report, failure, isUnsaved);
    }

    private PurgeExitCode End(PurgeReport report, Exception? failure, bool isUnsaved)
    {
        string verdict = ReportView.Verdict(report).Replace("Database.SetCommandTimeout", "--timeout", StringComparison.Ordinal);
        if (report.Verdict is PurgeVerdict.Complete or PurgeVerdict.CompleteWithSkips)
        {
            output.Always(verdict, report.Verdict == PurgeVerdict.Complete ? Tone.Good : Tone.Warning);
        }
        else
        {
            output.Error(verdict, failure);
        }

        if (isUnsaved)
        {
            output.Error(failure!.Message, failure);
        }

        return report.Verdict switch
        {
            PurgeVerdict.Complete or PurgeVerdict.CompleteWithSkips when isUnsaved => PurgeExitCode.Partial,
            PurgeVerdict.Complete => PurgeExitCode.Complete,
            PurgeVerdict.CompleteWithSkips => arguments.Strict ? PurgeExitCode.CompleteWithSkips : PurgeExitCode.Complete,
            PurgeVerdict.NothingMatched => PurgeExitCode.NothingMatched,
            PurgeVerdict.Partial => PurgeExitCode.Partial,
            PurgeVerdict.Refused => PurgeExitCode.Refused,
            PurgeVerdict.Cancelled => PurgeExitCode.Cancelled,
            _ => PurgeExitCode.Failed,
        };
    }
}
