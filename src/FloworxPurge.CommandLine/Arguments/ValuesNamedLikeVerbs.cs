using System.CommandLine;

namespace FloworxPurge.CommandLine.Arguments;

/// <summary>
/// Values of options that have the name of a subcommand, which the parser would read as that subcommand: <c>--reason run</c>.
/// </summary>
internal static class ValuesNamedLikeVerbs
{
    /// <summary>Returns the arguments with these values attached to their options: <c>--reason=run</c>.</summary>
    public static IReadOnlyList<string> Attach(IReadOnlyList<string> args)
    {
        Dictionary<string, Option> texts = new CommandSyntax().All
            .Where(option => option.Arity.MaximumNumberOfValues > 0)
            .ToDictionary(option => option.Name, StringComparer.Ordinal);
        List<string> attached = [];
        Option? open = null;
        for (int i = 0; i < args.Count; i++)
        {
            string argument = args[i];
            bool isVerb = argument is VerbSyntax.Plan or VerbSyntax.Run or RestoreSyntax.Name;
            if (argument is "--" || (isVerb && open is null))
            {
                // The options of a subcommand have no subcommand behind them.
                return [.. attached, .. args.Skip(i)];
            }

            if (isVerb && string.Equals(args[i - 1], open!.Name, StringComparison.Ordinal))
            {
                attached[^1] = $"{open.Name}={argument}";
            }
            else
            {
                attached.Add(isVerb ? $"{open!.Name}={argument}" : argument);
            }

            if (argument.StartsWith('-'))
            {
                open = texts.GetValueOrDefault(argument);
            }
            else if (open is { AllowMultipleArgumentsPerToken: false })
            {
                open = null;
            }
        }

        return attached;
    }
}
