using System.Text.RegularExpressions;
using ArchUnitNET.Domain;
using ArchUnitNET.Loader;
using static ArchUnitNET.Fluent.ArchRuleDefinition;
using Assembly = System.Reflection.Assembly;

namespace FloworxPurge.Tests.Kit;

/// <summary>
/// The folders of a package are the stages of its pipeline, and this class says which stages each of them may use. A public type is in the
/// namespace that its users need, so the folder of a type is the folder of the file that declares it.
/// </summary>
internal static partial class Stages
{
    public const string Core = "FloworxPurge";
    public const string CommandLine = "FloworxPurge.CommandLine";

    /// <summary>The files beside the folders of a package: what its users call first.</summary>
    public const string Root = "";

    private static readonly string[] Pipeline = ["Schema", "Engines", "Connections", "Reading", "Planning", "Execution", "Archiving", "Resetting"];

    /// <summary>The stages of each package, in their order, and those that each may use.</summary>
    public static readonly IReadOnlyDictionary<string, Dictionary<string, string[]>> All = new Dictionary<string, Dictionary<string, string[]>>(
        StringComparer.Ordinal)
    {
        [Core] = new(StringComparer.Ordinal)
        {
            ["Schema"] = [],
            ["Engines"] = Before("Engines"),
            ["Connections"] = Before("Connections"),
            ["Reading"] = Before("Reading"),
            ["Planning"] = Before("Planning"),
            ["Execution"] = Before("Execution"),
            ["Archiving"] = Before("Archiving"),

            // A reset has no archive.
            ["Resetting"] = [.. Before("Archiving")],
            ["Extensibility"] = Before("Planning"),
            ["Reporting"] = [.. Before("Archiving"), "Extensibility"],
            ["Hosting"] = Before("Execution"),
            [Root] = [.. Pipeline, "Extensibility", "Reporting", "Hosting"],
        },
        [CommandLine] = new(StringComparer.Ordinal)
        {
            // The options of the command, which its host sets, are read by all of its stages.
            ["Arguments"] = [Root],
            ["Output"] = ["Arguments", Root],
            ["Consent"] = ["Arguments", "Output", Root],
            ["Backups"] = [Root],
            ["HealthChecks"] = [],
            ["Rows"] = ["Arguments", "Output", Root],
            ["Plans"] = ["Arguments", "Output", Root],
            [Root] = ["Arguments", "Output", "Consent", "Backups", "Rows", "Plans"],
        },
    };

    /// <summary>The types of a stage that use those of a stage that it may not use, with what they use.</summary>
    public static IReadOnlyList<string> Violations(Architecture architecture, string package, string stage)
    {
        Dictionary<string, string> stages = StagesOfTypes(package);
        HashSet<string> allowed = [stage, .. All[package][stage]];
        return
        [
            .. architecture.Types
                .Where(type => stages.TryGetValue(Outermost(type), out string? of) && of == stage)
                .SelectMany(type => type.Dependencies.Select(dependency => (From: Outermost(type), To: Outermost(dependency.Target))))
                .Where(use => stages.TryGetValue(use.To, out string? of) && !allowed.Contains(of))
                .Select(use =>
                    $"{use.From} ({(stage.Length == 0 ? "root" : stage)}) uses {use.To} "
                        + $"({(stages[use.To].Length == 0 ? "root" : stages[use.To])})")
                .Distinct(StringComparer.Ordinal)
                .Order(StringComparer.Ordinal),
        ];
    }

    /// <summary>The folder of each type that the package's files declare outside of other types, by its full name.</summary>
    public static Dictionary<string, string> StagesOfTypes(string package)
    {
        Dictionary<string, string> stages = new(StringComparer.Ordinal);
        foreach ((string path, string text) in Repository.FilesBelow(Path.Combine(Repository.Packages, package)))
        {
            string[] folders = path.Split('/');
            string space = Namespace().Match(text).Groups["name"].Value;
            foreach (Match type in Declaration().Matches(text))
            {
                string name = $"{space}.{type.Groups["name"].Value}";
                string stage = folders.Length > 1 ? folders[0] : Root;

                // A partial type belongs to the folder of its main file, which has its name.
                if (!stages.ContainsKey(name) || folders[^1] == $"{type.Groups["name"].Value}.cs")
                {
                    stages[name] = stage;
                }
            }
        }

        return stages;
    }

    /// <summary>Reads assemblies, signatures and bodies alike.</summary>
    public static Architecture Read(params Assembly[] assemblies) => new ArchLoader().LoadAssemblies(assemblies).Build();

    /// <summary>The types of a namespace, which must have some, that use types of others.</summary>
    /// <param name="architecture">What was read.</param>
    /// <param name="space">The namespace.</param>
    /// <param name="others">The other namespaces.</param>
    /// <param name="includeReferenced">Whether types of assemblies that were not read are meant, too.</param>
    public static IReadOnlyList<string> Uses(Architecture architecture, string space, string[] others, bool includeReferenced = false)
        => others.Length == 0 ? []
            : [.. Types().That().ResideInNamespace(space)
                .Should().NotDependOnAny(
                    Types(includeReferenced).That().ResideInNamespaceMatching($"^({string.Join('|', others.Select(Regex.Escape))})$"))
                .Evaluate(architecture)
                .Where(result => !result.Passed)
                .Select(result => result.Description)];

    private static string[] Before(string stage) => Pipeline[..Array.IndexOf(Pipeline, stage)];

    // A nested type is its outer type's, and a generic one is named without the number of its parameters.
    private static string Outermost(IType type) => type.FullName.Split('+', '`')[0];

    [GeneratedRegex(@"^namespace (?<name>[\w.]+);", RegexOptions.Multiline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Namespace();

    [GeneratedRegex(
        @"^(public|internal) ((static|abstract|sealed|partial|readonly) )*(class|record struct|record|struct|enum|interface|delegate [\w<>\[\]?,. ]+?) (?<name>[A-Z]\w*)",
        RegexOptions.Multiline | RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000)]
    private static partial Regex Declaration();
}
