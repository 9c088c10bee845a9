using Microsoft.EntityFrameworkCore;

namespace FloworxPurge.Tests.Conformance.Models;

public class Customer
{
    public int Id { get; set; }

    public PostalAddress Home { get; set; } = new();

    /// <summary>Owned and optional, in the customer's table.</summary>
    public PostalAddress? Office { get; set; }

    /// <summary>Owned, in a table of its own.</summary>
    public Passport? Passport { get; set; }

    /// <summary>Owned, a row each.</summary>
    public IList<PhoneNumber> Phones { get; } = [];
}

public class PostalAddress
{
    public string Street { get; set; } = "";

    public string? City { get; set; }
}

public class Passport
{
    public string Number { get; set; } = "";
}

public class PhoneNumber
{
    public int Id { get; set; }

    public string Number { get; set; } = "";

    public IList<PhoneCall> Calls { get; } = [];
}

public class PhoneCall
{
    public int Id { get; set; }

    public int Seconds { get; set; }
}

public class Parcel
{
    public int Id { get; set; }

    public Customs? Customs { get; set; }

    public IList<ParcelEvent> Events { get; } = [];

    public Dimensions Size { get; set; } = new();

    public Dimensions Box { get; set; } = new();
}

public class Customs
{
    public string Country { get; set; } = "";

    public Dimensions Declared { get; set; } = new();
}

public class ParcelEvent
{
    public string Text { get; set; } = "";

    public IList<string> Tags { get; set; } = [];
}

public class Dimensions
{
    public int Width { get; set; }

    public int Height { get; set; }
}

/// <summary>Entity types that belong to another one.</summary>
public static class OwnershipModels
{
    public static ModelCase Owned { get; } = new(model => model.Entity<Customer>(customer =>
    {
        customer.ToTable("Customers");
        customer.OwnsOne(row => row.Home);
        customer.OwnsOne(row => row.Office);
        customer.OwnsOne(row => row.Passport, passport => passport.ToTable("Passports"));
        customer.OwnsMany(row => row.Phones, phone =>
        {
            // SQLite numbers only keys of one column.
            phone.ToTable("Phones").HasKey(row => row.Id);
            phone.OwnsMany(row => row.Calls, call => call.ToTable("Calls").HasKey(row => row.Id));
        });
    }))
    {
        Rows = () =>
        [
            new Customer
            {
                Home = new() { Street = "Home Street" },
                Office = new() { Street = "Office Street", City = "Bonn" },
                Passport = new() { Number = "P1" },
                Phones = { new() { Number = "1", Calls = { new() { Seconds = 7 }, new() { Seconds = 9 } } }, new() { Number = "2" } },
            },
            new Customer { Home = new() { Street = "Other Street" } },
        ],
    };

    /// <summary>Owned types and complex types as JSON, and a complex type in columns: all of them in the one table.</summary>
    public static ModelCase OwnedAsJson { get; } = new(model => model.Entity<Parcel>(parcel =>
    {
        parcel.ToTable("Parcels");
        parcel.OwnsOne(row => row.Customs, customs =>
        {
            customs.ToJson("customs_json");
            customs.OwnsOne(row => row.Declared);
        });
        parcel.OwnsMany(row => row.Events, events => events.ToJson());
        parcel.ComplexProperty(row => row.Size);
        parcel.ComplexProperty(row => row.Box, box => box.ToJson());
    }))
    {
        Rows = () =>
        [
            new Parcel { Customs = new() { Country = "CH" }, Events = { new() { Text = "sent", Tags = { "a", "b" } } } },
            new Parcel(),
        ],
        Gap = engine => engine == Engine.MariaDb ? "The provider maps no collections." : null,
    };
}
