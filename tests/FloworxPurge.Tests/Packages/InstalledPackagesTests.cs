using System.Text.RegularExpressions;
using System.Xml.Linq;
using FloworxPurge.Tests.Kit;

namespace FloworxPurge.Tests.Packages;

/// <summary>
/// The packages in a new console project, as a newcomer takes them up. Restores, builds and runs: leave it out by <c>--filter
/// FullyQualifiedName!~InstalledPackagesTests</c>.
/// </summary>
public sealed partial class InstalledPackagesTests
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

    private static readonly string[] Own = ["FloworxPurge", "FloworxPurge.CommandLine", "FloworxPurge.Redis"];

    [Fact]
    public async Task The_first_example_of_the_readme_runs_in_a_new_project()
    {
        PackedPackages packages = await PackedPackages.GetAsync();
        string example = FirstExample();
        string report = Assert.Single(SavedFile().Matches(example)).Groups["file"].Value;
        using var project = new ConsumerProject();
        project.Write(packages.Feed, [.. Own.Select(id => (id, packages.Version)), .. Provider()], Program(example));

        // A warning is an error there: whoever does not trim hears nothing of trimming.
        await DotNet.RunAsync(project.Folder, "build", "-c", "Release", "-o", "out", "-m:1", "--disable-build-servers", "-v", "q");
        string output = await DotNet.RunAsync(project.Folder, "out/app.dll");

        Assert.Contains("1 orders and 1 lines before, 0 and 0 after; 1 countries and 1 currencies", output, StringComparison.Ordinal);
        Assert.Contains("Redis 127.0.0.1:6379, database 0", output, StringComparison.Ordinal);
        Assert.EndsWith("The command ended with 0.", output.Trim(), StringComparison.Ordinal);
        Assert.Contains("Complete", await File.ReadAllTextAsync(Path.Combine(project.Folder, report)), StringComparison.Ordinal);
    }

    /// <summary>The first block of C# in the README, as it stands there.</summary>
    private static string FirstExample()
        => CSharp().Match(
            File.ReadAllText(Path.Combine(Repository.Packages, "..", "README.md")).ReplaceLineEndings("\n")).Groups["code"].Value;

    // The versions of the provider that these tests were restored with.
    private static IEnumerable<(string Id, string Version)> Provider()
    {
        ILookup<string, string> versions = XDocument.Load(
            Path.Combine(Repository.Tests, "..", "Directory.Packages.props")).Descendants("PackageVersion")
            .Where(package => package.Attribute("Include") is not null)
            .ToLookup(
                package => package.Attribute("Include")!.Value,
                package => package.Attribute("Version")!.Value,
                StringComparer.Ordinal);
        return (
            (string[])["Microsoft.EntityFrameworkCore.Sqlite", "SQLitePCLRaw.core", "SQLitePCLRaw.bundle_e_sqlite3"]).Select(id => (id, versions[id].Single()));
    }

    /// <summary>What the example takes for granted, the example, what came of it, and a call of each other package.</summary>
    private static string Program(string example) => $$"""
        using System.ComponentModel.DataAnnotations.Schema;
        using FloworxPurge;
        using FloworxPurge.CommandLine;
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

    [GeneratedRegex(@"```csharp\n(?<code>.*?)```", RegexOptions.Singleline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex CSharp();

    [GeneratedRegex(@"SaveAsync\(""(?<file>[^""]+)""", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex SavedFile();
}
