using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using FloworxPurge.CommandLine.Backups;
using FloworxPurge.CommandLine.Tests.Kit;
using FloworxPurge.Reporting;
using FloworxPurge.Tests.Kit;
using FloworxPurge.Tests.Servers;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace FloworxPurge.CommandLine.Tests;

/// <summary>A backup holds what the database held, row by row; nothing is purged without one that was asked for.</summary>
public sealed class BackupTests
{
    [Fact]
    public async Task A_SQLite_backup_holds_every_row_and_the_report_says_how_it_was_verified()
    {
        await using CommandHost host = await CommandHost.CreateAsync();
        string before = await host.Database.ChecksumAsync();

        CommandResult result = await host.RunAsync("--force", "--backup", host.Folder.FullName, "--json");

        Assert.Equal(PurgeExitCode.Complete, result.Code);
        Assert.Equal(0, await host.RowsAsync());
        string file = Assert.Single(Directory.GetFiles(host.Folder.FullName));
        Assert.Equal(before, await ChecksumAsync(file));
        string backup = PurgeReport.FromJson(result.Output).Details.Backup!;
        Assert.StartsWith(
            $"{file}, {new FileInfo(file).Length.ToString("N0", CultureInfo.InvariantCulture)} bytes, SHA-256 "
                + $"{Convert.ToHexStringLower(SHA256.HashData(await File.ReadAllBytesAsync(file)))}",
            backup,
            StringComparison.Ordinal);
        Assert.EndsWith("opened, integrity_check ok, 3 tables with 9 rows counted on both sides", backup, StringComparison.Ordinal);
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        }
    }

    [Fact]
    public async Task A_PostgreSQL_backup_is_restored_to_the_same_rows()
    {
        SkipWithout("pg_dump");
        await using CommandHost host = await CommandHost.CreateAsync(await PostgreSqlTestDatabase.CreateAsync());
        string before = await host.Database.ChecksumAsync();

        CommandResult result = await host.RunAsync("--confirm", host.Name, "--backup", host.Folder.FullName, "--json");

        Assert.True(result.Code == PurgeExitCode.Complete, result.Error);
        Assert.Equal(0, await host.RowsAsync());
        string file = Assert.Single(Directory.GetFiles(host.Folder.FullName));
        Assert.Contains(
            "pg_restore --list names the data of 3 tables, all 3 to be purged among them",
            PurgeReport.FromJson(result.Output).Details.Backup!,
            StringComparison.Ordinal);
        await using PostgreSqlTestDatabase restored = await PostgreSqlTestDatabase.CreateAsync();
        await RestoreAsync(file, restored);
        Assert.Equal(before, await restored.ChecksumAsync());
    }

    [Fact]
    public async Task A_folder_that_is_not_there_is_refused_before_anybody_is_asked()
    {
        await using CommandHost host = await CommandHost.CreateAsync();

        Assert.Contains(
            "there is no folder",
            await host.RefusedAsync(PurgeExitCode.Refused, "--force", "--backup", host.File("nowhere")),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_of_the_same_name_is_not_overwritten()
    {
        await using CommandHost host = await CommandHost.CreateAsync();
        host.Configure = options => options.TimeProvider = new ManualClock();
        await File.WriteAllTextAsync(host.File("test.db-20260304-050607Z.db"), "mine");

        string line = await host.RefusedAsync(PurgeExitCode.Failed, "--force", "--backup", host.Folder.FullName);

        Assert.Contains("exists already, and is not overwritten", line, StringComparison.Ordinal);
        Assert.Equal("mine", await File.ReadAllTextAsync(host.File("test.db-20260304-050607Z.db")));
    }

    [Fact]
    public async Task A_full_disk_is_one_clear_line_and_leaves_no_file_and_all_rows()
    {
        await using CommandHost host = await CommandHost.CreateAsync();
        await using TinyDisk disk = await TinyDisk.CreateAsync();
        await host.Database.ExecuteAsync("CREATE TABLE large (text TEXT); INSERT INTO large SELECT hex(randomblob(500000))");

        string line = await host.RefusedAsync(PurgeExitCode.Failed, "--force", "--backup", disk.Folder);

        Assert.Contains("the disk is full", line, StringComparison.Ordinal);
        Assert.EndsWith("Nothing was purged.", line, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(disk.Folder));
    }

    [Fact]
    public async Task A_full_disk_stops_pg_dump_as_well()
    {
        SkipWithout("pg_dump");
        await using TinyDisk disk = await TinyDisk.CreateAsync();
        await using CommandHost host = await CommandHost.CreateAsync(await PostgreSqlTestDatabase.CreateAsync());
        await host.Database.ExecuteAsync("CREATE TABLE large AS SELECT gen_random_uuid() AS id FROM generate_series(1, 50000)");

        string line = await host.RefusedAsync(PurgeExitCode.Failed, "--force", "--backup", disk.Folder);

        Assert.Contains("the disk is full", line, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(disk.Folder));
    }

    [Fact]
    public async Task A_backup_of_the_host_s_own_that_fails_purges_nothing()
    {
        await using CommandHost host = await CommandHost.CreateAsync();
        host.Configure = options => options.Backup = new Broken(() => throw new PurgeBackupException("The vault is closed."));

        Assert.Equal(
            "The vault is closed. Nothing was purged.",
            await host.RefusedAsync(PurgeExitCode.Failed, "--force", "--backup", host.Folder.FullName));
        host.Configure = options => options.Backup = new Broken(() => throw new IOException("No route to vault"));
        Assert.Contains(
            "No route to vault",
            await host.RefusedAsync(PurgeExitCode.Failed, "--force", "--backup", host.Folder.FullName),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_backup_that_is_cancelled_leaves_no_file_and_all_rows()
    {
        await using CommandHost host = await CommandHost.CreateAsync();
        using var stop = new CancellationTokenSource();
        host.Configure = options => options.Backup = new Broken(() => { stop.Cancel(); stop.Token.ThrowIfCancellationRequested(); });

        CommandResult result = await host.RunAsync(["--force", "--backup", host.Folder.FullName], stop.Token);

        Assert.Equal((PurgeExitCode.Cancelled, 9), (result.Code, await host.RowsAsync()));
        Assert.Contains("Cancelled: nothing was deleted", result.Error, StringComparison.Ordinal);
    }

    private static void SkipWithout(string program)
    {
        if (!(Environment.GetEnvironmentVariable("PATH") ?? "")
            .Split(Path.PathSeparator)
            .Any(folder => File.Exists(Path.Combine(folder, program))))
        {
            string reason = $"The program {program} is not on PATH.";
            Assert.False(Environment.GetEnvironmentVariable("CI") == "true", reason);
            Assert.Skip(reason);
        }
    }

    private static async Task RestoreAsync(string file, PostgreSqlTestDatabase database)
    {
        var connection = new NpgsqlConnectionStringBuilder(database.ConnectionString);
        var start = new ProcessStartInfo(
            "pg_restore",
            ["--no-owner", "-h", connection.Host!, "-p", connection.Port.ToString(CultureInfo.InvariantCulture), "-U", connection.Username!, "-d", connection.Database!, file]);
        start.Environment["PGPASSWORD"] = connection.Password;
        using Process process = Process.Start(start)!;
        await process.WaitForExitAsync();
        Assert.Equal(0, process.ExitCode);
    }

    private static async Task<string> ChecksumAsync(string file)
    {
        await using var database = SqliteTestDatabase.Create();
        File.Copy(file, database.FileName!, overwrite: true);
        SqliteConnection.ClearAllPools();
        return await database.ChecksumAsync();
    }

    private sealed class Broken(Action work) : IPurgeBackup
    {
        public Task<PurgeBackupResult> CreateAsync(PurgeBackupRequest request, CancellationToken cancellationToken = default)
        {
            work();
            return Task.FromResult(new PurgeBackupResult("", 0, "", ""));
        }
    }
}
