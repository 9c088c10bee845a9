using System.Data.Common;
using System.Diagnostics.CodeAnalysis;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace Quickstart;

/// <summary>Turns the arguments into the options of <see cref="FloWorxContext"/>. No message shows a connection string: it may hold a password.</summary>
internal static class CommandLine
{
    private const string Usage = "Usage: dotnet run --project samples/Quickstart [-- --postgres \"<connection string>\"]";

    public static bool TryParse(
        string[] args,
        [NotNullWhen(true)] out DbContextOptions<FloWorxContext>? options,
        out string problem)
    {
        (options, problem) = args switch
        {
            [] => (Sqlite(Path.Combine(AppContext.BaseDirectory, "quickstart.db")), ""),
            ["--postgres", string connectionString] when !string.IsNullOrWhiteSpace(connectionString) => Postgres(connectionString),
            [string option, ..] when option.Split('=')[0] is "--postgres"
                => (null, $"--postgres takes one value, a connection string, as the next argument. {Usage}"),
            [['-', ..] unknown, ..] => (null, $"Unknown argument '{unknown.Split('=')[0]}'. {Usage}"),
            _ => (null, $"A value without --postgres before it. {Usage}"),
        };
        return options is not null;
    }

    /// <summary>Which database the options mean, without credentials.</summary>
    public static string Describe(DbContextOptions options)
    {
        using var db = new FloWorxContext(options);
        DbConnection connection = db.Database.GetDbConnection();
        return $"Database '{connection.Database}' at {connection.DataSource}";
    }

    private static DbContextOptions<FloWorxContext> Sqlite(string file)
    {
        string connectionString = new SqliteConnectionStringBuilder { DataSource = file }.ConnectionString;
        return new DbContextOptionsBuilder<FloWorxContext>().UseSqlite(connectionString).Options;
    }

    private static (DbContextOptions<FloWorxContext>? Options, string Problem) Postgres(string connectionString)
    {
        try
        {
            var parts = new NpgsqlConnectionStringBuilder(connectionString);
            return string.IsNullOrWhiteSpace(parts.Host) || string.IsNullOrWhiteSpace(parts.Database)
                ? (null, $"The connection string after --postgres names no host or no database. {Usage}")
                : (new DbContextOptionsBuilder<FloWorxContext>().UseNpgsql(parts.ConnectionString).Options, "");
        }
        catch (Exception exception) when (exception is ArgumentException or FormatException)
        {
            return (null, $"The value after --postgres is no connection string such as Host=localhost;Database=test;Username=me. {Usage}");
        }
    }
}
