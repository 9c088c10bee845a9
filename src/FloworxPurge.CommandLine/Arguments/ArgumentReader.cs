using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using FloworxPurge.Planning;
using FloworxPurge.Reporting;

namespace FloworxPurge.CommandLine.Arguments;

/// <summary>Reads the command line and collects everything that is wrong with it.</summary>
internal sealed class ArgumentReader(CommandSyntax syntax, ParseResult parsed)
{
    private readonly List<string> _problems = [];

    /// <summary>What is wrong, a sentence each; empty when all is well.</summary>
    public IReadOnlyList<string> Problems => _problems;

    public CommandArguments Read()
    {
        ReadUnmatched();
        _problems.AddRange(parsed.Errors.Select(error => error.Message));
        string[] entities = Values(syntax.OnlyEntities, mayBeEmpty: true);
        var arguments = new CommandArguments
        {
            DryRun = parsed.GetValue(syntax.DryRun),
            Sql = parsed.GetResult(syntax.Sql) is not null,
            SqlFile = One(syntax.Sql, mayBeEmpty: true),
            Rows = [.. Values(syntax.Rows).Distinct(StringComparer.Ordinal)],
            RowsParameters = Pairs(syntax.RowsParameter),
            ShowParameters = parsed.GetValue(syntax.ShowParameters),
            ListRows = parsed.GetValue(syntax.ListRows),
            Include = Values(syntax.Include),
            Exclude = Values(syntax.Exclude),
            AllowInserts = Values(syntax.AllowInserts),
            OnlyEntities = parsed.GetResult(syntax.OnlyEntities) is not null,
            Entities = [.. entities
                .SelectMany(value => value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))],
            ResetIdentity = parsed.GetValue(syntax.ResetIdentity),
            BestEffort = parsed.GetValue(syntax.BestEffort),
            AllowUnverified = parsed.GetValue(syntax.AllowUnverified),
            MaxRows = Number(One(syntax.MaxRows)),
            Reports = Values(syntax.Report),
            Certificate = One(syntax.Certificate),
            Template = One(syntax.Template),
            Reason = One(syntax.Reason),
            Json = parsed.GetValue(syntax.Json),
            Quiet = parsed.GetValue(syntax.Quiet),
            Verbose = parsed.GetValue(syntax.Verbose),
            NoColor = parsed.GetValue(syntax.NoColor),
            Timeout = Time(One(syntax.Timeout)),
            Confirm = One(syntax.Confirm),
            Approve = One(syntax.Approve),
            Force = parsed.GetValue(syntax.Force),
            Backup = One(syntax.Backup),
            NoBackup = parsed.GetValue(syntax.NoBackup),
            Strict = parsed.GetValue(syntax.Strict),
        };
        Combine(arguments);
        return arguments;
    }

    private void Combine(CommandArguments arguments)
    {
        Add(arguments.Backup is not null && arguments.NoBackup, "--backup and --no-backup contradict each other. Give one of them.");
        Add(arguments.NoBackup && arguments.Reason is null, "--no-backup needs --reason TEXT: the report names it as a waiver.");
        Add(arguments.Quiet && arguments.Verbose, "--quiet and --verbose contradict each other. Give one of them.");
        Add(arguments.Json && arguments.IsSqlOnOutput, "--json and --sql both write to the output. Give --sql a file.");
        Add(arguments.Template is not null && arguments.Reports.Count == 0, "--template needs --report FILE, the report that it is for.");
        CombineRows(arguments);
    }

    private void CombineRows(CommandArguments arguments)
    {
        bool hasRows = arguments.Rows.Count > 0 || arguments.ListRows;
        Add(
            arguments.RowsParameters.Count > 0 && !hasRows,
            "--rows-parameter needs --rows NAME, the rows that it is a parameter of; --list-rows names them.");
        Add(
            arguments.ShowParameters && arguments.RowsParameters.Count == 0,
            "--show-parameters needs --rows-parameter NAME=VALUE, whose value is to be shown.");
        Add(arguments.Certificate is not null && !hasRows, "--certificate needs --rows NAME: it is about rows, not about tables.");
        Add(
            arguments.Certificate is { } file && !PurgeReportTemplate.ErasureCertificate.IsFor(file),
            $"--certificate \"{arguments.Certificate}\" is for a file of another format. The certificate is HTML: give a name with .html.");
        Add(arguments.ListRows && arguments.Json, "--list-rows writes no plan and no report, so there is no --json of it.");
    }

    private void Add(bool isWrong, string problem)
    {
        if (isWrong)
        {
            _problems.Add(problem);
        }
    }

    private void ReadUnmatched()
    {
        foreach (string token in parsed.UnmatchedTokens)
        {
            _problems.Add(token.StartsWith('-') ? UnknownOption(token) : $"\"{token}\" belongs to no option.");
        }
    }

    private string UnknownOption(string token)
    {
        string name = token.Split('=', ':')[0];
        if (name is "--" || syntax.All.Any(option => string.Equals(option.Name, name, StringComparison.Ordinal)))
        {
            return $"{name} is where no option is read: behind \"--\", or as the value of another option.";
        }

        string[] near =
        [
            .. syntax.All.Select(option => option.Name)
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
    private string[] Values(Option<string[]> option, bool mayBeEmpty = false)
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

    private Dictionary<string, string> Pairs(Option<string[]> option)
    {
        var pairs = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (string text in Values(option))
        {
            int at = text.IndexOf('=', StringComparison.Ordinal);
            if (at <= 0 || at == text.Length - 1)
            {
                // The value is not repeated: it may be personal.
                string given = at <= 0 ? "has no name or no equals sign" : $"\"{text[..at]}\" has no value";
                _problems.Add($"{option.Name} {given}. Give {option.HelpName}.");
            }
            else if (!pairs.TryAdd(text[..at], text[(at + 1)..]))
            {
                _problems.Add($"{option.Name} \"{text[..at]}\" is given more than once. Give it once.");
            }
        }

        return pairs;
    }

    private string? One(Option<string[]> option, bool mayBeEmpty = false)
    {
        string[] values = Values(option, mayBeEmpty);
        Add(values.Length > 1, $"{option.Name} is given more than once. Give it once.");
        return values.FirstOrDefault();
    }

    private long? Number(string? text)
    {
        if (text is null)
        {
            return null;
        }

        bool isNumber = long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long number);
        Add(!isNumber, $"--max-rows is \"{text}\". Give a number from 0, without signs and separators.");
        return isNumber ? number : null;
    }

    private TimeSpan? Time(string? text)
    {
        if (text is null)
        {
            return null;
        }

        (string digits, int unit) = text[^1] switch
        {
            's' => (text[..^1], 1),
            'm' => (text[..^1], 60),
            'h' => (text[..^1], 3600),
            _ => (text, 1),
        };
        bool isTime = int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out int number)
            && number <= int.MaxValue / unit;
        Add(!isTime, $"--timeout is \"{text}\". Give seconds, or a number with s, m or h, such as 90, 15m or 1h; 0 for any time.");
        return isTime ? TimeSpan.FromSeconds(number * (double)unit) : null;
    }
}
