using System.IO.Compression;
using System.Text;
using FloworxPurge.Tests.Kit;
using Markdig;
using Markdig.Syntax;
using Markdig.Syntax.Inlines;

namespace FloworxPurge.Tests.Packages;

/// <summary>The README of each package, which a package site shows by itself: it resolves no link to a file of the repository.</summary>
public sealed class PackageReadmeTests
{
    // The sites of what the packages build on; a page says where something is described, not where it is downloaded from.
    private static readonly string[] Documentation = ["https://learn.microsoft.com/", "https://stackexchange.github.io/"];

    public static TheoryData<string> Ids
        => [.. Directory
            .GetDirectories(Repository.Packages)
            .Where(folder => Directory.EnumerateFiles(folder, "*.csproj").Any())
            .Select(folder => Path.GetFileName(folder)!)
            .Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Ids))]
    public void Each_package_has_a_short_readme_that_names_it(string id)
    {
        Page readme = Page.Read($"src/{id}/README.md");

        Assert.StartsWith($"# {id}\n", readme.Text, StringComparison.Ordinal);
        Assert.Contains(
            id == PackageTests.Tool ? $"dotnet tool install --global {id}\n" : $"dotnet add package {id}\n",
            readme.Text,
            StringComparison.Ordinal);

        // Whoever uses the tool writes no code.
        Assert.Equal(id == PackageTests.Tool, !readme.Snippets.Any());
        Assert.InRange(readme.Words, 1, 500);
    }

    [Theory]
    [MemberData(nameof(Ids))]
    public void The_readme_of_a_package_links_to_documentation_and_to_pages_of_the_repository(string id)
    {
        MarkdownDocument document = Markdown.Parse(Page.Read($"src/{id}/README.md").Text);

        Assert.All(document.Descendants<LinkInline>(), link => Assert.True(IsDocumentation(link) || IsPage(link, id), link.Url));
        Assert.Contains(document.Descendants<LinkInline>(), link => IsPage(link, id));
        Assert.DoesNotContain(document.Descendants<LinkInline>(), link => link.IsImage);
        Assert.Empty(document.Descendants<HtmlBlock>());
        Assert.Empty(document.Descendants<HtmlInline>());
    }

    [Theory]
    [MemberData(nameof(Ids))]
    public async Task A_package_has_the_same_readme_without_the_links_that_a_package_site_cannot_resolve(string id)
    {
        PackedPackages packages = await PackedPackages.GetAsync();
        await using ZipArchive package = await ZipFile.OpenReadAsync(packages.File(id), TestContext.Current.CancellationToken);
        string packed = Encoding.UTF8.GetString(PackageTests.Bytes(package, "README.md"));

        Assert.All(Markdown.Parse(packed).Descendants<LinkInline>(), link => Assert.True(IsDocumentation(link), link.Url));
        Assert.Equal(Markdown.ToPlainText(Page.Read($"src/{id}/README.md").Text), Markdown.ToPlainText(packed));
    }

    [Fact]
    public void The_packages_are_those_that_are_packed()
        => Assert.Equal(PackageTests.EveryId.Select(id => id.Data).Order(StringComparer.Ordinal), Ids.Select(id => id.Data));

    private static bool IsDocumentation(LinkInline link)
        => Documentation.Any(site => link.Url!.StartsWith(site, StringComparison.Ordinal));

    private static bool IsPage(LinkInline link, string id)
        => !link.Url!.Contains(':', StringComparison.Ordinal)
            && File.Exists(Path.Combine(Repository.Packages, id, link.Url.Split('#')[0]));
}
