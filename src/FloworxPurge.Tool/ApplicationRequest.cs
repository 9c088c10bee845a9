using System.Text.Json.Serialization;

namespace FloworxPurge.Tool;

/// <summary>What the process of the application is asked to do.</summary>
internal sealed record ApplicationRequest
{
    /// <summary>Gets the process of the tool, without which the command does not go on.</summary>
    public required int ToolProcess { get; init; }

    public required string StartupAssembly { get; init; }

    public required string ContextAssembly { get; init; }

    public required IReadOnlyList<string> Contexts { get; init; }

    public required IReadOnlyList<string> Command { get; init; }

    public required IReadOnlyList<string> Application { get; init; }
}

[JsonSerializable(typeof(ApplicationRequest))]
internal sealed partial class ApplicationRequestJson : JsonSerializerContext;
