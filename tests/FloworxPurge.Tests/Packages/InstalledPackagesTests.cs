using System.Text.RegularExpressions;
using System.Xml.Linq;
using FloworxPurge.Tests.Kit;

namespace FloworxPurge.Tests.Packages;

/// <summary>The packages in a new console project, as a newcomer takes them up. Restores, builds and runs: leave it out by <c>--filter FullyQualifiedName!~InstalledPackagesTests</c>.</summary>
public sealed partial class InstalledPackagesTests : IDisposable
{
    private const string Model = """
        internal sealed class ShopContext : DbContext
        {
            public DbSet<Country> Countries => Set<Country>();

            public DbSet<Currency> Currencies => Set<Currency>();

            public DbSet<Order> Orders => Set<Order>();

            public DbSet<Line> Lines => Set<Line>();

            protected override void OnConfiguring(DbContextOptionsBuilder options) => options.UseSqlite("Data Source=shop.db");
        }

        internal sealed class Country
        {
            public int Id { get; set; }
        }

        [Table("audit_currencies")]
        internal sealed class Currency
        {
            public int Id { get; set; }
        }

        internal sealed class Order
        {
            public int Id { get; set; }

            public Country Country { get; set; } = null!;
        }

        internal sealed class Line
        {
            public int Id { get; set; }

            public Order Order { get; set; } = null!;
        }
        """;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("floworxpurge-installed-");

    [Fact]
    public async Task The_first_example_of_the_readme_runs_in_a_new_project()
    {
        PackedPackages packages = await PackedPackages.GetAsync();
        string example = FirstExample();
        string report = Assert.Single(SavedFile().Matches(example)).Groups["file"].Value;
        Write("nuget.config", Configuration(packages.Feed));
        Write("app.csproj", Project(packages.Version));
        Write("Program.cs", Program(example));

        // A warning is an error there: whoever does not trim hears nothing of trimming.
        await DotNet.RunAsync(_folder.FullName, "build", "-c", "Release", "-o", "out", "-m:1", "--disable-build-servers", "-v", "q");
        string output = await DotNet.RunAsync(_folder.FullName, "out/app.dll");

        Assert.Contains("1 orders and 1 lines before, 0 and 0 after; 1 countries and 1 currencies", output, StringComparison.Ordinal);
        Assert.Contains("Redis 127.0.0.1:6379, database 0", output, StringComparison.Ordinal);
        Assert.EndsWith("The command ended with 0.", output.Trim(), StringComparison.Ordinal);
        Assert.Contains("Complete", await File.ReadAllTextAsync(Path.Combine(_folder.FullName, report)), StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Delete(recursive: true);

    /// <summary>The first block of C# in the README, as it stands there.</summary>
    private static string FirstExample()
        => CSharp().Match(File.ReadAllText(Path.Combine(Repository.Packages, "..", "README.md")).ReplaceLineEndings("\n")).Groups["code"].Value;

    // The machine's own sources stay. What it has restored before is found in its cache, and only the packages under test go to a folder of this project.
    private static string Configuration(string feed)
    {
        string cache = Environment.GetEnvironmentVariable("NUGET_PACKAGES")
            ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
        string fallback = Directory.Exists(cache) ? $"""<fallbackPackageFolders><add key="cache" value="{cache}" /></fallbackPackageFolders>""" : "";
        return $"""
            <configuration>
              <config><add key="globalPackagesFolder" value="packages" /></config>
              {fallback}
              <packageSources><add key="packed" value="{feed}" /></packageSources>
            </configuration>
            """;
    }

    private static string Project(string version)
    {
        // The versions of the provider that these tests were restored with.
        ILookup<string, string> versions = XDocument.Load(Path.Combine(Repository.Tests, "..", "Directory.Packages.props")).Descendants("PackageVersion")
            .Where(package => package.Attribute("Include") is not null)
            .ToLookup(package => package.Attribute("Include")!.Value, package => package.Attribute("Version")!.Value, StringComparer.Ordinal);
        string[] provider = ["Microsoft.EntityFrameworkCore.Sqlite", "SQLitePCLRaw.core", "SQLitePCLRaw.bundle_e_sqlite3"];
        IEnumerable<string> references = ((string[])["FloworxPurge", "FloworxPurge.CommandLine", "FloworxPurge.Redis"]).Select(id => Reference(id, version))
            .Concat(provider.Select(id => Reference(id, versions[id].Single())));

        // A source that cannot be reached is no error where the cache has what is wanted.
        return $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <OutputType>Exe</OutputType>
                <TargetFramework>net10.0</TargetFramework>
                <Nullable>enable</Nullable>
                <ImplicitUsings>enable</ImplicitUsings>
                <InvariantGlobalization>true</InvariantGlobalization>
                <TreatWarningsAsErrors>true</TreatWarningsAsErrors>
                <WarningsNotAsErrors>NU1801</WarningsNotAsErrors>
                <RestoreIgnoreFailedSources>true</RestoreIgnoreFailedSources>
                <NuGetAudit>false</NuGetAudit>
              </PropertyGroup>
              <ItemGroup>
                {string.Join("\n    ", references)}
              </ItemGroup>
            </Project>
            """;

        static string Reference(string id, string version) => $"""<PackageReference Include="{id}" Version="{version}" />""";
    }

    /// <summary>What the example takes for granted, the example, what came of it, and a call of each other package.</summary>
    private static string Program(string example) => $$"""
        using System.ComponentModel.DataAnnotations.Schema;
        using FloworxPurge;
        using FloworxPurge.CommandLine;
        using FloworxPurge.Execution;
        using FloworxPurge.Planning;
        using FloworxPurge.Redis;
        using FloworxPurge.Reporting;
        using Microsoft.EntityFrameworkCore;
        using Microsoft.Extensions.DependencyInjection;

        await using var db = new ShopContext();
        await db.Database.EnsureCreatedAsync();
        db.AddRange(new Currency(), new Line { Order = new Order { Country = new Country() } });
        await db.SaveChangesAsync();
        var (orders, lines) = (await db.Orders.CountAsync(), await db.Lines.CountAsync());

        {{example}}

        Console.WriteLine($"{orders} orders and {lines} lines before, {await db.Orders.CountAsync()} and {await db.Lines.CountAsync()} after; {await db.Countries.CountAsync()} countries and {await db.Currencies.CountAsync()} currencies");
        Console.WriteLine(new RedisPurgeTarget(new() { Configuration = "127.0.0.1:6379", EntireDatabase = "127.0.0.1:6379/0" }).Name);
        var services = new ServiceCollection().AddDbContext<ShopContext>();
        services.AddFloworxPurge(options => options.Exclude<Country>());
        await using var provider = services.BuildServiceProvider();
        Console.WriteLine($"The command ended with {await PurgeCommand.RunAsync<ShopContext>(provider, ["--dry-run"])}.");

        {{Model}}
        """;

    private void Write(string file, string text) => File.WriteAllText(Path.Combine(_folder.FullName, file), text);

    [GeneratedRegex(@"```csharp\n(?<code>.*?)```", RegexOptions.Singleline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex CSharp();

    [GeneratedRegex(@"SaveAsync\(""(?<file>[^""]+)""", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex SavedFile();
}
