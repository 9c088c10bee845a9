using System.Data.Common;
using System.Diagnostics.CodeAnalysis;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace Quickstart;

/// <summary>
/// Turns the arguments into the options of <see cref="FloWorxContext"/>, and those of the purge command. No message shows a connection string:
/// it may hold a password.
/// </summary>
internal static class CommandLine
{
    private const string Usage = "Usage: dotnet run --project samples/Quickstart [-- [--rows test-users | restore DIR | --list-rows] [--postgres \"<connection string>\"]]";

    private static readonly string[] OfCommand = ["--rows", "restore", "--list-rows", "--help"];

    /// <summary>Reads the arguments.</summary>
    /// <param name="args">All of them.</param>
    /// <param name="options">Which database.</param>
    /// <param name="command">The arguments of the purge command; none for the purge of all tables.</param>
    /// <param name="problem">What is wrong.</param>
    public static bool TryParse(
        string[] args,
        [NotNullWhen(true)] out DbContextOptions<FloWorxContext>? options,
        out string[] command,
        out string problem)
    {
        // The sample's own option stands first or last.
        int at = Array.FindIndex(args, argument => argument.Split('=')[0] is "--postgres");
        string[] own = at < 0 ? [] : args[at..Math.Min(at + 2, args.Length)];
        string[] others = at < 0 ? args : [.. args[..at], .. args[(at + own.Length)..]];
        bool isCommand = others.Any(argument => OfCommand.Contains(argument.Split('=')[0], StringComparer.Ordinal));
        command = isCommand ? others : [];
        (options, problem) = (isCommand ? own : [.. own, .. others]) switch
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
