using System.Data.Common;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using FloworxPurge.Connections;
using FloworxPurge.Extensibility;
using FloworxPurge.Schema;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;

namespace FloworxPurge.Resetting;

/// <summary>A test database.</summary>
/// <param name="Name">Its name, or its file.</param>
/// <param name="ConnectionString">The connection string.</param>
internal sealed record TestDatabasePlace(string Name, string ConnectionString);

/// <summary>Where the test databases of one owner are: creates them, drops them, and drops those of owners that were killed.</summary>
/// <param name="owner">The number of the owner.</param>
/// <param name="factory">Creates connections and connection strings.</param>
/// <param name="connectionString">The connection string that those of the databases are made from.</param>
/// <param name="dialect">The dialect.</param>
internal abstract class TestDatabaseStore(
    string owner,
    DbProviderFactory factory,
    string connectionString,
    PurgeDialect dialect) : IAsyncDisposable
{
    /// <summary>The name of the database that the others are copied from, after that of the owner.</summary>
    protected const string Template = "template";

    private int _databases;

    /// <summary>Gets what could not be dropped, as sentences.</summary>
    public List<string> Left { get; } = [];

    /// <summary>Gets the number of the owner.</summary>
    protected string Owner { get; } = owner;

    /// <summary>Gets the dialect.</summary>
    protected PurgeDialect Dialect { get; } = dialect;

    /// <summary>Gets what creates connections.</summary>
    protected DbProviderFactory Factory { get; } = factory;

    /// <summary>Finds the place for a connection string, and drops what killed owners have left there.</summary>
    /// <param name="context">A context with the connection string.</param>
    /// <param name="connectionString">The connection string.</param>
    /// <param name="dialect">The dialect.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="PurgeException">The server cannot be reached, or there are no test databases for the engine.</exception>
    [RequiresUnreferencedCode(TrimWarnings.Model)]
    [RequiresDynamicCode(TrimWarnings.Model)]
    public static async Task<TestDatabaseStore> OpenAsync(
        DbContext context,
        string connectionString,
        PurgeDialect dialect,
        CancellationToken cancellationToken)
    {
        DbConnection connection = context.Database.GetDbConnection();
        DbProviderFactory factory = DbProviderFactories.GetFactory(connection)
            ?? throw new PurgeException(
                $"The provider of {context.GetType().Name} has no factory for connections ({connection.GetType().Name}), so no test "
                    + $"databases can be made. Use DatabaseResetter with a database of your own for each worker.");
        string owner = TestDatabaseMark.NewOwner();
        if (dialect.IsServer)
        {
            return await ServerTestDatabases.OpenAsync(
                [.. context.GetService<IDbContextOptions>().Extensions],
                owner,
                factory,
                connectionString,
                dialect,
                cancellationToken).ConfigureAwait(false);
        }

        DbConnectionStringBuilder builder = BuilderOf(factory, connectionString);
        return dialect.IsInMemory(builder)
            ? new MemoryTestDatabases(owner, factory, connectionString, dialect)
            : FileTestDatabases.Open(owner, factory, connectionString, dialect, builder["Data Source"]?.ToString() ?? string.Empty);
    }

    /// <summary>Refuses a context that would write to another database than the one that it is to be for.</summary>
    /// <param name="context">The context, before it is used.</param>
    /// <param name="expected">The connection string that it was to be created with.</param>
    /// <exception cref="PurgeException">The context is for another database.</exception>
    public void Check(DbContext context, string expected)
    {
        using DbConnection connection = Factory.CreateConnection()!;
        connection.ConnectionString = expected;
        string wanted = PlaceOf(connection);
        string given = PlaceOf(context.Database.GetDbConnection());
        if (!string.Equals(wanted, given, StringComparison.Ordinal))
        {
            throw new PurgeException(
                $"The {context.GetType().Name} that was created for the test database \"{wanted}\" uses the database \"{given}\" instead. "
                    + $"Nothing was written to it. Give the provider the connection string that the function receives.");
        }
    }

    /// <summary>Makes sure that other processes know that the owner lives.</summary>
    public virtual Task HoldAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Creates a database.</summary>
    /// <param name="prepare">
    /// Creates its tables and its first rows, by its connection string: once where databases can be copied, or else for each.
    /// </param>
    /// <param name="cancellationToken">Stops it.</param>
    public abstract Task<TestDatabasePlace> CreateAsync(
        Func<string, CancellationToken, Task> prepare,
        CancellationToken cancellationToken);

    /// <summary>
    /// Closes the connections in the driver's pool to a database that was returned, where they would keep what a test has set in them.
    /// </summary>
    public virtual void Rest(TestDatabasePlace database)
    {
    }

    /// <summary>Drops a database and ends its sessions.</summary>
    public abstract Task DropAsync(TestDatabasePlace database, CancellationToken cancellationToken);

    /// <summary>Drops all databases.</summary>
    public abstract ValueTask DisposeAsync();

    /// <summary>A name that no other database of the owner has.</summary>
    protected string NextName() => NameOf(Interlocked.Increment(ref _databases).ToString(CultureInfo.InvariantCulture));

    /// <summary>The name of a database of the owner.</summary>
    protected string NameOf(string database) => TestDatabaseMark.NameOf(Owner, database);

    /// <summary>The connection string of a database.</summary>
    protected string ConnectionStringOf(Action<DbConnectionStringBuilder> leadTo)
    {
        DbConnectionStringBuilder builder = BuilderOf(Factory, connectionString);
        leadTo(builder);
        return builder.ConnectionString;
    }

    /// <summary>The parts of a connection string, by the names of the provider.</summary>
    public static DbConnectionStringBuilder BuilderOf(DbProviderFactory? factory, string connectionString)
    {
        DbConnectionStringBuilder builder = factory?.CreateConnectionStringBuilder() ?? new DbConnectionStringBuilder();
        builder.ConnectionString = connectionString;
        return builder;
    }

    // What a connection leads to, without what may differ: the user, the password, the time to wait.
    private string PlaceOf(DbConnection connection)
        => Dialect.IsServer
            ? connection.Database
            : BuilderOf(Factory, connection.ConnectionString)["Data Source"]?.ToString() ?? string.Empty;
}
