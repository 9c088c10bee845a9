using Microsoft.EntityFrameworkCore;

namespace Fleet;

/// <summary>A customer of a tenant, who came through a partner, such as <c>acme</c>.</summary>
internal sealed class Customer
{
    public int Id { get; set; }

    public required string Partner { get; set; }

    public List<Order> Orders { get; } = [];
}

internal sealed class Order
{
    public int Id { get; set; }

    public int CustomerId { get; set; }

    public DateOnly PlacedOn { get; set; }

    public List<OrderLine> Lines { get; } = [];
}

internal sealed class OrderLine
{
    public int Id { get; set; }

    public int OrderId { get; set; }

    public required string Product { get; set; }
}

/// <summary>The database of one tenant. All tenants have the same model.</summary>
internal sealed class TenantContext(DbContextOptions<TenantContext> options) : DbContext(options)
{
    public DbSet<Customer> Customers => Set<Customer>();

    public DbSet<Order> Orders => Set<Order>();

    public DbSet<OrderLine> OrderLines => Set<OrderLine>();
}
