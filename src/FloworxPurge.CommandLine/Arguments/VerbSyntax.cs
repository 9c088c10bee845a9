using System.CommandLine;

namespace FloworxPurge.CommandLine.Arguments;

/// <summary>The subcommands that write a plan file and run it: their options, descriptions and help.</summary>
internal static class VerbSyntax
{
    /// <summary>The name of <see cref="CommandVerb.Plan"/>.</summary>
    public const string Plan = "plan";

    /// <summary>The name of <see cref="CommandVerb.Run"/>.</summary>
    public const string Run = "run";

    private const string Out = "--out";
    private const string Compare = "--compare";

    // What a plan is made of, and what a plan file therefore holds.
    private static readonly HashSet<string> OfPlanFile = new(StringComparer.Ordinal)
    {
        "--rows", "--rows-parameter", "--include", "--exclude", "--allow-inserts", "--only-entities", "--reset-identity",
        "--allow-unverified", "--best-effort", "--in-chunks", "--pause", "--max-rows", "--archive", "--archive-schema",
    };

    private static readonly HashSet<string> OfOutput = new(StringComparer.Ordinal)
    {
        "--show-parameters", "--timeout", "--reason", "--report", "--template", "--json", "--quiet", "--verbose", "--no-color",
    };

    private static readonly HashSet<string> OfRun = new(StringComparer.Ordinal)
    {
        "--rows-parameter", "--confirm", "--approve", "--force", "--backup", "--no-backup", "--certificate", "--strict",
    };

    /// <summary>Gets the examples of <c>plan</c>.</summary>
    public static IReadOnlyList<(string Arguments, string Meaning)> ExamplesOfPlan { get; } =
    [
        ("--out purge.plan.json --exclude \"ref.*\"", "write the plan to a file, to be reviewed"),
        ("--compare purge.plan.json", "what has changed since; 3 when the file cannot be run any more"),
        ("--sql purge.sql", "the plan as a script for psql or sqlite3"),
    ];

    /// <summary>Gets the examples of <c>run</c>.</summary>
    public static IReadOnlyList<(string Arguments, string Meaning)> ExamplesOfRun { get; } =
    [
        ("purge.plan.json", "show what has changed since the file was written, ask for the database's name, purge"),
        ("purge.plan.json --confirm shop --backup backups --report purge.html", "unattended, with a backup and a report"),
        ("purge.plan.json --approve TOKEN --backup backups", "with the token that was printed when the file was written"),
    ];

    /// <summary>Gets the exit codes of <c>plan</c>.</summary>
    public static IReadOnlyList<(PurgeExitCode Code, string Meaning)> CodesOfPlan { get; } =
    [
        (PurgeExitCode.Complete, "planned; with --compare the plan is the one in the file"),
        (PurgeExitCode.Failed, "the database could not be read, or the file not be written"),
        (PurgeExitCode.Usage, "usage"),
        (PurgeExitCode.Refused, "with --compare the plan is another one; or the file is no plan file"),
        (PurgeExitCode.Cancelled, "cancelled"),
    ];

    /// <summary>Determines whether a command has an option.</summary>
    public static bool Has(CommandVerb verb, string option) => verb switch
    {
        CommandVerb.Plan => option is Out or Compare or "--sql" || OfPlanFile.Contains(option) || OfOutput.Contains(option),
        CommandVerb.Run => OfRun.Contains(option) || OfOutput.Contains(option),
        _ => option is not (Out or Compare),
    };

    /// <summary>Says where an option belongs that another of the commands has; null when none has it.</summary>
    public static string? Elsewhere(CommandVerb verb, string option) => verb switch
    {
        CommandVerb.Run when OfPlanFile.Contains(option)
            => $"{option} is an option of {Plan}: {Run} does what its file says. Write a new file with {Plan} {Out} FILE.",
        CommandVerb.Plan when OfRun.Contains(option)
            => $"{option} is an option of {Run} and of a purge: {Plan} deletes nothing.",
        CommandVerb.Purge when option is Out or Compare => $"{option} is an option of {Plan}: give it after {Plan}.",
        _ => null,
    };

    /// <summary>The command, without its options.</summary>
    public static Command CreateCommand(CommandVerb verb, string name) => verb switch
    {
        CommandVerb.Plan => new Command(
            Plan,
            "Shows the plan, and writes it to a file that can be reviewed and run, or compares it with one. Deletes nothing."),
        CommandVerb.Run => new Command(
            Run,
            "Runs the plan of a file, or refuses: shows what has changed since, asks for consent, makes a backup, purges, verifies, "
                + "reports."),
        _ => new Command(
            name,
            "Empties the database: shows the plan, asks for consent, makes a backup, purges in one transaction, verifies, "
                + "reports."),
    };
}
