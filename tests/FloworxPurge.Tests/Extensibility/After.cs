using FloworxPurge.Connections;
using FloworxPurge.Engines;
using FloworxPurge.Extensibility;
using Microsoft.EntityFrameworkCore;

namespace FloworxPurge.Tests.Extensibility;

/// <summary>The context that a check or a target receives in these tests.</summary>
internal static class After
{
    private static readonly DatabaseIdentity Database = new()
    {
        Provider = "provider",
        Engine = "engine",
        ServerVersion = "1.0",
        Server = "server",
        Database = "database",
    };

    /// <summary>A purge of the database behind contexts.</summary>
    public static ExtensionContext Purge(params DbContext[] contexts) => new()
    {
        Contexts = contexts,
        Database = Database,
        IsDryRun = false,
        TimeProvider = TimeProvider.System,
    };

    /// <summary>A dry run.</summary>
    public static ExtensionContext DryRun() => Purge() with { IsDryRun = true };

    /// <summary>Activities that nobody listens to.</summary>
    public static PurgeTrace Trace => new(new AnsiDialect());

    /// <summary>A purge by another clock.</summary>
    public static ExtensionContext By(TimeProvider clock) => Purge() with { TimeProvider = clock };
}
