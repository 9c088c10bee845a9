using FloworxPurge.Tests.Conformance.Models;
using Microsoft.EntityFrameworkCore;

namespace FloworxPurge.Tests.RowScopes;

public interface IOnlyOwned
{
    string City { get; }
}

public class Customer
{
    public int Id { get; set; }

    public string Name { get; set; } = "";

    public HomeAddress? Home { get; set; }

    public CustomerNotes? Notes { get; set; }

    public IList<Topic> Topics { get; } = [];
}

public class HomeAddress : IOnlyOwned
{
    public string City { get; set; } = "";
}

/// <summary>Shares the rows of its customer.</summary>
public class CustomerNotes
{
    public int Id { get; set; }

    public string Text { get; set; } = "";
}

public class Topic
{
    public int Id { get; set; }

    public IList<Customer> Customers { get; } = [];
}

public class LogLine
{
    public string Text { get; set; } = "";
}

public class CustomerName
{
    public int Id { get; set; }
}

public class CustomerQuery
{
    public int Id { get; set; }
}

/// <summary>What rows cannot be selected of.</summary>
internal static class RowRefusalModels
{
    internal static ModelCase Joined { get; } = new(model =>
    {
        model.Entity<Customer>(customer =>
        {
            customer.ToTable("Customers");
            customer.Ignore(row => row.Home);
            customer.Ignore(row => row.Notes);
        });
        model.Entity<Topic>().ToTable("Topics");
    });

    internal static ModelCase Model { get; } = new(model =>
    {
        model.Entity<Customer>(customer =>
        {
            customer.ToTable("Customers");
            customer.OwnsOne(row => row.Home, home => home.ToTable("Homes"));
            customer.HasOne(row => row.Notes).WithOne().HasForeignKey<CustomerNotes>(notes => notes.Id);
            customer.HasQueryFilter("soft delete", row => row.Name != "");
        });
        model.Entity<CustomerNotes>().ToTable("Customers");
        model.Entity<Topic>().ToTable("Topics");
        model.Entity<LogLine>().HasNoKey().ToTable("LogLines");
        model.Entity<CustomerName>().ToView("CustomerNames");
        model.Entity<CustomerQuery>().ToSqlQuery("SELECT 1 AS \"Id\"");
    });
}
