using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace FloworxPurge.Reporting;

/// <summary>What the caller adds to a report. It is stated, not measured, and a report marks it so.</summary>
public sealed record ReportDetails
{
    private const int DeepestCustom = 32;

    /// <summary>
    /// Gets the person who is responsible for the purge, or <see langword="null"/> (the default). The account of the process is in the
    /// report in any
    /// case.
    /// </summary>
    public string? Operator { get; init; }

    /// <summary>Gets the environment, such as an address, or <see langword="null"/> (the default).</summary>
    public string? Environment { get; init; }

    /// <summary>Gets how consent was given, such as <c>typed the database's name</c>, or <see langword="null"/> (the default).</summary>
    public string? Consent { get; init; }

    /// <summary>
    /// Gets the backup that was made before, and how it was verified, or why there is none; <see langword="null"/> (the default) when
    /// nothing
    /// is said.
    /// </summary>
    public string? Backup { get; init; }

    /// <summary>
    /// Gets the command that restores the backup, as it is typed in a shell; <see langword="null"/> (the default) when nothing is said.
    /// </summary>
    public string? Restore { get; init; }

    /// <summary>Gets the reason or ticket, or <see langword="null"/> (the default).</summary>
    public string? Reason { get; init; }

    /// <summary>
    /// Gets the guards of the caller's own that were overridden, each by name. Options that loosen a guard of the purge are in the report
    /// in any case. The default is an empty list.
    /// </summary>
    public IReadOnlyList<string> Overrides { get; init; } = [];

    /// <summary>Gets the next steps. The default is an empty list.</summary>
    public IReadOnlyList<string> NextSteps { get; init; } = [];

    /// <summary>Gets the places where help is found. The default is an empty list.</summary>
    public IReadOnlyList<string> Support { get; init; } = [];

    /// <summary>Gets when to escalate. The default is an empty list.</summary>
    public IReadOnlyList<string> Escalation { get; init; } = [];

    /// <summary>
    /// Gets what is ready besides what the run measured, such as <c>Mail is configured</c>: entries of the report's checklist. The default
    /// is an empty list.
    /// </summary>
    [JsonIgnore]
    public IReadOnlyList<string> Checklist { get; init; } = [];

    /// <summary>
    /// Gets what is known of security besides what the run measured, such as <c>The signing keys are unchanged</c>. The default is an empty
    /// list.
    /// </summary>
    [JsonIgnore]
    public IReadOnlyList<string> Security { get; init; } = [];

    /// <summary>
    /// Gets the conclusion, such as <c>The system is ready for its first client</c>, or <see langword="null"/> (the default). It is in the
    /// report only when the verdict is <see cref="PurgeVerdict.Complete"/> or <see cref="PurgeVerdict.CompleteWithSkips"/>.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Conclusion { get; init; }

    /// <summary>
    /// Gets the people who sign the report, each on a line of their own, such as <c>Operator</c> and <c>Customer</c>. The default is an
    /// empty list.
    /// </summary>
    public IReadOnlyList<string> SignOff { get; init; } = [];

    /// <summary>
    /// Gets the names of the rows that were to be deleted, where a name stands for them (<c>AddRows</c>), each with its parameters, such as
    /// <c>subject (email = sha256:973dfe46...)</c>. The default is an empty list.
    /// </summary>
    [JsonIgnore]
    public IReadOnlyList<string> Scopes { get; init; } = [];

    /// <summary>
    /// Gets the data for templates of one's own, which find it under <c>custom</c>; an object of at most 32 levels, made with
    /// <see cref="JsonSerializer.SerializeToElement{TValue}(TValue, JsonSerializerOptions?)"/>. The default is none.
    /// </summary>
    public JsonElement? Custom { get; init; }

    /// <summary><see cref="Checklist"/> as the JSON form has it: a report without one is written as it was before there were any.</summary>
    [JsonInclude]
    [JsonPropertyName("checklist")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    internal IReadOnlyList<string>? WrittenChecklist
    {
        get => Checklist is { Count: 0 } ? null : Checklist;
        init => Checklist = value ?? [];
    }

    /// <summary><see cref="Security"/> as the JSON form has it.</summary>
    [JsonInclude]
    [JsonPropertyName("security")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    internal IReadOnlyList<string>? WrittenSecurity
    {
        get => Security is { Count: 0 } ? null : Security;
        init => Security = value ?? [];
    }

    /// <summary><see cref="Scopes"/> as the JSON form has it.</summary>
    [JsonInclude]
    [JsonPropertyName("scopes")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    internal IReadOnlyList<string>? WrittenScopes
    {
        get => Scopes is { Count: 0 } ? null : Scopes;
        init => Scopes = value ?? [];
    }

    /// <summary>A copy that later changes to its lists and the end of its JSON document do not reach.</summary>
    internal ReportDetails Snapshot() => this with
    {
        Overrides = Copy(Overrides),
        NextSteps = Copy(NextSteps),
        Support = Copy(Support),
        Escalation = Copy(Escalation),
        SignOff = Copy(SignOff),
        Checklist = Copy(Checklist),
        Security = Copy(Security),
        Scopes = Copy(Scopes),
        Custom = Custom is { ValueKind: not JsonValueKind.Undefined } custom ? custom.Clone() : Custom,
    };

    /// <summary>What is wrong with the details.</summary>
    internal IEnumerable<string> Problems()
    {
        (string Name, IReadOnlyList<string>? List)[] lists =
        [
            (nameof(Overrides), Overrides), (nameof(NextSteps), NextSteps), (nameof(Support), Support),
            (nameof(Escalation), Escalation), (nameof(SignOff), SignOff), (nameof(Checklist), Checklist), (nameof(Security), Security),
            (nameof(Scopes), Scopes),
        ];
        foreach ((string name, _) in lists.Where(list => list.List is null || list.List.Any(string.IsNullOrWhiteSpace)))
        {
            yield return $"Details.{name} has an entry without text; leave it out";
        }

        if (Custom is { ValueKind: not JsonValueKind.Object } custom)
        {
            yield return $"Details.{nameof(Custom)} is {custom.ValueKind}; give an object";
        }
        else if (Custom is { } data)
        {
            foreach (string problem in CustomProblems(data))
            {
                yield return $"Details.{nameof(Custom)} {problem}";
            }
        }
    }

    // Values that a report cannot write or read back.
    private static IEnumerable<string> CustomProblems(JsonElement custom)
    {
        if (IsDeeperThan(custom, DeepestCustom))
        {
            yield return string.Create(CultureInfo.InvariantCulture, $"is nested deeper than {DeepestCustom} levels; make it flatter");
        }
        else if (!IsText(custom))
        {
            yield return "has a name or a text that is no valid Unicode (half of a surrogate pair); leave it out";
        }
        else if (HasNameTwice(custom))
        {
            yield return "has an object with a property twice; a report could not be read back";
        }
    }

    private static bool HasNameTwice(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => element.EnumerateObject().DistinctBy(property => property.Name, StringComparer.Ordinal).Count()
                != element.EnumerateObject().Count()
            || element.EnumerateObject().Any(property => HasNameTwice(property.Value)),
        JsonValueKind.Array => element.EnumerateArray().Any(HasNameTwice),
        _ => false,
    };

    private static bool IsDeeperThan(JsonElement element, int levels) => element.ValueKind switch
    {
        JsonValueKind.Object => levels == 0 || element.EnumerateObject().Any(property => IsDeeperThan(property.Value, levels - 1)),
        JsonValueKind.Array => levels == 0 || element.EnumerateArray().Any(item => IsDeeperThan(item, levels - 1)),
        _ => false,
    };

    private static bool IsText(JsonElement element)
    {
        try
        {
            return element.ValueKind switch
            {
                JsonValueKind.Object => element.EnumerateObject().All(property => property.Name is not null && IsText(property.Value)),
                JsonValueKind.Array => element.EnumerateArray().All(IsText),
                JsonValueKind.String => element.GetString() is not null,
                _ => true,
            };
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }

    private static IReadOnlyList<string> Copy(IReadOnlyList<string>? list) => list is null ? null! : [.. list];
}
