using System.Diagnostics;
using System.Reflection;
using FloworxPurge.Tests.Kit;

namespace FloworxPurge.CommandLine.Tests.Kit;

/// <summary>The tool in a process of its own, as the build of the solution has it.</summary>
internal static class Tool
{
    private static string Configuration
        => typeof(Tool).Assembly.GetCustomAttribute<AssemblyConfigurationAttribute>()!.Configuration;

    /// <summary>The options for the application of the suite, which is built; the arguments of the application follow.</summary>
    public static string[] Application =>
    [
        "--project", Path.Combine(Repository.Tests, "..", "FloworxPurge.ToolApplication"), "--configuration", Configuration, "--no-build",
        "--",
    ];

    public static Process Start(string folder, IEnumerable<string> args, params (string Name, string Value)[] environment)
    {
        string tool = Path.Combine(Repository.Packages, "FloworxPurge.Tool", "bin", Configuration, "net10.0", "FloworxPurge.Tool.dll");

        // A shell lets the processes that it starts in the background ignore SIGINT, and they hand that on.
        string[] begin = OperatingSystem.IsLinux() ? ["env", "--default-signal=INT", "dotnet"] : ["dotnet"];
        var start = new ProcessStartInfo(begin[0], [.. begin[1..], tool, .. args])
        {
            WorkingDirectory = folder,
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (string name in (string[])["DOTNET_ENVIRONMENT", "ASPNETCORE_ENVIRONMENT"])
        {
            start.Environment.Remove(name);
        }

        // Those of the build of the tests are not meant for another one.
        foreach (string name in start.Environment.Keys
            .Where(name => name.StartsWith("MSBUILD", StringComparison.OrdinalIgnoreCase))
            .ToList())
        {
            start.Environment.Remove(name);
        }

        start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        foreach ((string name, string value) in environment)
        {
            start.Environment[name] = value;
        }

        Process process = Process.Start(start)!;
        process.StandardInput.Close();
        return process;
    }

    public static async Task<(int Code, string Output, string Errors)> RunAsync(
        string folder,
        IEnumerable<string> args,
        params (string Name, string Value)[] environment)
    {
        using Process process = Start(folder, args, environment);
        return await EndAsync(process);
    }

    public static async Task<(int Code, string Output, string Errors)> EndAsync(Process process)
    {
        Task<string> errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        string output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (process.ExitCode, output, await errors);
    }
}
