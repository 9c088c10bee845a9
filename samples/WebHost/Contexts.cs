using Microsoft.AspNetCore.Identity;
using Microsoft.AspNetCore.Identity.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Storage;

namespace WebHost;

/// <summary>Somebody who can sign in.</summary>
internal sealed class Account : IdentityUser;

/// <summary>Who can sign in: the tables of ASP.NET Core Identity.</summary>
internal sealed class AccountsContext(DbContextOptions<AccountsContext> options) : IdentityDbContext<Account>(options);

/// <summary>The business of an account: a workspace, and what was done there.</summary>
internal sealed class Workspace
{
    public int Id { get; set; }

    public string OwnerId { get; set; } = "";

    public string Name { get; set; } = "";

    public List<WorkItem> Items { get; } = [];
}

/// <summary>A piece of work, which may be a part of another.</summary>
internal sealed class WorkItem
{
    public int Id { get; set; }

    public Workspace? Workspace { get; set; }

    public WorkItem? Parent { get; set; }

    public string Title { get; set; } = "";
}

/// <summary>How far an account is with its onboarding.</summary>
internal sealed class OnboardingProgress
{
    public int Id { get; set; }

    public string AccountId { get; set; } = "";

    public int Step { get; set; }
}

/// <summary>The business, in the same database.</summary>
internal sealed class BusinessContext(DbContextOptions<BusinessContext> options) : DbContext(options)
{
    public DbSet<Workspace> Workspaces => Set<Workspace>();

    public DbSet<WorkItem> WorkItems => Set<WorkItem>();

    public DbSet<OnboardingProgress> OnboardingProgress => Set<OnboardingProgress>();
}

/// <summary>Makes the database of the sample, and fills it.</summary>
internal static class SampleDatabase
{
    /// <summary>Creates the tables of both contexts, unless the database has tables.</summary>
    public static async Task CreateAsync(IServiceProvider services)
    {
        if (await services.GetRequiredService<AccountsContext>().Database.EnsureCreatedAsync())
        {
            await services.GetRequiredService<BusinessContext>().GetService<IRelationalDatabaseCreator>().CreateTablesAsync();
        }
    }

    /// <summary>Adds accounts that look like test users, each with a workspace of four items and its onboarding progress.</summary>
    public static async Task SeedAsync(IServiceProvider services, int count)
    {
        var accounts = services.GetRequiredService<AccountsContext>();
        var business = services.GetRequiredService<BusinessContext>();
        for (int i = 1; i <= count; i++)
        {
            string email = $"test-{Guid.NewGuid():N}@example.com";
            var account = new Account { UserName = email, NormalizedUserName = email.ToUpperInvariant(), Email = email, NormalizedEmail = email.ToUpperInvariant() };
            accounts.Add(account);
            var workspace = new Workspace { OwnerId = account.Id, Name = "Test" };
            var plan = new WorkItem { Title = "Plan" };
            workspace.Items.AddRange([plan, new() { Title = "Build", Parent = plan }, new() { Title = "Test", Parent = plan }, new() { Title = "Ship" }]);
            business.Add(workspace);
            business.Add(new OnboardingProgress { AccountId = account.Id, Step = 1 + (i % 3) });
        }

        await accounts.SaveChangesAsync();
        await business.SaveChangesAsync();
    }
}
