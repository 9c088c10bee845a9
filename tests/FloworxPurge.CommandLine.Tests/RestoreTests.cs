using System.Text.Json;
using FloworxPurge.CommandLine.Tests.Kit;
using FloworxPurge.Tests.Kit;

namespace FloworxPurge.CommandLine.Tests;

/// <summary>restore gives back what purge --archive or --archive-schema took, with the same consent and exit codes.</summary>
public sealed class RestoreTests
{
    [Fact]
    public async Task What_a_purge_archives_a_restore_gives_back()
    {
        await using CommandHost host = await CommandHost.CreateAsync();
        string before = await host.Database.ChecksumAsync();

        CommandResult purged = await host.RunAsync("--confirm", "test.db", "--archive", host.File("archive"));
        CommandResult restored = await host.RunAsync(
            "restore", host.File("archive"), "--confirm", "test.db", "--report", host.File("r.json"), "--report", host.File("r.txt"));
        await host.Database.ExecuteAsync("DROP TABLE floworxpurge_runs");

        Assert.True(purged.Code == PurgeExitCode.Complete, purged.All);
        Assert.Contains($"{host.File("archive")}: 9 rows in 3 files", purged.Output, StringComparison.Ordinal);
        Assert.True(restored.Code == PurgeExitCode.Complete, restored.All);
        Assert.Contains("Restored 9 rows of 3 tables", restored.Output, StringComparison.Ordinal);
        Assert.Contains("as expected; --verbose names them", restored.Output, StringComparison.Ordinal);
        using JsonDocument report = JsonDocument.Parse(await File.ReadAllTextAsync(host.File("r.json")));
        Assert.Equal("Restored", report.RootElement.GetProperty("verdict").GetString());
        Assert.Contains("Restored 9 rows", await File.ReadAllTextAsync(host.File("r.txt")), StringComparison.Ordinal);
        Assert.Equal(before, await host.Database.ChecksumAsync());
    }

    [Fact]
    public async Task A_report_that_cannot_be_saved_any_more_when_everything_is_back_ends_with_5()
    {
        await using CommandHost host = await CommandHost.CreateAsync();
        string before = await host.Database.ChecksumAsync();
        await host.RunAsync("--force", "--archive", host.File("archive"));
        DirectoryInfo folder = Directory.CreateDirectory(host.File("reports"));
        host.ContextOptions = options => options.AddInterceptors(new CommandHook
        {
            Before = (command, _) =>
            {
                if (command.CommandText.StartsWith("INSERT", StringComparison.Ordinal) && Directory.Exists(folder.FullName))
                {
                    folder.Delete(recursive: true);
                }

                return ValueTask.CompletedTask;
            },
        });

        CommandResult result = await host.RunAsync(
            "restore", host.File("archive"), "--force", "--report", Path.Combine(folder.FullName, "r.txt"));
        await host.Database.ExecuteAsync("DROP TABLE floworxpurge_runs");

        Assert.True(result.Code == PurgeExitCode.Partial, result.All);
        Assert.Contains("The report cannot be saved", result.Error, StringComparison.Ordinal);
        Assert.Contains("Restored 9 rows", result.Output, StringComparison.Ordinal);
        Assert.Equal(before, await host.Database.ChecksumAsync());
    }

    [Fact]
    public async Task What_a_purge_archives_in_a_schema_a_restore_gives_back()
    {
        await using CommandHost host = await CommandHost.CreateAsync(await PostgreSqlTestDatabase.CreateAsync());
        string before = await host.Database.ChecksumAsync();

        CommandResult purged = await host.RunAsync("--confirm", host.Name, "--archive-schema", "the purged");
        CommandResult shown = await host.RunAsync("restore", "--schema", "the purged", "--dry-run");
        CommandResult restored = await host.RunAsync("restore", "--schema", "the purged", "--confirm", host.Name);
        await host.Database.ExecuteAsync("DROP TABLE floworxpurge_runs; DROP SCHEMA \"the purged\" CASCADE");

        Assert.True(purged.Code == PurgeExitCode.Complete, purged.All);
        Assert.Contains("schema \"the purged\": 9 rows in 3 tables", purged.Output, StringComparison.Ordinal);
        Assert.Contains("restore --schema", purged.Output, StringComparison.Ordinal);
        Assert.True(shown.Code == PurgeExitCode.Complete, shown.All);
        Assert.Contains("Dry run: would restore 9 rows", shown.Output, StringComparison.Ordinal);
        Assert.True(restored.Code == PurgeExitCode.Complete, restored.All);
        Assert.Contains("Restored 9 rows of 3 tables", restored.Output, StringComparison.Ordinal);
        Assert.Equal(before, await host.Database.ChecksumAsync());
    }

    [Fact]
    public async Task Several_archives_in_a_schema_are_told_apart_by_their_runs()
    {
        await using CommandHost host = await CommandHost.CreateAsync(await PostgreSqlTestDatabase.CreateAsync());
        await host.RunAsync("--force", "--archive-schema", "purged", "--include", "child");
        await host.RunAsync("--force", "--archive-schema", "purged", "--include", "other");
        string runs = await host.Database.ScalarAsync<string>(
            "SELECT string_agg(run_id, ' ' ORDER BY started_at) FROM floworxpurge_runs",
            CancellationToken.None) ?? string.Empty;

        CommandResult several = await host.RunAsync("restore", "--schema", "purged", "--force");
        CommandResult one = await host.RunAsync("restore", "--schema", "purged", "--run", runs.Split(' ')[1], "--force");

        Assert.Equal(PurgeExitCode.Failed, several.Code);
        Assert.Contains("Give --run with the id of one of them", several.Error, StringComparison.Ordinal);
        Assert.Contains(runs.Split(' ')[0], several.Error, StringComparison.Ordinal);
        Assert.True(one.Code == PurgeExitCode.Complete, one.All);
        Assert.Contains("Restored 3 rows of 1 table", one.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_full_disk_under_an_archive_is_one_clear_line_and_leaves_no_file_and_all_rows()
    {
        await using CommandHost host = await CommandHost.CreateAsync();
        await using TinyDisk disk = await TinyDisk.CreateAsync();
        await host.Database.ExecuteAsync("ALTER TABLE other ADD text TEXT; UPDATE other SET text = hex(randomblob(500000))");

        CommandResult result = await host.RunAsync("--force", "--archive", Path.Combine(disk.Folder, "archive"));

        string line = Assert.Single(result.ErrorLines);
        Assert.Equal(PurgeExitCode.Failed, result.Code);
        Assert.Contains(
            $"the archive cannot be written to \"{Path.Combine(disk.Folder, "archive")}\": ", line, StringComparison.Ordinal);
        Assert.Contains("Make room there, or archive to another folder.", line, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(disk.Folder));
        Assert.Equal(9, await host.RowsAsync());
    }

    [Fact]
    public async Task An_archive_is_in_one_place()
    {
        await using CommandHost host = await CommandHost.CreateAsync();

        string line = await host.RefusedAsync(PurgeExitCode.Usage, "--archive", "a", "--archive-schema", "b");

        Assert.Contains("two places for one archive", line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_dry_run_is_refused_as_the_run_would_be_where_the_folder_is_not_empty()
    {
        await using CommandHost host = await CreateAsync();

        string dry = await host.RefusedAsync(PurgeExitCode.Refused, "--dry-run", "--archive", host.File("archive"));
        string run = await host.RefusedAsync(PurgeExitCode.Refused, "--force", "--archive", host.File("archive"));

        Assert.Contains("the folder is not empty", dry, StringComparison.Ordinal);
        Assert.Contains("the folder is not empty", run, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_dry_run_shows_the_plan_and_writes_nothing()
    {
        await using CommandHost host = await CreateAsync();
        string before = await host.Database.ChecksumAsync();

        CommandResult shown = await host.RunAsync("restore", host.File("archive"), "--dry-run");
        CommandResult json = await host.RunAsync("restore", host.File("archive"), "--dry-run", "--json");

        Assert.Equal((PurgeExitCode.Complete, ""), (shown.Code, shown.Error));
        Assert.Contains("To restore, principals first", shown.Output, StringComparison.Ordinal);
        Assert.Contains("Dry run: would restore 9 rows. Nothing was written.", shown.Output, StringComparison.Ordinal);
        Assert.Equal(3, JsonDocument.Parse(json.Output).RootElement.GetProperty("tables").GetArrayLength());
        Assert.Equal(before, await host.Database.ChecksumAsync());
    }

    [Fact]
    public async Task Without_consent_and_without_a_terminal_nothing_is_restored()
    {
        await using CommandHost host = await CreateAsync();

        string line = await host.RefusedAsync(PurgeExitCode.Refused, "restore", host.File("archive"), "--quiet");

        Assert.StartsWith("Nothing was restored: there is no terminal to ask on", line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_name_that_is_typed_or_given_has_to_be_that_of_the_database()
    {
        await using CommandHost host = await CreateAsync();
        string wrong = await host.RefusedAsync(PurgeExitCode.Refused, "restore", host.File("archive"), "--confirm", "other.db");
        host.Width = 500;
        host.Typed = "other.db\n";
        string mistyped = await host.RefusedAsync(PurgeExitCode.Refused, "restore", host.File("archive"));
        host.Typed = "test.db\n";

        CommandResult typed = await host.RunAsync("restore", host.File("archive"));

        Assert.Contains("--confirm says \"other.db\"", wrong, StringComparison.Ordinal);
        Assert.Contains("what was typed is \"other.db\"", mistyped, StringComparison.Ordinal);
        Assert.True(typed.Code == PurgeExitCode.Complete, typed.All);
        Assert.Contains("9 rows will be inserted into \"test.db\"", typed.Output, StringComparison.Ordinal);
        Assert.Equal(9, await host.RowsAsync());
    }

    [Fact]
    public async Task What_stands_against_it_is_named_by_the_options_of_the_command()
    {
        await using CommandHost host = await CreateAsync();
        await host.Database.ExecuteAsync("CREATE TRIGGER watch AFTER INSERT ON other BEGIN SELECT 1; END");

        string line = await host.RefusedAsync(PurgeExitCode.Refused, "restore", host.File("archive"), "--confirm", "test.db");
        CommandResult shown = await host.RunAsync("restore", host.File("archive"), "--dry-run");
        CommandResult restored = await host.RunAsync("restore", host.File("archive"), "--force", "--allow-trigger", "watch");
        string again = await host.RefusedAsync(PurgeExitCode.Refused, "restore", host.File("archive"), "--force");

        Assert.Contains("allow it with --allow-trigger \"watch\"", line, StringComparison.Ordinal);
        Assert.Equal(2, shown.All.Split("allow it with").Length);
        Assert.True(restored.Code == PurgeExitCode.Complete, restored.All);
        Assert.Contains("was restored at", again, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_host_that_prohibits_purges_restores_nothing()
    {
        await using CommandHost host = await CreateAsync();
        host.Configure = options => options.ProhibitPurge = true;

        string line = await host.RefusedAsync(PurgeExitCode.Refused, "restore", host.File("archive"), "--force");

        Assert.Contains("prohibits purges and restores", line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_host_sets_options_below_those_of_the_command_line()
    {
        await using CommandHost host = await CreateAsync();
        host.Configure = options => options.ConfigureRestore = restore => restore.AllowDatabase("other*");

        string line = await host.RefusedAsync(PurgeExitCode.Refused, "restore", host.File("archive"), "--force");

        Assert.Contains("is not one of the allowed databases (\"other*\")", line, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("restore needs an archive: restore DIR for one in a folder, or restore --schema NAME", "restore")]
    [InlineData("has a folder and --schema. Give one of them", "restore", "a", "--schema", "b")]
    [InlineData("--run needs --schema NAME", "restore", "a", "--run", "b")]
    [InlineData("--schema needs a value: --schema NAME", "restore", "--schema")]
    [InlineData("has more than one folder", "restore", "a", "b")]
    [InlineData("There is no option --archive. --help names all of them.", "restore", "a", "--archive", "b")]
    [InlineData("There is no option --dry-rum. Did you mean --dry-run?", "restore", "a", "--dry-rum")]
    [InlineData("--confirm is before restore", "--confirm", "test.db", "restore", "a")]
    [InlineData("has no format for a restore", "restore", "a", "--report", "r.html")]
    [InlineData("--quiet and --verbose contradict each other", "restore", "a", "--quiet", "--verbose")]
    public async Task Wrong_arguments_are_named(string problem, params string[] args)
    {
        await using CommandHost host = await CommandHost.CreateAsync();

        Assert.Contains(problem, await host.RefusedAsync(PurgeExitCode.Usage, args), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_folder_without_an_archive_is_named()
    {
        await using CommandHost host = await CommandHost.CreateAsync();

        string line = await host.RefusedAsync(PurgeExitCode.Failed, "restore", host.File("nothing"), "--force");

        Assert.Contains("holds no archive", line, StringComparison.Ordinal);
    }

    private static async Task<CommandHost> CreateAsync()
    {
        CommandHost host = await CommandHost.CreateAsync();
        CommandResult purged = await host.RunAsync("--force", "--archive", host.File("archive"));
        Assert.True(purged.Code == PurgeExitCode.Complete, purged.All);
        return host;
    }
}
