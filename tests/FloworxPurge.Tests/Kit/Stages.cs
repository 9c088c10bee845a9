using System.Text.RegularExpressions;
using ArchUnitNET.Domain;
using ArchUnitNET.Loader;
using static ArchUnitNET.Fluent.ArchRuleDefinition;
using Assembly = System.Reflection.Assembly;

namespace FloworxPurge.Tests.Kit;

/// <summary>The folders of a package are the stages of its pipeline, each a namespace, and what a stage may use is decided here.</summary>
internal static class Stages
{
    public const string Core = "FloworxPurge";
    public const string CommandLine = "FloworxPurge.CommandLine";

    /// <summary>
    /// The stages of each package, and those that each may use. Schema speaks in the dialects' words and dialects in its names; the rest goes one way.
    /// What lies beside the folders of a package is its first page, and may use all of them.
    /// </summary>
    public static readonly IReadOnlyDictionary<string, Dictionary<string, string[]>> All = new Dictionary<string, Dictionary<string, string[]>>(StringComparer.Ordinal)
    {
        [Core] = new(StringComparer.Ordinal)
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

    /// <summary>The types of a stage that use those of a stage that it may not use.</summary>
    public static IReadOnlyList<string> Violations(Architecture architecture, string package, string stage)
        => Uses(
            architecture,
            NamespaceOf(package, stage),
            [.. All[package].Keys.Except(All[package][stage]).Where(other => other != stage).Select(other => NamespaceOf(package, other))]);

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
                .Should().NotDependOnAny(Types(includeReferenced).That().ResideInNamespaceMatching($"^({string.Join('|', others.Select(Regex.Escape))})$"))
                .Evaluate(architecture)
                .Where(result => !result.Passed)
                .Select(result => result.Description)];

    // Registrations stand where every host looks for them.
    private static string NamespaceOf(string package, string stage) => stage is "DependencyInjection" ? "Microsoft.Extensions.DependencyInjection" : $"{package}.{stage}";
}
