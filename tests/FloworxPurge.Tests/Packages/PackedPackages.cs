using System.Reflection;
using FloworxPurge.Tests.Kit;
using FloworxPurge.Tests.Packages;

[assembly: AssemblyFixture(typeof(PackedPackages))]

namespace FloworxPurge.Tests.Packages;

/// <summary>The packages of what was built with these tests, packed twice by the first test that needs them.</summary>
public sealed class PackedPackages : IAsyncDisposable
{
    // No machine's cache of packages holds one of this version.
    private readonly string _suffix = $"test-{Guid.NewGuid():N}";
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("floworxpurge-packages-");
    private readonly Lazy<Task> _packed;

    public PackedPackages() => _packed = new(PackAsync);

    /// <summary>The packages' version: that of the projects, with a suffix of this run.</summary>
    public string Version => $"0.9.0-{_suffix}";

    /// <summary>The folder with the packages of the whole solution, which is a feed.</summary>
    public string Feed => Path.Combine(_folder.FullName, "feed");

    /// <summary>The folder with the packages of the projects, packed a second time.</summary>
    public string Again => Path.Combine(_folder.FullName, "again");

    /// <summary>The packages, once they are packed.</summary>
    public static async Task<PackedPackages> GetAsync()
    {
        PackedPackages packages = await TestContext.Current.GetFixture<PackedPackages>()
            ?? throw new InvalidOperationException("The packages are a fixture of this assembly, reached from within a test only.");
        await packages._packed.Value;
        return packages;
    }

    /// <summary>The file of a package, or of its symbols.</summary>
    public string File(string id, string extension = "nupkg") => Path.Combine(Feed, $"{id}.{Version}.{extension}");

    public ValueTask DisposeAsync()
    {
        _folder.Delete(recursive: true);
        return ValueTask.CompletedTask;
    }

    private async Task PackAsync()
    {
        string configuration = typeof(PackedPackages).Assembly.GetCustomAttribute<AssemblyConfigurationAttribute>()!.Configuration;
        foreach (string output in (string[])[Feed, Again])
        {
            // In one process: others would begin anew what it has read already.
            await DotNet.RunAsync(
                Path.Combine(Repository.Packages, ".."),
                "pack", "FloworxPurge.sln", "--no-build", "-c", configuration, "-m:1", "--version-suffix", _suffix, $"-p:PackageOutputPath={output}", $"-p:NuspecOutputPath={output}/nuspec/", "-v", "q");
        }
    }
}
