using System.Security.Cryptography;
using System.Text;
using FloworxPurge.CommandLine.Arguments;
using FloworxPurge.Hosting;
using FloworxPurge.Planning;

namespace FloworxPurge.CommandLine.Rows;

/// <summary>The registered rows that the command line names, with the values of their parameters.</summary>
internal sealed class ChosenRows
{
    private readonly CommandArguments _arguments;
    private readonly IReadOnlyList<NamedRows<PurgeOptions>> _chosen;

    private ChosenRows(CommandArguments arguments, IReadOnlyList<NamedRows<PurgeOptions>> chosen)
        => (_arguments, _chosen) = (arguments, chosen);

    /// <summary>Gets the names, each with its parameters as they may be shown.</summary>
    public IReadOnlyList<string> Shown => [.. _chosen.Select(rows => rows.Name + Parameters(rows))];

    /// <summary>Finds the rows.</summary>
    /// <exception cref="CommandStoppedException">
    /// A name is not registered, or a parameter is missing or unknown; the message names every problem.
    /// </exception>
    public static ChosenRows Find(IReadOnlyList<NamedRows<PurgeOptions>> registered, CommandArguments arguments)
    {
        List<NamedRows<PurgeOptions>> chosen = [];
        List<string> problems = [];
        foreach (string name in arguments.Rows)
        {
            if (registered.FirstOrDefault(rows => string.Equals(rows.Name, name, StringComparison.Ordinal)) is { } found)
            {
                chosen.Add(found);
            }
            else
            {
                problems.Add(Unknown(name, registered));
            }
        }

        string[] missing = [.. chosen.SelectMany(rows => rows.Parameters
            .Where(parameter => !arguments.RowsParameters.ContainsKey(parameter))
            .Select(parameter => $"--rows {rows.Name} needs --rows-parameter {parameter}=VALUE."))];
        problems.AddRange(missing);

        // With an unknown name it is not known which parameters there are.
        if (chosen.Count == arguments.Rows.Count)
        {
            problems.AddRange(arguments.RowsParameters.Keys
                .Where(given => !chosen.Exists(rows => rows.Parameters.Contains(given, StringComparer.Ordinal)))
                .Order(StringComparer.Ordinal)
                .Select(given => $"--rows-parameter \"{given}\" belongs to none of the rows. {Known(chosen)}"));
        }

        return problems.Count == 0
            ? new ChosenRows(arguments, chosen)
            : throw new CommandStoppedException(PurgeExitCode.Usage, string.Join(" ", problems));
    }

    /// <summary>Sets the options.</summary>
    /// <exception cref="CommandStoppedException">The host's code refuses a value, or selects nothing.</exception>
    public void Apply(PurgeOptions options)
    {
        foreach (NamedRows<PurgeOptions> rows in _chosen)
        {
            try
            {
                rows.Configure(
                    options,
                    rows.Parameters.ToDictionary(name => name, name => _arguments.RowsParameters[name], StringComparer.Ordinal));
            }
            catch (Exception exception)
            {
                string values = rows.Parameters.Count == 0 ? string.Empty : " Check the values of --rows-parameter.";
                throw new CommandStoppedException(
                    PurgeExitCode.Usage,
                    $"--rows {rows.Name}: {Words.Sentence(exception)}{values} Nothing was written.",
                    exception);
            }
        }

        options.Details = options.Details with { Scopes = [.. options.Details.Scopes, .. Shown] };
    }

    private static string Unknown(string name, IReadOnlyList<NamedRows<PurgeOptions>> registered)
        => registered.Count == 0
            ? $"--rows \"{name}\": this host has registered no rows. Register them with services.AddRows(\"{name}\", ...)."
            : $"--rows \"{name}\" is not registered.{Suggestions.Find(name, registered.Select(rows => rows.Name))} The host has "
                + string.Join(", ", registered.Select(rows => $"\"{rows.Name}\"").Order(StringComparer.Ordinal))
                + "; --list-rows shows what they select.";

    private static string Known(List<NamedRows<PurgeOptions>> chosen)
    {
        string[] known = [.. chosen.SelectMany(rows => rows.Parameters).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        return known.Length == 0 ? "They have no parameters." : $"They have {string.Join(", ", known)}.";
    }

    private string Parameters(NamedRows<PurgeOptions> rows)
        => rows.Parameters.Count == 0 ? string.Empty
            : $" ({string.Join(", ", rows.Parameters.Select(name => $"{name} = {ShownValue(_arguments.RowsParameters[name])}"))})";

    private string ShownValue(string value)
        => _arguments.ShowParameters ? value : $"sha256:{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(value)))}";
}
