using System.IO.Compression;
using System.Xml.Linq;

namespace FloworxPurge.Tests.Packages;

/// <summary>The package of the tool, as whoever installs it gets it.</summary>
public sealed class ToolPackageTests
{
    private const string Program = $$"""
        using System.ComponentModel.DataAnnotations.Schema;
        using Microsoft.EntityFrameworkCore;

        await using var db = new ShopContext();
        if (args is ["count"])
        {
            Console.WriteLine($"{await db.Orders.CountAsync()} orders, {await db.Lines.CountAsync()} lines");
            return;
        }

        await db.Database.EnsureCreatedAsync();
        db.Add(new Line { Order = new Order { Country = new Country() } });
        await db.SaveChangesAsync();

        {{ExampleProject.Model}}
        """;

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
    public async Task It_is_installed_and_purges_the_database_of_a_project_that_has_no_package_of_it()
    {
        PackedPackages packages = await PackedPackages.GetAsync();
        using var project = new ConsumerProject();
        project.Write(packages.Feed, ExampleProject.Provider(), Program);
        await DotNet.RunAsync(
            project.Folder,
            "tool", "install", PackageTests.Tool, "--tool-path", "tools", "--version", packages.Version, "--source", packages.Feed);
        string program = Path.Combine(project.Folder, "tools", OperatingSystem.IsWindows() ? "floworx-purge.exe" : "floworx-purge");
        await DotNet.RunAsync(project.Folder, "build", "-m:1", "--disable-build-servers", "-v", "q");
        await DotNet.RunAsync(project.Folder, "bin/Debug/net10.0/app.dll");

        string help = await DotNet.ProgramAsync(program, project.Folder, "--help");
        string plan = await DotNet.ProgramAsync(
            program, project.Folder, "plan", "--context", "ShopContext", "--out", "purge.plan.json");
        string run = await DotNet.ProgramAsync(
            program,
            project.Folder,
            "run", "purge.plan.json", "--context", "ShopContext", "--confirm", "shop.db", "--backup", "backups", "--no-build");
        string left = await DotNet.RunAsync(project.Folder, "bin/Debug/net10.0/app.dll", "count");

        Assert.Contains("--startup-project PATH", help, StringComparison.Ordinal);
        Assert.Contains("Orders", plan, StringComparison.Ordinal);
        Assert.Contains("Complete", run, StringComparison.OrdinalIgnoreCase);
        Assert.Equal("0 orders, 0 lines", left.Trim());
        Assert.Single(Directory.GetFiles(Path.Combine(project.Folder, "backups"), "shop.db*"));
    }
}
