using System.Reflection;
using System.Runtime.Loader;
using System.Text.Json;

namespace FloworxPurge.Tool;

/// <summary>The program in the application's process. It touches no assembly of the command before it can be found.</summary>
internal static class ApplicationSide
{
    private const string EntityFramework = "Microsoft.EntityFrameworkCore.Relational";
    private const int OldestEntityFramework = 10;

    public static async Task<int> RunAsync(string[] args)
    {
        ApplicationRequest request = JsonSerializer.Deserialize(args[0], ApplicationRequestJson.Default.ApplicationRequest)!;
        string output = Path.GetDirectoryName(request.StartupAssembly)!;
        AppContext.SetData("APP_CONTEXT_BASE_DIRECTORY", output + Path.DirectorySeparatorChar);
        AssemblyLoadContext.Default.Resolving += (context, name) =>
            Path.Combine(output, name.Name + ".dll") is { } file && File.Exists(file) ? context.LoadFromAssemblyPath(file) : null;

        if (RefusalOf(request) is { } refusal)
        {
            await ToolConsole.Error.WriteLineAsync(refusal).ConfigureAwait(false);
            return ToolException.Failed;
        }

        // The command and its own packages are loaded beside the application, whose versions of them may be others.
        var loader = new CommandLoadContext(Path.GetDirectoryName(typeof(ApplicationSide).Assembly.Location)!);
        Assembly own = loader.LoadFromAssemblyName(typeof(ApplicationSide).Assembly.GetName());
        Type command = own.GetType(typeof(ApplicationCommand).FullName!)!;
        MethodInfo run = command.GetMethod(nameof(ApplicationCommand.RunAsync), BindingFlags.Public | BindingFlags.Static)!;
        return await ((Task<int>)run.Invoke(null, [args[0]])!).ConfigureAwait(false);
    }

    // What the command would fail on with an assembly that does not load.
    private static string? RefusalOf(ApplicationRequest request)
    {
        try
        {
            Assembly assembly = AssemblyLoadContext.Default.LoadFromAssemblyName(new AssemblyName(EntityFramework));
            Version? found = assembly.GetName().Version;
            return found?.Major >= OldestEntityFramework ? null
                : FormattableString.Invariant($"The application has EF Core {found}, and the tool needs {OldestEntityFramework} or ")
                    + "later. Nothing was written.";
        }
        catch (FileNotFoundException)
        {
            return $"\"{request.StartupAssembly}\" has no {EntityFramework}, so there is no database to purge. Give the application "
                + "that has it: --startup-project PATH.";
        }
    }
}
