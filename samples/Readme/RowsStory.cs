using FloworxPurge;
using FloworxPurge.CommandLine;
using FloworxPurge.Reporting;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace Readme;

public interface ITenantOwned
{
    int TenantId { get; }
}

public sealed class User
{
    public int Id { get; set; }

    public required string Email { get; set; }

    public bool IsTest { get; set; }

    public bool IsAdmin { get; set; }

    public ICollection<Purchase> Purchases { get; } = [];
}

public sealed class Address
{
    public int Id { get; set; }

    public required string City { get; set; }
}

public sealed class Purchase : ITenantOwned
{
    public int Id { get; set; }

    public int TenantId { get; set; }

    public Address? ShipTo { get; set; }

    public User? ApprovedBy { get; set; }
}

public sealed class Note
{
    public int Id { get; set; }

    public required string TargetType { get; set; }

    public int TargetId { get; set; }
}

/// <summary>Users with their purchases; who approved a purchase is another reference to a user.</summary>
public sealed class UserContext(DbContextOptions<UserContext> options) : DbContext(options)
{
    public DbSet<User> Users => Set<User>();

    public DbSet<Purchase> Purchases => Set<Purchase>();

    public DbSet<Address> Addresses => Set<Address>();

    public DbSet<Note> Notes => Set<Note>();

    /// <summary>
    /// A database of its own in the current folder: two test users, one of them an administrator, and jane. Each has one purchase with an
    /// address, which the administrator has approved, and a note about it.
    /// </summary>
    public static async Task<UserContext> CreateAsync()
    {
        var db = new UserContext(
            new DbContextOptionsBuilder<UserContext>().UseSqlite($"Data Source=users-{Guid.NewGuid():N}.db;Pooling=false").Options);
        await db.Database.EnsureCreatedAsync();
        var admin = new User { Email = "admin@example.com", IsTest = true, IsAdmin = true };
        foreach (User user in (User[])[admin, new() { Email = "test@example.com", IsTest = true }, new() { Email = "jane@example.com" }])
        {
            var purchase = new Purchase { TenantId = 17, ShipTo = new Address { City = "Graz" }, ApprovedBy = admin };
            user.Purchases.Add(purchase);
            db.Add(user);
            await db.SaveChangesAsync();
            db.Add(new Note { TargetType = "purchase", TargetId = purchase.Id });
        }

        await db.SaveChangesAsync();
        return db;
    }

    public async Task<(int Users, int Purchases, int Addresses, int Notes)> CountAsync()
        => (await Users.CountAsync(), await Purchases.CountAsync(), await Addresses.CountAsync(), await Notes.CountAsync());

    protected override void OnModelCreating(ModelBuilder modelBuilder)
        => modelBuilder.Entity<User>().HasMany(user => user.Purchases).WithOne().IsRequired();
}

public sealed class RowsStory
{
    [Fact]
    public async Task An_operator_deletes_the_test_users_and_all_that_is_theirs()
    {
        await using UserContext db = await UserContext.CreateAsync();

        #region readme-rows
        var purger = new Purger(options => options.Rows<User>(user => user.IsTest).Keep<User>(user => user.IsAdmin));

        PurgePlan plan = await purger.PlanAsync(db);          // rows for each table and each foreign key; what is blocked, and why
        PurgeReport report = await purger.ExecuteAsync(db, plan);
        await report.SaveAsync("erased.html", PurgeReportTemplate.ErasureCertificate);
        #endregion

        Assert.Equal((2, 2, 3, 3), await db.CountAsync());
        Assert.Equal((1, 1), (report.Scope!.BlockedRows, report.Tables.Single(table => table.Table.Name == "Users").RowsDeleted));
        Assert.Contains("Erasure certificate", await File.ReadAllTextAsync("erased.html"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task References_are_followed_detached_or_declared_and_orphans_are_deleted()
    {
        await using UserContext db = await UserContext.CreateAsync();

        #region readme-rows-options
        var purger = new Purger(options => options
            .Rows<ITenantOwned>(row => row.TenantId == 17)                                         // every entity type that implements it
            .Rows<User>(users => users.Where(user => user.IsTest).OrderBy(user => user.Id).Take(100))
            .OnReference<Purchase>(purchase => purchase.ApprovedBy, ReferenceAction.Detach)        // sets the foreign key to NULL
            .Reference<Note, Purchase>(note => note.TargetId, note => note.TargetType == "purchase")   // no foreign key of the database
            .RemoveOrphans<Address>());                                                            // only those that no row references now
        #endregion

        PurgeReport report = await purger.ExecuteAsync(db, await purger.PlanAsync(db));

        Assert.Equal(PurgeVerdict.Complete, report.Verdict);
        Assert.Equal((1, 0, 0, 0), await db.CountAsync());
    }

    [Fact]
    public async Task A_host_registers_rows_under_a_name()
    {
        await using UserContext db = await UserContext.CreateAsync();
        var services = new ServiceCollection();
        services.AddDbContext<UserContext>(options => options.UseSqlite(db.Database.GetConnectionString()));

        #region readme-rows-named
        services.AddRows("test-users", options => options.Rows<User>(user => user.IsTest).Keep<User>(user => user.IsAdmin));
        services.AddRows("subject", ["email"], (options, values) => options.Rows<User>(user => user.Email == values["email"]));
        #endregion

        await using ServiceProvider provider = services.BuildServiceProvider();
        int code = await PurgeCommand.RunAsync<UserContext>(
            provider,
            ["--rows", "subject", "--rows-parameter", "email=jane@example.com", "--force", "--certificate", "jane.html"],
            options => options.Environment = "Development");

        Assert.Equal((int)PurgeExitCode.Complete, code);
        Assert.Equal((2, 2, 3, 3), await db.CountAsync());
        Assert.DoesNotContain("jane@example.com", await File.ReadAllTextAsync("jane.html"), StringComparison.Ordinal);
    }
}
