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

    [Theory]
    [InlineData("plain")]
    [InlineData("it's $HOME `id` \"quoted\" \\ and new")]
    public async Task The_printed_command_restores_SQLite_to_the_same_rows(string folder)
    {
        await using CommandHost host = await CommandHost.CreateAsync();
        string before = await host.Database.ChecksumAsync();

        CommandResult result = await host.RunAsync("--force", "--backup", host.File(folder), "--report", host.File("report.txt"));

        Assert.Equal((PurgeExitCode.Complete, 0), (result.Code, await host.RowsAsync()));
        string command = RestoreCommand(result);
        Assert.Contains("Restore with", await File.ReadAllTextAsync(host.File("report.txt")), StringComparison.Ordinal);
        SqliteConnection.ClearAllPools();
        await RunAsync(command);
        Assert.Equal(before, await host.Database.ChecksumAsync());
    }

    [Fact]
    public async Task The_printed_command_restores_PostgreSQL_to_the_same_rows()
    {
        SkipWithout("pg_dump");
        await using PostgreSqlTestDatabase database = await PostgreSqlTestDatabase.CreateAsync();
        await using CommandHost host = await CommandHost.CreateAsync(database);
        string before = await host.Database.ChecksumAsync();

        CommandResult result = await host.RunAsync("--confirm", host.Name, "--backup", host.File("it's new"));

        Assert.Equal((PurgeExitCode.Complete, 0), (result.Code, await host.RowsAsync()));
        string command = RestoreCommand(result);
        var connection = new NpgsqlConnectionStringBuilder(database.ConnectionString);
        Assert.Contains($"user={connection.Username}", command, StringComparison.Ordinal);
        Assert.Contains($"dbname={host.Name}", command, StringComparison.Ordinal);
        Assert.DoesNotContain("password", command, StringComparison.OrdinalIgnoreCase);
        await RunAsync(command, connection.Password);
        Assert.Equal(before, await host.Database.ChecksumAsync());
    }

    [Fact]
    public async Task The_report_holds_the_command_that_restores_the_backup()
    {
        await using CommandHost host = await CommandHost.CreateAsync();
        host.Configure = options => options.Backup = new OwnBackup("vault restore 42");

        CommandResult result = await host.RunAsync("--force", "--backup", host.File("new"), "--json");

        Assert.Equal("vault restore 42", PurgeReport.FromJson(result.Output).Details.Restore);
        Assert.Equal("vault restore 42", RestoreCommand(result));
    }

    [Fact]
    public async Task A_command_that_restores_it_is_shown_in_one_line_without_a_password()
    {
        await using CommandHost host = await CommandHost.CreateAsync();
        host.Configure = options => options.Backup = new OwnBackup("vault \u001B[31mrestore\n42 \"Host=h;Password=secret-word\"");

        CommandResult result = await host.RunAsync("--force", "--backup", host.File("new"));

        Assert.Equal(PurgeExitCode.Complete, result.Code);
        Assert.Contains("vault  [31mrestore 42 \"Host=h;Password=***\"\n", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_backup_that_cannot_say_how_it_is_restored_prints_no_command()
    {
        await using CommandHost host = await CommandHost.CreateAsync();
        host.Configure = options => options.Backup = new OwnBackup(null);

        CommandResult result = await host.RunAsync("--force", "--backup", host.File("new"), "--json");

        Assert.Null(PurgeReport.FromJson(result.Output).Details.Restore);
        Assert.DoesNotContain("To restore it", result.All, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_folder_that_does_not_exist_is_created_for_its_owner_only()
    {
        await using CommandHost host = await CommandHost.CreateAsync();
        string folder = host.File("backups/today");

        CommandResult result = await host.RunAsync("--force", "--backup", folder);

        Assert.Equal(PurgeExitCode.Complete, result.Code);
        Assert.Single(Directory.GetFiles(folder));
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(
                UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute,
                File.GetUnixFileMode(folder));
        }
    }

    [Fact]
    public async Task A_folder_that_cannot_be_created_purges_nothing()
    {
        await using CommandHost host = await CommandHost.CreateAsync();
        await File.WriteAllTextAsync(host.File("taken"), "mine");

        Assert.Contains(
            "is a file. Give a folder.",
            await host.RefusedAsync(PurgeExitCode.Refused, "--force", "--backup", host.File("taken")),
            StringComparison.Ordinal);
        string line = await host.RefusedAsync(PurgeExitCode.Failed, "--force", "--backup", host.File("taken/new"));
        Assert.Contains("for the backup cannot be created", line, StringComparison.Ordinal);
        Assert.EndsWith("Nothing was purged.", line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_purge_without_a_backup_says_so_in_the_question_and_in_the_report()
    {
        await using CommandHost host = await CommandHost.CreateAsync();
        host.Typed = "test.db\n";

        CommandResult result = await host.RunAsync("--report", host.File("a.json"));

        Assert.Equal(PurgeExitCode.Complete, result.Code);
        Assert.Contains("No backup will be made; --backup DIR makes one.", result.All, StringComparison.Ordinal);
        Assert.DoesNotContain("No backup is made", result.All, StringComparison.Ordinal);
        Assert.Equal(
            "none: --backup was not given",
            PurgeReport.FromJson(await File.ReadAllTextAsync(host.File("a.json"))).Details.Backup);
    }

    [Theory]
    [InlineData("A backup will be made in \"{0}\" first.", "--backup", "{0}")]
    [InlineData("No backup will be made (--no-backup).", "--no-backup", "--reason", "test data")]
    public async Task The_question_says_what_happens_about_a_backup(string says, params string[] args)
    {
        await using CommandHost host = await CommandHost.CreateAsync();
        (host.Typed, host.Width) = ("test.db\n", 500);
        string folder = host.File("b");

        CommandResult result = await host.RunAsync([.. args.Select(arg => arg == "{0}" ? folder : arg)]);

        Assert.Equal(PurgeExitCode.Complete, result.Code);
        Assert.Contains(says.Replace("{0}", folder, StringComparison.Ordinal), result.All, StringComparison.Ordinal);
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

    private static string RestoreCommand(CommandResult result)
    {
        List<string> lines = [.. result.All.Split('\n')];
        int heading = lines.IndexOf("To restore it, stop the application and run:");
        Assert.True(heading >= 0, result.All);
        return lines[heading + 1];
    }

    // The command as it is typed in a shell.
    private static async Task RunAsync(string command, string? password = null)
    {
        var start = new ProcessStartInfo("sh", ["-c", command])
        {
            UseShellExecute = false,
            RedirectStandardError = true,
        };
        start.Environment["PGPASSWORD"] = password;
        using Process process = Process.Start(start)!;
        string errors = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, errors);
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

    private sealed class OwnBackup(string? restore) : IPurgeBackup
    {
        public Task<PurgeBackupResult> CreateAsync(PurgeBackupRequest request, CancellationToken cancellationToken = default)
            => Task.FromResult(new PurgeBackupResult
            {
                Path = "vault:42",
                Size = 1,
                Sha256 = "00",
                Verification = "read back",
                Restore = restore,
            });
    }

    private sealed class Broken(Action work) : IPurgeBackup
    {
        public Task<PurgeBackupResult> CreateAsync(PurgeBackupRequest request, CancellationToken cancellationToken = default)
        {
            work();
            return Task.FromResult(new PurgeBackupResult { Path = "", Size = 0, Sha256 = "", Verification = "" });
        }
    }
}
