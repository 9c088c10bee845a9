using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;

namespace FloworxPurge.Killed;

/// <summary>Users with their orders, items and notes; a note may be about another user, and loses that reference.</summary>
/// <param name="engine">The engine, as the tests call it.</param>
/// <param name="connectionString">The database.</param>
/// <param name="points">The points at commands and transactions; null for none.</param>
internal sealed class KillContext(string engine, string connectionString, KillPoints? points = null) : DbContext
{
    protected override void OnConfiguring(DbContextOptionsBuilder optionsBuilder)
    {
        _ = engine switch
        {
            "SQLite" => optionsBuilder.UseSqlite(connectionString),
            "PostgreSQL" => optionsBuilder.UseNpgsql(connectionString),
            "MariaDB" => optionsBuilder.UseMySQL(connectionString),
            _ => throw new NotSupportedException($"\"{engine}\" is no engine."),
        };
        if (points is not null)
        {
            optionsBuilder.AddInterceptors(new KillHook(points));
        }

        optionsBuilder.ConfigureWarnings(warnings => warnings.Ignore(CoreEventId.ManyServiceProvidersCreatedWarning));
    }

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.Entity<User>(user =>
        {
            user.ToTable("users");
            user.Property(it => it.Id).ValueGeneratedNever();
        });
        modelBuilder.Entity<Order>(order =>
        {
            order.ToTable("orders");
            order.Property(it => it.Id).ValueGeneratedNever();
            order.HasOne<User>().WithMany().HasForeignKey(it => it.UserId).OnDelete(DeleteBehavior.Cascade);
        });
        modelBuilder.Entity<Item>(item =>
        {
            item.ToTable("items");
            item.Property(it => it.Id).ValueGeneratedNever();
            item.HasOne<Order>().WithMany().HasForeignKey(it => it.OrderId).OnDelete(DeleteBehavior.Cascade);
        });
        modelBuilder.Entity<Note>(note =>
        {
            note.ToTable("notes");
            note.Property(it => it.Id).ValueGeneratedNever();
            note.HasOne<User>().WithMany().HasForeignKey(it => it.UserId).OnDelete(DeleteBehavior.Cascade);
            note.HasOne<User>().WithMany().HasForeignKey(it => it.AboutId).OnDelete(DeleteBehavior.SetNull);
        });
    }
}

internal sealed class User
{
    public int Id { get; set; }

    public required string Name { get; set; }

    public bool IsTest { get; set; }
}

internal sealed class Order
{
    public int Id { get; set; }

    public int UserId { get; set; }
}

internal sealed class Item
{
    public int Id { get; set; }

    public int OrderId { get; set; }

    public required string Text { get; set; }
}

internal sealed class Note
{
    public int Id { get; set; }

    public int UserId { get; set; }

    public int? AboutId { get; set; }
}
