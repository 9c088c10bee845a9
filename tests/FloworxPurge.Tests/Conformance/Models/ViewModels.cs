using Microsoft.EntityFrameworkCore;

namespace FloworxPurge.Tests.Conformance.Models;

public class Measurement
{
    public string Sensor { get; set; } = "";

    public double Value { get; set; }
}

public class Account
{
    public int Id { get; set; }

    public string Name { get; set; } = "";

    public decimal Balance { get; set; }
}

public class Deposit
{
    public int Id { get; set; }

    public int AccountId { get; set; }

    public Account? Account { get; set; }
}

public class AccountName
{
    public int Id { get; set; }

    public string Name { get; set; } = "";
}

public class AccountTotal
{
    public decimal Total { get; set; }
}

public class AccountByName
{
    public int Id { get; set; }
}

/// <summary>Entity types without a key, and entity types that are read from something that is no table.</summary>
public static class ViewModels
{
    public static ModelCase Keyless { get; } = new(model => model.Entity<Measurement>().HasNoKey().ToTable("Measurements"))
    {
        MoreRows = ["INSERT INTO \"Measurements\" (\"Sensor\", \"Value\") VALUES ('a', 1.5), ('a', 1.5), ('b', 2)"],
    };

    /// <summary>
    /// An account is written to a table and read from a view; its name comes from a view alone, its total from a query, its search from a
    /// function.
    /// </summary>
    public static ModelCase ViewsQueriesAndFunctions { get; } = new(model =>
    {
        model.Entity<Account>().ToTable("Accounts").ToView("RichAccounts");
        model.Entity<Deposit>().ToTable("Deposits");
        model.Entity<AccountName>().HasNoKey().ToView("AccountNames");
        model.Entity<AccountTotal>().HasNoKey().ToSqlQuery("SELECT SUM(\"Balance\") AS \"Total\" FROM \"Accounts\"");
        model.Entity<AccountByName>().HasNoKey().ToFunction("find_accounts");
    })
    {
        Rows = () => [new Deposit { Account = new() { Name = "A", Balance = 7 } }],
        MoreRows =
        [
            "CREATE VIEW \"RichAccounts\" AS SELECT \"Id\", \"Name\", \"Balance\" FROM \"Accounts\" WHERE \"Balance\" > 1000",
            "CREATE VIEW \"AccountNames\" AS SELECT \"Id\", \"Name\" FROM \"Accounts\"",
        ],
    };
}
