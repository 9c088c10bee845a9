using System.Globalization;
using FloworxPurge.CommandLine.Tests.Kit;
using FloworxPurge.Extensibility;
using FloworxPurge.Reporting;
using FloworxPurge.Tests.Kit;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace FloworxPurge.CommandLine.Tests;

/// <summary>Each option does what the help says, and ends with the exit code that it says.</summary>
public sealed class OptionTests
{
    [Fact]
    public async Task Include_and_exclude_choose_tables_and_can_be_repeated()
    {
        await using CommandHost host = await CommandHost.CreateAsync();

        CommandResult result = await host.RunAsync("--force", "--include", "child", "--include", "o*", "--exclude", "other");

        Assert.Equal((PurgeExitCode.Complete, ""), (result.Code, result.Error));
        Assert.Equal(
            (0, 3, 3),
            (await host.Database.CountAsync("child"), await host.Database.CountAsync("parent"), await host.Database.CountAsync("other")));
    }

    [Fact]
    public async Task Only_entities_with_names_purges_the_tables_that_store_them()
    {
        await using CommandHost host = await EntitiesAsync();

        CommandResult result = await host.RunAsync("--force", "--only-entities", "Note", "tag");

        Assert.Equal((PurgeExitCode.Complete, ""), (result.Code, result.Error));
        Assert.Equal(
            (0, 0, 1),
            (await host.Database.CountAsync("Note"), await host.Database.CountAsync("Tag"), await host.Database.CountAsync("Person")));
    }

    [Fact]
    public async Task Only_entities_without_names_leaves_the_history_even_where_the_host_includes_it()
    {
        await using CommandHost host = await EntitiesAsync();
        await host.Database.ExecuteAsync(
            "CREATE TABLE __EFMigrationsHistory (MigrationId TEXT PRIMARY KEY, ProductVersion TEXT); INSERT INTO __EFMigrationsHistory "
                + "VALUES ('1', '10')");
        host.Configure = options => options.Configure = purge => purge.Include("*").Include(
            "__EFMigrationsHistory").OnBlocked = OnBlocked.IncludeDependents;

        CommandResult result = await host.RunAsync("--force", "--only-entities", "--strict");

        Assert.Equal((PurgeExitCode.Complete, ""), (result.Code, result.Error));
        Assert.Equal((0, 1), (await host.Database.CountAsync("Person"), await host.Database.CountAsync("__EFMigrationsHistory")));
    }

    [Theory]
    [InlineData("--exclude \"Notes\" matches no table. Did you mean \"Memos\" (entity type Note)?", "--exclude", "Notes")]
    [InlineData("--include \"Notes\" matches no table. Did you mean \"Memos\" (entity type Note)?", "--include", "Notes")]
    [InlineData(
        "--allow-inserts \"Notes\" matches no table. Did you mean \"Note\" or \"Memos\" (entity type Note)?",
        "--allow-inserts",
        "Notes")]
    [InlineData(
        "no entity type \"memos\" with a class of its own. \"memos\" is the table of Note. It has Note.",
        "--only-entities",
        "memos")]
    public async Task A_table_or_an_entity_type_in_place_of_the_other_is_suggested(string message, string option, string name)
    {
        await using CommandHost host = await EntitiesAsync();
        host.Model = model => model.Entity<Note>().ToTable("Memos");

        Assert.Contains(message, await host.RefusedAsync(PurgeExitCode.Usage, "--force", option, name), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Reset_identity_restarts_the_numbers()
    {
        await using CommandHost host = await EntitiesAsync();

        await host.RunAsync("--force", "--reset-identity");

        Assert.Equal(0, await host.Database.ScalarAsync<long>("SELECT COUNT(*) FROM sqlite_sequence WHERE name = 'Note'"));
    }

    [Fact]
    public async Task A_table_that_fails_rolls_everything_back_and_ends_with_1()
    {
        await using CommandHost host = await CommandHost.CreateAsync();
        await host.Database.RaiseOnDeleteAsync("parent", "not this one");

        string line = await host.RefusedAsync(PurgeExitCode.Failed, "--force");

        Assert.Contains("not this one", line, StringComparison.Ordinal);
        Assert.Contains("rolled back", line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task With_best_effort_the_rest_goes_on_and_it_ends_with_5()
    {
        await using CommandHost host = await CommandHost.CreateAsync();
        await host.Database.RaiseOnDeleteAsync("parent", "not this one");

        CommandResult result = await host.RunAsync("--force", "--best-effort");

        Assert.Equal(PurgeExitCode.Partial, result.Code);
        Assert.Equal(
            (0, 3, 0),
            (await host.Database.CountAsync("child"), await host.Database.CountAsync("parent"), await host.Database.CountAsync("other")));
        Assert.Contains("not this one", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task More_than_max_rows_are_refused_with_3()
    {
        await using CommandHost host = await CommandHost.CreateAsync();

        Assert.Contains(
            "9 rows, and MaxRows is 8",
            await host.RefusedAsync(PurgeExitCode.Refused, "--force", "--max-rows", "8"),
            StringComparison.Ordinal);
        Assert.Equal(PurgeExitCode.Complete, (await host.RunAsync("--force", "--max-rows", "9")).Code);
    }

    [Theory]
    [InlineData("90", 90)]
    [InlineData("15m", 900)]
    [InlineData("1h", 3600)]
    [InlineData("0", 0)]
    public async Task Timeout_is_how_long_a_statement_may_take(string text, int seconds)
    {
        await using CommandHost host = await CommandHost.CreateAsync();
        List<int> timeouts = [];
        host.ContextOptions = options => options.AddInterceptors(
            new CommandHook { Before = (command, _) => { timeouts.Add(command.CommandTimeout); return ValueTask.CompletedTask; } });

        await host.RunAsync("--dry-run", "--timeout", text);

        Assert.NotEmpty(timeouts);
        Assert.All(timeouts, timeout => Assert.Equal(seconds, timeout));
    }

    [Fact]
    public async Task Strict_ends_with_4_when_something_was_skipped()
    {
        await using CommandHost host = await CommandHost.CreateAsync();
        await host.Database.ExecuteUncheckedAsync("DROP TABLE other");

        Assert.Equal(PurgeExitCode.CompleteWithSkips, (await host.RunAsync("--force", "--strict")).Code);
        Assert.Equal(PurgeExitCode.Complete, (await host.RunAsync("--force")).Code);
    }

    [Fact]
    public async Task Nothing_matched_ends_with_6_when_no_table_can_be_purged()
    {
        await using CommandHost host = await CommandHost.CreateAsync();

        CommandResult result = await host.RunAsync("--force", "--exclude", "*");

        Assert.Equal(PurgeExitCode.NothingMatched, result.Code);
        Assert.Contains("Nothing matched: No table of", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Reports_are_written_in_the_format_of_their_endings_with_the_reason()
    {
        await using CommandHost host = await CommandHost.CreateAsync();

        CommandResult result = await host.RunAsync(
            "--force",
            "--report",
            host.File("a.md"),
            "--report",
            host.File("a.html"),
            "--report",
            host.File("a.json"),
            "--report",
            host.File("a.xml"),
            "--report",
            host.File("a.txt"),
            "--reason",
            "OPS-42");

        Assert.Equal(PurgeExitCode.Complete, result.Code);
        PurgeReport report = PurgeReport.FromJson(await File.ReadAllTextAsync(host.File("a.json")));
        Assert.Equal((9, "OPS-42"), (report.RowsDeleted, report.Details.Reason));
        Assert.Equal(5, report.Files.Count);
        Assert.All(report.Files, file => Assert.Contains(file, result.Output, StringComparison.Ordinal));
        Assert.StartsWith("<!DOCTYPE html>", await File.ReadAllTextAsync(host.File("a.html")), StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task A_report_that_cannot_be_saved_any_more_when_everything_is_deleted_ends_with_5()
    {
        await using CommandHost host = await CommandHost.CreateAsync();
        string folder = Directory.CreateDirectory(host.File("reports")).FullName;
        host.Configure = options => options.Configure = purge => purge.AddTarget("cleanup", (_, _) =>
        {
            Directory.Delete(folder, recursive: true);
            return Task.CompletedTask;
        });

        CommandResult result = await host.RunAsync("--force", "--report", Path.Combine(folder, "a.md"));

        Assert.True(result.Code == PurgeExitCode.Partial, result.All);
        Assert.Contains("Complete: 9 rows deleted", result.All, StringComparison.Ordinal);
        Assert.Contains("could not be saved", result.Error, StringComparison.Ordinal);
        Assert.Equal(0, await host.RowsAsync());
    }

    [Fact]
    public async Task A_template_writes_the_reports_of_its_format()
    {
        await using CommandHost host = await CommandHost.CreateAsync();
        await File.WriteAllTextAsync(host.File("own.md.scriban"), "We deleted {{report.rowsDeleted}} rows.");

        await host.RunAsync(
            "--force",
            "--template",
            host.File("own.md.scriban"),
            "--report",
            host.File("a.md"),
            "--report",
            host.File("a.txt"));

        Assert.Equal("We deleted 9 rows.", (await File.ReadAllTextAsync(host.File("a.md"))).Trim());
        Assert.DoesNotContain("We deleted", await File.ReadAllTextAsync(host.File("a.txt")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task With_json_the_output_is_the_report_and_nothing_else_also_of_a_run_that_failed()
    {
        await using CommandHost host = await CommandHost.CreateAsync();
        await host.Database.RaiseOnDeleteAsync("parent", "not this one");

        CommandResult failed = await host.RunAsync("--force", "--json");
        CommandResult done = await host.RunAsync("--force", "--json", "--exclude", "parent");

        Assert.Equal((PurgeVerdict.Failed, PurgeExitCode.Failed), (PurgeReport.FromJson(failed.Output).Verdict, failed.Code));
        Assert.Equal((PurgeVerdict.Complete, PurgeExitCode.Complete), (PurgeReport.FromJson(done.Output).Verdict, done.Code));
        Assert.Contains("Level 1", done.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Quiet_leaves_the_verdict_and_verbose_adds_the_statements()
    {
        await using CommandHost host = await CommandHost.CreateAsync();

        CommandResult verbose = await host.RunAsync("--dry-run", "--verbose");
        CommandResult quiet = await host.RunAsync("--force", "--quiet");

        Assert.Contains("DELETE FROM \"child\"", verbose.Output, StringComparison.Ordinal);
        Assert.StartsWith(
            "Complete: 9 rows deleted",
            Assert.Single(quiet.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Colours_are_for_terminals_and_no_color_leaves_them_out()
    {
        await using CommandHost host = await CommandHost.CreateAsync();
        host.Typed = "";
        host.SupportsAnsi = true;

        Assert.Contains("\e[", (await host.RunAsync("--dry-run")).Output, StringComparison.Ordinal);
        Assert.DoesNotContain("\e[", (await host.RunAsync("--dry-run", "--no-color")).Output, StringComparison.Ordinal);
        host.Typed = null;
        Assert.DoesNotContain("\e[", (await host.RunAsync("--dry-run")).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_required_check_that_fails_ends_with_5_and_says_what_was_expected()
    {
        await using CommandHost host = await CommandHost.CreateAsync();
        host.Services = services => services.AddFloworxPurge(
            options => options.AddCheck("answer", (_, _) => Task.FromResult(CheckReport.Compare("42", "41"))));

        CommandResult result = await host.RunAsync("--force");

        Assert.Equal(PurgeExitCode.Partial, result.Code);
        Assert.Contains("Fail: answer: expected 42, and it is 41", result.Output, StringComparison.Ordinal);
        Assert.Equal(0, await host.RowsAsync());
    }

    [Fact]
    public async Task Progress_is_shown_in_plain_lines_where_there_is_no_terminal()
    {
        await using CommandHost host = await CommandHost.CreateAsync();

        CommandResult result = await host.RunAsync("--force");

        Assert.Matches(@"\d s  Step 1 of 3: child \(0 rows deleted so far\)", result.Output);
        Assert.Contains("Verifying", result.Output, StringComparison.Ordinal);
        Assert.Contains("Committing", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Progress_is_shown_by_bars_on_a_terminal()
    {
        await using CommandHost host = await CommandHost.CreateAsync();
        host.Typed = "test.db\n";
        host.SupportsAnsi = true;

        CommandResult result = await host.RunAsync("--no-color");

        Assert.Equal(PurgeExitCode.Complete, result.Code);
        Assert.Matches("[0-9]+ rows deleted +━", result.Output);
        Assert.Contains("━━", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Help_names_every_option_shows_examples_and_exit_codes()
    {
        await using CommandHost host = await CommandHost.CreateAsync();

        CommandResult result = await host.RunAsync("--help");

        Assert.Equal((PurgeExitCode.Complete, ""), (result.Code, result.Error));
        foreach (string option in (string[])["--dry-run", "--sql", "--include", "--exclude", "--allow-inserts", "--only-entities", "--reset-identity", "--best-effort", "--max-rows", "--report", "--template", "--reason", "--json", "--quiet", "--verbose", "--no-color", "--timeout", "--confirm", "--approve", "--force", "--backup", "--no-backup", "--strict", "--help"])
        {
            Assert.Contains(option, result.Output, StringComparison.Ordinal);
        }

        Assert.DoesNotContain("additional arguments", result.Output, StringComparison.Ordinal);
        Assert.Contains("Examples:", result.Output, StringComparison.Ordinal);
        Assert.All(
            Enum.GetValues<PurgeExitCode>(),
            code => Assert.Contains($"\n  {((int)code).ToString(CultureInfo.InvariantCulture),3}  "
                + $"", result.Output, StringComparison.Ordinal));
    }

    private static async Task<CommandHost> EntitiesAsync()
    {
        CommandHost host = await CommandHost.CreateAsync();
        host.Model = model =>
        {
            model.Entity<Note>();
            model.Entity<Tag>();
            model.Entity<Person>();
        };
        await using ServiceProvider services = host.CreateServices();
        await using AsyncServiceScope scope = services.CreateAsyncScope();
        ScenarioContext context = scope.ServiceProvider.GetRequiredService<ScenarioContext>();
        await context.CreateTablesAsync();
        context.AddRange(new Note(), new Tag(), new Person());
        await context.SaveChangesAsync();
        return host;
    }

    private sealed class Note
    {
        public int Id { get; set; }
    }

    private sealed class Tag
    {
        public int Id { get; set; }
    }

    private sealed class Person
    {
        public int Id { get; set; }
    }
}
