using System.Globalization;
using System.Text.Json;
using FloworxPurge.Extensibility;
using FloworxPurge.Reporting;

namespace FloworxPurge;

public sealed partial class PurgeOptions
{
    /// <summary>Checks every option.</summary>
    /// <exception cref="ArgumentException">Options are not valid; the message names every one.</exception>
    internal void Validate(string parameterName)
    {
        if (Problems() is { Count: > 0 } problems)
        {
            throw new ArgumentException($"The purge options are not valid: {string.Join("; ", problems)}.", parameterName);
        }
    }

    /// <summary>What is wrong with the options.</summary>
    internal List<string> Problems()
    {
        List<string> problems = [.. BindingProblems.Distinct(StringComparer.Ordinal)];
        CheckDefined(DriftTolerance, nameof(DriftTolerance), problems);
        CheckDefined(OnBlocked, nameof(OnBlocked), problems);
        problems.AddRange(
            _checks.SelectMany(check => (check.Check as IValidated)?.Problems().Select(problem => $"check \"{check.Name}\": "
                + $"{problem}") ?? []));

        if (LockTimeout is { } timeout && timeout.TotalMilliseconds is < 1 or > int.MaxValue)
        {
            problems.Add(
                string.Create(CultureInfo.InvariantCulture, $"{nameof(LockTimeout)} is {timeout}; give one millisecond to {int.MaxValue} "
                    + $"milliseconds, or null for the server's own setting"));
        }

        if (MaxRows < 0)
        {
            problems.Add(
                string.Create(CultureInfo.InvariantCulture, $"{nameof(MaxRows)} is {MaxRows}; give 0 or more, or null for any number"));
        }

        if (RunKey is not null && string.IsNullOrWhiteSpace(RunKey))
        {
            problems.Add($"{nameof(RunKey)} is empty; give a key that no other run has, or null for any number of runs");
        }

        if (Details is null)
        {
            problems.Add($"{nameof(Details)} is null; leave it, or give details");
        }
        else
        {
            problems.AddRange(Details.Problems());
        }

        foreach (ScribanReportTemplate template in _reports.Select(report => report.Template).OfType<ScribanReportTemplate>())
        {
            try
            {
                template.Validate(Details?.Custom ?? JsonElement.Parse("{}"));
            }
            catch (PurgeException e)
            {
                problems.Add(e.Message.TrimEnd('.'));
            }
        }

        problems.AddRange(RowProblems());
        problems.AddRange(ChunkProblems());
        problems.AddRange(ArchiveProblems());
        if (TimeProvider is null)
        {
            problems.Add($"{nameof(TimeProvider)} is null; give a clock, such as TimeProvider.System");
        }

        return problems;
    }

    private static void CheckDefined<T>(T value, string name, List<string> problems)
        where T : struct, Enum
    {
        if (!Enum.IsDefined(value))
        {
            problems.Add($"{name} is {value:D}; give one of {string.Join(", ", Enum.GetNames<T>())}");
        }
    }
}
