using System.Security.Cryptography;
using System.Text;
using FloworxPurge.CommandLine.Tests.Kit;
using FloworxPurge.Extensibility;
using FloworxPurge.Reporting;
using FloworxPurge.Tests.Kit;

namespace FloworxPurge.CommandLine.Tests;

/// <summary>The published web host as a process: every option and every exit code, as an operator's shell sees them.</summary>
public sealed class WebHostTests(WebApp app)
{
    private const string Trigger = "CREATE TRIGGER stop BEFORE DELETE ON Workspaces BEGIN SELECT RAISE(ABORT, 'not this one'); END";

    [Fact]
    public async Task What_fails_is_rolled_back_and_ends_with_1()
    {
        string file = await app.CopyAsync();
        await WebApp.ExecuteAsync(file, Trigger);

        CommandResult result = await app.PurgeAsync(file, ["--force"]);

        Assert.Equal((PurgeExitCode.Failed, WebApp.Rows), (result.Code, await WebApp.CountAsync(file)));
        Assert.Contains("not this one", Assert.Single(result.ErrorLines), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Best_effort_ends_with_5()
    {
        string file = await app.CopyAsync();
        await WebApp.ExecuteAsync(file, Trigger);

        CommandResult result = await app.PurgeAsync(file, ["--force", "--best-effort"]);

        Assert.Equal((PurgeExitCode.Partial, 5), (result.Code, await WebApp.CountAsync(file)));
    }

    [Fact]
    public async Task Skips_end_with_4_under_strict()
    {
        string file = await app.CopyAsync();
        await WebApp.ExecuteAsync(file, "DROP TABLE AspNetUserTokens");

        CommandResult result = await app.PurgeAsync(file, ["--force", "--strict"]);

        Assert.Equal((PurgeExitCode.CompleteWithSkips, 0), (result.Code, await WebApp.CountAsync(file)));
        Assert.Contains("AspNetUserTokens (TableMissing)", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_app_that_does_not_answer_makes_it_partial_and_ends_with_5()
    {
        string file = await app.CopyAsync();

        CommandResult result = await WebApp.RunAsync(["purge", "--sqlite", file, "--url", "http://127.0.0.1:1", "--force"]);

        Assert.Equal((PurgeExitCode.Partial, 0), (result.Code, await WebApp.CountAsync(file)));
        Assert.Contains("check \"health\" failed", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task In_production_the_environment_variable_alone_demands_more()
    {
        string file = await app.CopyAsync();
        (string, string?) production = ("DOTNET_ENVIRONMENT", "Production");

        Assert.Contains(
            "not enough in Production",
            (await app.PurgeAsync(file, ["--force", "--no-backup", "--reason", "x"], production)).Error,
            StringComparison.Ordinal);
        Assert.Contains("--backup DIR", (await app.PurgeAsync(file, ["--confirm", "shop.db"], production)).Error, StringComparison.Ordinal);
        Assert.Equal(WebApp.Rows, await WebApp.CountAsync(file));
        CommandResult done = await app.PurgeAsync(file, ["--confirm", "shop.db", "--backup", Path.GetDirectoryName(file)!], production);

        Assert.Equal((PurgeExitCode.Complete, 0), (done.Code, await WebApp.CountAsync(file)));
        Assert.Contains("integrity_check ok", done.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_token_of_a_dry_run_approves_the_purge_of_another_process()
    {
        string file = await app.CopyAsync();
        (string, string?) key = ("PURGE_APPROVAL_KEY", Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)));
        CommandResult dryRun = await app.PurgeAsync(file, ["--dry-run", "--quiet"], key);
        string token = dryRun.Output.Split('\n').Single(
            line => line.StartsWith("--approve ", StringComparison.Ordinal))["--approve ".Length..];

        CommandResult result = await app.PurgeAsync(file, ["--approve", token], key);

        Assert.Equal((PurgeExitCode.Complete, 0), (result.Code, await WebApp.CountAsync(file)));
    }

    [Fact]
    public async Task Json_on_the_output_is_whole_and_reports_and_a_script_are_written()
    {
        string file = await app.CopyAsync();

        CommandResult plan = await app.PurgeAsync(file, ["--dry-run", "--json", "--sql", file + ".sql"]);
        CommandResult run = await app.PurgeAsync(file, ["--force", "--json", "--report", file + ".html", "--report", file + ".json"]);

        Assert.Equal(10, PurgePlan.FromJson(plan.Output).Tables.Count);
        PurgeReport report = PurgeReport.FromJson(run.Output);
        Assert.Equal(report.Hash, PurgeReport.FromJson(await File.ReadAllTextAsync(file + ".json")).Hash);
        Assert.Equal([Outcome.Passed, Outcome.Passed], report.Checks.Select(check => check.Outcome));
        Assert.True(File.Exists(file + ".html"));
        Assert.Contains("COMMIT", await File.ReadAllTextAsync(file + ".sql"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_custom_template_writes_the_report_and_one_with_a_mistake_is_reported_before_anything_is_deleted()
    {
        string file = await app.CopyAsync();
        string template = file + ".md.scriban";

        await File.WriteAllTextAsync(template, "{{verdikt}}");
        CommandResult wrong = await app.PurgeAsync(file, ["--force", "--report", file + ".md", "--template", template]);
        long rows = await WebApp.CountAsync(file);
        await File.WriteAllTextAsync(template, "{{verdict}}: {{report.rowsDeleted}} rows");
        CommandResult right = await app.PurgeAsync(file, ["--force", "--report", file + ".md", "--template", template]);

        Assert.Equal((PurgeExitCode.Usage, WebApp.Rows), (wrong.Code, rows));
        Assert.Contains("Did you mean \"verdict\"?", Assert.Single(wrong.ErrorLines), StringComparison.Ordinal);
        Assert.Equal(PurgeExitCode.Complete, right.Code);
        Assert.Equal("Complete: 35 rows\n", await File.ReadAllTextAsync(file + ".md"));
    }

    [Fact]
    public async Task One_person_is_erased_with_a_certificate_that_does_not_show_the_address()
    {
        string file = await app.CopyAsync();
        string email = await WebApp.ScalarAsync(file, "SELECT Email FROM AspNetUsers ORDER BY Id LIMIT 1");
        string[] args = ["--force", "--rows", "subject", "--rows-parameter", "email=" + email, "--certificate", file + ".html"];

        CommandResult result = await app.PurgeAsync(file, [.. args, "--report", file + ".json"]);

        Assert.True(result.Code == PurgeExitCode.Complete, result.All);
        Assert.Equal(WebApp.Rows - 7, await WebApp.CountAsync(file));
        Assert.Equal("0", await WebApp.ScalarAsync(file, $"SELECT COUNT(*) FROM AspNetUsers WHERE Email = '{email}'"));
        Assert.Contains("4 other rows kept", result.Output, StringComparison.Ordinal);
        string certificate = await File.ReadAllTextAsync(file + ".html");
        string hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(email)));
        Assert.Contains($"subject (email = sha256:{hash})", certificate, StringComparison.Ordinal);
        Assert.Contains("Erasure certificate", certificate, StringComparison.Ordinal);
        Assert.All(
            [result.All, certificate, await File.ReadAllTextAsync(file + ".json")],
            text => Assert.DoesNotContain(email, text, StringComparison.OrdinalIgnoreCase));
        Assert.Equal(PurgeExitCode.NothingMatched, (await app.PurgeAsync(file, args)).Code);
    }

    [Fact]
    public async Task On_PostgreSQL_one_person_is_erased_and_the_others_stay()
    {
        await using PostgreSqlTestDatabase database = await PostgreSqlTestDatabase.CreateAsync();
        await app.CopyAsync();
        Assert.Equal(PurgeExitCode.Complete, (await WebApp.RunAsync(["seed", "3", "--postgres", database.ConnectionString])).Code);
        await database.ExecuteAsync("""
            UPDATE "AspNetUsers" SET "NormalizedEmail" = 'JANE@EXAMPLE.COM' WHERE "Id" = (SELECT MIN("Id") FROM "AspNetUsers")
            """);

        CommandResult done = await WebApp.RunAsync(
            ["purge", "--postgres", database.ConnectionString, "--url", app.Url, "--confirm", database.Name, "--rows", "subject",
                "--rows-parameter", "email=jane@example.com"]);

        Assert.True(done.Code == PurgeExitCode.Complete, done.All);
        Assert.Contains("7 rows deleted from 4 tables", done.Output, StringComparison.Ordinal);
        Assert.Equal(
            (2, 2, 8, 2),
            (await database.CountAsync("AspNetUsers"), await database.CountAsync("Workspaces"), await database.CountAsync("WorkItems"),
                await database.CountAsync("OnboardingProgress")));
    }

    [Fact]
    public async Task A_value_of_a_parameter_is_a_value_and_is_shown_when_asked_for()
    {
        string file = await app.CopyAsync();

        CommandResult result = await app.PurgeAsync(
            file,
            ["--force", "--rows", "subject", "--rows-parameter", "email=' OR 1=1 --", "--show-parameters"]);

        Assert.Equal((PurgeExitCode.NothingMatched, WebApp.Rows), (result.Code, await WebApp.CountAsync(file)));
        Assert.Contains("subject (email = ' OR 1=1 --)", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_script_on_the_output_stands_alone_and_nothing_is_written()
    {
        string file = await app.CopyAsync();

        CommandResult result = await app.PurgeAsync(file, ["--sql"]);
        Assert.Equal((PurgeExitCode.Complete, WebApp.Rows), (result.Code, await WebApp.CountAsync(file)));

        // A line that begins with a point is for the shell, which stops at the first error by it.
        await WebApp.ExecuteAsync(file, string.Join('\n', result.Output.Split('\n').Where(line => !line.StartsWith('.'))));
        Assert.Equal(0, await WebApp.CountAsync(file));
    }

    [Fact]
    public async Task The_registration_check_leaves_no_account_behind()
    {
        string file = await app.CopyAsync();
        string running = Path.Combine(Path.GetDirectoryName(Path.GetDirectoryName(file))!, "running.db");
        long before = await WebApp.CountAsync(running);

        await app.PurgeAsync(file, ["--force"]);

        Assert.Equal(before, await WebApp.CountAsync(running));
    }

    [Fact]
    public async Task Help_and_the_host_s_own_mistakes()
    {
        string file = await app.CopyAsync();

        Assert.Contains("Exit codes:", (await app.PurgeAsync(file, ["--help"])).Output, StringComparison.Ordinal);
        CommandResult wrong = await WebApp.RunAsync(["--postgres"]);
        Assert.Equal(PurgeExitCode.Usage, wrong.Code);
        Assert.Contains("--postgres needs a value", wrong.Error, StringComparison.Ordinal);
        Assert.Contains("\"-5\" is no number of accounts to seed", (await WebApp.RunAsync(["seed", "-5"])).Error, StringComparison.Ordinal);
        CommandResult noKey = await app.PurgeAsync(file, ["--force"], ("PURGE_APPROVAL_KEY", "%%%"));
        Assert.Equal((PurgeExitCode.Usage, WebApp.Rows), (noKey.Code, await WebApp.CountAsync(file)));
        Assert.StartsWith(
            "The environment variable PURGE_APPROVAL_KEY is not in Base64",
            Assert.Single(noKey.ErrorLines),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task On_PostgreSQL_it_does_the_same_and_a_missing_pg_dump_is_said_with_what_to_install()
    {
        await using PostgreSqlTestDatabase database = await PostgreSqlTestDatabase.CreateAsync();
        string file = await app.CopyAsync();
        Assert.Equal(PurgeExitCode.Complete, (await WebApp.RunAsync(["seed", "5", "--postgres", database.ConnectionString])).Code);
        string[] purge = ["purge", "--postgres", database.ConnectionString, "--url", app.Url, "--confirm", database.Name];

        CommandResult missing = await WebApp.RunAsync([.. purge, "--backup", Path.GetDirectoryName(file)!], ("PATH", "/no/such/folder"));
        long left = await database.CountAsync("WorkItems");
        CommandResult done = await WebApp.RunAsync(purge);

        Assert.Equal((PurgeExitCode.Failed, 20), (missing.Code, left));
        Assert.Contains("pg_dump is needed", Assert.Single(missing.ErrorLines), StringComparison.Ordinal);
        Assert.Contains("postgresql-client", missing.Error, StringComparison.Ordinal);
        Assert.True(done.Code == PurgeExitCode.Complete, done.All);
        Assert.Equal(0, await database.CountAsync("WorkItems"));
    }
}
