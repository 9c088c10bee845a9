using Microsoft.EntityFrameworkCore;

namespace ShopApi;

public sealed class Country
{
    public required string Code { get; set; }

    public required string Name { get; set; }
}

public sealed class Customer
{
    public int Id { get; set; }

    public required string Email { get; set; }

    public required string CountryCode { get; set; }

    public ICollection<Order> Orders { get; } = [];
}

public sealed class Order
{
    public int Id { get; set; }

    public int CustomerId { get; set; }

    public ICollection<OrderLine> Lines { get; } = [];
}

public sealed class OrderLine
{
    public int Id { get; set; }

    public required string Product { get; set; }

    public int Quantity { get; set; }
}

/// <summary>The application: customers of a few countries, which are reference data, and their orders.</summary>
public sealed class ShopContext(DbContextOptions<ShopContext> options) : DbContext(options)
{
    public DbSet<Country> Countries => Set<Country>();

    public DbSet<Customer> Customers => Set<Customer>();

    public DbSet<Order> Orders => Set<Order>();

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.Entity<Country>(country =>
        {
            country.HasKey(row => row.Code);
            country.HasData(new Country { Code = "AT", Name = "Austria" }, new Country { Code = "DE", Name = "Germany" });
        });
        modelBuilder.Entity<Customer>().HasOne<Country>().WithMany().HasForeignKey(customer => customer.CountryCode);
        modelBuilder.Entity<Customer>().HasIndex(customer => customer.Email).IsUnique();
    }
}

/// <summary>What is tested.</summary>
public sealed class OrderService(ShopContext db)
{
    /// <summary>Takes an order, from a customer who may be new, and returns its number.</summary>
    public async Task<int> OrderAsync(string email, string countryCode, string product, int quantity, CancellationToken cancellationToken)
    {
        Customer customer = await db.Customers.SingleOrDefaultAsync(known => known.Email == email, cancellationToken)
            ?? db.Add(new Customer { Email = email, CountryCode = countryCode }).Entity;
        var order = new Order { Lines = { new OrderLine { Product = product, Quantity = quantity } } };
        customer.Orders.Add(order);
        await db.SaveChangesAsync(cancellationToken);
        return order.Id;
    }
}

/// <summary>The body of a request that takes an order.</summary>
public sealed record NewOrder(string Email, string CountryCode, string Product, int Quantity);
