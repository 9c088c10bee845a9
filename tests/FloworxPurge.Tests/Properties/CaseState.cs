using System.Text.RegularExpressions;
using FloworxPurge.Tests.Kit;

namespace FloworxPurge.Tests.Properties;

/// <summary>Everything that is in a database: schema, counters and rows, each under its heading.</summary>
public sealed partial class CaseState
{
    private const string RowsOf = "rows of ";
    private const string Sequence = "sequence ";
    private const string SqliteSequence = "sqlite_sequence";

    private readonly SortedDictionary<string, string[]> _sections = new(StringComparer.Ordinal);

    private CaseState(string text, IReadOnlyList<string> violations)
    {
        Text = text;
        Violations = violations;
        string? heading = null;
        var lines = new List<string>();
        foreach (string line in text.Split('\n').Append("== end ()"))
        {
            if (line.StartsWith("== ", StringComparison.Ordinal))
            {
                if (heading is not null)
                {
                    _sections[heading] = [.. lines];
                }

                heading = line[3..line.LastIndexOf(" (", StringComparison.Ordinal)]
                    .Replace("public.", "", StringComparison.Ordinal)
                    .Replace("\"", "", StringComparison.Ordinal);
                lines.Clear();
            }
            else if (line.Length > 0)
            {
                lines.Add(line);
            }
        }
    }

    /// <summary>The whole state as one text.</summary>
    public string Text { get; }

    /// <summary>The rows that violate a foreign key, or how many do, by key.</summary>
    public IReadOnlyList<string> Violations { get; }

    /// <summary>The tables.</summary>
    public IEnumerable<string> Tables
        => _sections.Keys.Where(key => key.StartsWith(RowsOf, StringComparison.Ordinal))
            .Select(key => key[RowsOf.Length..])
            .Where(table => table != SqliteSequence);

    /// <summary>The schema's objects.</summary>
    public string Schema
        => string.Join(
            '\n',
            _sections.Where(section => !section.Key.StartsWith(RowsOf, StringComparison.Ordinal) && !section.Key.StartsWith(Sequence, StringComparison.Ordinal)).SelectMany(section => section.Value.Prepend(section.Key)));

    public static async Task<CaseState> ReadAsync(TestDatabase database, GeneratedCase it)
    {
        var violations = new List<string>();
        bool isMariaDb = database.Pick(sqlite: false, postgreSql: false, mariaDb: true, sqlServer: false);
        if (database.HasSchemas || isMariaDb)
        {
            var sql = new CaseSql(it, isMariaDb ? CaseEngine.MariaDb : CaseEngine.PostgreSql);
            for (int key = 0; key < it.Keys.Count; key++)
            {
                if (sql.CountViolations(key) is { } count && await database.ScalarAsync<long>(count) is > 0 and var rows)
                {
                    violations.AddRange(Enumerable.Range(1, (int)rows).Select(row => $"fk{key} #{row}"));
                }
            }
        }
        else if (await database.ScalarAsync<string>(
            "SELECT group_concat(\"table\" || ' ' || coalesce(rowid, '') || ' -> ' || parent || ' ' || fkid, char(10)) FROM "
                + "pragma_foreign_key_check") is { } found)
        {
            violations.AddRange(found.Split('\n'));
        }

        string text = await database.ChecksumAsync();
        return new CaseState(isMariaDb ? await WithCountersApartAsync(database, text) : text, violations);
    }

    // MariaDB writes the counter into the definition of the table.
    private static async Task<string> WithCountersApartAsync(TestDatabase database, string text)
    {
        string? counters = await database.ScalarAsync<string>(
            $"SELECT GROUP_CONCAT('== {Sequence}', TABLE_NAME, '_id_seq (1)\n', AUTO_INCREMENT, '\n' ORDER BY TABLE_NAME SEPARATOR '') "
                + "FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() AND AUTO_INCREMENT IS NOT NULL");
        return CounterOfDefinition().Replace(text, "") + counters;
    }

    [GeneratedRegex(@" AUTO_INCREMENT=\d+|(?<='InnoDB' \| )\d+", RegexOptions.None, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex CounterOfDefinition();

    /// <summary>The rows of a table, in order; null when there is no such table.</summary>
    public string[]? Rows(string table) => _sections.GetValueOrDefault(RowsOf + table);

    /// <summary>The counter that numbers a table's rows; empty when it never counted.</summary>
    public string Counter(string table)
        => _sections.TryGetValue($"{Sequence}{table}_id_seq", out string[]? sequence) ? sequence[0]
            : Rows(SqliteSequence)?.FirstOrDefault(row => row.StartsWith($"'{table}' ", StringComparison.Ordinal)) ?? "";
}
