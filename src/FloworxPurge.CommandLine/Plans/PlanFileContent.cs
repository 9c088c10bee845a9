using System.Text.Json;
using System.Text.Json.Serialization;

namespace FloworxPurge.CommandLine.Plans;

/// <summary>What a plan file holds, in this order. Everything is part of its SHA-256 but the SHA-256.</summary>
internal sealed record PlanFileContent
{
    /// <summary>The version of the format that is written and read.</summary>
    public const int CurrentVersion = 1;

    /// <summary>Gets the version of the format.</summary>
    public required int PlanFileVersion { get; init; }

    /// <summary>Gets the SHA-256 of everything else, whatever its white space.</summary>
    public string? Sha256 { get; init; }

    /// <summary>Gets the fingerprint of the plan.</summary>
    public required string Fingerprint { get; init; }

    public required DateTimeOffset WrittenAt { get; init; }

    /// <summary>Gets the environment that the command ran in.</summary>
    public required string Environment { get; init; }

    /// <summary>Gets the plan as text, for whoever reviews it.</summary>
    public required IReadOnlyList<string> Review { get; init; }

    /// <summary>Gets the options of the command line, without values of parameters.</summary>
    public required IReadOnlyList<string> Options { get; init; }

    /// <summary>Gets the most rows that a run may delete.</summary>
    public required long RowsAtMost { get; init; }

    /// <summary>Gets the guards of the options, of the host and of the command line.</summary>
    public required IReadOnlyList<PlanGuard> Guards { get; init; }

    /// <summary>Gets why a run would have been refused when the file was written; null where nothing stood against it.</summary>
    [JsonRequired]
    public string? WouldBeRefused { get; init; }

    /// <summary>Gets what follows the commit: targets and checks.</summary>
    public required IReadOnlyList<PlanFollowUp> AfterCommit { get; init; }

    /// <summary>Gets the plan, as <see cref="PurgePlan.ToJson"/> writes it.</summary>
    public required JsonElement Plan { get; init; }
}

/// <summary>An option that limits or loosens a run, and its value.</summary>
internal sealed record PlanGuard(string Name, string Value)
{
    private const string NotSet = "not set";

    /// <summary>The guards of options, in an order that is always the same.</summary>
    public static IReadOnlyList<PlanGuard> Of(PurgeOptions options) =>
    [
        new(nameof(options.RequiredDatabase), options.RequiredDatabase ?? NotSet),
        new(nameof(options.MaxRows), Written(options.MaxRows)),
        new(nameof(options.AllowUnverified), Written(options.AllowUnverified)),
        new(nameof(options.DriftTolerance), Written(options.DriftTolerance)),
        new(nameof(options.OnBlocked), Written(options.OnBlocked)),
        new(nameof(options.RequireMatch), Written(options.RequireMatch)),
        new(nameof(options.AbandonUnfinished), Written(options.AbandonUnfinished)),
        new(nameof(options.LockTables), Written(options.LockTables)),
        new(nameof(options.LockTimeout), Written(options.LockTimeout)),
    ];

    private static string Written(object? value)
        => value is null ? NotSet : FormattableString.Invariant($"{value}");
}

/// <summary>A target or a check.</summary>
internal sealed record PlanFollowUp(string Kind, string Name, bool IsRequired)
{
    /// <summary>What follows the commit, in the order of a run.</summary>
    public static IReadOnlyList<PlanFollowUp> Of(Reporting.PurgeReport report) =>
    [
        .. report.Targets.Select(target => new PlanFollowUp("target", target.Name, target.IsRequired)),
        .. report.Checks.Select(check => new PlanFollowUp("check", check.Name, check.IsRequired)),
    ];
}

/// <summary>The JSON of a plan file.</summary>
[JsonSourceGenerationOptions(
    AllowDuplicateProperties = false,
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow)]
[JsonSerializable(typeof(PlanFileContent))]
internal sealed partial class PlanFileJson : JsonSerializerContext;
