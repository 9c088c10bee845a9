using System.CommandLine;
using System.Globalization;
using FloworxPurge.Reporting;

namespace FloworxPurge.CommandLine.Arguments;

/// <summary>Reads the command line and collects everything that is wrong with it.</summary>
/// <param name="syntax">The options of the command.</param>
/// <param name="parsed">The command line.</param>
/// <param name="parent">The command that it is a subcommand of; null for the command itself.</param>
internal sealed class ArgumentReader(CommandSyntax syntax, ParseResult parsed, CommandSyntax? parent = null)
    : OptionReader(parsed, syntax.All)
{
    public CommandArguments Read()
    {
        ReadUnmatched();
        string? planFile = ReadVerb();
        string[] entities = Values(syntax.OnlyEntities, mayBeEmpty: true);
        var arguments = new CommandArguments
        {
            Verb = syntax.Verb,
            PlanFile = planFile,
            DryRun = Flag(syntax.DryRun),
            Out = One(syntax.Out),
            Compare = One(syntax.Compare),
            Sql = IsGiven(syntax.Sql),
            SqlFile = One(syntax.Sql, mayBeEmpty: true),
            Rows = [.. Values(syntax.Rows).Distinct(StringComparer.Ordinal)],
            RowsParameters = Pairs(syntax.RowsParameter),
            ShowParameters = Flag(syntax.ShowParameters),
            ListRows = Flag(syntax.ListRows),
            Include = Values(syntax.Include),
            Exclude = Values(syntax.Exclude),
            AllowInserts = Values(syntax.AllowInserts),
            OnlyEntities = IsGiven(syntax.OnlyEntities),
            Entities = [.. entities
                .SelectMany(value => value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))],
            ResetIdentity = Flag(syntax.ResetIdentity),
            BestEffort = Flag(syntax.BestEffort),
            AllowUnverified = Flag(syntax.AllowUnverified),
            MaxRows = Number(syntax.MaxRows, least: 0),
            InChunks = Number(syntax.InChunks, least: 1),
            Pause = Pause(One(syntax.Pause), syntax.Pause.Name),
            AbandonUnfinished = Flag(syntax.AbandonUnfinished),
            Reports = Values(syntax.Report),
            Certificate = One(syntax.Certificate),
            Template = One(syntax.Template),
            Reason = One(syntax.Reason),
            Json = Flag(syntax.Json),
            Quiet = Flag(syntax.Quiet),
            Verbose = Flag(syntax.Verbose),
            NoColor = Flag(syntax.NoColor),
            Timeout = Time(One(syntax.Timeout)),
            Confirm = One(syntax.Confirm),
            Approve = One(syntax.Approve),
            Force = Flag(syntax.Force),
            Backup = One(syntax.Backup),
            Archive = One(syntax.Archive),
            ArchiveSchema = One(syntax.ArchiveSchema),
            NoBackup = Flag(syntax.NoBackup),
            Strict = Flag(syntax.Strict),
        };
        Combine(arguments);
        return arguments;
    }

    private void Combine(CommandArguments arguments)
    {
        Add(arguments.Backup is not null && arguments.NoBackup, "--backup and --no-backup contradict each other. Give one of them.");
        Add(
            arguments.Archive is not null && arguments.ArchiveSchema is not null,
            "--archive and --archive-schema are two places for one archive. Give one of them.");
        Add(
            arguments.Pause is not null && arguments.InChunks is null,
            "--pause needs --in-chunks N: it is the pause after each of its transactions.");
        Add(
            arguments.AbandonUnfinished && arguments.InChunks is null,
            "--abandon-unfinished needs --in-chunks N: it gives up an unfinished run in several transactions.");
        Add(arguments.NoBackup && arguments.Reason is null, "--no-backup needs --reason TEXT: the report names it as a waiver.");
        Add(arguments.Quiet && arguments.Verbose, "--quiet and --verbose contradict each other. Give one of them.");
        Add(arguments.Json && arguments.IsSqlOnOutput, "--json and --sql both write to the output. Give --sql a file.");
        Add(arguments.Template is not null && arguments.Reports.Count == 0, "--template needs --report FILE, the report that it is for.");
        Add(
            arguments.Compare is not null && arguments.Json,
            "--compare shows differences in words, and there is no --json of them. Give --out FILE to have the plan as JSON.");
        CombineRows(arguments);
    }

    protected override string? Elsewhere(string name) => VerbSyntax.Elsewhere(syntax.Verb, name);

    // The file of run, and options that stand before the subcommand.
    private string? ReadVerb()
    {
        string verb = syntax.Verb == CommandVerb.Run ? VerbSyntax.Run : VerbSyntax.Plan;
        foreach (Option option in parent?.All.Where(IsGiven) ?? [])
        {
            Add(
                isWrong: true,
                $"{option.Name} is before {verb}, and is an option of a purge there. Give the options after {verb}. If \"{verb}\" is its "
                    + $"value, write {option.Name}={verb}.");
        }

        if (syntax.Verb != CommandVerb.Run)
        {
            return null;
        }

        string[] words = Words(syntax.PlanFile);
        string[] files = [.. words.Where(word => !word.StartsWith('-'))];
        foreach (string option in words.Except(files, StringComparer.Ordinal))
        {
            Add(isWrong: true, UnknownOption(option));
        }

        Add(files.Length == 0, $"{verb} needs a plan file: {verb} FILE. plan --out FILE writes one.");
        string all = string.Join(", ", files.Select(file => $"\"{file}\""));

        // What stands behind an option that is none of this command is its value.
        Add(files.Length > 1 && files.Length == words.Length, $"{verb} has more than one plan file: {all}. Give one.");
        Add(files.Any(string.IsNullOrWhiteSpace), "The name of the plan file is empty. Give the name of a plan file.");
        return files.FirstOrDefault() ?? string.Empty;
    }

    private void CombineRows(CommandArguments arguments)
    {
        // The rows of a plan file are in it.
        bool hasRows = arguments.Rows.Count > 0 || arguments.ListRows || arguments.PlanFile is not null || arguments.Compare is not null;
        Add(
            arguments.RowsParameters.Count > 0 && !hasRows,
            "--rows-parameter needs --rows NAME, the rows that it is a parameter of; --list-rows names them.");
        Add(
            arguments.ShowParameters && arguments.RowsParameters.Count == 0,
            "--show-parameters needs --rows-parameter NAME=VALUE, whose value is to be shown.");
        Add(arguments.Certificate is not null && !hasRows, "--certificate needs --rows NAME: it is about rows, not about tables.");
        Add(
            arguments.Certificate is { } file && !PurgeReportTemplate.ErasureCertificate.IsFor(file),
            $"--certificate \"{arguments.Certificate}\" is for a file of another format. The certificate is HTML: give a name with .html.");
        Add(arguments.ListRows && arguments.Json, "--list-rows writes no plan and no report, so there is no --json of it.");
    }

    private Dictionary<string, string> Pairs(Option<string[]> option)
    {
        var pairs = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (string text in Values(option))
        {
            int at = text.IndexOf('=', StringComparison.Ordinal);
            if (at <= 0 || at == text.Length - 1)
            {
                // The value is not repeated: it may be personal.
                string given = at <= 0 ? "has no name or no equals sign" : $"\"{text[..at]}\" has no value";
                Add(isWrong: true, $"{option.Name} {given}. Give {option.HelpName}.");
            }
            else if (!pairs.TryAdd(text[..at], text[(at + 1)..]))
            {
                Add(isWrong: true, $"{option.Name} \"{text[..at]}\" is given more than once. Give it once.");
            }
        }

        return pairs;
    }

    private long? Number(Option<string[]> option, int least)
    {
        if (One(option) is not { } text)
        {
            return null;
        }

        bool isNumber = long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long number) && number >= least;
        Add(
            !isNumber,
            string.Create(
                CultureInfo.InvariantCulture,
                $"{option.Name} is \"{text}\". Give a number from {least}, without signs and separators."));
        return isNumber ? number : null;
    }
}
