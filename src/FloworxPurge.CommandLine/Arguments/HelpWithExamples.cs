using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace FloworxPurge.CommandLine.Arguments;

/// <summary>The help text, and after it examples and exit codes.</summary>
internal sealed class HelpWithExamples(HelpAction help, string name, PurgeConsole console) : SynchronousCommandLineAction
{
    private static readonly (string Arguments, string Meaning)[] ExamplesOfPurge =
    [
        ("", "show the plan, ask for the database's name, purge"),
        ("--dry-run", "show the plan and the rows, write nothing"),
        (
            "--confirm shop --backup backups --report purge.html --report purge.json --reason OPS-42",
            "unattended, with a backup and reports"),
        ("plan --out purge.plan.json", "write the plan to a file, to be reviewed"),
        ("run purge.plan.json --confirm shop --backup backups", "run the file as it is, or refuse"),
        ("--sql purge.sql", "the plan as a script for psql or sqlite3"),
        ("--exclude \"ref.*\" --only-entities Order OrderLine --strict", "a part of the model; 4 when anything was skipped"),
        ("--rows test-users --dry-run", "registered rows with what depends on them; --list-rows names them"),
        ("--rows subject --rows-parameter email=EMAIL --certificate erased.html", "one person, with a page to sign"),
        ("--rows test-users --archive archive/2026-11-28", "with an archive of the deleted rows"),
        ("--rows test-users --archive-schema purged", "with an archive in a schema of the database"),
        ("restore archive/2026-11-28 --dry-run", "the way back: what would be restored"),
        ("--approve TOKEN --no-backup --reason \"the copy of last night\"", "with the token of a dry run"),
    ];

    private static readonly (PurgeExitCode Code, string Meaning)[] CodesOfPurge =
    [
        (PurgeExitCode.Complete, "complete"),
        (PurgeExitCode.Failed, "failed, rolled back"),
        (PurgeExitCode.Usage, "usage"),
        (PurgeExitCode.Refused, "refused, nothing written"),
        (PurgeExitCode.CompleteWithSkips, "complete with skips, under --strict"),
        (PurgeExitCode.Partial, "partial: a required check or target failed"),
        (PurgeExitCode.NothingMatched, "nothing was deleted: no row matches, all that match are blocked, or no table could be purged"),
        (PurgeExitCode.Cancelled, "cancelled"),
    ];

    /// <summary>Gets the examples: arguments, and what they do.</summary>
    public IReadOnlyList<(string Arguments, string Meaning)> Examples { get; init; } = ExamplesOfPurge;

    /// <summary>Gets the exit codes.</summary>
    public IReadOnlyList<(PurgeExitCode Code, string Meaning)> Codes { get; init; } = CodesOfPurge;

    public override int Invoke(ParseResult parseResult)
    {
        int width = console.IsOutputRedirected ? 100 : Math.Max(40, console.Width);
        help.MaxWidth = width;

        // Unknown words are read only to be refused: the usage must not offer them.
        Command command = parseResult.CommandResult.Command;
        command.TreatUnmatchedTokensAsErrors = true;
        int code = help.Invoke(parseResult);
        command.TreatUnmatchedTokensAsErrors = false;
        TextWriter output = parseResult.InvocationConfiguration.Output;
        output.WriteLine("Examples:");
        foreach ((string arguments, string meaning) in Examples)
        {
            Write(output, $"{name} {arguments}".TrimEnd(), width, 2);
            Write(output, meaning, width, 6);
        }

        output.WriteLine();
        output.WriteLine("Exit codes:");
        foreach ((PurgeExitCode exit, string meaning) in Codes)
        {
            Write(output, $"{((int)exit).ToString(System.Globalization.CultureInfo.InvariantCulture),3}  {meaning}", width, 2);
        }

        return code;
    }

    private static void Write(TextWriter output, string text, int width, int indent)
    {
        foreach (string line in TextWrap.Wrap(text, width, indent, hanging: 4))
        {
            output.WriteLine(line);
        }
    }
}
