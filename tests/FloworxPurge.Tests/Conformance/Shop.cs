using System.Text;
using FloworxPurge.Tests.Kit;
using Microsoft.EntityFrameworkCore;

namespace FloworxPurge.Tests.Conformance;

/// <summary>
/// A model of four tables and a database that can be made to differ from it: orders -> customers -> countries, and logs on its own.
/// Every table has three rows, each of which references a row.
/// </summary>
internal static class Shop
{
    private static readonly string[] Order = ["countries", "customers", "orders", "logs"];

    /// <summary>A context with the shop's model.</summary>
    public static ScenarioContext CreateContext(TestDatabase database) => new(database, BuildModel);

    /// <summary>Creates the tables as the model has them, save for those whose SQL is given; an empty text leaves a table out.</summary>
    public static async Task CreateAsync(
        TestDatabase database,
        CancellationToken cancellationToken,
        params (string Table, string Sql)[] instead)
    {
        var given = instead.ToDictionary(pair => pair.Table, pair => pair.Sql, StringComparer.Ordinal);
        var sql = new StringBuilder();
        foreach (string table in Order)
        {
            sql.Append(given.GetValueOrDefault(table) ?? Sql(table)).Append('\n');
        }

        await database.ExecuteUncheckedAsync(sql.ToString(), cancellationToken);
    }

    /// <summary>The full content of tables, so that two states can be compared.</summary>
    public static async Task<string> ContentAsync(TestDatabase database, CancellationToken cancellationToken, params string[] tables)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        var text = new ChecksumText(connection);
        foreach (string table in tables)
        {
            await text.AddAsync(table, $"SELECT * FROM {table}", cancellationToken);
        }

        return text.ToString();
    }

    /// <summary>The SQL of a table as the model has it, with its rows.</summary>
    public static string Sql(string table) => table switch
    {
        "countries" => """
            CREATE TABLE countries ("Id" integer NOT NULL PRIMARY KEY, "Name" text NULL);
            INSERT INTO countries VALUES (1, 'at'), (2, 'be'), (3, 'ch');
            """,
        "customers" => Customers(),
        "orders" => """
            CREATE TABLE orders ("Id" integer NOT NULL PRIMARY KEY, "CustomerId" integer NOT NULL REFERENCES customers ("Id"));
            INSERT INTO orders VALUES (1, 3), (2, 1), (3, 2);
            """,
        _ => """
            CREATE TABLE logs ("Id" integer NOT NULL PRIMARY KEY, "Text" text NULL);
            INSERT INTO logs VALUES (1, 'one'), (2, 'two'), (3, 'three');
            """,
    };

    /// <summary>The table in the middle, with columns of another name, type or nullability.</summary>
    public static string Customers(
        string id = "\"Id\" integer NOT NULL PRIMARY KEY",
        string? email = "\"Email\" text NULL",
        string age = "\"Age\" integer NOT NULL",
        string country = "\"CountryId\" integer NULL REFERENCES countries (\"Id\")",
        string? more = null)
    {
        string Row(int number, string name, int countryId)
            => $"({string.Join(", ", new[] { $"{number}", email is null ? null : $"'{name}'", "40", $"{countryId}", more is null ? null : "NULL" }.OfType<string>())})";
        return $"""
            CREATE TABLE customers ({string.Join(", ", new[] { id, email, age, country, more }.OfType<string>())});
            INSERT INTO customers VALUES {Row(1, "a", 2)}, {Row(2, "b", 3)}, {Row(3, "c", 1)};
            """;
    }

    /// <summary>The shop's model.</summary>
    public static void BuildModel(ModelBuilder model)
    {
        model.Entity<Country>().ToTable("countries");
        model.Entity<Customer>()
            .ToTable("customers")
            .HasOne<Country>()
            .WithMany()
            .HasForeignKey(customer => customer.CountryId)
            .OnDelete(DeleteBehavior.ClientNoAction);
        model.Entity<Order>()
            .ToTable("orders")
            .HasOne<Customer>()
            .WithMany()
            .HasForeignKey(order => order.CustomerId)
            .OnDelete(DeleteBehavior.ClientNoAction);
        model.Entity<Log>().ToTable("logs");
    }
}

internal sealed class Country
{
    public int Id { get; set; }

    public string? Name { get; set; }
}

internal sealed class Customer
{
    public int Id { get; set; }

    public string? Email { get; set; }

    public int Age { get; set; }

    public int? CountryId { get; set; }
}

internal sealed class Order
{
    public int Id { get; set; }

    public int CustomerId { get; set; }
}

internal sealed class Log
{
    public int Id { get; set; }

    public string? Text { get; set; }
}
