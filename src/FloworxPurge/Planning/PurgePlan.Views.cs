using System.Globalization;
using System.Text;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;
using FloworxPurge.Planning;

namespace FloworxPurge;

public sealed partial record PurgePlan
{
    /// <summary>
    /// Gets the SHA-256 over the plan's structure, steps and target, in lower-case hexadecimal. Row counts and sentences are not part of
    /// it.
    /// </summary>
    public string Fingerprint => PlanFingerprint.Of(this);

    /// <summary>Gets the script's first lines, as the dialect opens a transaction in the engine's own shell.</summary>
    [JsonInclude]
    [JsonRequired]
    internal string ScriptBegin { get; init; } = string.Empty;

    /// <summary>Gets the script's last line.</summary>
    [JsonInclude]
    [JsonRequired]
    internal string ScriptEnd { get; init; } = string.Empty;

    /// <summary>
    /// Lines after each statement of the script, such as <c>GO</c>, or <see langword="null"/>; after the transaction the last of them
    /// alone.
    /// </summary>
    [JsonInclude]
    internal string? ScriptSeparator { get; init; }

    /// <summary>Gets the query that counts each purged table, for a script to end with.</summary>
    [JsonInclude]
    [JsonRequired]
    internal IReadOnlyList<string> ScriptCounts { get; init; } = [];

    /// <summary>Gets the plan as readable text.</summary>
    /// <returns>Text of several lines.</returns>
    public override string ToString() => PlanText.Write(this);

    /// <summary>
    /// Gets the plan as a script for the engine's own shell (<c>psql -v ON_ERROR_STOP=1</c>, <c>sqlite3</c>): one transaction, then a row
    /// count of each table to look at. It deletes what the plan deletes, without the plan's checks of the facts.
    /// </summary>
    /// <returns>SQL text.</returns>
    public string ToSqlScript()
    {
        var script = new StringBuilder();
        Line(
            script,
            string.Create(
                CultureInfo.InvariantCulture,
                $"-- Purge of {PlanText.OneLine(Database.Database)} ({PlanText.OneLine(Database.Engine)}): "
                + $"{Quantity.Of(Tables.Count, "table")}, {Skips.Count} skipped, {Kept.Count} kept."));
        Line(script, $"-- Plan {Fingerprint}");
        Line(
            script,
            string.Create(
                CultureInfo.InvariantCulture,
                $"-- Made {CreatedAt.UtcDateTime:yyyy-MM-dd HH:mm:ss}Z. Rows and structure may have changed since: a run of the plan "
                + $"would notice, this script does not."));
        if (Archive is not null)
        {
            Line(
                script,
                "-- NO ARCHIVE: a run of the plan writes the rows to files before it deletes them. This script cannot, and its rows are "
                    + "gone.");
        }

        foreach (PlanTable skip in Skips)
        {
            Line(script, $"-- Skipped: {PlanText.OneLine(skip.Table.ToString())} ({skip.Reason})");
        }

        void Statement(string sql, string? separator) => script.Append(sql)
            .Append(";\n")
            .Append(separator is null ? string.Empty : separator + "\n");
        void Write(IEnumerable<PlanStep> steps, string? separator)
        {
            foreach (PlanStep step in steps)
            {
                script.Append('\n');
                Line(script, $"-- {step.Number}. {PlanText.OneLine(step.Reason)}");
                if (step.ScriptSql is not null)
                {
                    Line(
                        script,
                        "-- A run of the plan deletes a part of the rows at a time. A script cannot repeat a statement until it finds "
                            + "none, and deletes all at once.");
                }

                Statement(WithValues(step.ScriptSql ?? step.Sql, step.Parameters), separator);
            }
        }

        string? last = ScriptSeparator?.Split('\n')[^1];
        IEnumerable<(bool RunsAfterCommit, PlanStep Step)> steps = Units
            .SelectMany(unit => unit.Steps.Select(step => (unit.RunsAfterCommit, step)));
        ILookup<bool, PlanStep> afterCommit = steps.ToLookup(
            pair => pair.RunsAfterCommit,
            pair => pair.Step);
        script.Append('\n').Append(ScriptBegin).Append('\n');
        WriteSelection(script, Statement);
        Write(afterCommit[false], ScriptSeparator);
        script.Append('\n').Append(ScriptEnd).Append('\n');
        Write(afterCommit[true], last);
        if (ScriptCounts.Count > 0)
        {
            Line(
                script,
                string.Create(CultureInfo.InvariantCulture, $"\n-- Every count below should be 0, in the order of the tables: "
                    + $"{PlanText.OneLine(string.Join(", ", Tables.Select(table => table.Table)))}"));
            foreach (string count in ScriptCounts)
            {
                Statement(count, last);
            }
        }

        return script.ToString();
    }

    private void WriteSelection(StringBuilder script, Action<string, string?> write)
    {
        if (Scope is null)
        {
            return;
        }

        script.Append('\n');
        Line(
            script,
            "-- Selects the rows, in as many rounds as there were when the plan was made. A run of the plan goes on until no round "
                + "finds any, and locks the rows.");
        foreach (string sql in Scope.Selection)
        {
            write(sql, ScriptSeparator);
        }
    }

    // In one pass, since a value may look like the next parameter; and not inside quotes, where a name may look like one.
    internal static string WithValues(string sql, IReadOnlyList<PlanParameter> parameters)
        => parameters.Count == 0
            ? sql
            : ParameterOrQuoted().Replace(sql, match =>
    {
        bool isParameter = int.TryParse(match.Groups["number"].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out int number)
            && number < parameters.Count;
        return isParameter ? parameters[number].ToLiteral() : match.Value;
    });

    [GeneratedRegex(
        "\"[^\"]*\"|'[^']*'|`[^`]*`|@p(?<number>[0-9]+)",
        RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 10_000)]
    private static partial Regex ParameterOrQuoted();

    private static void Line(StringBuilder text, FormattableString line) => Line(text, line.ToString(CultureInfo.InvariantCulture));

    private static void Line(StringBuilder text, string line) => text.Append(line).Append('\n');
}
