using System.CommandLine;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using FloworxPurge.CommandLine.Arguments;

namespace FloworxPurge.CommandLine.Plans;

/// <summary>The options of a command line that a plan is made of, as a plan file holds them: without values of parameters.</summary>
internal static class PlanOptions
{
    private const string Hash = "sha256:";

    private static readonly Dictionary<string, string> NoParameters = new(StringComparer.Ordinal);

    /// <summary>Writes the options, in an order that is always the same.</summary>
    public static IReadOnlyList<string> Write(CommandArguments arguments)
    {
        List<string> options = [];
        Add("--rows", arguments.Rows);
        Add(
            "--rows-parameter",
            arguments.RowsParameters.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => $"{pair.Key}={HashOf(pair.Value)}"));
        Add("--include", arguments.Include);
        Add("--exclude", arguments.Exclude);
        Add("--allow-inserts", arguments.AllowInserts);
        AddFlag("--only-entities", arguments.OnlyEntities && arguments.Entities.Count == 0);
        Add("--only-entities", arguments.Entities);
        AddFlag("--reset-identity", arguments.ResetIdentity);
        AddFlag("--allow-unverified", arguments.AllowUnverified);
        AddFlag("--best-effort", arguments.BestEffort);
        Add("--in-chunks", Number(arguments.InChunks));
        Add("--pause", Single(arguments.Pause is { } pause ? PauseOf(pause) : null));
        Add("--max-rows", Number(arguments.MaxRows));
        Add("--archive", Single(arguments.Archive));
        Add("--archive-schema", Single(arguments.ArchiveSchema));
        return options;

        void Add(string name, IEnumerable<string> values) => options.AddRange(values.Select(value => $"{name}={value}"));

        void AddFlag(string name, bool isSet) => options.AddRange(isSet ? [name] : []);
    }

    private static string PauseOf(TimeSpan pause)
        => pause.Milliseconds == 0
            ? pause.TotalSeconds.ToString(CultureInfo.InvariantCulture)
            : $"{pause.TotalMilliseconds.ToString(CultureInfo.InvariantCulture)}ms";

    /// <summary>Determines whether a command line has options of a plan.</summary>
    public static bool AreGiven(CommandArguments arguments) => Write(arguments with { RowsParameters = NoParameters }).Count > 0;

    /// <summary>The most rows that a run of a plan file may delete.</summary>
    public static long RowsAtMost(CommandArguments arguments, PurgePlan plan)
        => arguments.MaxRows ?? plan.Tables.Sum(table => table.Rows ?? 0);

    /// <summary>Sets the options of a file on a command line that has none, and leaves the values of parameters.</summary>
    /// <exception cref="CommandStoppedException">
    /// They cannot be read, the maximum of rows is another one, or a parameter has another value than when the file was written.
    /// </exception>
    public static CommandArguments Apply(PlanFile file, CommandArguments arguments)
    {
        CommandArguments written = Read(file);
        if (file.Content.RowsAtMost != RowsAtMost(written, file.Plan))
        {
            throw file.Refused("says another maximum of rows than its options and its plan have. Write a new one with plan --out FILE.");
        }

        if (arguments.Verb == CommandVerb.Run)
        {
            CheckParameters(file, written, arguments);
        }
        else if (AreGiven(arguments))
        {
            return arguments;
        }

        return arguments with
        {
            Rows = written.Rows,
            Include = written.Include,
            Exclude = written.Exclude,
            AllowInserts = written.AllowInserts,
            OnlyEntities = written.OnlyEntities,
            Entities = written.Entities,
            ResetIdentity = written.ResetIdentity,
            AllowUnverified = written.AllowUnverified,
            BestEffort = written.BestEffort,
            InChunks = written.InChunks,
            Pause = written.Pause,
            MaxRows = written.MaxRows,
            Archive = written.Archive,
            ArchiveSchema = written.ArchiveSchema,
        };
    }

    private static CommandArguments Read(PlanFile file)
    {
        var syntax = new CommandSyntax(CommandVerb.Plan);
        Command command = syntax.CreateCommand("purge", PurgeConsole.OfProcess());
        ParseResult parsed = command.Parse(
            file.Content.Options,
            new ParserConfiguration { ResponseFileTokenReplacer = null, EnablePosixBundling = false });
        var reader = new ArgumentReader(syntax, parsed);
        CommandArguments arguments = reader.Read();
        return reader.Problems.Count == 0 ? arguments
            : throw file.Refused($"has options that cannot be read: {string.Join(" ", reader.Problems)}");
    }

    // A parameter that is missing, or that nothing has, is found with the rows.
    private static void CheckParameters(PlanFile file, CommandArguments written, CommandArguments given)
    {
        string[] others =
        [
            .. written.RowsParameters
                .Where(pair => given.RowsParameters.TryGetValue(pair.Key, out string? value)
                    && !string.Equals(pair.Value, HashOf(value), StringComparison.Ordinal))
                .Select(pair => $"\"{pair.Key}\"")
                .Order(StringComparer.Ordinal),
        ];
        if (others.Length > 0)
        {
            throw file.Refused(
                $"was written with {(others.Length == 1 ? "another value" : "other values")} of --rows-parameter "
                    + $"{string.Join(", ", others)}. Give the same, or write a new file.");
        }
    }

    private static string HashOf(string value) => Hash + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(value)));

    private static string[] Single(string? value) => value is null ? [] : [value];

    private static string[] Number(long? value) => Single(value?.ToString(CultureInfo.InvariantCulture));
}
