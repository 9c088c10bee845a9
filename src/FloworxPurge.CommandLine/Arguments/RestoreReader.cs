using System.CommandLine;

namespace FloworxPurge.CommandLine.Arguments;

/// <summary>Reads the command line of a restore and collects everything that is wrong with it.</summary>
internal sealed class RestoreReader(RestoreSyntax syntax, CommandSyntax purge, ParseResult parsed) : OptionReader(parsed, syntax.All)
{
    public RestoreArguments Read()
    {
        ReadUnmatched();
        string[] words = Words(syntax.Directory);
        string[] folders = [.. words.Where(word => !word.StartsWith('-'))];
        foreach (string option in words.Except(folders, StringComparer.Ordinal))
        {
            Add(isWrong: true, UnknownOption(option));
        }

        string? schema = One(syntax.Schema);
        string? runId = One(syntax.Run);
        bool isInSchema = IsGiven(syntax.Schema);
        Add(
            folders.Length == 0 && !isInSchema,
            $"{RestoreSyntax.Name} needs an archive: {RestoreSyntax.Name} DIR for one in a folder, or {RestoreSyntax.Name} "
                + $"{syntax.Schema.Name} {syntax.Schema.HelpName} for one in a schema of the database.");
        Add(
            folders.Length > 0 && isInSchema,
            $"{RestoreSyntax.Name} has a folder and {syntax.Schema.Name}. Give one of them: an archive is in one place.");
        Add(
            IsGiven(syntax.Run) && !isInSchema,
            $"{syntax.Run.Name} needs {syntax.Schema.Name} {syntax.Schema.HelpName}: a folder holds the archive of one run.");
        string all = string.Join(", ", folders.Select(folder => $"\"{folder}\""));

        // The word behind an unknown option is most likely its value.
        Add(folders.Length > 1 && words.Length == folders.Length, $"{RestoreSyntax.Name} has more than one folder: {all}. Give one.");
        Add(folders.Any(string.IsNullOrWhiteSpace), "The name of the folder is empty. Give the folder of an archive.");
        foreach (Option option in purge.All.Where(IsGiven))
        {
            Add(
                isWrong: true,
                $"{option.Name} is before {RestoreSyntax.Name}, and is an option of a purge there. Give the options after "
                    + $"{RestoreSyntax.Name}. If \"{RestoreSyntax.Name}\" is its value, write {option.Name}={RestoreSyntax.Name}.");
        }

        var arguments = new RestoreArguments
        {
            Directory = isInSchema ? null : folders.FirstOrDefault() ?? string.Empty,
            Schema = schema,
            RunId = runId,
            Triggers = [.. Values(syntax.AllowTrigger).Distinct(StringComparer.Ordinal)],
            AllowOtherDatabase = Flag(syntax.AllowOtherDatabase),
            Common = new CommandArguments
            {
                DryRun = Flag(syntax.DryRun),
                Timeout = Time(One(syntax.Timeout)),
                Confirm = One(syntax.Confirm),
                Force = Flag(syntax.Force),
                Reports = Values(syntax.Report),
                Json = Flag(syntax.Json),
                Quiet = Flag(syntax.Quiet),
                Verbose = Flag(syntax.Verbose),
                NoColor = Flag(syntax.NoColor),
            },
        };
        Add(
            arguments.Common.Quiet && arguments.Common.Verbose,
            "--quiet and --verbose contradict each other. Give one of them.");
        foreach (string file in arguments.Common.Reports
            .Where(file => Path.GetExtension(file).ToUpperInvariant() is not (".TXT" or ".JSON")))
        {
            Add(isWrong: true, $"--report \"{file}\" has no format for a restore. Give a name with .txt or .json.");
        }

        return arguments;
    }
}
