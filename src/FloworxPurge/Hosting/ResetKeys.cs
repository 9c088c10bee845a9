namespace FloworxPurge.Hosting;

/// <summary>The configuration keys of <see cref="ResetOptions"/>: the names of its properties and methods.</summary>
internal static class ResetKeys
{
    /// <summary>All of them.</summary>
    public static OptionKeys<ResetOptions> All { get; } = new OptionKeys<ResetOptions>()
        .Flag(nameof(ResetOptions.ResetIdentity), (options, value) => options.ResetIdentity = value)
        .Flag(nameof(ResetOptions.ThrowOnSkips), (options, value) => options.ThrowOnSkips = value)
        .Flag(nameof(ResetOptions.RestoreSeedData), (options, value) => options.RestoreSeedData = value)
        .Choice<DriftTolerance>(nameof(ResetOptions.DriftTolerance), (options, value) => options.DriftTolerance = value)
        .Choice<OnBlocked>(nameof(ResetOptions.OnBlocked), (options, value) => options.OnBlocked = value)
        .Time(nameof(ResetOptions.LockTimeout), (options, value) => options.LockTimeout = value)
        .List(nameof(ResetOptions.Include), (options, value) => options.Include(value))
        .List(nameof(ResetOptions.Exclude), (options, value) => options.Exclude(value))
        .List(nameof(ResetOptions.AllowInserts), (options, value) => options.AllowInserts(value))
        .List(nameof(ResetOptions.AllowDatabase), (options, value) => options.AllowDatabase(value))
        .InCode(nameof(ResetOptions.ConnectionString), "ConnectionString = ...")
        .InCode(nameof(ResetOptions.Dialect), "Dialect = ...");
}
