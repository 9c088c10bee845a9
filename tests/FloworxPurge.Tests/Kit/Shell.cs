using System.Diagnostics;
using Microsoft.Data.Sqlite;
using MySql.Data.MySqlClient;
using Npgsql;

namespace FloworxPurge.Tests.Kit;

/// <summary>The engines' own shells: <c>sqlite3</c>, <c>psql</c> and <c>mariadb</c>.</summary>
public static class Shell
{
    /// <summary>Runs a script in the shell of the database's engine and gives its output. Skips the test where there is no shell; fails it when <c>CI</c> is <c>true</c>.</summary>
    public static async Task<(int ExitCode, string Output, string Errors)> RunScriptAsync(TestDatabase database, string script, CancellationToken cancellationToken = default)
    {
        ProcessStartInfo start;
        if (database is PostgreSqlTestDatabase)
        {
            var connection = new NpgsqlConnectionStringBuilder(database.ConnectionString);
            start = new(Find("psql"), ["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", connection.Host!, "-p", $"{connection.Port}", "-U", connection.Username!, "-d", connection.Database!]);
            start.Environment["PGPASSWORD"] = connection.Password;
            start.Environment["PGCLIENTENCODING"] = "UTF8";
        }
        else if (database is MariaDbTestDatabase)
        {
            var connection = new MySqlConnectionStringBuilder(database.ConnectionString);
            start = new(Find("mariadb"), ["--no-defaults", "--batch", "--skip-column-names", "--default-character-set=utf8mb4", "-h", connection.Server, "-P", $"{connection.Port}", "-u", connection.UserID, connection.Database]);
            start.Environment["MYSQL_PWD"] = connection.Password;
        }
        else
        {
            start = new(Find("sqlite3"), ["-init", "/dev/null", "-batch", new SqliteConnectionStringBuilder(database.ConnectionString).DataSource]);
        }

        start.RedirectStandardInput = start.RedirectStandardOutput = start.RedirectStandardError = true;
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync(cancellationToken);
        Task<string> errors = process.StandardError.ReadToEndAsync(cancellationToken);
        try
        {
            await process.StandardInput.WriteAsync(script.AsMemory(), cancellationToken);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // The shell stopped at an error before it had read everything.
        }

        await process.WaitForExitAsync(cancellationToken);
        return (process.ExitCode, await output, await errors);
    }

    private static string Find(string program)
    {
        string? file = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .Select(folder => Path.Combine(folder, program))
            .FirstOrDefault(File.Exists);
        if (file is not null)
        {
            return file;
        }

        string reason = $"The program {program} is not on PATH.";
        Assert.False(string.Equals(Environment.GetEnvironmentVariable("CI"), "true", StringComparison.OrdinalIgnoreCase), reason);
        Assert.Skip(reason);
        return program;
    }
}
