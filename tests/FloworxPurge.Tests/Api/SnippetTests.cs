using System.Text.RegularExpressions;
using FloworxPurge.Tests.Kit;

namespace FloworxPurge.Tests.Api;

/// <summary>The code on the pages is code that is compiled, and most of it run: a region of a sample, or of the tests of the kit.</summary>
public sealed partial class SnippetTests
{
    private static readonly string[] Folders = ["samples", "tests"];

    [Fact]
    public void Every_snippet_of_a_page_is_a_region_and_every_region_is_on_a_page()
    {
        string[] regions = [.. Folders
            .SelectMany(folder => Repository.FilesBelow(Path.Combine(Repository.Folder, folder)))
            .SelectMany(file => Region().Matches(file.Text.ReplaceLineEndings("\n")).Select(match => Page.Dedent(match.Groups["code"].Value)))];
        string[] snippets = [.. Page.All.SelectMany(page => page.Snippets)];

        Assert.NotEmpty(snippets);
        Assert.Empty(snippets.Except(regions, StringComparer.Ordinal));
        Assert.Empty(regions.Except(snippets, StringComparer.Ordinal));
    }

    [Fact]
    public void The_first_snippet_is_the_operators()
        => Assert.Contains("purger.PlanAsync(db)", Page.Readme.Snippets.First(), StringComparison.Ordinal);

    [Fact]
    public void Links_of_a_page_to_files_lead_to_files()
    {
        var broken = Page.All.SelectMany(page => Link().Matches(page.Text)
            .Select(match => match.Groups["file"].Value)
            .Where(file =>
                !file.Contains("://", StringComparison.Ordinal) && !Path.Exists(Path.Combine(Repository.Folder, Path.GetDirectoryName(page.Path)!, file)))
            .Select(file => $"{page.Path}: {file}"));

        Assert.Empty(broken);
    }

    [Fact]
    public void Links_of_a_page_to_headings_lead_to_headings()
    {
        var pages = Page.All.ToDictionary(page => Path.GetFullPath(Path.Combine(Repository.Folder, page.Path)), StringComparer.Ordinal);
        var broken = Page.All.SelectMany(page => HeadingLink().Matches(page.Text)
            .Where(match => !match.Groups["file"].Value.Contains("://", StringComparison.Ordinal))
            .Where(match => !Anchors(pages[Path.GetFullPath(Path.Combine(Repository.Folder, match.Groups["file"].Length == 0
                ? page.Path
                : Path.Combine(Path.GetDirectoryName(page.Path)!, match.Groups["file"].Value)))]).Contains(match.Groups["heading"].Value))
            .Select(match => $"{page.Path}: {match.Value}"));

        Assert.Empty(broken);
    }

    /// <summary>The names of a page's headings in links: lower case, without punctuation, with hyphens for spaces.</summary>
    private static HashSet<string> Anchors(Page page)
        => Heading().Matches(page.Text)
            .Select(match => string.Concat(match.Groups["text"].Value.ToLowerInvariant()
                .Where(letter => char.IsLetterOrDigit(letter) || letter is ' ' or '-' or '_')
                .Select(letter => letter == ' ' ? '-' : letter)))
            .ToHashSet(StringComparer.Ordinal);

    [GeneratedRegex(
        @"^[ ]*#region readme-\S+\n(?<code>.*?)^[ ]*#endregion",
        RegexOptions.Singleline | RegexOptions.Multiline | RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000)]
    private static partial Regex Region();

    [GeneratedRegex(@"\]\((?<file>[^)#]+)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Link();

    [GeneratedRegex(@"\]\((?<file>[^)#]*)#(?<heading>[^)]+)\)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex HeadingLink();

    [GeneratedRegex(@"^#+ (?<text>.+)$", RegexOptions.Multiline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Heading();
}
