using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.EntityFrameworkCore;

namespace FloworxPurge.Tests.Kit;

/// <summary>Reads the notation of foreign key graphs into tables and edges.</summary>
internal static partial class GraphNotation
{
    public static (List<string> Tables, List<GraphEdge> Edges) Read(string notation)
    {
        List<string> tables = [];
        List<GraphEdge> edges = [];
        foreach (var chain in notation.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            ReadChain(chain, notation, tables, edges);
        }

        return tables.Count > 0 ? (tables, edges) : throw new FormatException($"The graph '{notation}' names no table.");
    }

    private static void ReadChain(string chain, string notation, List<string> tables, List<GraphEdge> edges)
    {
        var match = ChainPattern().Match(chain);
        if (!match.Success)
        {
            throw new FormatException($"'{chain}' in the graph '{notation}' is not a table or a chain like a->b?:cascade->c.");
        }

        var names = match.Groups["name"].Captures;
        foreach (var name in names.Select(name => name.Value).Where(name => !tables.Contains(name, StringComparer.Ordinal)))
        {
            tables.Add(name);
        }

        for (var i = 0; i < match.Groups["arrow"].Captures.Count; i++)
        {
            // Every arrow is followed by its own suffix, which may be empty.
            var suffix = match.Groups["suffix"].Captures[i].Value;
            var isNullable = suffix.StartsWith('?');
            var onDelete = OnDelete(suffix.TrimStart('?').TrimStart(':'), notation);
            Add(edges, names[i].Value, names[i + 1].Value, isNullable, onDelete);
            if (match.Groups["arrow"].Captures[i].Value.StartsWith('<'))
            {
                Add(edges, names[i + 1].Value, names[i].Value, isNullable, onDelete);
            }
        }
    }

    private static void Add(List<GraphEdge> edges, string dependent, string principal, bool isNullable, DeleteBehavior onDelete)
    {
        if (onDelete == DeleteBehavior.SetNull && !isNullable)
        {
            throw new FormatException($"{dependent}->{principal}:setnull needs a nullable key: {dependent}->{principal}?:setnull.");
        }

        var earlier = edges.Count(edge => edge.Dependent == dependent && edge.Principal == principal);
        var number = earlier == 0 ? "" : (earlier + 1).ToString(CultureInfo.InvariantCulture);
        edges.Add(new(dependent, principal, $"{principal}_id{number}", isNullable, onDelete));
    }

    private static DeleteBehavior OnDelete(string word, string notation) => word switch
    {
        "" or "noaction" => DeleteBehavior.ClientNoAction,
        "restrict" => DeleteBehavior.Restrict,
        "cascade" => DeleteBehavior.Cascade,
        "setnull" => DeleteBehavior.SetNull,
        _ => throw new FormatException($"':{word}' in the graph '{notation}' is none of :noaction, :restrict, :cascade, :setnull."),
    };

    [GeneratedRegex(
        @"^(?<name>\w+)(\s*(?<arrow><?->)\s*(?<name>\w+)(?<suffix>\??(:\w+)?))*$",
        RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000)]
    private static partial Regex ChainPattern();
}
