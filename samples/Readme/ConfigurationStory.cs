using System.Text;
using FloworxPurge;
using FloworxPurge.Extensibility;
using FloworxPurge.Reporting;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Readme;

public sealed class Account
{
    public int Id { get; set; }
}

/// <summary>The context of another database.</summary>
public sealed class AccountsContext(DbContextOptions<AccountsContext> options) : DbContext(options)
{
    public DbSet<Account> Accounts => Set<Account>();

    /// <summary>A database of its own in the current folder, with one account.</summary>
    public static async Task<AccountsContext> CreateAsync()
    {
        var db = new AccountsContext(new DbContextOptionsBuilder<AccountsContext>().UseSqlite($"Data Source=accounts-{Guid.NewGuid():N}.db;Pooling=false").Options);
        await db.Database.EnsureCreatedAsync();
        db.Add(new Account());
        await db.SaveChangesAsync();
        return db;
    }
}

public sealed class ConfigurationStory
{
    private const string Settings = """
        { "Purge": { "Exclude": [ "Countries", "audit_*" ], "AllowInserts": [ "audit_*" ], "MaxRows": 100000, "LockTimeout": "00:00:30" } }
        """;

    [Fact]
    public async Task An_integrator_binds_the_options_from_configuration()
    {
        await using ShopContext db = await (await ShopContext.CreateAsync()).WithAuditTriggerAsync();
        IConfiguration configuration = new ConfigurationBuilder().AddJsonStream(new MemoryStream(Encoding.UTF8.GetBytes(Settings))).Build();
        var services = new ServiceCollection();

        #region readme-bind
        services.AddFloworxPurge(options => options.Bind(configuration.GetSection("Purge")));
        #endregion

        await using ServiceProvider provider = services.BuildServiceProvider();
        var purger = provider.GetRequiredService<IPurger>();
        PurgePlan plan = await purger.PlanAsync(db);
        PurgeReport report = await purger.ExecuteAsync(db, plan);

        Assert.Equal((PurgeVerdict.Complete, 5), (report.Verdict, report.RowsDeleted));
        Assert.Equal((0, 0, 3, 4), await db.CountAsync());
    }

    [Fact]
    public async Task An_integrator_has_a_purger_for_each_of_two_databases()
    {
        await using ShopContext shop = await ShopContext.CreateAsync();
        await using AccountsContext accounts = await AccountsContext.CreateAsync();
        var services = new ServiceCollection();

        #region readme-contexts
        services.AddFloworxPurge<ShopContext>(options => options.Exclude<Country>());
        services.AddFloworxPurge<AccountsContext>(options => options.AddRowCountCheck<Account>("no accounts are left"));
        #endregion

        await using ServiceProvider provider = services.BuildServiceProvider();
        var ofShop = provider.GetRequiredKeyedService<IPurger>(typeof(ShopContext));
        var ofAccounts = provider.GetRequiredKeyedService<IPurger>(typeof(AccountsContext));
        await ofShop.ExecuteAsync(shop, await ofShop.PlanAsync(shop));
        PurgeReport report = await ofAccounts.ExecuteAsync(accounts, await ofAccounts.PlanAsync(accounts));

        Assert.Equal((0, 0, 3, 0), await shop.CountAsync());
        Assert.Equal(("no accounts are left", 0), (Assert.Single(report.Checks).Name, await accounts.Accounts.CountAsync()));
    }
}
