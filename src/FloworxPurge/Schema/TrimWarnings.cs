namespace FloworxPurge.Schema;

/// <summary>What whoever trims an application, or compiles it ahead of time, reads at the entrances that do not bear it.</summary>
internal static class TrimWarnings
{
    /// <summary>Of a purge.</summary>
    public const string Model =
        "A purge reads the model and the provider's services through EF Core, which finds types by reflection and makes code while it "
            + "runs.";
}
