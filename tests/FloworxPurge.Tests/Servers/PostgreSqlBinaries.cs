using System.Globalization;

namespace FloworxPurge.Tests.Servers;

/// <summary>Where PostgreSQL's server programs are on this machine, and whether they can be run.</summary>
internal static class PostgreSqlBinaries
{
    /// <summary>The environment variable that holds the folder of initdb and postgres, where not the machine's own are meant.</summary>
    public const string Variable = "FLOWORXPURGE_TEST_POSTGRES_BINARIES";

    private const string DebianFolder = "/usr/lib/postgresql";

    /// <summary>Finds the folder of initdb and postgres, or the reason why there is none to use.</summary>
    public static (string? Folder, string? Reason) Find()
    {
        if (OperatingSystem.IsWindows())
        {
            return (null, "a throw-away PostgreSQL server is started on Linux and macOS only");
        }

        var named = Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } value ? value : null;
        var folder = (named is null ? Candidates() : [named]).FirstOrDefault(HoldsServer);
        if (folder is null)
        {
            return (
                null,
                "no initdb and postgres "
                    + (named is null ? $"on PATH or in {DebianFolder}/*/bin" : $"in {named}, which {Variable} names"));
        }

        // A PostgreSQL server refuses to run as root.
        if (Environment.IsPrivilegedProcess && (Programs.OnPath("runuser") is null || !Programs.HasUser("postgres")))
        {
            return (null, "as root a PostgreSQL server needs the program runuser and a user named postgres");
        }

        return (folder, null);
    }

    private static IEnumerable<string> Candidates()
    {
        var onPath = Programs.PathFolders();
        var debian = Directory.Exists(DebianFolder)
            ? Directory.GetDirectories(DebianFolder).OrderByDescending(Version).Select(folder => Path.Combine(folder, "bin"))
            : [];
        return onPath.Concat(debian);
    }

    private static double Version(string folder)
        => double.TryParse(Path.GetFileName(folder), NumberStyles.Float, CultureInfo.InvariantCulture, out var version) ? version : 0;

    private static bool HoldsServer(string folder)
        => Programs.IsProgram(Path.Combine(folder, "initdb")) && Programs.IsProgram(Path.Combine(folder, "postgres"));
}
