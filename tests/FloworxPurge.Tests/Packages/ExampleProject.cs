using System.Xml.Linq;
using FloworxPurge.Tests.Kit;

namespace FloworxPurge.Tests.Packages;

/// <summary>
/// A new project that contains the examples of the package READMEs, text for text, with the packages under test. It is restored and built
/// by the first test that needs it.
/// </summary>
public sealed class ExampleProject : IDisposable
{
    /// <summary>The server that the examples name, in place of which the program gets the address of the test's server.</summary>
    private const string NamedServer = "127.0.0.1:6379";

    private const string RemoteServer = "$\"cache.internal:6380,ssl=true,user=purger,password={password}\"";

    /// <summary>The contexts of the program, on one SQLite file of the current folder.</summary>
    internal const string Model = """
        internal class AccountsContext : DbContext
        {
            public DbSet<User> Users => Set<User>();

            protected override void OnConfiguring(DbContextOptionsBuilder options) => options.UseSqlite("Data Source=shop.db");
        }

        internal class BusinessContext : DbContext
        {
            public DbSet<Country> Countries => Set<Country>();

            public DbSet<Currency> Currencies => Set<Currency>();

            public DbSet<Order> Orders => Set<Order>();

            public DbSet<Line> Lines => Set<Line>();

            protected override void OnConfiguring(DbContextOptionsBuilder options) => options.UseSqlite("Data Source=shop.db");
        }

        internal sealed class ShopContext : BusinessContext
        {
            public DbSet<User> Users => Set<User>();
        }

        internal sealed class User
        {
            public int Id { get; set; }

            public bool IsTest { get; set; }

            public bool IsAdmin { get; set; }
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

    private readonly ConsumerProject _project = new();
    private readonly Lazy<Task> _built;

    public ExampleProject() => _built = new(BuildAsync);

    /// <summary>Runs the program in a folder of its own, whose database has rows.</summary>
    /// <returns>What it wrote, for each list of arguments.</returns>
    public async Task<(string Folder, string[] Outputs)> RunAsync(string name, params string[][] runs)
    {
        await _built.Value;
        string folder = Directory.CreateDirectory(Path.Combine(_project.Folder, name)).FullName;
        await DotNet.RunAsync(folder, "../out/app.dll", "fill");
        var outputs = new List<string>();
        foreach (string[] arguments in runs)
        {
            outputs.Add(await DotNet.RunAsync(folder, ["../out/app.dll", .. arguments]));
        }

        return (folder, [.. outputs]);
    }

    public void Dispose() => _project.Dispose();

    /// <summary>Packages with the versions that these tests were restored with.</summary>
    internal static IEnumerable<(string Id, string Version)> Versions(params string[] ids)
    {
        ILookup<string, string> versions = XDocument.Load(
            Path.Combine(Repository.Tests, "..", "Directory.Packages.props")).Descendants("PackageVersion")
            .Where(package => package.Attribute("Include") is not null)
            .ToLookup(
                package => package.Attribute("Include")!.Value,
                package => package.Attribute("Version")!.Value,
                StringComparer.Ordinal);
        return ids.Select(id => (id, versions[id].Single()));
    }

    /// <summary>The provider of the program.</summary>
    internal static IEnumerable<(string Id, string Version)> Provider()
        => Versions("Microsoft.EntityFrameworkCore.Sqlite", "SQLitePCLRaw.core", "SQLitePCLRaw.bundle_e_sqlite3");

    private static string[] Examples(string id) => [.. Page.Read($"src/{id}/README.md").Snippets];

    private async Task BuildAsync()
    {
        PackedPackages packages = await PackedPackages.GetAsync();
        _project.Write(
            packages.Feed,
            [.. Own.Select(id => (id, packages.Version)), .. Provider(), .. Versions("Microsoft.Extensions.Hosting")],
            Program());

        // A warning is an error there: whoever does not trim hears nothing of trimming.
        await DotNet.RunAsync(_project.Folder, "build", "-c", "Release", "-o", "out", "-m:1", "--disable-build-servers", "-v", "q");
    }

    /// <summary>What the examples take for granted, each example, and what came of it.</summary>
    private static string Program()
    {
        string[] library = Examples("FloworxPurge");
        string command = Assert.Single(Examples("FloworxPurge.CommandLine"));
        string redis = Assert.Single(Examples("FloworxPurge.Redis"));
        Assert.Contains(NamedServer, redis, StringComparison.Ordinal);
        Assert.Contains(RemoteServer, redis, StringComparison.Ordinal);
        redis = redis.Replace(RemoteServer, $"\"{NamedServer}\"", StringComparison.Ordinal)
            .Replace($"\"{NamedServer}\"", "server", StringComparison.Ordinal)
            .Replace($"\"{NamedServer}/0\"", "server + \"/0\"", StringComparison.Ordinal);
        return $$"""
            using System.ComponentModel.DataAnnotations.Schema;
            using FloworxPurge;
            using FloworxPurge.CommandLine;
            using FloworxPurge.Redis;
            using FloworxPurge.Reporting;
            using Microsoft.EntityFrameworkCore;
            using Microsoft.Extensions.DependencyInjection;
            using Microsoft.Extensions.Hosting;
            using Microsoft.Extensions.Logging;
            using StackExchange.Redis;

            HostApplicationBuilder builder = Host.CreateApplicationBuilder();
            builder.Logging.ClearProviders();
            builder.Services.AddDbContext<AccountsContext>().AddDbContext<BusinessContext>();
            builder.Services.AddFloworxPurge(options => options.Exclude<Country>());
            using IHost app = builder.Build();
            byte[]? approvalKey = null;

            {{command}}

            await using var db = new ShopContext();
            if (args is ["fill"])
            {
                await db.Database.EnsureCreatedAsync();
                await FillAsync();
            }
            else if (args is ["library"])
            {
                {
                    {{library[0]}}
                    Console.WriteLine($"Purged: {await StateAsync()}");
                }

                await FillAsync();
                {
                    {{library[1]}}
                    Console.WriteLine($"Rows: {await StateAsync()}");
                }

                {
                    {{library[2]}}
                    Console.WriteLine($"Reset: {await StateAsync()}");
                }
            }
            else if (args is ["redis", var server])
            {
                using ConnectionMultiplexer multiplexer = await ConnectionMultiplexer.ConnectAsync(server);
                {{redis}}
                PurgeReport report = await purger.ExecuteAsync(db, await purger.PlanAsync(db));
                Console.WriteLine($"{report.Verdict}: {string.Join(", ", report.Targets.Select(target => target.Outcome))}");
            }

            return 0;

            async Task FillAsync()
            {
                db.AddRange(new Currency(), new Line { Order = new Order { Country = new Country() } });
                db.AddRange(new User { IsTest = true }, new User(), new User { IsTest = true, IsAdmin = true });
                await db.SaveChangesAsync();
            }

            async Task<string> StateAsync()
                => $"{await db.Users.CountAsync()} users, {await db.Orders.CountAsync()} orders, {await db.Lines.CountAsync()} lines, "
                    + $"{await db.Countries.CountAsync()} countries, {await db.Currencies.CountAsync()} currencies";

            {{Model}}
            """;
    }
}
