using System.CommandLine;
using System.CommandLine.Help;

namespace FloworxPurge.CommandLine.Arguments;

/// <summary>The folder and the options of <c>restore</c>.</summary>
internal sealed class RestoreSyntax
{
    /// <summary>The name of the command.</summary>
    public const string Name = "restore";

    private readonly List<Option> _options = [];

    public RestoreSyntax()
    {
        DryRun = Flag(
            "--dry-run",
            "Show what would be restored and what stands against it, and write nothing. Ends with 3 when it would be refused.");
        Schema = Text(
            "--schema",
            "NAME",
            "Restore the archive in this schema of the database (--archive-schema), in place of one in a folder.");
        Run = Text("--run", "ID", "The run that wrote the archive, where the schema holds several that are not restored.");
        AllowTrigger = Text(
            "--allow-trigger",
            "NAME",
            "Let this trigger fire for restored rows; any other that would fire refuses the restore. Can be repeated.");
        AllowOtherDatabase = Flag("--allow-other-database", "The database is a copy of the one that the archive is of.");
        Timeout = Text("--timeout", "TIME", "How long one statement may take: 90, 90s, 15m, 1h; 0 for no limit.");
        Confirm = Text("--confirm", "NAME", "Consent without a question: the database's name, as its server reports it.");
        Force = Flag("--force", "Skip the question; no guard is skipped. Not enough in Production, unless the host allows it.");
        Report = Text("--report", "FILE", "Save the report: .txt or .json. Can be repeated.");
        Json = Flag("--json", "The plan or the report as JSON on the output, everything else on the error output.");
        Quiet = Flag("--quiet", "Only the verdict, questions and errors.", "-q");
        Verbose = Flag("--verbose", "Also each verification, and stack traces of errors.", "-v");
        NoColor = Flag("--no-color", "No colours; the environment variable NO_COLOR does the same.");
    }

    public IReadOnlyList<Option> All => _options;

    public Argument<string[]> Directory { get; } = new("DIR")
    {
        Description = "The folder of the archive; --schema NAME in its place for one in the database.",
        Arity = ArgumentArity.ZeroOrMore,
    };

    public Option<bool> DryRun { get; }

    public Option<string[]> Schema { get; }

    public Option<string[]> Run { get; }

    public Option<string[]> AllowTrigger { get; }

    public Option<bool> AllowOtherDatabase { get; }

    public Option<string[]> Timeout { get; }

    public Option<string[]> Confirm { get; }

    public Option<bool> Force { get; }

    public Option<string[]> Report { get; }

    public Option<bool> Json { get; }

    public Option<bool> Quiet { get; }

    public Option<bool> Verbose { get; }

    public Option<bool> NoColor { get; }

    /// <summary>The command with these options and its help.</summary>
    /// <param name="parent">The name of the command that it belongs to.</param>
    /// <param name="console">Where the help is written.</param>
    public Command CreateCommand(string parent, PurgeConsole console)
    {
        var command = new Command(
            Name,
            "Restores the archive of a purge (--archive, --archive-schema): all of it or nothing, and never over other rows. Shows the "
                + "plan, asks for consent, restores in one transaction, verifies, reports.")
        { TreatUnmatchedTokensAsErrors = false };
        command.Add(Directory);
        foreach (Option option in _options)
        {
            command.Add(option);
        }

        var help = new HelpOption();
        help.Action = new HelpWithExamples((HelpAction)help.Action!, $"{parent} {Name}", console)
        {
            Examples =
            [
                ("archive/2026-11-28 --dry-run", "show what would be restored and what stands against it, write nothing"),
                ("archive/2026-11-28 --confirm shop --report restored.json", "unattended, with a report"),
                ("--schema purged --dry-run", "the archive in a schema of the database"),
            ],
            Codes =
            [
                (PurgeExitCode.Complete, "restored; or a dry run that finds nothing against it"),
                (PurgeExitCode.Failed, "failed, rolled back"),
                (PurgeExitCode.Usage, "usage"),
                (PurgeExitCode.Refused, "refused, nothing written"),
                (PurgeExitCode.Partial, "restored, and the report could not be written"),
                (PurgeExitCode.Cancelled, "cancelled"),
            ],
        };
        command.Add(help);
        return command;
    }

    private Option<bool> Flag(string name, string description, params string[] aliases)
    {
        var option = new Option<bool>(name, aliases) { Description = description, Arity = ArgumentArity.Zero };
        _options.Add(option);
        return option;
    }

    private Option<string[]> Text(string name, string value, string description)
    {
        var option = new Option<string[]>(name)
        {
            Description = description,
            HelpName = value,
            Arity = ArgumentArity.ZeroOrMore,
            AllowMultipleArgumentsPerToken = false,
        };
        _options.Add(option);
        return option;
    }
}
