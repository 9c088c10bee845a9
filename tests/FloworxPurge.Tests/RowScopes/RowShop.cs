using FloworxPurge.Tests.Conformance.Models;
using Microsoft.EntityFrameworkCore;

namespace FloworxPurge.Tests.RowScopes;

public interface IHasTenant
{
    int TenantKey { get; }
}

/// <summary>Its property is the interface's.</summary>
public class Badge : IHasTenant
{
    public int Id { get; set; }

    public int TenantKey { get; set; }
}

/// <summary>Its property is no member of the class.</summary>
public class Visit : IHasTenant
{
    public int Id { get; set; }

    int IHasTenant.TenantKey => throw new NotSupportedException();
}

public class Person
{
    public int Id { get; set; }

    public int TenantId { get; set; }

    public string Name { get; set; } = "";

    public bool IsTest { get; set; }

    public bool IsHidden { get; set; }

    public int? ManagerId { get; set; }

    public Person? Manager { get; set; }

    public IList<Purchase> Purchases { get; } = [];
}

public class Purchase
{
    public int Id { get; set; }

    public int Tenant { get; set; }

    public int PersonId { get; set; }

    public Person? Person { get; set; }

    public IList<Position> Positions { get; } = [];
}

public class Position
{
    public int PurchaseId { get; set; }

    public int Number { get; set; }

    public Purchase? Purchase { get; set; }
}

public enum SampleKind
{
    First,
    Second,
}

/// <summary>A value of every usual type.</summary>
public class Sample
{
    public Guid Id { get; set; }

    public DateTime Day { get; set; }

    public DateTime Local { get; set; }

    public DateOnly Date { get; set; }

    public decimal Price { get; set; }

    public string Text { get; set; } = "";

    public string? None { get; set; }

    public bool Flag { get; set; }

    public SampleKind Kind { get; set; }

    public byte[] Bytes { get; set; } = [];
}

/// <summary>People with purchases, a hierarchy of animals, and an entity in two tables.</summary>
internal static class RowShop
{
    internal static ModelCase People { get; } = new(model =>
    {
        model.Entity<Person>(person =>
        {
            person.ToTable("People");
            person.Property(row => row.Id).ValueGeneratedNever();
            person.HasQueryFilter("hidden", row => !row.IsHidden);
            person.HasQueryFilter("tenant", row => row.TenantId < 9);
            person.HasOne(row => row.Manager).WithMany().HasForeignKey(row => row.ManagerId).OnDelete(DeleteBehavior.SetNull);
        });
        model.Entity<Purchase>(purchase =>
        {
            purchase.ToTable("Purchases");
            purchase.Property(row => row.Id).ValueGeneratedNever();
        });
        model.Entity<Position>(position =>
        {
            position.ToTable("Positions");
            position.HasKey(row => new { row.PurchaseId, row.Number });
        });
    })
    {
        Rows = () =>
        [
            new Person { Id = 1, TenantId = 1, Name = "Ann", IsTest = true, Purchases = { Bought(1, tenant: 1), Bought(2, tenant: 2) } },
            new Person { Id = 2, TenantId = 1, Name = "O'Hara", ManagerId = 1, Purchases = { Bought(3, tenant: 1) } },
            new Person { Id = 3, TenantId = 2, Name = "Cid", IsTest = true, IsHidden = true },
            new Person { Id = 4, TenantId = 9, Name = "Dan", IsTest = true, ManagerId = 2 },
            new Person { Id = 5, TenantId = 9, Name = "Eve", IsTest = true, IsHidden = true },
        ],
    };

    internal static ModelCase Tenants { get; } = new(model =>
    {
        model.Entity<Badge>().ToTable("Badges");
        model.Entity<Visit>(visit =>
        {
            visit.ToTable("Visits");
            visit.Property<int>("TenantKey");
        });
    })
    {
        Rows = () =>
        [
            new Badge { TenantKey = 1 },
            new Badge { TenantKey = 2 },
        ],
        MoreRows = ["INSERT INTO \"Visits\" (\"TenantKey\") VALUES (1), (1), (2)"],
    };

    /// <summary>The table of people, in a model that hides none.</summary>
    internal static ModelCase WithoutFilters { get; } = new(model =>
    {
        model.Ignore<Purchase>();
        model.Entity<Person>(person =>
        {
            person.ToTable("People");
            person.Ignore(row => row.Purchases);
            person.Property(row => row.Id).ValueGeneratedNever();
            person.HasOne(row => row.Manager).WithMany().HasForeignKey(row => row.ManagerId);
        });
    });

    internal static ModelCase Samples { get; } = new(model => model.Entity<Sample>(sample =>
    {
        sample.ToTable("Samples");

        // On PostgreSQL the type of a time without a zone has to be named.
        sample.Property(row => row.Local).HasColumnType("timestamp");
        sample.Property(row => row.Price).HasPrecision(10, 2);
        sample.Property(row => row.Text).HasMaxLength(50);
        sample.Property(row => row.Kind).HasConversion<string>().HasMaxLength(20);
    }))
    {
        Rows = () =>
        [
            new Sample
            {
                Id = new Guid("8d0b8a3e-2f60-4b6f-9a53-0a8a8ba6c001"),
                Day = new DateTime(2019, 2, 3, 4, 5, 6, DateTimeKind.Utc),
                Local = new DateTime(2019, 2, 3, 4, 5, 6, DateTimeKind.Unspecified),
                Date = new DateOnly(2019, 2, 3),
                Price = 12.5m,
                Text = "it's @id -- \\ \"x\"",
                Flag = true,
                Kind = SampleKind.Second,
                Bytes = [1, 2, 255],
            },
            new Sample { Id = Guid.Empty, Day = DateTime.UnixEpoch, Local = new DateTime(2000, 1, 1, 0, 0, 0, DateTimeKind.Unspecified) },
        ],
    };

    internal static ModelCase Shared { get; } = new(model =>
    {
        foreach (string name in (string[])["Left", "Right"])
        {
            model.SharedTypeEntity<Dictionary<string, object>>(name, entity =>
            {
                entity.ToTable(name + "s");
                entity.IndexerProperty<int>("Id").ValueGeneratedNever();
            });
        }
    })
    {
        MoreRows = ["INSERT INTO \"Lefts\" VALUES (1)", "INSERT INTO \"Lefts\" VALUES (2)", "INSERT INTO \"Rights\" VALUES (3)"],
    };

    private static Purchase Bought(int id, int tenant)
        => new() { Id = id, Tenant = tenant, Positions = { new() { Number = 1 }, new() { Number = 2 } } };
}
