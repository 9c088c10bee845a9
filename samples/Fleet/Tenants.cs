using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace Fleet;

/// <summary>The databases of forty tenants: databases of a PostgreSQL server, or SQLite files.</summary>
/// <param name="postgres">
/// The connection string of the database in which the job engine keeps its jobs: those of the tenants are beside it, and their names begin
/// with its name. <see langword="null"/> for SQLite files.
/// </param>
internal sealed class Tenants(string? postgres)
{
    private const int Customers = 6;
    private const int OrdersOfCustomer = 15;

    private static readonly DateOnly FirstOrder = new(2016, 1, 15);
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "tenants");

    public static IReadOnlyList<string> Names { get; } = [.. Enumerable.Range(1, 40).Select(number => $"tenant_{number:00}")];

    /// <summary>The context of a tenant. A database that is missing is an error: only <see cref="SeedAsync"/> creates it.</summary>
    public TenantContext Open(string tenant) => Open(tenant, SqliteOpenMode.ReadWrite);

    /// <summary>Creates the databases that are missing, with six customers, two of them of the partner acme, and 90 orders.</summary>
    /// <returns>How many were created.</returns>
    public async Task<int> SeedAsync()
    {
        int created = 0;
        Directory.CreateDirectory(Folder);
        await Parallel.ForEachAsync(Names, new ParallelOptions { MaxDegreeOfParallelism = 4 }, async (tenant, cancellationToken) =>
        {
            await using TenantContext db = Open(tenant, SqliteOpenMode.ReadWriteCreate);
            if (await db.Database.EnsureCreatedAsync(cancellationToken))
            {
                db.AddRange(Enumerable.Range(0, Customers).Select(NewCustomer));
                await db.SaveChangesAsync(cancellationToken);
                Interlocked.Increment(ref created);
            }
        });
        return created;
    }

    private static Customer NewCustomer(int number)
    {
        var customer = new Customer { Partner = number % 3 == 0 ? "acme" : "globex" };
        customer.Orders.AddRange(Enumerable.Range(0, OrdersOfCustomer).Select(order => new Order
        {
            PlacedOn = FirstOrder.AddMonths((order * Customers) + number),
            Lines = { new OrderLine { Product = "tea" }, new OrderLine { Product = "cups" } },
        }));
        return customer;
    }

    private TenantContext Open(string tenant, SqliteOpenMode mode)
    {
        var options = new DbContextOptionsBuilder<TenantContext>();
        if (postgres is null)
        {
            string file = Path.Combine(Folder, tenant + ".db");
            return new(options.UseSqlite(new SqliteConnectionStringBuilder { DataSource = file, Mode = mode }.ConnectionString).Options);
        }

        // The idle connections of forty pools in each worker would be too many for the server.
        var parts = new NpgsqlConnectionStringBuilder(postgres) { Pooling = false };
        parts.Database += "_" + tenant;
        return new(options.UseNpgsql(parts.ConnectionString).Options);
    }
}
