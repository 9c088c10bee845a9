using System.IO.Compression;
using System.Xml.Linq;

namespace FloworxPurge.Tests.Packages;

/// <summary>The package of the tool, as whoever installs it gets it.</summary>
public sealed class ToolPackageTests
{
    [Fact]
    public async Task It_holds_the_libraries_without_their_symbols_and_the_name_of_the_command()
    {
        PackedPackages packages = await PackedPackages.GetAsync();
        using ZipArchive package = ZipFile.OpenRead(packages.File(PackageTests.Tool));
        using ZipArchive symbols = ZipFile.OpenRead(packages.File(PackageTests.Tool, "snupkg"));
        string[] files = [.. package.Entries.Select(entry => entry.FullName)];

        Assert.Superset(
            new HashSet<string>(StringComparer.Ordinal)
            {
                "README.md", "icon.png", "tools/net10.0/any/FloworxPurge.dll", "tools/net10.0/any/FloworxPurge.CommandLine.dll",
                "tools/net10.0/any/FloworxPurge.Tool.dll", "tools/net10.0/any/FloworxPurge.Tool.runtimeconfig.json",
                "tools/net10.0/any/Microsoft.EntityFrameworkCore.Relational.dll", "tools/net10.0/any/System.CommandLine.dll",
            },
            files.ToHashSet(StringComparer.Ordinal));
        Assert.DoesNotContain(files, file => Path.GetExtension(file) is ".xml" && !file.Contains("Settings", StringComparison.Ordinal)
            && !file.StartsWith('['));
        Assert.DoesNotContain(files, file => file.StartsWith("lib/", StringComparison.Ordinal));
        Assert.Equal(
            ["tools/net10.0/any/FloworxPurge.Tool.pdb"],
            symbols.Entries.Select(entry => entry.FullName).Where(file => file.EndsWith(".pdb", StringComparison.Ordinal)));
        await using Stream settings = await package.GetEntry("tools/net10.0/any/DotnetToolSettings.xml")!
            .OpenAsync(TestContext.Current.CancellationToken);
        XElement command = Assert.Single(
            (await XDocument.LoadAsync(settings, LoadOptions.None, TestContext.Current.CancellationToken)).Descendants("Command"));
        Assert.Equal("floworx-purge", command.Attribute("Name")!.Value);
    }

    [Fact]
    public async Task It_is_installed_and_shows_its_help()
    {
        PackedPackages packages = await PackedPackages.GetAsync();
        DirectoryInfo folder = Directory.CreateTempSubdirectory("floworxpurge-installed-tool-");
        try
        {
            await DotNet.RunAsync(
                folder.FullName,
                "tool", "install", PackageTests.Tool, "--tool-path", "tools", "--version", packages.Version, "--source", packages.Feed);
            string program = Path.Combine(folder.FullName, "tools", OperatingSystem.IsWindows() ? "floworx-purge.exe" : "floworx-purge");
            string help = await DotNet.ProgramAsync(program, folder.FullName, "--help");
            string ofPlan = await DotNet.ProgramAsync(program, folder.FullName, "plan", "--help");

            Assert.Contains("--startup-project PATH", help, StringComparison.Ordinal);
            Assert.Contains("--compare", ofPlan, StringComparison.Ordinal);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
