using System.Diagnostics;
using System.Text.Json;

namespace FloworxPurge.Tool;

/// <summary>A project that is built, and where its output is.</summary>
internal sealed record StartupProject
{
    // That of the tool: it runs in the process of the application.
    private const int OldestFramework = 10;

    private static readonly string[] Properties =
    [
        "TargetPath", "TargetFramework", "TargetFrameworks", "ProjectDepsFilePath", "ProjectRuntimeConfigFilePath", "NuGetPackageRoot",
        "TargetFrameworkVersion",
    ];

    public required string File { get; init; }

    public required string Assembly { get; init; }

    public required string DepsFile { get; init; }

    public required string RuntimeConfig { get; init; }

    public required string PackageRoot { get; init; }

    public string Folder => Path.GetDirectoryName(File)!;

    /// <summary>Finds the project file of a path: a file, or a folder with one project.</summary>
    /// <exception cref="ToolException">There is none, or there are several.</exception>
    public static string Find(string? path, string folder, string option)
    {
        string full = path is null ? folder : Path.GetFullPath(path, folder);
        if (System.IO.File.Exists(full))
        {
            return full;
        }

        string[] found = Directory.Exists(full)
            ? [.. Directory.GetFiles(full, "*.*proj").Order(StringComparer.Ordinal)]
            : [];
        return found.Length switch
        {
            1 => found[0],
            0 => throw new ToolException(ToolException.Usage, $"There is no project in \"{full}\". Give one: {option} PATH."),
            _ => throw new ToolException(
                ToolException.Usage,
                $"There is more than one project in \"{full}\": {string.Join(", ", found.Select(Path.GetFileName))}. Give one: {option} "
                    + "PATH."),
        };
    }

    /// <summary>Builds a project, and reads where its output is.</summary>
    /// <exception cref="ToolException">It does not build, or cannot be run.</exception>
    public static async Task<StartupProject> PrepareAsync(
        string file,
        ToolArguments arguments,
        TextWriter error)
    {
        List<string> common = [];
        if (arguments.Configuration is { } configuration)
        {
            common.Add($"-p:Configuration={configuration}");
        }

        if (arguments.Framework is { } chosen)
        {
            common.Add($"-p:TargetFramework={chosen}");
        }

        // Before a build, which takes its time: its output may be another.
        Func<string, string> read = await ReadAsync(file, common, error).ConfigureAwait(false);
        CheckFramework(file, read);
        if (!arguments.NoBuild)
        {
            await BuildAsync(file, common, error).ConfigureAwait(false);
            read = await ReadAsync(file, common, error).ConfigureAwait(false);
        }

        var project = new StartupProject
        {
            File = file,
            Assembly = read("TargetPath"),
            DepsFile = read("ProjectDepsFilePath"),
            RuntimeConfig = read("ProjectRuntimeConfigFilePath"),
            PackageRoot = read("NuGetPackageRoot"),
        };
        string[] files = [project.Assembly, project.DepsFile, project.RuntimeConfig];
        string[] missing = [.. files.Where(path => !System.IO.File.Exists(path))];
        return missing.Length == 0 ? project : throw new ToolException(
            ToolException.Failed,
            $"The output of \"{file}\" has no {string.Join(", ", missing.Select(path => $"\"{path}\""))}. "
                + (arguments.NoBuild ? "Build it, or leave out --no-build." : "Give a project that can be run: --startup-project PATH."));
    }

    private static void CheckFramework(string file, Func<string, string> read)
    {
        if (read("TargetFramework").Length == 0)
        {
            throw new ToolException(
                ToolException.Usage,
                $"\"{file}\" has several target frameworks ({read("TargetFrameworks")}). Give one: --framework NAME.");
        }

        string framework = read("TargetFrameworkVersion").TrimStart('v');
        if (!Version.TryParse(framework, out Version? version) || version.Major < OldestFramework)
        {
            throw new ToolException(
                ToolException.Usage,
                FormattableString.Invariant($"\"{file}\" targets {read("TargetFramework")}, and the tool runs in applications of ")
                    + FormattableString.Invariant($".NET {OldestFramework} and later. Nothing was written."));
        }
    }

    private static async Task<Func<string, string>> ReadAsync(string file, IEnumerable<string> properties, TextWriter error)
    {
        (int code, string json) = await RunAsync(
            ["msbuild", file, $"-getProperty:{string.Join(',', Properties)}", "-nologo", .. properties]).ConfigureAwait(false);
        if (code != 0)
        {
            await error.WriteLineAsync(json.Trim()).ConfigureAwait(false);
            throw new ToolException(ToolException.Failed, $"\"{file}\" cannot be read as a project. Nothing was written.");
        }

        using var document = JsonDocument.Parse(json);
        Dictionary<string, string> values = document.RootElement.GetProperty("Properties").EnumerateObject()
            .ToDictionary(property => property.Name, property => property.Value.GetString() ?? string.Empty, StringComparer.Ordinal);
        return name => values[name];
    }

    private static async Task BuildAsync(string file, IEnumerable<string> properties, TextWriter error)
    {
        (int code, string output) = await RunAsync(
            ["build", file, "-nologo", "-consoleLoggerParameters:ErrorsOnly;NoSummary", .. properties]).ConfigureAwait(false);
        if (code != 0)
        {
            await error.WriteLineAsync(output.Trim()).ConfigureAwait(false);
            throw new ToolException(ToolException.Failed, $"\"{file}\" does not build. Nothing was written.");
        }
    }

    private static async Task<(int Code, string Output)> RunAsync(IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo("dotnet", arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        start.Environment["DOTNET_CLI_UI_LANGUAGE"] = "en";
        start.Environment["DOTNET_NOLOGO"] = "1";
        start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        using var process = Process.Start(start)!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = await process.StandardOutput.ReadToEndAsync().ConfigureAwait(false);
        await process.WaitForExitAsync().ConfigureAwait(false);
        return (process.ExitCode, process.ExitCode == 0 ? output : output + await error.ConfigureAwait(false));
    }
}
