using System.Reflection;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using FloworxPurge.Tests.Kit;

namespace FloworxPurge.Tests.Api;

/// <summary>The core's folders are the stages of its pipeline, and what a stage may use is decided here.</summary>
public sealed partial class SourceTests
{
    private const string Root = "FloworxPurge";

    // Schema speaks in the dialects' words and dialects in its names; the rest goes one way.
    private static readonly Dictionary<string, string[]> Allowed = new(StringComparer.Ordinal)
    {
        ["Schema"] = ["Dialects"],
        ["Dialects"] = ["Schema"],
        ["Planning"] = ["Schema", "Dialects"],
        ["Execution"] = ["Schema", "Dialects", "Planning"],
        ["Extensibility"] = ["Schema"],
        ["Reporting"] = ["Schema", "Dialects", "Planning", "Execution", "Extensibility"],
        ["DependencyInjection"] = ["Extensibility"],
    };

    public static TheoryData<string> Stages => [.. Allowed.Keys];

    [Fact]
    public void Every_folder_is_a_stage()
        => Assert.Equal(
            Allowed.Keys.Order(StringComparer.Ordinal),
            Repository.CoreFiles().Where(file => file.Path.Contains('/')).Select(file => file.Path.Split('/')[0]).Distinct().Order(StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(Stages))]
    public void A_stage_names_only_the_stages_before_it(string stage)
    {
        string[] forbidden = [.. Allowed.Keys.Except(Allowed[stage]).Where(other => other != stage)];
        var name = new Regex($@"(\busing\s+(static\s+)?{Root}\.|\b{Root}\.|(?<![\w.]))(?<stage>{string.Join('|', forbidden)})\s*[.;]", RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(1));

        string[] found = [.. Repository.CoreFiles()
            .Where(file => file.Path.StartsWith(stage + "/", StringComparison.Ordinal))
            .SelectMany(file => name.Matches(CodeOf(file.Text)).Select(match => $"{file.Path} uses {match.Groups["stage"].Value}"))];

        Assert.Empty(found);
    }

    [Theory]
    [MemberData(nameof(Stages))]
    public void The_signatures_of_a_stage_hold_only_types_of_the_stages_before_it(string stage)
    {
        const BindingFlags all = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;
        string[] allowed = [Root, $"{Root}.{stage}", .. Allowed[stage].Select(other => $"{Root}.{other}")];

        string[] found = [.. typeof(Purger).Assembly.GetTypes()
            .Where(type => type.Namespace == $"{Root}.{stage}")
            .SelectMany(type => type.GetMembers(all).SelectMany(TypesOf).Concat(type.GetInterfaces()).Append(type.BaseType)
                .SelectMany(Parts)
                .Where(used => used.Namespace?.StartsWith(Root, StringComparison.Ordinal) == true && !allowed.Contains(used.Namespace))
                .Select(used => $"{type.FullName} uses {used.FullName}"))
            .Distinct()];

        Assert.Empty(found);
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
            ["Handlebars.Net", "Microsoft.EntityFrameworkCore.Relational", "Microsoft.Extensions.DependencyInjection.Abstractions", "Microsoft.Extensions.Logging.Abstractions"],
            project.Descendants("PackageReference").Select(package => package.Attribute("Include")!.Value).Order(StringComparer.Ordinal));
        Assert.Empty(project.Descendants("ProjectReference"));
    }

    [Fact]
    public void The_Redis_package_depends_on_the_core_alone()
    {
        XDocument project = XDocument.Load(Path.Combine(Repository.Packages, "FloworxPurge.Redis", "FloworxPurge.Redis.csproj"));

        Assert.Empty(project.Descendants("PackageReference"));
        Assert.Equal(["../FloworxPurge/FloworxPurge.csproj"], project.Descendants("ProjectReference").Select(reference => reference.Attribute("Include")!.Value));
    }

    [Fact]
    public void One_class_alone_knows_the_template_engine()
        => Assert.Equal(
            ["Reporting/HandlebarsReportTemplate.cs"],
            Repository.CoreFiles().Where(file => CodeOf(file.Text).Contains("HandlebarsDotNet", StringComparison.Ordinal)).Select(file => file.Path));

    [Fact]
    public void The_scan_does_not_take_comments_and_strings_for_code()
        => Assert.Equal("a =  + ; b(); ", CodeOf("a = \"Execution.x\" + \"\"\"\n Reporting. \"quoted\"\n\"\"\"; /// <see cref=\"Execution.y\"/>\nb(); // Execution.").ReplaceLineEndings("").Replace("\"\"", "", StringComparison.Ordinal));

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
