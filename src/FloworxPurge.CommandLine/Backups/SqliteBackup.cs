using System.Data.Common;
using System.Globalization;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Storage;

namespace FloworxPurge.CommandLine.Backups;

/// <summary>
/// Copies a SQLite database with <c>VACUUM INTO</c>, then opens the copy, checks its integrity and counts every table on both sides.
/// </summary>
internal sealed class SqliteBackup : IPurgeBackup
{
    public async Task<PurgeBackupResult> CreateAsync(PurgeBackupRequest request, CancellationToken cancellationToken = default)
    {
        using BackupFile file = BackupFile.Begin(request, ".db");
        DbContext context = request.Context;
        await context.Database.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            DbConnection source = context.Database.GetDbConnection();
            await CopyAsync(source, file, cancellationToken).ConfigureAwait(false);
            string verification = await VerifyAsync(
                source,
                file,
                context.GetService<ISqlGenerationHelper>(),
                cancellationToken).ConfigureAwait(false);
            PurgeBackupResult result = await file.FinishAsync(verification, cancellationToken).ConfigureAwait(false);
            return result with { Restore = RestoreCommand(source.DataSource, result.Path) };
        }
        catch (Exception exception) when (exception is DbException or IOException or UnauthorizedAccessException)
        {
            throw file.Failure(exception.Message, exception);
        }
        finally
        {
            await context.Database.CloseConnectionAsync().ConfigureAwait(false);
        }
    }

    // The old database's journals would be applied to the restored file, so they are removed before it is there.
    private static string? RestoreCommand(string database, string backup)
    {
        // A database in memory has no file to restore.
        if (string.IsNullOrEmpty(database) || !File.Exists(database))
        {
            return null;
        }

        string path = Path.GetFullPath(database);
        string[] journals = [.. ((string[])["-wal", "-shm", "-journal"]).Select(ending => ShellText.Quote(path + ending))];
        return OperatingSystem.IsWindows()
            ? $"Remove-Item -ErrorAction Ignore {string.Join(", ", journals)}; Copy-Item -Force {ShellText.Quote(backup)} "
                + $"{ShellText.Quote(path)}"
            : $"rm -f {string.Join(" ", journals)} && cp {ShellText.Quote(backup)} {ShellText.Quote(path)}";
    }

    private static async Task CopyAsync(DbConnection source, BackupFile file, CancellationToken cancellationToken)
    {
        DbCommand command = source.CreateCommand();
        await using (command.ConfigureAwait(false))
        {
            command.CommandText = "VACUUM main INTO @file";
            command.CommandTimeout = 0;
            DbParameter parameter = command.CreateParameter();
            parameter.ParameterName = "@file";
            parameter.Value = file.Unfinished;
            command.Parameters.Add(parameter);
            await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private static async Task<string> VerifyAsync(
        DbConnection source,
        BackupFile file,
        ISqlGenerationHelper sql,
        CancellationToken cancellationToken)
    {
        DbConnection copy = Open(source, file.Unfinished);
        await using (copy.ConfigureAwait(false))
        {
            await copy.OpenAsync(cancellationToken).ConfigureAwait(false);
            string integrity = string.Join(" ", await ReadAsync(copy, "PRAGMA integrity_check", cancellationToken).ConfigureAwait(false));
            if (!string.Equals(integrity, "ok", StringComparison.Ordinal))
            {
                throw new PurgeBackupException($"The backup is not sound: integrity_check returned {integrity}");
            }

            // What shadow and virtual tables hold is in tables of their own.
            const string Tables = "SELECT name FROM sqlite_master WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%' ORDER BY name";
            List<string> names = await ReadAsync(source, Tables, cancellationToken).ConfigureAwait(false);
            List<string> differing = [];
            long rows = 0;
            foreach (string name in names)
            {
                string count = $"SELECT COUNT(*) FROM main.{sql.DelimitIdentifier(name)}";
                string expected = (await ReadAsync(source, count, cancellationToken).ConfigureAwait(false))[0];
                string actual = (await ReadAsync(copy, count, cancellationToken).ConfigureAwait(false))[0];
                rows += long.Parse(actual, CultureInfo.InvariantCulture);
                if (!string.Equals(expected, actual, StringComparison.Ordinal))
                {
                    differing.Add($"{name} has {expected} rows, and {actual} in the backup");
                }
            }

            return differing.Count == 0
                ? string.Create(
                    CultureInfo.InvariantCulture,
                    $"opened, integrity_check ok, {BackupFile.Tables(names.Count)} with {rows} rows counted on both sides")
                : throw new PurgeBackupException(
                    $"The backup differs from the database, which was changed during the backup: {string.Join("; ", differing)}. "
                        + $"Stop what writes to the database, and try again.");
        }
    }

    private static DbConnection Open(DbConnection source, string file)
    {
        DbProviderFactory factory = DbProviderFactories.GetFactory(source)
            ?? throw new PurgeBackupException(
                $"{source.GetType().Name} has no provider factory, so the backup cannot be opened and verified.");
        DbConnectionStringBuilder builder = factory.CreateConnectionStringBuilder()!;
        builder["Data Source"] = file;
        builder["Mode"] = "ReadOnly";
        builder["Pooling"] = false;
        DbConnection connection = factory.CreateConnection()!;
        connection.ConnectionString = builder.ConnectionString;
        return connection;
    }

    private static async Task<List<string>> ReadAsync(DbConnection connection, string sql, CancellationToken cancellationToken)
    {
        DbCommand command = connection.CreateCommand();
        await using (command.ConfigureAwait(false))
        {
            command.CommandText = sql;
            command.CommandTimeout = 0;
            List<string> values = [];
            DbDataReader reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
                {
                    values.Add(Convert.ToString(reader.GetValue(0), CultureInfo.InvariantCulture)!);
                }
            }

            return values;
        }
    }
}
