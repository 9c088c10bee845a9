using FloworxPurge.CommandLine.Tests.Kit;
using FloworxPurge.Extensibility;
using FloworxPurge.Reporting;
using Microsoft.Extensions.DependencyInjection;

namespace FloworxPurge.CommandLine.Tests;

/// <summary>A dry run shows everything and writes nothing.</summary>
public sealed class DryRunTests
{
    [Fact]
    public async Task A_database_without_any_table_of_the_model_is_one_sentence()
    {
        await using CommandHost host = await CommandHost.CreateAsync();
        await host.Database.ExecuteAsync("DROP TABLE child; DROP TABLE parent; DROP TABLE other");

        CommandResult result = await host.RunAsync("--dry-run");

        Assert.Contains(
            "No table of the model (3 tables: \"child\", \"other\", \"parent\") exists in database \"test.db\". "
                + "Were the migrations applied (dotnet ef database update), and is it the right database?",
            result.All.Replace("\n", " ", StringComparison.Ordinal),
            StringComparison.Ordinal);
        Assert.DoesNotContain("does not exist", result.All, StringComparison.Ordinal);
        Assert.Contains("does not exist", (await host.RunAsync("--dry-run", "--verbose")).All, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_table_that_is_missing_beside_others_is_named()
    {
        await using CommandHost host = await CommandHost.CreateAsync();
        await host.Database.ExecuteAsync("DROP TABLE child; DROP TABLE parent");

        CommandResult result = await host.RunAsync("--dry-run");

        Assert.DoesNotContain("No table of the model", result.All, StringComparison.Ordinal);
        Assert.Contains("\"child\" does not exist", result.All, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_plan_and_the_rows_are_shown_and_nothing_is_written()
    {
        await using CommandHost host = await CommandHost.CreateAsync();

        CommandResult result = await host.RunAsync("--dry-run");

        Assert.Equal((PurgeExitCode.Complete, ""), (result.Code, result.Error));
        Assert.Equal(9, await host.RowsAsync());
        foreach (string text in (string[])["test.db", "SQLite", "Development", "3 tables with 9 rows", "Level 1", "child", "Level 2", "parent", "3 rows", "Nothing was run"])
        {
            Assert.Contains(text, result.Output, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Skips_cycles_kept_tables_and_notes_are_shown_with_their_reasons()
    {
        await using CommandHost host = await CommandHost.CreateAsync(notation: "a->b, b->a?, c, d, e->d");
        await host.Database.ExecuteUncheckedAsync("DROP TABLE c");

        CommandResult result = await host.RunAsync("--dry-run", "--exclude", "e");

        foreach (string text in (string[])["Skipped", "c (TableMissing)", "d (Blocked)", "Cycles", "Kept", "e (Excluded)"])
        {
            Assert.Contains(text, result.Output, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Without_a_terminal_and_without_consent_it_is_a_dry_run_and_ends_with_3()
    {
        await using CommandHost host = await CommandHost.CreateAsync();

        string line = await host.RefusedAsync(PurgeExitCode.Refused);

        Assert.Contains("no terminal to ask on", line, StringComparison.Ordinal);
        Assert.Contains("--confirm", line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task With_json_the_output_is_the_plan_and_nothing_else()
    {
        await using CommandHost host = await CommandHost.CreateAsync();

        CommandResult result = await host.RunAsync("--dry-run", "--json");

        Assert.Equal(3, PurgePlan.FromJson(result.Output).Tables.Count);
        Assert.Contains("Level 1", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Targets_are_counted_checks_are_named_and_reports_are_written()
    {
        await using CommandHost host = await CommandHost.CreateAsync();
        int removed = 0;
        host.Services = services => services.AddFloworxPurge(options => options
            .AddTarget("the cache", (_, _) => Task.FromResult(removed = 17), (_, _) => Task.FromResult(17L))
            .AddCheck("one is one", (_, _) => Task.FromResult(CheckReport.Compare("1", "1"))));

        CommandResult result = await host.RunAsync("--dry-run", "--report", host.File("plan.json"));

        Assert.Equal((PurgeExitCode.Complete, 0), (result.Code, removed));
        Assert.Contains("the cache: 17 items", result.Output, StringComparison.Ordinal);
        Assert.Contains("one is one", result.Output, StringComparison.Ordinal);
        Assert.Equal(PurgeVerdict.Planned, PurgeReport.FromJson(await File.ReadAllTextAsync(host.File("plan.json"))).Verdict);
    }

    [Fact]
    public async Task What_a_guard_would_refuse_is_said()
    {
        await using CommandHost host = await CommandHost.CreateAsync();

        CommandResult result = await host.RunAsync("--dry-run", "--max-rows", "5");

        Assert.Equal(PurgeExitCode.Complete, result.Code);
        Assert.Contains("A run would be refused: the tables to purge hold 9 rows", result.Output, StringComparison.Ordinal);
    }
}
