using System.Globalization;
using Microsoft.EntityFrameworkCore;

namespace FloworxPurge.Benchmarks.Rows;

/// <summary>Users with orders with items; the foreign keys have indexes, and are NO ACTION in the database.</summary>
internal class RowsContext(Action<DbContextOptionsBuilder> use) : DbContext
{
    public const int OrdersPerUser = 3;

    /// <summary>The number of groups that the users are in, one after the other: one percent of them in each.</summary>
    public const int Groups = 100;

    protected virtual DeleteBehavior Behavior => DeleteBehavior.ClientCascade;

    protected override void OnConfiguring(DbContextOptionsBuilder optionsBuilder) => use(optionsBuilder);

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.Entity<RowsUser>().ToTable("users").Property(user => user.Id).ValueGeneratedNever();
        modelBuilder.Entity<RowsOrder>(order =>
        {
            order.ToTable("orders").Property(one => one.Id).ValueGeneratedNever();
            order.HasOne<RowsUser>().WithMany().HasForeignKey(one => one.UserId).OnDelete(Behavior);
        });
        modelBuilder.Entity<RowsItem>(item =>
        {
            item.ToTable("items").Property(one => one.Id).ValueGeneratedNever();
            item.HasOne<RowsOrder>().WithMany().HasForeignKey(one => one.OrderId).OnDelete(Behavior);
        });
    }

    /// <summary>The statements that fill the tables.</summary>
    public static string Fill(int users, Func<int, string> series)
    {
        int orders = users * OrdersPerUser;
        return string.Create(CultureInfo.InvariantCulture, $"""
            INSERT INTO users SELECT n, n % {Groups}, CONCAT('user number ', n) FROM {series(users)};
            INSERT INTO orders SELECT n, (n - 1) % {users} + 1, CONCAT('order number ', n) FROM {series(orders)};
            INSERT INTO items SELECT n, (n - 1) % {orders} + 1, CONCAT('item number ', n) FROM {series(orders)};
            """);
    }
}

/// <summary>The same tables with foreign keys that cascade in the database.</summary>
internal sealed class CascadingRowsContext(Action<DbContextOptionsBuilder> use) : RowsContext(use)
{
    protected override DeleteBehavior Behavior => DeleteBehavior.Cascade;
}

internal sealed class RowsUser
{
    public int Id { get; set; }

    public int Group { get; set; }

    public required string Name { get; set; }
}

internal sealed class RowsOrder
{
    public int Id { get; set; }

    public int UserId { get; set; }

    public required string Note { get; set; }
}

internal sealed class RowsItem
{
    public int Id { get; set; }

    public int OrderId { get; set; }

    public required string Note { get; set; }
}
