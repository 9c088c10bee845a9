using System.Diagnostics;
using FloworxPurge.Tests.Servers;

namespace FloworxPurge.Tests.Packages;

/// <summary>The <c>dotnet</c> command as a process of its own, which leaves no other behind.</summary>
internal static class DotNet
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(20);

    private static string Host => Environment.ProcessPath is { } own && Path.GetFileNameWithoutExtension(own) == "dotnet" ? own : "dotnet";

    /// <summary>Runs it to its end.</summary>
    /// <returns>What it wrote to its output.</returns>
    /// <exception cref="TimeoutException">It did not end in time; it is killed, with all that it has started.</exception>
    public static async Task<string> RunAsync(string folder, params string[] arguments)
    {
        (int code, string output, string errors) = await RunAsync(Start(Host, folder, arguments));
        Assert.True(code == 0, $"dotnet {string.Join(' ', arguments)} ended with {code}:\n{output}\n{errors}");
        return output;
    }

    /// <summary>Runs it to its end, whatever comes of it.</summary>
    /// <returns>Its exit code and all that it wrote.</returns>
    /// <exception cref="TimeoutException">It did not end in time.</exception>
    public static async Task<(int Code, string Output)> TryRunAsync(string folder, params string[] arguments)
    {
        (int code, string output, string errors) = await RunAsync(Start(Host, folder, arguments));
        return (code, output + errors);
    }

    /// <summary>Runs a program that was published.</summary>
    /// <returns>What it wrote to its output.</returns>
    /// <exception cref="TimeoutException">It did not end in time.</exception>
    public static async Task<string> ProgramAsync(string program, string folder, params string[] arguments)
    {
        (int code, string output, string errors) = await RunAsync(Start(program, folder, arguments));
        Assert.True(code == 0, $"{program} ended with {code}:\n{output}\n{errors}");
        return output;
    }

    private static async Task<(int Code, string Output, string Errors)> RunAsync(ProcessStartInfo start)
    {
        QuickRun.SkipBefore("Another process");
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> errors = process.StandardError.ReadToEndAsync();
        using var limit = new CancellationTokenSource(Limit);
        try
        {
            await process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException e)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException(
                $"{start.FileName} {string.Join(' ', start.ArgumentList)} did not end within {Limit.TotalMinutes:0} min.",
                e);
        }

        return (process.ExitCode, await output, await errors);
    }

    private static ProcessStartInfo Start(string program, string folder, string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = folder,
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };

        // The environment that the build of these tests sets for its own processes is not meant for another.
        foreach (string name in start.Environment.Keys
            .Where(name => name.StartsWith("MSBUILD", StringComparison.OrdinalIgnoreCase))
            .ToList())
        {
            start.Environment.Remove(name);
        }

        start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        start.Environment["DOTNET_CLI_USE_MSBUILD_SERVER"] = "0";
        start.Environment["DOTNET_CLI_TELEMETRY_OPTOUT"] = "1";
        start.Environment["DOTNET_CLI_UI_LANGUAGE"] = "en";
        start.Environment["DOTNET_NOLOGO"] = "1";
        return start;
    }
}
