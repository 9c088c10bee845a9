using System.Diagnostics;
using FloworxPurge.Tests.Servers;

namespace FloworxPurge.Tests.Kit;

/// <summary>The engines' own shells: <c>sqlite3</c>, <c>psql</c>, <c>mariadb</c> and <c>sqlcmd</c>.</summary>
public static class Shell
{
    /// <summary>
    /// Runs a script in the shell of the database's engine and gives its output. Skips the test where there is no shell; fails it when
    /// <c>CI</c> is <c>true</c>.
    /// </summary>
    public static async Task<(int ExitCode, string Output, string Errors)> RunScriptAsync(
        TestDatabase database,
        string script,
        CancellationToken cancellationToken = default)
    {
        QuickRun.SkipBefore("A shell");
        ProcessStartInfo start = database.ShellStart();
        start.RedirectStandardInput = start.RedirectStandardOutput = start.RedirectStandardError = true;
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync(cancellationToken);
        Task<string> errors = process.StandardError.ReadToEndAsync(cancellationToken);
        try
        {
            await process.StandardInput.WriteAsync(script.AsMemory(), cancellationToken);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // The shell stopped at an error before it had read everything.
        }

        await process.WaitForExitAsync(cancellationToken);
        return (process.ExitCode, await output, await errors);
    }

    /// <summary>The program's path. Skips the test where it is not on <c>PATH</c>; fails it when <c>CI</c> is <c>true</c>.</summary>
    internal static string Find(string program)
    {
        string? file = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .Select(folder => Path.Combine(folder, program))
            .FirstOrDefault(File.Exists);
        if (file is not null)
        {
            return file;
        }

        string reason = $"The program {program} is not on PATH.";
        Assert.False(string.Equals(Environment.GetEnvironmentVariable("CI"), "true", StringComparison.OrdinalIgnoreCase), reason);
        Assert.Skip(reason);
        return program;
    }
}
