namespace FloworxPurge;

/// <summary>What whoever trims an application, or compiles it ahead of time, reads at the entrances that do not bear it.</summary>
internal static class TrimWarnings
{
    /// <summary>Of a purge.</summary>
    public const string Model = "A purge reads the model and the provider's services through EF Core, which finds types by reflection and makes code while it runs.";

    /// <summary>Of a report's form.</summary>
    public const string Template = "The template engine reads a report by reflection and makes code while it runs. The JSON form does neither.";
}
