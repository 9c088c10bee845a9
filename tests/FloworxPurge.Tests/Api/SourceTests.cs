using System.Reflection;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using FloworxPurge.Tests.Kit;

namespace FloworxPurge.Tests.Api;

/// <summary>The folders of a package are the stages of its pipeline, and what a stage may use is decided here.</summary>
public sealed partial class SourceTests
{
    private const string Root = "FloworxPurge";
    private const string CommandLine = "FloworxPurge.CommandLine";

    // Schema speaks in the dialects' words and dialects in its names; the rest goes one way. What lies beside the folders of a package
    // is its first page, and may use all of them.
    private static readonly Dictionary<string, Dictionary<string, string[]>> Stages = new(StringComparer.Ordinal)
    {
        [Root] = new(StringComparer.Ordinal)
        {
            ["Schema"] = ["Dialects"],
            ["Dialects"] = ["Schema"],
            ["Planning"] = ["Schema", "Dialects"],
            ["Execution"] = ["Schema", "Dialects", "Planning"],
            ["Extensibility"] = ["Schema"],
            ["Reporting"] = ["Schema", "Dialects", "Planning", "Execution", "Extensibility"],
            ["Pipeline"] = ["Schema", "Dialects", "Planning", "Execution", "Extensibility", "Reporting"],
            ["Hosting"] = ["Planning", "Reporting"],
            ["DependencyInjection"] = ["Extensibility", "Hosting"],
        },
        [CommandLine] = new(StringComparer.Ordinal)
        {
            ["Arguments"] = [],
            ["Output"] = ["Arguments"],
            ["Consent"] = ["Arguments", "Output"],
            ["Backups"] = [],
        },
    };

    public static TheoryData<string, string> EveryStage
        => [.. Stages.SelectMany(package => package.Value.Keys.Select(stage => (package.Key, stage)))];

    // This project is not built from the command, whose names alone are looked at.
    public static TheoryData<string, string> EveryStageOfLibraries
        => [.. Stages.Where(package => package.Key is not CommandLine).SelectMany(package => package.Value.Keys.Select(stage => (package.Key, stage)))];

    [Fact]
    public void Every_folder_is_a_stage()
        => Assert.Equal(
            Stages.SelectMany(package => package.Value.Keys.Select(stage => $"{package.Key}/{stage}")).Order(StringComparer.Ordinal),
            Repository.PackageFiles().Select(file => file.Path.Split('/')).Where(path => path.Length > 2).Select(path => $"{path[0]}/{path[1]}").Distinct().Order(StringComparer.Ordinal));

    // A folder within a stage is a drawer of it, and no stage of its own. Registrations stand where every host looks for them.
    [Fact]
    public void Every_file_is_in_the_namespace_of_its_stage()
        => Assert.Empty(
            from file in Repository.PackageFiles()
            let path = file.Path.Split('/')
            let stage = path.Length > 2 ? $"{path[0]}.{path[1]}" : path[0]
            where stage is not "FloworxPurge.DependencyInjection" && !file.Text.Contains($"\nnamespace {stage};\n", StringComparison.Ordinal) && !file.Text.StartsWith($"namespace {stage};\n", StringComparison.Ordinal)
            select $"{file.Path} is not in {stage}");

    [Theory]
    [MemberData(nameof(EveryStage))]
    public void A_stage_names_only_the_stages_before_it(string package, string stage)
        => Assert.Empty(Uses(
            package,
            Repository.PackageFiles().Where(file => file.Path.StartsWith($"{package}/{stage}/", StringComparison.Ordinal)),
            [.. Stages[package].Keys.Except(Stages[package][stage]).Where(other => other != stage)]));

    [Theory]
    [MemberData(nameof(EveryStageOfLibraries))]
    public void The_signatures_of_a_stage_hold_only_types_of_the_stages_before_it(string package, string stage)
    {
        const BindingFlags all = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;
        string[] forbidden = [.. Stages[package].Keys.Except(Stages[package][stage]).Where(other => other != stage).Select(other => $"{package}.{other}")];

        string[] found = [.. Assembly.Load(package).GetTypes()
            .Where(type => type.Namespace == $"{package}.{stage}")
            .SelectMany(type => type.GetMembers(all).SelectMany(TypesOf).Concat(type.GetInterfaces()).Append(type.BaseType)
                .SelectMany(Parts)
                .Where(used => forbidden.Contains(used.Namespace))
                .Select(used => $"{type.FullName} uses {used.FullName}"))
            .Distinct()];

        Assert.Empty(found);
    }

    [Fact]
    public void What_does_the_work_of_the_core_is_in_a_stage_and_what_lies_beside_them_is_for_its_users()
        => Assert.Empty(typeof(Purger).Assembly.GetTypes()
            .Where(type => type is { Namespace: Root, IsNested: false, IsPublic: false } && type.GetMethods(BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly).Length > 0)
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
        (string Path, string Text)[] files = [.. Repository.FilesBelow(Repository.Tests)];
        string[] folders = [.. files.Where(file => file.Path.Contains('/')).Select(file => file.Path.Split('/')[0]).Distinct().Except(["Kit", "Servers"])];

        Assert.Empty(Uses("FloworxPurge.Tests", files.Where(file => file.Path.StartsWith("Kit/", StringComparison.Ordinal) || file.Path.StartsWith("Servers/", StringComparison.Ordinal)), folders));
        Assert.Contains("Conformance", folders);
    }

    [Fact]
    public void Planning_knows_no_connection()
    {
        string[] found = [.. Repository.CoreFiles()
            .Where(file => file.Path.StartsWith("Planning/", StringComparison.Ordinal))
            .Where(file => Connections().IsMatch(CodeOf(file.Text)))
            .Select(file => file.Path)];

        Assert.Empty(found);
    }

    [Theory]
    [InlineData(@"NotImplementedException", "is unfinished")]
    [InlineData(@"\bcatch\s*(\([^)]*\)\s*)?\{\s*\}", "swallows every exception")]
    [InlineData(@"\bDateTime(Offset)?\s*\.\s*(Utc)?Now\b", "reads another clock than the options'")]
    [InlineData(@"\bThread\s*\.\s*Sleep\b", "blocks a thread")]
    [InlineData(@"\.GetAwaiter\(\)\s*\.\s*GetResult\(\)|\.Wait\(\)", "blocks on a task")]
    [InlineData(@"(?<!Spectre\.)\bConsole\s*\.", "writes to the console")]
    public void No_source_file_of_a_package(string pattern, string what)
    {
        // The command's console is the one file that stands for the process's.
        var found = Repository.PackageFiles()
            .Where(file => file.Path is not "FloworxPurge.CommandLine/PurgeConsole.cs" || !what.EndsWith("the console", StringComparison.Ordinal))
            .Where(file => Regex.IsMatch(CodeOf(file.Text), pattern, RegexOptions.None, TimeSpan.FromSeconds(1)))
            .Select(file => $"{file.Path} {what}");

        Assert.Empty(found);
    }

    [Fact]
    public void An_exception_that_is_left_behind_on_purpose_says_why()
    {
        var found = Repository.PackageFiles()
            .Where(file => Regex.IsMatch(file.Text, @"\bcatch\s*(\([^)]*\)\s*)?(when\s*\([^{]*\)\s*)?\{\s*\}", RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(1)))
            .Select(file => file.Path);

        Assert.Empty(found);
    }

    [Fact]
    public void The_core_depends_on_exactly_four_packages()
    {
        XDocument project = XDocument.Load(Path.Combine(Repository.Core, "FloworxPurge.csproj"));

        Assert.Equal(
            ["Microsoft.EntityFrameworkCore.Relational", "Microsoft.Extensions.DependencyInjection.Abstractions", "Microsoft.Extensions.Logging.Abstractions", "Scriban.Signed"],
            project.Descendants("PackageReference").Select(package => package.Attribute("Include")!.Value).Order(StringComparer.Ordinal));
        Assert.Empty(project.Descendants("ProjectReference"));
    }

    [Fact]
    public void The_Redis_package_depends_on_the_core_and_on_the_client_alone()
    {
        XDocument project = XDocument.Load(Path.Combine(Repository.Packages, "FloworxPurge.Redis", "FloworxPurge.Redis.csproj"));

        Assert.Equal(["StackExchange.Redis"], project.Descendants("PackageReference").Select(package => package.Attribute("Include")!.Value));
        Assert.Equal(["../FloworxPurge/FloworxPurge.csproj"], project.Descendants("ProjectReference").Select(reference => reference.Attribute("Include")!.Value));
    }

    [Fact]
    public void One_class_alone_knows_the_template_engine()
        => Assert.Equal(
            ["ScribanReportTemplate"],
            Repository.CoreFiles().Where(file => CodeOf(file.Text).Contains("using Scriban", StringComparison.Ordinal)).Select(file => Path.GetFileName(file.Path).Split('.')[0]).Distinct(StringComparer.Ordinal));

    [Fact]
    public void The_scan_does_not_take_comments_and_strings_for_code()
        => Assert.Equal("a =  + ; b(); ", CodeOf("a = \"Execution.x\" + \"\"\"\n Reporting. \"quoted\"\n\"\"\"; /// <see cref=\"Execution.y\"/>\nb(); // Execution.").ReplaceLineEndings("").Replace("\"\"", "", StringComparison.Ordinal));

    /// <summary>The files that name one of the folders below a namespace, and which.</summary>
    private static IEnumerable<string> Uses(string root, IEnumerable<(string Path, string Text)> files, string[] folders)
    {
        var name = new Regex($@"(\busing\s+(static\s+)?{Regex.Escape(root)}\.|\b{Regex.Escape(root)}\.|(?<![\w.]))(?<folder>{string.Join('|', folders)})\s*[.;]", RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(1));
        return files.SelectMany(file => folders.Length == 0 ? [] : name.Matches(CodeOf(file.Text)).Select(match => $"{file.Path} uses {match.Groups["folder"].Value}"));
    }

    /// <summary>The text without comments and without what is in strings.</summary>
    private static string CodeOf(string text) => CommentsAndStrings().Replace(text, match => match.Value[0] == '/' ? "" : "\"\"");

    private static IEnumerable<Type> TypesOf(MemberInfo member) => member switch
    {
        FieldInfo field => [field.FieldType],
        PropertyInfo property => [property.PropertyType],
        MethodInfo method => [method.ReturnType, .. method.GetParameters().Select(parameter => parameter.ParameterType), .. LocalsOf(method)],
        ConstructorInfo constructor => [.. constructor.GetParameters().Select(parameter => parameter.ParameterType), .. LocalsOf(constructor)],
        _ => [],
    };

    private static IEnumerable<Type> LocalsOf(MethodBase method) => method.GetMethodBody()?.LocalVariables.Select(local => local.LocalType) ?? [];

    private static IEnumerable<Type> Parts(Type? type)
        => type is null ? []
            : type.HasElementType ? Parts(type.GetElementType())
            : type.IsGenericType ? [type, .. type.GetGenericArguments().SelectMany(Parts)]
            : [type];

    [GeneratedRegex(@"\bSystem\.Data\b|\bDb(Context|Connection|Command|Transaction|DataReader|Exception)\b|\bIRelationalConnection\b", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Connections();

    [GeneratedRegex(
        """""
        ///?[^\n]*|/\*.*?\*/|\$*"""[\s\S]*?"""|\$?@"([^"]|"")*"|\$?"(\\.|[^"\\\n])*"
        """"",
        RegexOptions.Singleline | RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000)]
    private static partial Regex CommentsAndStrings();
}
