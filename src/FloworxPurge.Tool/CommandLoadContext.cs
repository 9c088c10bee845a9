using System.Reflection;
using System.Runtime.Loader;

namespace FloworxPurge.Tool;

/// <summary>
/// Loads the command and its packages from the tool, and everything that they share with the application from there.
/// </summary>
internal sealed class CommandLoadContext : AssemblyLoadContext
{
    private static readonly HashSet<string> Own = new(StringComparer.Ordinal)
    {
        "FloworxPurge.Tool", "FloworxPurge.CommandLine", "System.CommandLine", "Spectre.Console",
    };

    private readonly string _folder;

    public CommandLoadContext(string folder)
        : base("FloworxPurge")
    {
        _folder = folder;
        Resolving += (_, name) => FromTool(name);
    }

    protected override Assembly? Load(AssemblyName assemblyName)
        => Own.Contains(assemblyName.Name!) ? FromTool(assemblyName) : null;

    // What the application does not have.
    private Assembly? FromTool(AssemblyName name)
        => Path.Combine(_folder, name.Name + ".dll") is { } file && File.Exists(file) ? LoadFromAssemblyPath(file) : null;
}
