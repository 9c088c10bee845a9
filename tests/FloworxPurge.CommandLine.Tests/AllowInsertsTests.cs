using FloworxPurge.CommandLine.Tests.Kit;
using FloworxPurge.Reporting;
using FloworxPurge.Tests.Kit;

namespace FloworxPurge.CommandLine.Tests;

/// <summary>--allow-inserts names kept tables to which triggers may add rows.</summary>
public sealed class AllowInsertsTests
{
    [Fact]
    public async Task A_trigger_adds_rows_and_the_output_says_how_many()
    {
        await using CommandHost host = await AuditedAsync();

        CommandResult result = await host.RunAsync(
            "--force",
            "--allow-inserts",
            "audit_log",
            "--allow-inserts",
            "audit_*",
            "--report",
            host.File("a.json"));

        Assert.Equal((PurgeExitCode.Complete, ""), (result.Code, result.Error));
        Assert.Contains("audit_log (Unmapped; rows may be added)", result.Output, StringComparison.Ordinal);
        Assert.Contains("audit_log: 3 rows", result.Output, StringComparison.Ordinal);
        Assert.Equal(3, Assert.Single(PurgeReport.FromJson(await File.ReadAllTextAsync(host.File("a.json"))).RowsAdded).RowsArrived);
        Assert.Equal(3, await host.Database.CountAsync("audit_log"));
    }

    [Fact]
    public async Task Without_it_the_run_fails()
    {
        await using CommandHost host = await AuditedAsync();

        Assert.Contains("audit_log", await host.RefusedAsync(PurgeExitCode.Failed, "--force"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_plan_names_the_option_and_the_table()
    {
        await using CommandHost host = await AuditedAsync();

        CommandResult result = await host.RunAsync("--dry-run", "--json");

        PlanNote note = Assert.Single(
            PurgePlan.FromJson(result.Output).Notes,
            note => note.Text.StartsWith("Trigger \"follow_other\"", StringComparison.Ordinal));
        Assert.EndsWith("set AllowInserts(\"audit_log\").", note.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("chidl", "--allow-inserts \"chidl\" matches no table. Did you mean \"child\"?")]
    [InlineData(
        "child",
        "--allow-inserts \"child\" names no table that is kept: \"child\" is to be purged. Only a kept table can be allowed to grow: "
            + "exclude the table as well, or leave --allow-inserts \"child\" out.")]
    public async Task A_pattern_that_names_no_kept_table_ends_with_2(string pattern, string message)
    {
        await using CommandHost host = await CommandHost.CreateAsync();

        Assert.Contains(
            message,
            await host.RefusedAsync(PurgeExitCode.Usage, "--force", "--allow-inserts", pattern),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_approval_token_is_no_good_with_it_unless_it_was_made_with_it()
    {
        await using CommandHost host = await AuditedAsync();
        host.Configure = options => options.ApprovalKey = [.. Enumerable.Range(1, 32).Select(i => (byte)i)];
        string without = await TokenAsync(host);
        string with = await TokenAsync(host, "--allow-inserts", "audit_log");

        Assert.Contains(
            "another plan",
            await host.RefusedAsync(PurgeExitCode.Refused, "--allow-inserts", "audit_log", "--approve", without),
            StringComparison.Ordinal);
        Assert.Contains("another plan", await host.RefusedAsync(PurgeExitCode.Refused, "--approve", with), StringComparison.Ordinal);
        Assert.Equal(PurgeExitCode.Complete, (await host.RunAsync("--allow-inserts", "audit_log", "--approve", with)).Code);
    }

    private static async Task<string> TokenAsync(CommandHost host, params string[] options)
    {
        CommandResult result = await host.RunAsync(["--dry-run", "--quiet", .. options]);
        return result.Output.Split('\n').Single(line => line.StartsWith("--approve ", StringComparison.Ordinal))["--approve ".Length..];
    }

    // Deleting a row of "other" is written into an audit table outside the model.
    private static async Task<CommandHost> AuditedAsync()
    {
        CommandHost host = await CommandHost.CreateAsync();
        await host.Database.ExecuteAsync("CREATE TABLE audit_log (id INTEGER PRIMARY KEY AUTOINCREMENT, what TEXT)");
        await host.Database.RunOnDeleteAsync("other", "INSERT INTO audit_log (what) VALUES ('deleted')");
        return host;
    }
}
