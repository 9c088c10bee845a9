using System.Diagnostics;
using System.Text.Json;

namespace FloworxPurge.Tool;

/// <summary>The process of the application, with its dependencies and settings, in which the command runs.</summary>
internal static class ApplicationProcess
{
    /// <summary>The first argument of the program in that process.</summary>
    public const string Marker = "--in-application";

    /// <summary>Runs the command there, and returns its exit code.</summary>
    public static async Task<int> RunAsync(StartupProject startup, string contextAssembly, ToolArguments arguments)
    {
        var request = new ApplicationRequest
        {
            ToolProcess = Environment.ProcessId,
            StartupAssembly = startup.Assembly,
            ContextAssembly = contextAssembly,
            Contexts = arguments.Contexts,
            Command = arguments.Command,
            Application = arguments.Application,
        };
        List<string> line =
        [
            "exec", "--depsfile", startup.DepsFile, "--runtimeconfig", startup.RuntimeConfig,
            .. startup.PackageRoot.Length == 0 ? (string[])[] : ["--additionalprobingpath", startup.PackageRoot],
            typeof(ApplicationProcess).Assembly.Location, Marker,
            JsonSerializer.Serialize(request, ApplicationRequestJson.Default.ApplicationRequest),
        ];
        var start = new ProcessStartInfo("dotnet", line) { UseShellExecute = false, WorkingDirectory = startup.Folder };
        if (arguments.Environment is { } environment)
        {
            start.Environment["DOTNET_ENVIRONMENT"] = environment;
            start.Environment["ASPNETCORE_ENVIRONMENT"] = environment;
        }

        if (!arguments.Command.Any(argument => argument is "--verbose" or "-v"))
        {
            // The statements of the run are not what the operator looks for.
            foreach (string category in (string[])["Microsoft.EntityFrameworkCore", "FloworxPurge"])
            {
                start.Environment.TryAdd($"Logging__LogLevel__{category}", "Warning");
            }
        }

        using var process = Process.Start(start)!;
        IReadOnlyList<IDisposable> signals = ToolConsole.OnStop(() => Forward(process));
        await process.WaitForExitAsync().ConfigureAwait(false);
        foreach (IDisposable signal in signals)
        {
            signal.Dispose();
        }

        return process.ExitCode;
    }

    // Ctrl+C reaches the process by itself, since it is in the group of the terminal; another SIGINT may not.
    private static bool Forward(Process process)
    {
        if (!OperatingSystem.IsWindows())
        {
            using Process? kill = Process.Start(
                "kill",
                ["-TERM", process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
        }

        // This one waits for its rollback.
        return true;
    }
}
