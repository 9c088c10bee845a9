using System.Globalization;

namespace FloworxPurge.Benchmarks;

/// <summary>What must be reached, and what was measured.</summary>
internal sealed class Goals
{
    private readonly List<(string Case, string Login, string Required, double Measured, bool IsMet)> _rows = [];

    public void AtLeast(string name, string login, double limit, double measured)
        => _rows.Add((name, login, "≥ " + Text(limit), measured, measured >= limit));

    public void AtMost(string name, string login, double limit, double measured)
        => _rows.Add((name, login, "≤ " + Text(limit), measured, measured <= limit));

    public async Task WriteAsync(TextWriter output)
    {
        if (_rows.Count == 0)
        {
            return;
        }

        await output.WriteLineAsync("\n| case | login | required | measured | |\n|---|---|---|---|---|");
        foreach (var row in _rows)
        {
            await output.WriteLineAsync(
                $"| {row.Case} | {row.Login} | {row.Required} | {Text(row.Measured)} | {(row.IsMet ? "ok" : "**short**")} |");
        }
    }

    /// <summary>Three digits that say something.</summary>
    public static string Text(double number)
        => number.ToString(
            Math.Abs(number) switch { >= 100 => "N0", >= 10 => "0.#", >= 1 => "0.##", _ => "0.###" },
            CultureInfo.InvariantCulture);
}
