using System.CommandLine;
using System.CommandLine.Help;
using System.Diagnostics.CodeAnalysis;

namespace FloworxPurge.CommandLine.Arguments;

/// <summary>
/// The options of the command. Each takes any number of texts; <see cref="ArgumentReader"/> reports all errors, in one place and with
/// one exit code.
/// </summary>
internal sealed class CommandSyntax
{
    private readonly List<Option> _options = [];

    public CommandSyntax(CommandVerb verb = CommandVerb.Purge)
    {
        Verb = verb;
        AddPlan();
        AddSelection();
        Timeout = Text("--timeout", "TIME", "How long one statement may take: 90, 90s, 15m, 1h; 0 for no limit.");
        Confirm = Text("--confirm", "NAME", "Consent without a question: the database's name, as its server reports it.");
        Approve = Text(
            "--approve",
            "TOKEN",
            "Consent without a question: the token that a dry run printed for this plan, this database and its rows; good for one run.");
        Force = Flag("--force", "Skip the question; no guard is skipped. Not enough in Production, unless the host allows it.");
        Backup = Text(
            "--backup",
            "DIR",
            "Make a backup in this folder first, which is created where it does not exist, and verify it. Production needs this or "
                + "--no-backup.");
        Archive = Text(
            "--archive",
            "DIR",
            "Write the rows to files in this folder before they are deleted; restore DIR restores them. The folder is empty or does not "
                + "exist. The files are as sensitive as the rows.");
        ArchiveSchema = Text(
            "--archive-schema",
            "NAME",
            "Insert the rows into tables of this schema of the database before they are deleted; restore --schema NAME restores them. In "
                + "MariaDB it is another database of the server.");
        NoBackup = Flag("--no-backup", "Make no backup; needs --reason. The report names it as a waiver.");
        Reason = Text("--reason", "TEXT", "The reason or ticket, for the report.");
        Report = Text("--report", "FILE", "Save the report: .html, .md, .txt, .json or .xml (JUnit). Can be repeated.");
        Certificate = Text(
            "--certificate",
            "FILE",
            "Save the erasure certificate of --rows, one page to print: .html.");
        Template = Text(
            "--template",
            "FILE",
            "A report template of your own for the reports of its format: name.md.scriban, name.html.scriban, name.txt.scriban.");
        Strict = Flag("--strict", "End with 4 when tables were skipped.");
        Json = Flag("--json", "The plan or the report as JSON on the output, everything else on the error output.");
        Quiet = Flag("--quiet", "Only the verdict, questions and errors.", "-q");
        Verbose = Flag("--verbose", "Also the statements, and stack traces of errors.", "-v");
        NoColor = Flag("--no-color", "No colours; the environment variable NO_COLOR does the same.");
    }

    // What is done with the plan.
    [MemberNotNull(nameof(DryRun), nameof(Out), nameof(Compare), nameof(Sql))]
    private void AddPlan()
    {
        DryRun = Flag(
            "--dry-run",
            "Show the plan and the rows, and write nothing. This is what happens where there is neither consent nor a terminal to ask "
                + "on; the exit code is then 3.");
        Out = Text(
            "--out",
            "FILE",
            "Write the plan to this file, to be reviewed and run with run FILE.");
        Compare = Text(
            "--compare",
            "FILE",
            "Show how the plan differs from the one in this plan file. Without options of a plan, those of the file apply. Ends with 3 "
                + "when run FILE would refuse it.");
        Sql = Text(
            "--sql",
            "FILE",
            "Write the plan as a SQL script with its transaction and verification queries, to a file or to the output."
                + (Verb == CommandVerb.Purge ? " Implies --dry-run." : string.Empty));
    }

    // What is purged.
    [MemberNotNull(
        nameof(Rows), nameof(RowsParameter), nameof(ShowParameters), nameof(ListRows), nameof(Include), nameof(Exclude),
        nameof(AllowInserts), nameof(OnlyEntities), nameof(ResetIdentity), nameof(BestEffort), nameof(AllowUnverified),
        nameof(InChunks), nameof(Pause), nameof(AbandonUnfinished), nameof(MaxRows))]
    private void AddSelection()
    {
        Rows = Text(
            "--rows",
            "NAME",
            "Delete the rows that the host has registered under this name, with what depends on them, instead of whole tables. Can be "
                + "repeated: the rows add up.");
        RowsParameter = Text(
            "--rows-parameter",
            "NAME=VALUE",
            "The value of a parameter of --rows. Reports show its SHA-256. Can be repeated.");
        ShowParameters = Flag("--show-parameters", "Show the values of --rows-parameter in the output and in reports.");
        ListRows = Flag("--list-rows", "List the rows that the host has registered: names, parameters and rules. Connects to nothing.");
        Include = Text(
            "--include",
            "GLOB",
            "Purge only the tables that an include names: table or schema.table, with * and ?. Can be repeated.");
        Exclude = Text("--exclude", "GLOB", "Keep the tables that are named. Beats any include. Can be repeated.");
        AllowInserts = Text(
            "--allow-inserts",
            "GLOB",
            "Let triggers add rows to these kept tables, such as audit tables; nothing else may change there. Can be repeated.");
        OnlyEntities = Text(
            "--only-entities",
            "NAME",
            "Purge only tables that store entity types: those named, or without a name all of the model, and neither the migrations "
                + "history nor tables outside the model.",
            many: true);
        ResetIdentity = Flag("--reset-identity", "Restart the identity counters of purged tables.");
        BestEffort = Flag("--best-effort", "A table that fails stays as it is; the others are purged. The exit code is then 5.");
        AllowUnverified = Flag(
            "--allow-unverified",
            "Commit although a part of the result could not be verified. The exit code is then 5.");
        InChunks = Text(
            "--in-chunks",
            "N",
            "Delete in several transactions of up to N selected rows, or rows of a table, with what depends on them. The same command "
                + "continues a run that was stopped.");
        Pause = Text("--pause", "TIME", "How long to wait after each transaction of --in-chunks: 200ms, 1s, 2m.");
        AbandonUnfinished = Flag(
            "--abandon-unfinished",
            "Give up a run of --in-chunks that has not ended and that this command does not continue. What it committed stays.");
        MaxRows = Text("--max-rows", "N", "Refuse to purge more rows than this.");
    }

    /// <summary>Gets the command that has the options. Those of the others are there, and never given.</summary>
    public CommandVerb Verb { get; }

    public IReadOnlyList<Option> All => _options;

    public Argument<string[]> PlanFile { get; } = new("FILE")
    {
        Description = "The plan file, which plan --out FILE wrote.",
        Arity = ArgumentArity.ZeroOrMore,
    };

    public Option<bool> DryRun { get; private set; }

    public Option<string[]> Out { get; private set; }

    public Option<string[]> Compare { get; private set; }

    public Option<string[]> Sql { get; private set; }

    public Option<string[]> Rows { get; private set; }

    public Option<string[]> RowsParameter { get; private set; }

    public Option<bool> ShowParameters { get; private set; }

    public Option<bool> ListRows { get; private set; }

    public Option<string[]> Include { get; private set; }

    public Option<string[]> Exclude { get; private set; }

    public Option<string[]> AllowInserts { get; private set; }

    public Option<string[]> OnlyEntities { get; private set; }

    public Option<bool> ResetIdentity { get; private set; }

    public Option<bool> BestEffort { get; private set; }

    public Option<bool> AllowUnverified { get; private set; }

    public Option<string[]> InChunks { get; private set; }

    public Option<string[]> Pause { get; private set; }

    public Option<bool> AbandonUnfinished { get; private set; }

    public Option<string[]> MaxRows { get; private set; }

    public Option<string[]> Timeout { get; }

    public Option<string[]> Confirm { get; }

    public Option<string[]> Approve { get; }

    public Option<bool> Force { get; }

    public Option<string[]> Backup { get; }

    public Option<string[]> Archive { get; }

    public Option<string[]> ArchiveSchema { get; }

    public Option<bool> NoBackup { get; }

    public Option<string[]> Reason { get; }

    public Option<string[]> Report { get; }

    public Option<string[]> Certificate { get; }

    public Option<string[]> Template { get; }

    public Option<bool> Strict { get; }

    public Option<bool> Json { get; }

    public Option<bool> Quiet { get; }

    public Option<bool> Verbose { get; }

    public Option<bool> NoColor { get; }

    /// <summary>The command with these options and its help.</summary>
    /// <param name="name">The name of the command, or of the one that this is a subcommand of.</param>
    /// <param name="console">Where the help is written.</param>
    public Command CreateCommand(string name, PurgeConsole console)
    {
        // The reader reports unknown options, so that their exit code is the same in a host's own command tree.
        Command command = VerbSyntax.CreateCommand(Verb, name);
        command.TreatUnmatchedTokensAsErrors = false;
        if (Verb == CommandVerb.Run)
        {
            command.Add(PlanFile);
        }

        foreach (Option option in _options)
        {
            command.Add(option);
        }

        var help = new HelpOption();
        var action = (HelpAction)help.Action!;
        help.Action = Verb switch
        {
            CommandVerb.Plan => new HelpWithExamples(action, $"{name} {VerbSyntax.Plan}", console)
            {
                Examples = VerbSyntax.ExamplesOfPlan,
                Codes = VerbSyntax.CodesOfPlan,
            },
            CommandVerb.Run => new HelpWithExamples(action, $"{name} {VerbSyntax.Run}", console) { Examples = VerbSyntax.ExamplesOfRun },
            _ => new HelpWithExamples(action, name, console),
        };
        command.Add(help);
        return command;
    }

    private Option<bool> Flag(string name, string description, params string[] aliases)
        => Add(new Option<bool>(name, aliases) { Description = description, Arity = ArgumentArity.Zero });

    private Option<string[]> Text(string name, string value, string description, bool many = false)
        => Add(
            new Option<string[]>(name)
            {
                Description = description,
                HelpName = value,
                Arity = ArgumentArity.ZeroOrMore,
                AllowMultipleArgumentsPerToken = many,
            });

    private T Add<T>(T option)
        where T : Option
    {
        if (VerbSyntax.Has(Verb, option.Name))
        {
            _options.Add(option);
        }

        return option;
    }
}
