using System.Text.Json.Serialization;
using Microsoft.Extensions.Logging;

namespace FloworxPurge;

/// <summary>Something that was found, what it means and what to do.</summary>
public sealed record PlanNote
{
    /// <summary>
    /// Gets how much it matters: <see cref="LogLevel.Information"/>, or <see cref="LogLevel.Warning"/> for a note that should be read
    /// before the plan is run.
    /// </summary>
    public required LogLevel Grade { get; init; }

    /// <summary>Gets the table that the note is about, or <see langword="null"/> for the whole database.</summary>
    [JsonRequired]
    public TableName? Table { get; init; }

    /// <summary>Gets the note in words.</summary>
    public required string Text { get; init; }

    /// <summary>
    /// Gets when it happened, by the clock of the options, in UTC; <see langword="null"/> for a note that is not about a moment of the run.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? At { get; init; }

    /// <summary>A note that is good to know.</summary>
    internal static PlanNote Information(TableName? table, string text)
        => new() { Grade = LogLevel.Information, Table = table, Text = text };

    /// <summary>A moment of a run.</summary>
    internal static PlanNote Event(DateTimeOffset at, string text) => new() { Grade = LogLevel.Information, Text = text, At = at };

    /// <summary>A note that should be read before the plan is run.</summary>
    internal static PlanNote Warning(TableName? table, string text) => new() { Grade = LogLevel.Warning, Table = table, Text = text };
}
