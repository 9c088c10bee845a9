using System.Globalization;
using System.Xml.Linq;
using FloworxPurge.Tests.Kit;

namespace FloworxPurge.Tests.Api;

/// <summary>How long files and methods may be, in packages, tests and samples alike.</summary>
public sealed class LimitTests
{
    private const int MostLines = 500;

    private const int MostLinesOfMethod = 80;

    private const int MostColumns = 140;

    // Its default is 60 lines, which are more since no line has more than 140 columns.
    private const string MethodIsTooLong = "MA" + "0051";

    private static readonly string[] Settings = ["*.cs", "*.csproj", "*.props", ".editorconfig"];

    public static TheoryData<string> Parts => ["src", "tests", "samples"];

    [Theory]
    [MemberData(nameof(Parts))]
    public void A_file_is_read_in_one_sitting(string part)
    {
        (string Path, string Text)[] files = [.. Repository.FilesBelow(Path.Combine(Repository.Folder, part))];

        Assert.NotEmpty(files);
        Assert.Empty(files
            .Select(file => (file.Path, Lines: file.Text.AsSpan().Count('\n')))
            .Where(file => file.Lines > MostLines)
            .Select(file => $"{file.Path} has {file.Lines} lines"));
    }

    // The queries of a catalog have longer lines, and a region of a page or a message may need one.
    [Theory]
    [InlineData("src", 180)]
    [InlineData("tests", 500)]
    public void Few_lines_are_longer_than_140_columns(string part, int most)
    {
        string[] longer =
        [
            .. Repository.FilesBelow(Path.Combine(Repository.Folder, part))
                .SelectMany(file => file.Text.Split('\n').Select((line, i) => (file.Path, Number: i + 1, line.Length)))
                .Where(line => line.Length > MostColumns)
                .Select(line => $"{line.Path}({line.Number})"),
        ];

        Assert.True(longer.Length <= most, $"{longer.Length} lines: {string.Join(", ", longer)}");
    }

    // The compiler counts the lines of methods: all that can be wrong is that a project does without the analyzer, or that somebody turns
    // the rule off.
    [Theory]
    [MemberData(nameof(Parts))]
    public void A_method_is_as_short_as_the_analyzer_of_every_project_demands(string part)
    {
        string folder = Path.Combine(Repository.Folder, part);
        string[] properties = [.. PropertiesOf(folder)];

        Assert.Contains(
            properties,
            text => XDocument.Parse(text).Descendants("PackageReference").Any(package => package.Attribute("Include")?.Value == "Meziantou.Analyzer"));
        Assert.Contains(properties, text => XDocument.Parse(text).Descendants("TreatWarningsAsErrors").Any(value => value.Value == "true"));
        Assert.Empty(Settings
            .SelectMany(pattern => Repository.FilesBelow(folder, pattern))
            .Append((Path: ".editorconfig", Text: File.ReadAllText(Path.Combine(Repository.Folder, ".editorconfig"))))
            .SelectMany(file => file.Text.Split('\n').Select(line => (file.Path, Line: line)))
            .Where(setting => setting.Line.Contains(MethodIsTooLong, StringComparison.Ordinal) && !IsLimit(setting.Line))
            .Select(setting => $"{setting.Path}: {setting.Line}"));
    }

    private static bool IsLimit(string line)
        => line.Split(" = ") is [MethodIsTooLong + ".maximum_lines_per_method", var lines]
            && int.Parse(lines, CultureInfo.InvariantCulture) <= MostLinesOfMethod;

    // A folder's properties, and those that they import.
    private static IEnumerable<string> PropertiesOf(string folder)
    {
        for (string? file = Path.Combine(folder, "Directory.Build.props"); file is not null;)
        {
            string text = File.ReadAllText(file);
            yield return text;
            file = XDocument.Parse(text).Descendants("Import").FirstOrDefault()?.Attribute("Project")?.Value is { } import
                ? Path.Combine(Path.GetDirectoryName(file)!, import)
                : null;
        }
    }
}
