using System.Globalization;
using System.Text.Json;
using FloworxPurge.Planning;
using Microsoft.Extensions.Configuration;

namespace FloworxPurge.Hosting;

/// <summary>
/// The configuration keys of an options class. Each key that cannot be bound is a problem: an unknown key, a missing value, a value of
/// another type.
/// </summary>
internal sealed class OptionKeys<TOptions>
    where TOptions : class
{
    private const int MostUnknown = 10;

    private readonly SortedDictionary<string, Binder> _keys = new(StringComparer.OrdinalIgnoreCase);

    private delegate void Binder(TOptions options, IConfigurationSection section, ICollection<string> problems);

    private delegate bool Parser<T>(string text, out T value);

    /// <summary>Binds every key of the configuration.</summary>
    public void Bind(IConfiguration configuration, TOptions options, ICollection<string> problems)
    {
        List<IConfigurationSection> sections = [.. configuration.GetChildren()];
        if (sections.Count == 0)
        {
            // A misspelt section would leave every option as it is by default.
            problems.Add(configuration is IConfigurationSection { Path: var path }
                ? $"the configuration section \"{path}\" does not exist or has no keys; give the path of one that has, or bind none"
                : "the configuration has no keys; give one that has, or bind none");
        }

        foreach (IConfigurationSection section in sections.Where(section => _keys.ContainsKey(section.Key)))
        {
            _keys[section.Key](options, section, problems);
        }

        // The caller may have passed the whole configuration instead of a section.
        List<IConfigurationSection> unknown = [.. sections.Where(section => !_keys.ContainsKey(section.Key))];
        foreach (IConfigurationSection section in unknown.Take(MostUnknown))
        {
            problems.Add($"{section.Path} is not an option; {Nearest(section.Key)}");
        }

        if (unknown.Count > MostUnknown)
        {
            string more = (unknown.Count - MostUnknown).ToString(CultureInfo.InvariantCulture);
            problems.Add($"{more} more keys are no options; bind the section that holds the options alone");
        }
    }

    public OptionKeys<TOptions> Flag(string name, Action<TOptions, bool> set) => Value(name, "true or false", bool.TryParse, set);

    public OptionKeys<TOptions> Number(string name, Action<TOptions, long> set)
        => Value(name, "a whole number, such as 10000", TryNumber, set);

    public OptionKeys<TOptions> Time(string name, Action<TOptions, TimeSpan> set)
        => Value(name, "hours, minutes and seconds, such as 00:00:30", TryTime, set);

    public OptionKeys<TOptions> Text(string name, Action<TOptions, string> set) => Value(name, "a text", TryText, set);

    public OptionKeys<TOptions> Date(string name, Action<TOptions, DateOnly> set)
        => Value(name, "a date, such as 2027-02-28", TryDate, set);

    public OptionKeys<TOptions> Json(string name, Action<TOptions, JsonElement> set)
        => Value(name, "a text that holds a JSON object, such as {\"ticket\": 42}", TryJson, set);

    public OptionKeys<TOptions> Choice<TEnum>(string name, Action<TOptions, TEnum> set)
        where TEnum : struct, Enum
        => Value(name, $"one of {string.Join(", ", Enum.GetNames<TEnum>())}", TryChoice, set);

    /// <summary>A list of texts: entries of any key, or one text alone.</summary>
    public OptionKeys<TOptions> List(string name, Action<TOptions, string> add)
        => Add(name, (options, section, problems) =>
        {
            List<IConfigurationSection> entries = [.. section.GetChildren()];
            if (entries.Count == 0 || !string.IsNullOrWhiteSpace(section.Value))
            {
                AddEntry(section, add, options, problems);
            }

            foreach (IConfigurationSection entry in entries)
            {
                if (entry.GetChildren().Any())
                {
                    problems.Add($"{entry.Path} has keys below it; give a text");
                }
                else
                {
                    AddEntry(entry, add, options, problems);
                }
            }
        });

    /// <summary>Keys below a key.</summary>
    public OptionKeys<TOptions> Section(string name, OptionKeys<TOptions> keys)
        => Add(name, (options, section, problems) =>
        {
            if (!string.IsNullOrWhiteSpace(section.Value))
            {
                problems.Add($"{section.Path} is \"{section.Value}\"; give keys below it: {keys.Names()}");
            }

            keys.Bind(section, options, problems);
        });

    /// <summary>A text alone, or keys below a key that are one value together.</summary>
    public OptionKeys<TOptions> TextOrSection<TPart>(
        string name,
        Action<TOptions, string> setText,
        OptionKeys<TPart> keys,
        Action<TOptions, TPart> setPart)
        where TPart : class, new()
        => Add(name, (options, section, problems) =>
        {
            if (!section.GetChildren().Any())
            {
                AddEntry(section, setText, options, problems);
                return;
            }

            int before = problems.Count;
            if (!string.IsNullOrWhiteSpace(section.Value))
            {
                problems.Add($"{section.Path} is \"{section.Value}\" and has keys below it; give a text, or keys: {keys.Names()}");
            }

            var part = new TPart();
            keys.Bind(section, part, problems);
            if (problems.Count > before)
            {
                return;
            }

            try
            {
                setPart(options, part);
            }
            catch (ArgumentException exception)
            {
                problems.Add($"{section.Path}: {Reason(exception)}");
            }
        });

    /// <summary>An option whose value only code can make.</summary>
    public OptionKeys<TOptions> InCode(string name, string call)
        => Add(
            name,
            (_, section, problems) => problems.Add($"{section.Path} cannot come from configuration; set it in code: options.{call}"));

    // A blank entry may stand for a variable that was not replaced: what it should have named would be lost.
    private static void AddEntry(IConfigurationSection entry, Action<TOptions, string> add, TOptions options, ICollection<string> problems)
    {
        if (string.IsNullOrWhiteSpace(entry.Value))
        {
            problems.Add($"{entry.Path} has no value; give a text, or leave the key out");
            return;
        }

        try
        {
            add(options, entry.Value);
        }
        catch (ArgumentException exception)
        {
            problems.Add($"{entry.Path} is \"{entry.Value}\": {Reason(exception)}");
        }
    }

    private static string Reason(ArgumentException exception)
        => exception.Message.Replace($" (Parameter '{exception.ParamName}')", string.Empty, StringComparison.Ordinal).TrimEnd('.');

    private static bool TryText(string text, out string value) => (value = text).Length > 0;

    private static bool TryNumber(string text, out long value)
        => long.TryParse(text.Trim(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value);

    private static bool TryDate(string text, out DateOnly value)
        => DateOnly.TryParseExact(text.Trim(), "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out value);

    // A number alone would be days, and two numbers hours and minutes.
    private static bool TryTime(string text, out TimeSpan value)
        => TimeSpan.TryParseExact(text.Trim(), "c", CultureInfo.InvariantCulture, out value) && text.AsSpan().Count(':') == 2;

    // Only names: a number may be another value in the next version.
    private static bool TryChoice<TEnum>(string text, out TEnum value)
        where TEnum : struct, Enum
    {
        value = default;
        return Enum.GetNames<TEnum>().Contains(text.Trim(), StringComparer.OrdinalIgnoreCase)
            && Enum.TryParse(text.Trim(), ignoreCase: true, out value);
    }

    private static bool TryJson(string text, out JsonElement value)
    {
        try
        {
            value = JsonElement.Parse(text);
            return value.ValueKind == JsonValueKind.Object;
        }
        catch (JsonException)
        {
            value = default;
            return false;
        }
    }

    private OptionKeys<TOptions> Value<T>(string name, string allowed, Parser<T> parse, Action<TOptions, T> set)
        => Add(name, (options, section, problems) =>
        {
            if (section.GetChildren().Any())
            {
                problems.Add($"{section.Path} has keys below it; give {allowed}");
            }
            else if (string.IsNullOrWhiteSpace(section.Value))
            {
                problems.Add($"{section.Path} has no value; give {allowed}, or leave the key out");
            }
            else if (parse(section.Value, out T value))
            {
                set(options, value);
            }
            else
            {
                problems.Add($"{section.Path} is \"{section.Value}\"; give {allowed}");
            }
        });

    private OptionKeys<TOptions> Add(string name, Binder bind)
    {
        _keys.Add(name, bind);
        return this;
    }

    private string Names() => string.Join(", ", _keys.Keys);

    private string Nearest(string key)
    {
        (string Name, int Distance) nearest = _keys.Keys
            .Select(name => (name, Distance: Suggestions.Distance(key.ToUpperInvariant(), name.ToUpperInvariant())))
            .MinBy(candidate => candidate.Distance);
        return nearest.Distance <= Math.Max(2, key.Length / 3) ? $"the nearest name is {nearest.Name}" : $"the options are {Names()}";
    }
}
