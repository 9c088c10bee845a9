using FloworxPurge.CommandLine.Tests.Kit;
using FloworxPurge.Reporting;
using FloworxPurge.Tests.Kit;
using Microsoft.Extensions.DependencyInjection;

namespace FloworxPurge.CommandLine.Tests;

/// <summary>Nothing is purged without consent to this database; no option gets past a guard.</summary>
public sealed class ConsentTests
{
    private static readonly string[] Waived = ["--no-backup", "--reason", "a test"];

    [Fact]
    public async Task The_name_that_is_typed_at_the_terminal_is_consent()
    {
        await using CommandHost host = await CommandHost.CreateAsync();
        host.Typed = "test.db\n";

        CommandResult result = await host.RunAsync("--report", host.File("report.json"));

        Assert.Equal((PurgeExitCode.Complete, ""), (result.Code, result.Error));
        Assert.Equal(0, await host.RowsAsync());
        Assert.Contains("9 rows in 3 tables of \"test.db\"", result.Output, StringComparison.Ordinal);
        Assert.Contains("Type the database's name", result.Output, StringComparison.Ordinal);
        PurgeReport report = PurgeReport.FromJson(await File.ReadAllTextAsync(host.File("report.json")));
        Assert.Equal("the operator typed the database's name", report.Details.Consent);
        Assert.Contains(
            report.Guards,
            guard => guard is { Name: "RequiredDatabase", Expected: "test.db", Outcome: FloworxPurge.Reporting.Outcome.Passed });
    }

    [Theory]
    [InlineData("yes\n", "what was typed is \"yes\"")]
    [InlineData("TEST.DB\n", "what was typed is \"TEST.DB\"")]
    [InlineData("\n", "no name was typed")]
    [InlineData("", "no name was typed")]
    public async Task Anything_else_that_is_typed_is_none(string typed, string why)
    {
        await using CommandHost host = await CommandHost.CreateAsync();
        host.Typed = typed;
        host.Width = 500;

        Assert.Contains(why, await host.RefusedAsync(PurgeExitCode.Refused), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_name_after_confirm_is_consent_without_a_terminal()
    {
        await using CommandHost host = await CommandHost.CreateAsync();

        CommandResult result = await host.RunAsync("--confirm", "test.db");

        Assert.Equal((PurgeExitCode.Complete, ""), (result.Code, result.Error));
        Assert.Equal(0, await host.RowsAsync());
    }

    [Fact]
    public async Task Another_name_after_confirm_is_refused_with_both_names()
    {
        await using CommandHost host = await CommandHost.CreateAsync();

        string line = await host.RefusedAsync(PurgeExitCode.Refused, "--confirm", "prod", "--force");

        Assert.Contains("--confirm says \"prod\", and the connection is open to database \"test.db\"", line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Force_skips_the_question_and_the_report_says_so()
    {
        await using CommandHost host = await CommandHost.CreateAsync();

        CommandResult result = await host.RunAsync("--force", "--json");

        Assert.Equal(PurgeExitCode.Complete, result.Code);
        PurgeReport report = PurgeReport.FromJson(result.Output);
        Assert.Equal(("--force: no question was asked", "--force"), (report.Details.Consent, Assert.Single(report.Details.Overrides)));
        Assert.Equal(0, await host.RowsAsync());
    }

    [Fact]
    public async Task Force_skips_no_guard()
    {
        await using CommandHost host = await CommandHost.CreateAsync();
        host.Configure = options => options.Configure = purge => purge.AllowDatabase("sandbox*").MaxRows = 8;

        string line = await host.RefusedAsync(PurgeExitCode.Refused, "--force");

        Assert.Contains("not one of the allowed databases (\"sandbox*\")", line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task In_production_force_is_not_enough()
    {
        await using CommandHost host = await CommandHost.CreateAsync();
        host.Configure = options => options.Environment = "Production";

        string line = await host.RefusedAsync(PurgeExitCode.Refused, ["--force", .. Waived]);

        Assert.Contains("--force is not enough in Production", line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task In_production_force_still_asks_at_a_terminal()
    {
        await using CommandHost host = await CommandHost.CreateAsync();
        host.Configure = options => options.Environment = "production";
        host.Typed = "test.db\n";

        CommandResult result = await host.RunAsync(["--force", .. Waived]);

        Assert.Equal(PurgeExitCode.Complete, result.Code);
        Assert.Contains("--force is not enough in production", result.Output.ReplaceLineEndings(" "), StringComparison.Ordinal);
    }

    [Fact]
    public async Task In_production_force_is_enough_where_the_host_allows_it_and_the_report_names_both()
    {
        await using CommandHost host = await CommandHost.CreateAsync();
        host.Configure = options => (options.Environment, options.AllowForceInProduction) = ("Production", true);

        CommandResult result = await host.RunAsync(["--force", "--json", .. Waived]);

        Assert.Equal(PurgeExitCode.Complete, result.Code);
        PurgeReport report = PurgeReport.FromJson(result.Output);
        Assert.Equal(
            ["--force", "AllowForceInProduction: the host allows --force in Production", "--no-backup: a test"],
            report.Details.Overrides);
        Assert.Equal(
            ("none: waived by --no-backup", "a test", "Production"),
            (report.Details.Backup, report.Details.Reason, report.Details.Environment));
        Assert.Contains("none: waived by --no-backup", report.ToMarkdown(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task In_production_a_backup_or_a_waiver_is_demanded_before_anybody_is_asked()
    {
        await using CommandHost host = await CommandHost.CreateAsync();
        host.Configure = options => options.Environment = "Production";

        string line = await host.RefusedAsync(PurgeExitCode.Refused, "--confirm", "test.db");

        Assert.Contains("--backup DIR, or --no-backup with --reason TEXT", line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_host_that_prohibits_purges_is_not_overridden_by_anything()
    {
        await using CommandHost host = await CommandHost.CreateAsync();
        host.Configure = options => (options.ProhibitPurge, options.AllowForceInProduction) = (true, true);
        host.Typed = "test.db\n";
        host.Width = 500;

        string line = await host.RefusedAsync(PurgeExitCode.Refused, ["--force", "--confirm", "test.db", .. Waived]);

        Assert.Contains("prohibits purges", line, StringComparison.Ordinal);
        Assert.Equal(PurgeExitCode.Complete, (await host.RunAsync("--dry-run")).Code);
    }

    [Fact]
    public async Task The_host_s_most_rows_are_not_raised_by_the_command_line()
    {
        await using CommandHost host = await CommandHost.CreateAsync();
        host.Services = services => services.AddFloworxPurge(options => options.MaxRows = 8);

        Assert.Contains(
            "this host allows 8",
            await host.RefusedAsync(PurgeExitCode.Refused, "--force", "--max-rows", "100"),
            StringComparison.Ordinal);
        Assert.Contains("9 rows, and MaxRows is 8", await host.RefusedAsync(PurgeExitCode.Refused, "--force"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Two_contexts_of_one_database_are_purged_together()
    {
        await using CommandHost host = await CommandHost.CreateAsync(notation: "a, b->c");
        var services = new ServiceCollection();
        services.AddScoped(_ => new FirstContext(host.Database));
        services.AddScoped(_ => new SecondContext(host.Database));
        await using ServiceProvider provider = services.BuildServiceProvider();
        using var output = new StringWriter();
        using var error = new StringWriter();

        int code = await PurgeCommand.RunAsync<FirstContext, SecondContext>(
            provider,
            ["--confirm", "test.db"],
            options => host.SetUp(options, new PurgeConsole(TextReader.Null, output, error)));

        Assert.Equal((0, ""), (code, error.ToString()));
        Assert.Equal(0, await host.RowsAsync());
    }

    private sealed class FirstContext(TestDatabase database) : GraphPart(database, "a");

    private sealed class SecondContext(TestDatabase database) : GraphPart(database, "b->c");

    private abstract class GraphPart(TestDatabase database, string notation) : Microsoft.EntityFrameworkCore.DbContext
    {
        protected override void OnConfiguring(Microsoft.EntityFrameworkCore.DbContextOptionsBuilder optionsBuilder)
            => database.Configure(optionsBuilder);

        protected override void OnModelCreating(Microsoft.EntityFrameworkCore.ModelBuilder modelBuilder)
            => GraphScenario.Parse(notation).BuildModel(modelBuilder);
    }
}
