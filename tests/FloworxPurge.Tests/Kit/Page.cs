using System.Text.RegularExpressions;

namespace FloworxPurge.Tests.Kit;

/// <summary>A page that users read: its tables and its code.</summary>
public sealed partial record Page(string Path, string Text)
{
    public static Page Readme => Read("README.md");

    /// <summary>Every page: the first one, those for contributors, and those beside the code.</summary>
    public static IEnumerable<Page> All =>
    [
        Readme,
        .. Repository.FilesBelow(System.IO.Path.Combine(Repository.Folder, ".github"), "*.md").Select(file => Read(".github/" + file.Path)),
        .. Repository.FilesBelow(Repository.Packages, "*.md").Select(file => Read("src/" + file.Path)),
        .. Repository.FilesBelow(System.IO.Path.Combine(Repository.Folder, "samples"), "*.md").Select(file => Read("samples/" + file.Path)),
    ];

    /// <summary>The blocks of C#, as far left as they go.</summary>
    public IEnumerable<string> Snippets => CSharp().Matches(Text).Select(match => Dedent(match.Groups["code"].Value));

    /// <summary>The number of words, code and tables included.</summary>
    public int Words => Text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Length;

    public static Page Read(string path)
        => new(path, File.ReadAllText(System.IO.Path.Combine(Repository.Folder, path)).ReplaceLineEndings("\n"));

    /// <summary>The cells of the one table whose header begins so, header and ruler left out.</summary>
    public IReadOnlyList<string[]> Table(string header)
    {
        string[] lines = Text.Split('\n');
        int start = Assert.Single(lines.Index(), line => line.Item.StartsWith(header, StringComparison.Ordinal)).Index;
        return [.. lines
            .Skip(start + 2)
            .TakeWhile(line => line.StartsWith('|'))
            .Select(line => line.Trim('|', ' ').Split(" | ", StringSplitOptions.TrimEntries))];
    }

    /// <summary>What a cell has in code quotes.</summary>
    public static IEnumerable<string> Codes(string cell) => Quoted().Matches(cell).Select(match => match.Groups["code"].Value);

    public static string Dedent(string code)
    {
        string[] lines = code.TrimEnd().Split('\n');
        int indent = lines.Where(line => line.Length > 0).Min(line => line.Length - line.TrimStart(' ').Length);
        return string.Join('\n', lines.Select(line => line.Length == 0 ? line : line[indent..]));
    }

    [GeneratedRegex(
        @"^[ ]*```csharp\n(?<code>.*?)^[ ]*```$",
        RegexOptions.Singleline | RegexOptions.Multiline | RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000)]
    private static partial Regex CSharp();

    [GeneratedRegex("`(?<code>[^`]+)`", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Quoted();
}
