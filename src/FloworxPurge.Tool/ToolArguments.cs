namespace FloworxPurge.Tool;

/// <summary>The options of the tool, and what is left of the command line for the command.</summary>
internal sealed record ToolArguments
{
    private static readonly string[] Verbs = ["purge", "plan", "run", "restore"];

    private static readonly HashSet<string> Own = new(StringComparer.Ordinal)
    {
        "--project", "--startup-project", "--context", "--configuration", "--framework", "--environment",
    };

    // Files and folders, which count from where the tool is called and not from the project.
    private static readonly HashSet<string> Paths = new(StringComparer.Ordinal)
    {
        "--out", "--compare", "--sql", "--report", "--certificate", "--template", "--backup", "--archive",
    };

    private static readonly HashSet<string> Flags = new(StringComparer.Ordinal)
    {
        "--dry-run", "--show-parameters", "--list-rows", "--reset-identity", "--allow-unverified", "--best-effort",
        "--force", "--no-backup", "--strict", "--json", "--quiet", "-q", "--verbose", "-v", "--no-color", "--help", "-h", "-?",
        "--allow-other-database", "--abandon-unfinished",
    };

    public string? Project { get; init; }

    public string? StartupProject { get; init; }

    public IReadOnlyList<string> Contexts { get; init; } = [];

    public string? Configuration { get; init; }

    public string? Framework { get; init; }

    public string? Environment { get; init; }

    public bool NoBuild { get; init; }

    /// <summary>Gets the subcommand: purge, plan, run or restore; null where there is none.</summary>
    public string? Verb { get; init; }

    /// <summary>Gets the arguments of the command, the subcommand included unless it is purge.</summary>
    public IReadOnlyList<string> Command { get; init; } = [];

    /// <summary>Gets what the application gets.</summary>
    public IReadOnlyList<string> Application { get; init; } = [];

    public bool IsHelp => Verb is null || Command.Any(argument => argument is "--help" or "-h" or "-?");

    /// <summary>Reads the command line.</summary>
    /// <exception cref="ToolException">It is wrong; the message names every problem.</exception>
    public static ToolArguments Read(IReadOnlyList<string> args, string folder)
    {
        int end = args.TakeWhile(argument => argument is not "--").Count();
        IReadOnlyList<string> application = [.. args.Skip(end + 1)];
        Queue<string> left = new(args.Take(end));
        Dictionary<string, List<string>> own = Own.ToDictionary(name => name, _ => new List<string>(), StringComparer.Ordinal);
        List<string> command = [];
        List<string> problems = [];
        string? verb = null;
        bool noBuild = false;
        string? before = null;
        while (left.TryDequeue(out string? argument))
        {
            (string name, string? value) = Split(argument);
            string? option = before;
            before = null;
            if (own.TryGetValue(name, out List<string>? values))
            {
                if ((value ?? (left.TryPeek(out string? next) && !next.StartsWith('-') ? left.Dequeue() : null)) is { Length: > 0 } given)
                {
                    values.Add(given);
                }
                else
                {
                    problems.Add($"{name} needs a value.");
                }
            }
            else if (string.Equals(argument, "--no-build", StringComparison.Ordinal))
            {
                noBuild = true;
            }
            else if (verb is null && command.Count == 0 && Verbs.Contains(argument, StringComparer.Ordinal))
            {
                verb = argument;
            }
            else
            {
                command.Add(Located(argument, name, value, option, verb, folder));
                before = argument.StartsWith('-') && value is null && !Flags.Contains(argument) ? argument : null;
            }
        }

        problems.AddRange(Problems(own, verb, command));
        return problems.Count > 0
            ? throw new ToolException(ToolException.Usage, string.Join(" ", problems))
            : new ToolArguments
            {
                Project = own["--project"].FirstOrDefault(),
                StartupProject = own["--startup-project"].FirstOrDefault(),
                Contexts = own["--context"],
                Configuration = own["--configuration"].FirstOrDefault(),
                Framework = own["--framework"].FirstOrDefault(),
                Environment = own["--environment"].FirstOrDefault(),
                NoBuild = noBuild,
                Verb = verb,
                Command = verb is null or "purge" ? command : [verb, .. command],
                Application = application,
            };
    }

    private static IEnumerable<string> Problems(Dictionary<string, List<string>> own, string? verb, List<string> command)
    {
        foreach ((string name, List<string> values) in own.Where(pair => pair.Value.Count > 1 && pair.Key is not "--context"))
        {
            yield return FormattableString.Invariant($"{name} is given {values.Count} times. Give it once.");
        }

        if (verb is null && command.Exists(argument => argument is not ("--help" or "-h" or "-?")))
        {
            yield return $"\"{command[0]}\" is no command. Give one of {string.Join(", ", Verbs)} first.";
        }
    }

    private static (string Name, string? Value) Split(string argument)
    {
        int at = argument.StartsWith("--", StringComparison.Ordinal) ? argument.IndexOfAny(['=', ':']) : -1;
        return at < 0 ? (argument, null) : (argument[..at], argument[(at + 1)..]);
    }

    // A file or folder that is the value of an option, or the one argument of run and restore.
    private static string Located(string argument, string name, string? value, string? before, string? verb, string folder)
    {
        if (value is { Length: > 0 } && Paths.Contains(name))
        {
            return $"{name}={Path.GetFullPath(value, folder)}";
        }

        bool isPath = before is null ? verb is "run" or "restore" : Paths.Contains(before);
        return isPath && argument.Length > 0 && !argument.StartsWith('-') ? Path.GetFullPath(argument, folder) : argument;
    }
}
