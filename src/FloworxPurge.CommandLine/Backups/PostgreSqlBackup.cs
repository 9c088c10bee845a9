using System.ComponentModel;
using System.Data.Common;
using System.Diagnostics;
using System.Globalization;
using Microsoft.EntityFrameworkCore;

namespace FloworxPurge.CommandLine.Backups;

/// <summary>
/// Copies a PostgreSQL database with <c>pg_dump</c> in its custom format, and reads the copy's table of contents with <c>pg_restore
/// --list</c>.
/// </summary>
/// <remarks>The programs receive the connection in environment variables, so that no password is on a command line.</remarks>
internal sealed class PostgreSqlBackup : IPurgeBackup
{
    // The keys of Npgsql, the environment variables of libpq, and its connection parameters.
    private static readonly (string Key, string Variable, string Parameter)[] Settings =
    [
        ("Host", "PGHOST", "host"),
        ("Port", "PGPORT", "port"),
        ("Username", "PGUSER", "user"),
        (PasswordKey, "PGPASSWORD", "password"),
        ("Passfile", "PGPASSFILE", "passfile"),
        ("SSL Mode", "PGSSLMODE", "sslmode"),
        ("Root Certificate", "PGSSLROOTCERT", "sslrootcert"),
        ("SSL Certificate", "PGSSLCERT", "sslcert"),
        ("SSL Key", "PGSSLKEY", "sslkey"),
    ];

    private const string PasswordKey = "Password";

    public async Task<PurgeBackupResult> CreateAsync(PurgeBackupRequest request, CancellationToken cancellationToken = default)
    {
        using BackupFile file = BackupFile.Begin(request, ".dump");
        Dictionary<string, string> environment = EnvironmentOf(request);
        (int code, _, string errors) = await RunAsync(
            "pg_dump",
            ["--format=custom", "--no-password", "--file", file.Unfinished],
            environment,
            cancellationToken).ConfigureAwait(false);
        if (code != 0)
        {
            throw file.Failure(string.Create(CultureInfo.InvariantCulture, $"pg_dump ended with {code}: {OneLine(errors)}"));
        }

        (code, string list, errors) = await RunAsync(
            "pg_restore",
            ["--list", file.Unfinished],
            [],
            cancellationToken).ConfigureAwait(false);
        if (code != 0)
        {
            throw file.Failure(string.Create(CultureInfo.InvariantCulture, $"pg_restore --list ended with {code}: {OneLine(errors)}"));
        }

        try
        {
            PurgeBackupResult result = await file.FinishAsync(
                Verify(list, request.Plan),
                cancellationToken).ConfigureAwait(false);
            return result with { Restore = RestoreCommand(environment, result.Path) };
        }
        catch (IOException exception)
        {
            throw file.Failure(exception.Message, exception);
        }
    }

    private static string Verify(string list, PurgePlan plan)
    {
        // 3365; 0 16391 TABLE DATA public users postgres; a partitioned table has no data of its own.
        string[] lines = list.Split('\n');
        List<PlanTable> tables = [.. BackupFile.TablesOf(plan)];
        string[] missing =
        [
            .. tables
                .Where(table =>
                    !lines.Any(
                        line => line.Contains($" TABLE DATA {table.Table.Schema} {table.Table.Name} ", StringComparison.Ordinal)
                            || line.Contains($" TABLE {table.Table.Schema} {table.Table.Name} ", StringComparison.Ordinal)))
                .Select(table => table.Table.ToString()),
        ];
        int data = lines.Count(line => line.Contains(" TABLE DATA ", StringComparison.Ordinal));
        return missing.Length == 0
            ? $"pg_restore --list names the data of {BackupFile.Tables(data)}, all {tables.Count.ToString(CultureInfo.InvariantCulture)} "
                + $"to be purged among them"
            : throw new PurgeBackupException(
                $"The backup does not name {string.Join(", ", missing)}, which would be purged. Check that the role may read every table.");
    }

    private static Dictionary<string, string> EnvironmentOf(PurgeBackupRequest request)
    {
        DbConnection connection = request.Context.Database.GetDbConnection();
        DbConnectionStringBuilder? builder = DbProviderFactories.GetFactory(connection)?.CreateConnectionStringBuilder();
        if (builder is null)
        {
            throw new PurgeBackupException(
                $"{connection.GetType().Name} has no provider factory, so the connection string for pg_dump is not available.");
        }

        // The connection's own string has no password any more once it was open.
        builder.ConnectionString = request.Context.Database.GetConnectionString() ?? connection.ConnectionString;
        var environment = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["PGDATABASE"] = request.Plan.Database.Database,
            ["PGAPPNAME"] = "FloworxPurge backup",
        };
        foreach ((string key, string variable, _) in Settings)
        {
            if (builder.TryGetValue(key, out object? value)
                && Convert.ToString(value, CultureInfo.InvariantCulture) is { Length: > 0 } text)
            {
                environment[variable] = key is "SSL Mode" ? SslMode(text) : text;
            }
        }

        return environment;
    }

    // One transaction: either everything is as in the backup, or nothing has changed. It asks for the password where one is needed.
    private static string RestoreCommand(Dictionary<string, string> environment, string backup)
    {
        IEnumerable<(string Name, string Value)> parameters = Settings
            .Where(setting => !string.Equals(setting.Key, PasswordKey, StringComparison.Ordinal))
            .Where(setting => environment.ContainsKey(setting.Variable))
            .Select(setting => (setting.Parameter, environment[setting.Variable]))
            .Append(("dbname", environment["PGDATABASE"]));
        return "pg_restore --clean --if-exists --single-transaction "
            + $"{ShellText.Quote($"--dbname={ShellText.ConnectionInfo(parameters)}")} {ShellText.Quote(backup)}";
    }

    // The values of Npgsql and of libpq.
    private static string SslMode(string mode) => mode switch
    {
        "VerifyCA" => "verify-ca",
        "VerifyFull" => "verify-full",
        _ => mode.ToLowerInvariant(),
    };

    private static string OneLine(string text)
        => string.Join(" ", text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));

    private static async Task<(int Code, string Output, string Errors)> RunAsync(
        string program,
        string[] arguments,
        Dictionary<string, string> environment,
        CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach ((string name, string value) in environment)
        {
            start.Environment[name] = value;
        }

        start.Environment["LC_ALL"] = "C";
        using Process process = Start(start);
        process.StandardInput.Close();
        try
        {
            Task<string> output = process.StandardOutput.ReadToEndAsync(cancellationToken);
            Task<string> errors = process.StandardError.ReadToEndAsync(cancellationToken);
            await process.WaitForExitAsync(cancellationToken).ConfigureAwait(false);
            return (process.ExitCode, await output.ConfigureAwait(false), await errors.ConfigureAwait(false));
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync(CancellationToken.None).ConfigureAwait(false);
            throw;
        }
    }

    private static Process Start(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception exception)
        {
            throw new PurgeBackupException(
                $"The program {start.FileName} is needed for a backup of a PostgreSQL database, and cannot be started: "
                    + $"{exception.Message}. Install PostgreSQL's client programs (Debian, Ubuntu: postgresql-client; Fedora: postgresql; "
                    + $"macOS: libpq), of the server's version or newer, and see that they are on PATH.",
                exception);
        }
    }
}
