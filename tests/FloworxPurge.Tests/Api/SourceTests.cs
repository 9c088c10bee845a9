using System.Reflection;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using FloworxPurge.Execution;
using FloworxPurge.Redis;
using FloworxPurge.Reporting;
using FloworxPurge.Tests.Kit;
using FloworxPurge.Tests.Servers;
using Architecture = ArchUnitNET.Domain.Architecture;

namespace FloworxPurge.Tests.Api;

/// <summary>The folders of a package are the stages of its pipeline, and what a stage may use is decided here.</summary>
public sealed partial class SourceTests
{
    private static readonly Lazy<Architecture> Libraries = new(
        () => Stages.Read(typeof(Purger).Assembly, typeof(RedisPurgeTarget).Assembly));

    // This project is not built from the command, whose own tests look at its stages.
    public static TheoryData<string, string> EveryStage
        => [.. Stages.All
            .Where(package => package.Key is not Stages.CommandLine)
            .SelectMany(package => package.Value.Keys.Select(stage => (package.Key, stage)))];

    [Fact]
    public void Every_folder_is_a_stage()
        => Assert.Equal(
            Stages.All.SelectMany(
                package => package.Value.Keys.Where(stage => stage != Stages.Root).Select(stage => $"{package.Key}/{stage}")).Order(StringComparer.Ordinal),
            Repository.PackageFiles().Select(file => file.Path.Split('/')).Where(path => path.Length > 2).Select(path => $"{path[0]}/{path[1]}").Distinct().Order(StringComparer.Ordinal));

    // A folder within a stage is a drawer of it, and no stage of its own.
    [Fact]
    public void The_core_has_at_most_64_public_types()
        => Assert.InRange(
            typeof(Purger).Assembly.GetExportedTypes().Count(type => !type.Name.StartsWith('<')),
            1,
            64);

    [Fact]
    public void An_internal_type_is_in_the_namespace_of_its_folder_and_a_public_one_in_that_of_its_users()
    {
        HashSet<string> published = [.. typeof(Purger).Assembly
            .GetExportedTypes()
            .Where(type => !type.IsNested)
            .Select(type => type.FullName!.Split('`')[0])];

        Assert.Equal(
            ["FloworxPurge", "FloworxPurge.Extensibility", "FloworxPurge.Reporting"],
            typeof(Purger).Assembly.GetExportedTypes().Select(type => type.Namespace!).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal));
        Assert.Empty(
            from file in Repository.CoreFiles()
            let path = file.Path.Split('/')
            let stage = path.Length > 1 ? $"{Stages.Core}.{path[0]}" : Stages.Core
            let space = Regex.Match(
                file.Text,
                @"^namespace (?<name>[\w.]+);",
                RegexOptions.Multiline | RegexOptions.ExplicitCapture,
                TimeSpan.FromSeconds(1)).Groups["name"].Value
            where space != stage
                && !published.Any(name =>
                    name.StartsWith(space + ".", StringComparison.Ordinal) && Regex.IsMatch(file.Text, $@"^public .*\b{name.Split('.')[^1]}\b", RegexOptions.Multiline, TimeSpan.FromSeconds(1)))
            select $"{file.Path} is in {space}");
    }

    [Fact]
    public void Every_type_of_the_core_has_a_stage()
    {
        Dictionary<string, string> stages = Stages.StagesOfTypes(Stages.Core);

        Assert.All(
            typeof(Purger).Assembly.GetTypes()
                .Where(type =>
                    !type.IsNested && type.Namespace?.StartsWith(Stages.Core, StringComparison.Ordinal) == true && !type.Name.Contains('<', StringComparison.Ordinal)),
            type => Assert.Contains(type.FullName!.Split('`')[0], stages));
    }

    [Theory]
    [MemberData(nameof(EveryStage))]
    public void A_stage_uses_only_the_stages_before_it(string package, string stage)
    {
        IReadOnlyList<string> violations = Stages.Violations(Libraries.Value, package, stage);
        Assert.True(violations.Count == 0, string.Join(Environment.NewLine, violations));
    }

    [Fact]
    public void A_use_within_a_body_is_found()
        => Assert.Contains(
            Stages.Uses(Libraries.Value, "FloworxPurge.Execution", ["FloworxPurge.Planning"]),
            use => use.StartsWith("FloworxPurge.Execution.PurgeVerifier does depend on", StringComparison.Ordinal));

    [Fact]
    public void The_files_beside_the_folders_declare_public_types_alone()
        => Assert.Empty(typeof(Purger).Assembly.GetTypes()
            .Where(type =>
                type is { IsNested: false, IsPublic: false } && Stages.StagesOfTypes(Stages.Core).GetValueOrDefault(type.FullName!) == Stages.Root)
            .Select(type => type.Name));

    [Fact]
    public void Only_tests_see_what_is_internal()
        => Assert.Empty(
            from file in Repository.FilesBelow(Repository.Folder, "*.csproj")
            from friend in XDocument.Parse(file.Text).Descendants("InternalsVisibleTo")
            let name = friend.Attribute("Include")!.Value
            where !name.EndsWith("Tests", StringComparison.Ordinal) && !name.EndsWith("Benchmarks", StringComparison.Ordinal)
            select $"{file.Path} shows its internals to {name}");

    [Fact]
    public void The_kit_and_the_servers_of_the_tests_know_no_test()
    {
        QuickRun.SkipLongTest();
        Assembly tests = typeof(SourceTests).Assembly;
        Architecture read = Stages.Read(tests);
        string[] spaces = [.. tests
            .GetTypes()
            .Select(type => type.Namespace)
            .OfType<string>()
            .Where(space => space.StartsWith("FloworxPurge.Tests.", StringComparison.Ordinal))
            .Distinct(StringComparer.Ordinal)];
        string[] shared = [typeof(Stages).Namespace!, typeof(Servers.PostgreSqlServer).Namespace!];

        Assert.Empty(shared.SelectMany(space => Stages.Uses(read, space, [.. spaces.Except(shared)])));
        Assert.Contains("FloworxPurge.Tests.Conformance", spaces);
    }

    // The transaction of a run is EF Core's; a caller's connection passes through a resetter and its seeds unopened.
    [Fact]
    public void Only_connections_and_engines_create_commands()
    {
        Dictionary<string, string> stages = Stages.StagesOfTypes(Stages.Core);

        Assert.Empty(Libraries.Value.Types
            .Where(
                type => stages.TryGetValue(type.FullName.Split('+', '`')[0], out string? stage) && stage is not ("Connections" or "Engines"))
            .Where(type => type.Dependencies.Any(dependency => dependency.Target.FullName == "System.Data.Common.DbCommand"))
            .Select(type => type.FullName));
    }

    [Fact]
    public void Planning_knows_no_connection()
        => Assert.Empty(
            Stages.Uses(Libraries.Value, "FloworxPurge.Planning", ["System.Data.Common", "Microsoft.EntityFrameworkCore", "Microsoft.EntityFrameworkCore.Infrastructure"], includeReferenced: true));

    [Fact]
    public void An_exception_that_is_left_behind_on_purpose_says_why()
    {
        var found = Repository.PackageFiles()
            .Where(file =>
                Regex.IsMatch(file.Text, @"\bcatch\s*(\([^)]*\)\s*)?(when\s*\([^{]*\)\s*)?\{\s*\}", RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(1)))
            .Select(file => file.Path);

        Assert.Empty(found);
    }

    [Fact]
    public void The_core_depends_on_exactly_four_packages()
    {
        XDocument project = XDocument.Load(Path.Combine(Repository.Core, "FloworxPurge.csproj"));

        Assert.Equal(
            [
                "Microsoft.EntityFrameworkCore.Relational",
                "Microsoft.Extensions.DependencyInjection.Abstractions",
                "Microsoft.Extensions.Logging.Abstractions",
                "Scriban.Signed"],
            project.Descendants("PackageReference").Select(package => package.Attribute("Include")!.Value).Order(StringComparer.Ordinal));
        Assert.Empty(project.Descendants("ProjectReference"));
    }

    [Fact]
    public void The_Redis_package_depends_on_the_core_and_on_the_client_alone()
    {
        XDocument project = XDocument.Load(Path.Combine(Repository.Packages, "FloworxPurge.Redis", "FloworxPurge.Redis.csproj"));

        Assert.Equal(
            ["StackExchange.Redis"],
            project.Descendants("PackageReference").Select(package => package.Attribute("Include")!.Value));
        Assert.Equal(
            ["../FloworxPurge/FloworxPurge.csproj"],
            project.Descendants("ProjectReference").Select(reference => reference.Attribute("Include")!.Value));
    }

    [Fact]
    public void One_class_alone_knows_the_template_engine()
        => Assert.Equal(
            ["ScribanReportTemplate"],
            Repository.CoreFiles().Where(file => CodeOf(file.Text).Contains("using Scriban", StringComparison.Ordinal)).Select(file => Path.GetFileName(file.Path).Split('.')[0]).Distinct(StringComparer.Ordinal));

    [Fact]
    public void The_scan_does_not_take_comments_and_strings_for_code()
        => Assert.Equal(
            "a =  + ; b(); ",
            CodeOf("a = \"Execution.x\" + \"\"\"\n Reporting. \"quoted\"\n\"\"\"; /// <see cref=\"Execution.y\"/>\nb(); // "
                + "Execution.").ReplaceLineEndings("").Replace("\"\"", "", StringComparison.Ordinal));

    /// <summary>The text without comments and without what is in strings.</summary>
    private static string CodeOf(string text) => CommentsAndStrings().Replace(text, match => match.Value[0] == '/' ? "" : "\"\"");

    [GeneratedRegex(
        """""
        ///?[^\n]*|/\*.*?\*/|\$*"""[\s\S]*?"""|\$?@"([^"]|"")*"|\$?"(\\.|[^"\\\n])*"
        """"",
        RegexOptions.Singleline | RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000)]
    private static partial Regex CommentsAndStrings();
}
