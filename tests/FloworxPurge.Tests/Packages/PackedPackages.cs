using System.Reflection;
using System.Xml.Linq;
using FloworxPurge.Tests.Kit;
using FloworxPurge.Tests.Packages;

[assembly: AssemblyFixture(typeof(PackedPackages))]

namespace FloworxPurge.Tests.Packages;

/// <summary>The packages of what was built with these tests, packed by the first test that needs them.</summary>
public sealed class PackedPackages : IAsyncDisposable
{
    // No machine's cache of packages holds one of this version.
    private readonly string _suffix = $"test-{Guid.NewGuid():N}";
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("floworxpurge-packages-");
    private readonly Lazy<Task> _packed;

    public PackedPackages() => _packed = new(PackAsync);

    /// <summary>The configuration that these tests and the packages were built in.</summary>
    public static string Configuration
        => typeof(PackedPackages).Assembly.GetCustomAttribute<AssemblyConfigurationAttribute>()!.Configuration;

    /// <summary>The version of the projects.</summary>
    public static string Release
        => XDocument.Load(Path.Combine(Repository.Packages, "Directory.Build.props")).Descendants("VersionPrefix").Single().Value;

    /// <summary>The packages' version: that of the projects, with a suffix of this run.</summary>
    public string Version => $"{Release}-{_suffix}";

    /// <summary>The folder with the packages of the whole solution, which is a feed.</summary>
    public string Feed => Path.Combine(_folder.FullName, "feed");

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
        // In one process: others would begin anew what it has read already.
        await DotNet.RunAsync(
            Path.Combine(Repository.Packages, ".."),
            "pack", "FloworxPurge.sln", "--no-build", "-c", Configuration, "-m:1", "--version-suffix", _suffix,
            $"-p:PackageOutputPath={Feed}", $"-p:NuspecOutputPath={Feed}/nuspec/", "-v", "q");
    }
}
