namespace FloworxPurge.CommandLine;

/// <summary>What whoever trims an application, or compiles it ahead of time, reads at the command.</summary>
internal static class TrimWarnings
{
    /// <summary>Of a purge.</summary>
    public const string Model = "The command purges through EF Core, which finds types by reflection and makes code while it runs.";
}
