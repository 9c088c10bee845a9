using Microsoft.EntityFrameworkCore;

namespace FloworxPurge.Tests.Conformance.Models;

public class LegacyUser
{
    public int Id { get; set; }

    public string? Name { get; set; }
}

public class LegacyLog
{
    public int Id { get; set; }

    public int? OrderId { get; set; }
}

public class Order
{
    public int Id { get; set; }

    public int UserId { get; set; }

    public LegacyUser? User { get; set; }
}

public class Country
{
    public string Id { get; set; } = "";

    public string Name { get; set; } = "";
}

public class Town
{
    public int Id { get; set; }

    public string CountryId { get; set; } = "";
}

/// <summary>What migrations do and do not create.</summary>
public static class MigrationModels
{
    /// <summary>Rows that the model itself brings.</summary>
    public static ModelCase SeededRows { get; } = new(model =>
    {
        model.Entity<Country>(country =>
        {
            country.ToTable("Countries");
            country.HasData(new Country { Id = "DE", Name = "Germany" }, new Country { Id = "FR", Name = "France" });
        });
        model.Entity<Town>(town =>
        {
            town.ToTable("Towns");
            town.HasOne<Country>().WithMany().HasForeignKey(row => row.CountryId);
            town.HasData(new Town { Id = 1, CountryId = "DE" });
        });
    });

    /// <summary>Two tables that somebody else owns, one referenced by the model's own and one that references it.</summary>
    internal static ModelCase ExcludedTables { get; } = new(model =>
    {
        model.Entity<LegacyUser>().ToTable("Legacy", table => table.ExcludeFromMigrations());
        model.Entity<LegacyLog>().ToTable("LegacyLog", table => table.ExcludeFromMigrations());
        model.Entity<Order>().ToTable("Orders");
    })
    {
        Before =
        [
            "CREATE TABLE \"Legacy\" (\"Id\" integer NOT NULL PRIMARY KEY, \"Name\" text)",
            "CREATE TABLE \"LegacyLog\" (\"Id\" integer NOT NULL PRIMARY KEY, \"OrderId\" integer)",
        ],
        Rows = () => [new LegacyUser { Id = 1 }, new LegacyLog { Id = 1 }, new Order { UserId = 1 }],
    };
}
