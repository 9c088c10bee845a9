using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using FloworxPurge.Planning;

namespace FloworxPurge.CommandLine.Arguments;

/// <summary>Reads the options of a command line, and collects everything that is wrong with it.</summary>
internal abstract class OptionReader(ParseResult parsed, IReadOnlyList<Option> options)
{
    private readonly List<string> _problems = [];

    /// <summary>What is wrong, a sentence each; empty when all is well.</summary>
    public IReadOnlyList<string> Problems => _problems;

    protected void Add(bool isWrong, string problem)
    {
        if (isWrong)
        {
            _problems.Add(problem);
        }
    }

    /// <summary>Reports what is no option, and what the parser finds.</summary>
    protected void ReadUnmatched()
    {
        foreach (string token in parsed.UnmatchedTokens)
        {
            _problems.Add(token.StartsWith('-') ? UnknownOption(token) : $"\"{token}\" belongs to no option.");
        }

        _problems.AddRange(parsed.Errors.Select(error => error.Message));
    }

    protected bool Flag(Option<bool> option) => parsed.GetResult(option) is not null && parsed.GetValue(option);

    protected string[] Words(Argument<string[]> argument) => parsed.GetValue(argument) ?? [];

    protected bool IsGiven(Option option) => parsed.GetResult(option) is { Implicit: false };

    /// <summary>Says where an option belongs that is no option of this command; null when it is not known.</summary>
    protected virtual string? Elsewhere(string name) => null;

    protected string UnknownOption(string token)
    {
        string name = token.Split('=', ':')[0];
        if (Elsewhere(name) is { } elsewhere)
        {
            return elsewhere;
        }

        if (name is "--" || options.Any(option => string.Equals(option.Name, name, StringComparison.Ordinal)))
        {
            return $"{name} is where no option is read: behind \"--\", or as the value of another option.";
        }

        string[] near =
        [
            .. options.Select(option => option.Name)
                .Select(known => (known, Distance: Suggestions.Distance(name, known)))
                .Where(pair => pair.Distance <= 3 || (name.Length > 3 && pair.known.StartsWith(name, StringComparison.OrdinalIgnoreCase)))
                .OrderBy(pair => pair.Distance)
                .ThenBy(pair => pair.known, StringComparer.Ordinal)
                .Take(2)
                .Select(pair => pair.known),
        ];
        string hint = near.Length == 0 ? "--help names all of them." : $"Did you mean {string.Join(" or ", near)}?";
        return $"There is no option {name}. {hint}";
    }

    // An option in the place of a value is probably a mistake.
    protected string[] Values(Option<string[]> option, bool mayBeEmpty = false)
    {
        if (parsed.GetResult(option) is not { } result)
        {
            return [];
        }

        List<string> values = [];
        foreach (Token token in result.Tokens)
        {
            if (token.Value.StartsWith("--", StringComparison.Ordinal))
            {
                _problems.Add(UnknownOption(token.Value));
            }
            else if (string.IsNullOrWhiteSpace(token.Value))
            {
                _problems.Add($"{option.Name} has an empty value. Give one: {option.Name} {option.HelpName}.");
            }
            else
            {
                values.Add(token.Value);
            }
        }

        Add(
            !mayBeEmpty && result.Tokens.Count < result.IdentifierTokenCount,
            $"{option.Name} needs a value: {option.Name} {option.HelpName}.");
        return [.. values];
    }

    protected string? One(Option<string[]> option, bool mayBeEmpty = false)
    {
        string[] values = Values(option, mayBeEmpty);
        Add(values.Length > 1, $"{option.Name} is given more than once. Give it once.");
        return values.FirstOrDefault();
    }

    protected TimeSpan? Time(string? text, string option = "--timeout")
        => Time(text, option, mayBeShort: false, "a number with s, m or h, such as 90, 15m or 1h; 0 for no limit");

    /// <summary>A pause may be shorter than a second.</summary>
    protected TimeSpan? Pause(string? text, string option)
        => Time(text, option, mayBeShort: true, "a number with ms, s, m or h, such as 200ms, 1 or 2m; 0 for no pause");

    private TimeSpan? Time(string? text, string option, bool mayBeShort, string forms)
    {
        if (text is null)
        {
            return null;
        }

        (string digits, TimeSpan unit) = text switch
        {
            [.. var number, 'm', 's'] when mayBeShort => (number, TimeSpan.FromMilliseconds(1)),
            [.. var number, 's'] => (number, TimeSpan.FromSeconds(1)),
            [.. var number, 'm'] => (number, TimeSpan.FromMinutes(1)),
            [.. var number, 'h'] => (number, TimeSpan.FromHours(1)),
            _ => (text, TimeSpan.FromSeconds(1)),
        };
        bool isTime = int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out int count)
            && count * unit.TotalSeconds <= int.MaxValue;
        Add(!isTime, $"{option} is \"{text}\". Give seconds, or {forms}.");
        return isTime ? count * unit : null;
    }
}
