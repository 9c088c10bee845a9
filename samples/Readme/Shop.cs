using System.ComponentModel.DataAnnotations;
using Microsoft.EntityFrameworkCore;

namespace Readme;

public sealed class Country
{
    [Key]
    public required string Code { get; set; }
}

public sealed class Client
{
    public int Id { get; set; }

    public required string CountryCode { get; set; }

    public ICollection<Order> Orders { get; } = [];
}

public sealed class Order
{
    public int Id { get; set; }

    public required string Product { get; set; }
}

public sealed class AuditEntry
{
    public int Id { get; set; }

    public required string What { get; set; }
}

/// <summary>The application of the snippets: clients and their orders, and two tables that a purge keeps.</summary>
public sealed class ShopContext(DbContextOptions<ShopContext> options) : DbContext(options)
{
    public DbSet<Country> Countries => Set<Country>();

    public DbSet<Client> Clients => Set<Client>();

    public DbSet<Order> Orders => Set<Order>();

    public DbSet<AuditEntry> AuditLog => Set<AuditEntry>();

    /// <summary>A database of its own in the current folder, with two clients, three orders, three countries and one audit entry.</summary>
    public static async Task<ShopContext> CreateAsync()
    {
        var db = new ShopContext(new DbContextOptionsBuilder<ShopContext>().UseSqlite($"Data Source=shop-{Guid.NewGuid():N}.db;Pooling=false").Options);
        await db.Database.EnsureCreatedAsync();
        db.Add(new AuditEntry { What = "deployed" });
        db.AddRange(
            new Client { CountryCode = "AT", Orders = { new Order { Product = "Tea" }, new Order { Product = "Cups" } } },
            new Client { CountryCode = "DE", Orders = { new Order { Product = "Tea" } } });
        await db.SaveChangesAsync();
        return db;
    }

    /// <summary>Lets a trigger write each order that is deleted into the audit log.</summary>
    public async Task<ShopContext> WithAuditTriggerAsync()
    {
        await Database.ExecuteSqlRawAsync("CREATE TRIGGER audit_orders AFTER DELETE ON \"Orders\" BEGIN INSERT INTO audit_log (What) VALUES ('order ' || old.Id || ' deleted'); END");
        return this;
    }

    /// <summary>Rows of the tables that a purge empties, and of those that it keeps.</summary>
    public async Task<(int Clients, int Orders, int Countries, int Audit)> CountAsync()
        => (await Clients.CountAsync(), await Orders.CountAsync(), await Countries.CountAsync(), await AuditLog.CountAsync());

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.Entity<AuditEntry>().ToTable("audit_log");
        modelBuilder.Entity<Country>().HasData(new Country { Code = "AT" }, new Country { Code = "CH" }, new Country { Code = "DE" });
        modelBuilder.Entity<Client>().HasOne<Country>().WithMany().HasForeignKey(client => client.CountryCode);
    }
}
