using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using FloworxPurge.CommandLine.Arguments;
using FloworxPurge.CommandLine.Backups;
using FloworxPurge.CommandLine.Consent;
using FloworxPurge.CommandLine.Output;
using FloworxPurge.CommandLine.Plans;
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

    // With the options of a plan file, once it was read.
    private CommandArguments _arguments = arguments;

    // After this only the report of the run has what was written.
    private bool _hasBegun;

    /// <summary>Runs the command. Every error is printed and becomes an exit code.</summary>
    public async Task<PurgeExitCode> RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            IReadOnlyList<NamedRows<PurgeOptions>> registered = NamedRows<PurgeOptions>.Of(services);
            if (_arguments.ListRows)
            {
                new RowsList(output, _arguments).Show(registered);
                return PurgeExitCode.Complete;
            }

            PlanFile? file = (_arguments.PlanFile ?? _arguments.Compare) is { } path ? PlanFile.Read(path) : null;
            _arguments = file is null ? _arguments : PlanOptions.Apply(file, _arguments);
            var rows = ChosenRows.Find(registered, _arguments);
            AsyncServiceScope scope = services.CreateAsyncScope();
            await using (scope.ConfigureAwait(false))
            {
                List<DbContext> contexts = HostContexts.Create(scope.ServiceProvider, contextTypes, output, _arguments.Timeout);
                return await RunAsync(contexts, rows, file, cancellationToken).ConfigureAwait(false);
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

    private async Task<PurgeExitCode> RunAsync(
        List<DbContext> contexts,
        ChosenRows rows,
        PlanFile? file,
        CancellationToken cancellationToken)
    {
        bool isDryRun = _arguments.DryRun || _arguments.Sql || _arguments.Verb == CommandVerb.Plan;
        if (options.ProhibitPurge && !isDryRun)
        {
            throw new CommandStoppedException(
                PurgeExitCode.Refused,
                "Refused: this host prohibits purges in its code, and no option overrides that. --dry-run shows the plan. Nothing was "
                    + "written.");
        }

        OutputFiles.Probe([
            .. _arguments.Reports,
            .. new[] { _arguments.SqlFile, _arguments.Certificate, _arguments.Out }.OfType<string>()]);
        IPurger purger = CreatePurger(_arguments, contexts, rows, file);
        PurgePlan plan = await PlanAsync(purger, contexts, cancellationToken).ConfigureAwait(false);
        new PlanView(output).Show(plan, options.RunsIn, rows.Shown);
        if (file is not null && !isDryRun)
        {
            await CheckFileAsync(file, contexts, rows, purger, plan, cancellationToken).ConfigureAwait(false);
        }

        if (isDryRun || !_gate.CanBeGiven)
        {
            return await DryRunAsync(purger, contexts, plan, file, cancellationToken).ConfigureAwait(false);
        }

        CheckGuards(purger, plan);
        GivenConsent consent = await _gate.GetAsync(plan, cancellationToken).ConfigureAwait(false);
        (string backup, string? restore, IReadOnlyList<string> waivers) = await BackUpAsync(
            contexts,
            plan,
            consent,
            cancellationToken).ConfigureAwait(false);
        IPurger approved = purger.With(purge =>
        {
            Approve(purge, consent, file);

            // From here on the purge itself looks at the name, on the connection that deletes.
            purge.RequiredDatabase ??= plan.Database.Database;
            purge.Details = purge.Details with
            {
                Consent = file is null ? consent.How : $"{consent.How}; {file.Reviewed}",
                Backup = backup,
                Restore = restore,
                Overrides = [
                    .. purge.Details.Overrides,
                    .. new[] { options.RunsIn.Override }.OfType<string>(),
                    .. consent.Overrides,
                    .. waivers],
            };
        });

        // That of the file is run, and not one that may be another by now.
        return await ExecuteAsync(approved, contexts, file?.Plan ?? plan, cancellationToken).ConfigureAwait(false);
    }

    private IPurger CreatePurger(CommandArguments chosen, List<DbContext> contexts, ChosenRows rows, PlanFile? file)
    {
        IPurger purger = new PurgerSetup(services, contextTypes, options, chosen, rows).Create(contexts);

        // The choice between DELETE and TRUNCATE uses estimates, which may change; a plan keeps its choice.
        return file is null ? purger : purger.With(purge => purge.Truncate ??= file.Plan.Truncates);
    }

    private static void Approve(PurgeOptions purge, GivenConsent consent, PlanFile? file)
    {
        if (consent.RunKey is not null && purge.RunKey is not null)
        {
            throw new CommandStoppedException(
                PurgeExitCode.Refused,
                $"Refused: this host sets {nameof(PurgeOptions.RunKey)}, so that the use of the token after --approve cannot be "
                    + "remembered. Give --confirm. Nothing was written.");
        }

        purge.RunKey ??= consent.RunKey;
        purge.MaxRows = new[] { purge.MaxRows, consent.MostRows, file?.Content.RowsAtMost }.Min();
    }

    private async Task CheckFileAsync(
        PlanFile file,
        List<DbContext> contexts,
        ChosenRows rows,
        IPurger purger,
        PurgePlan plan,
        CancellationToken cancellationToken)
    {
        // Reports are those of the run.
        CommandArguments withoutFiles = _arguments with { Reports = [], Certificate = null, Template = null };
        PurgeReport dryRun = await CreatePurger(withoutFiles, contexts, rows, file)
            .DryRunAsync(contexts, plan, cancellationToken)
            .ConfigureAwait(false);
        if (ShowChanges(file, purger, plan, dryRun) is { } other)
        {
            throw new CommandStoppedException(
                PurgeExitCode.Refused,
                $"Refused: {other}. Look at the differences, and write a new file with plan --out FILE. Nothing was written.");
        }
    }

    // Returns why it is another plan; null where it is the same.
    private string? ShowChanges(PlanFile file, IPurger purger, PurgePlan plan, PurgeReport dryRun)
    {
        IReadOnlyList<PlanChange> changes = PlanComparison.Find(
            file,
            plan,
            PlanOptions.Write(_arguments),
            Guards(purger),
            PlanFollowUp.Of(dryRun));
        new ChangesView(output).Show(file, changes);
        return ChangesView.Summary(file, changes);
    }

    private static IReadOnlyList<PlanGuard> Guards(IPurger purger)
    {
        IReadOnlyList<PlanGuard> guards = [];
        purger.With(purge => guards = PlanGuard.Of(purge));
        return guards;
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
        => _arguments.Include.Select(pattern => ($"{nameof(PurgeOptions.Include)}(\"{pattern}\")", $"--include \"{pattern}\""))
            .Concat(_arguments.Exclude.Select(pattern => ($"{nameof(PurgeOptions.Exclude)}(\"{pattern}\")", $"--exclude \"{pattern}\"")))
            .Concat(
                _arguments.AllowInserts.Select(
                    pattern => ($"{nameof(PurgeOptions.AllowInserts)}(\"{pattern}\")", $"--allow-inserts \"{pattern}\"")));

    private async Task<PurgeExitCode> DryRunAsync(
        IPurger purger,
        List<DbContext> contexts,
        PurgePlan plan,
        PlanFile? file,
        CancellationToken cancellationToken)
    {
        bool isWanted = _arguments.DryRun || _arguments.Sql || _arguments.Verb == CommandVerb.Plan;
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
        if (_arguments.Json)
        {
            output.Result(plan.ToJson());
        }

        await WriteScriptAsync(plan, cancellationToken).ConfigureAwait(false);
        string? refusal = purger.CheckGuards(plan);
        await WritePlanAsync(purger, plan, report, refusal, cancellationToken).ConfigureAwait(false);
        string? other = file is not null && _arguments.Compare is not null ? ShowChanges(file, purger, plan, report) : null;
        output.Line();
        if (refusal is not null)
        {
            output.Always($"A run would be refused: {refusal}", Tone.Warning);
        }

        if (other is not null)
        {
            throw new CommandStoppedException(PurgeExitCode.Refused, $"Another plan: {other}. {VerbSyntax.Run} would refuse the file.");
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
        if (_arguments.Compare is { } compared)
        {
            output.Always($"The same plan as in {compared}: {VerbSyntax.Run} would do what the file says.", Tone.Good);
        }

        return PurgeExitCode.Complete;
    }

    private async Task WritePlanAsync(
        IPurger purger,
        PurgePlan plan,
        PurgeReport report,
        string? refusal,
        CancellationToken cancellationToken)
    {
        if (_arguments.Out is not { } file)
        {
            return;
        }

        string text = PlanFile.Write(new PlanFileContent
        {
            PlanFileVersion = PlanFileContent.CurrentVersion,
            Fingerprint = plan.Fingerprint,
            WrittenAt = options.TimeProvider.GetUtcNow(),
            Environment = options.RunsIn.Name,
            Review = PlanFile.ReviewOf(plan),
            Options = PlanOptions.Write(_arguments),
            RowsAtMost = PlanOptions.RowsAtMost(_arguments, plan),
            Guards = Guards(purger),
            WouldBeRefused = refusal,
            AfterCommit = PlanFollowUp.Of(report),
            Plan = JsonElement.Parse(plan.ToJson()),
        });
        await OutputFiles.WriteAsync(file, text, cancellationToken).ConfigureAwait(false);
        output.Line();
        output.Line($"Wrote the plan file {file}; {options.Name} {VerbSyntax.Run} {file} runs it.");
    }

    private async Task WriteScriptAsync(PurgePlan plan, CancellationToken cancellationToken)
    {
        if (_arguments.SqlFile is { } file)
        {
            await OutputFiles.WriteAsync(file, plan.ToSqlScript(), cancellationToken).ConfigureAwait(false);
            output.Line();
            output.Line($"Wrote the script {file}");
        }
        else if (_arguments.Sql)
        {
            output.Result(plan.ToSqlScript());
        }
    }

    // Before anybody is asked, and before a backup takes its time.
    private void CheckGuards(IPurger purger, PurgePlan plan)
    {
        List<string> refusals = [.. new[] { purger.CheckGuards(plan) }.OfType<string>()];
        if (options.RunsIn.IsProduction && _arguments.Backup is null && !_arguments.NoBackup)
        {
            refusals.Add($"in {options.RunsIn.Name} give --backup DIR, or --no-backup with --reason TEXT.");
        }

        if (_arguments.Backup is { } folder && File.Exists(folder))
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
        GivenConsent consent,
        CancellationToken cancellationToken)
    {
        if (_arguments.NoBackup)
        {
            return ("none: waived by --no-backup", null, [$"--no-backup: {_arguments.Reason}"]);
        }

        if (_arguments.Backup is not { } folder)
        {
            // The question has said it.
            if (!consent.WasAsked)
            {
                output.Line();
                output.Line("No backup is made; --backup DIR makes one.", tone: Tone.Warning);
            }

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
            new PurgeBackupRequest { Context = contexts[0], Plan = plan, Folder = folder, TimeProvider = options.TimeProvider },
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
        if (_arguments.Json)
        {
            output.Result(report.ToJson());
        }

        return End(report, failure, isUnsaved);
    }

    private PurgeExitCode End(PurgeReport report, Exception? failure, bool isUnsaved)
    {
        string verdict = ReportView.Verdict(report)
            .Replace("Database.SetCommandTimeout", "--timeout", StringComparison.Ordinal)
            .Replace($"set {nameof(PurgeOptions.AbandonUnfinished)}", "give --abandon-unfinished", StringComparison.Ordinal)
            .Replace($"Set {nameof(PurgeOptions.AbandonUnfinished)}", "Give --abandon-unfinished", StringComparison.Ordinal)
            .Replace(nameof(PurgeOptions.AbandonUnfinished), "--abandon-unfinished", StringComparison.Ordinal);
        if (_arguments.Approve is not null)
        {
            verdict = verdict.Replace($"{nameof(PurgeOptions.RunKey)} ", "the token after --approve ", StringComparison.Ordinal);
        }

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
            PurgeVerdict.CompleteWithSkips => _arguments.Strict ? PurgeExitCode.CompleteWithSkips : PurgeExitCode.Complete,
            PurgeVerdict.NothingMatched => PurgeExitCode.NothingMatched,
            PurgeVerdict.Partial => PurgeExitCode.Partial,
            PurgeVerdict.Refused => PurgeExitCode.Refused,
            PurgeVerdict.Cancelled => PurgeExitCode.Cancelled,
            _ => PurgeExitCode.Failed,
        };
    }
}
