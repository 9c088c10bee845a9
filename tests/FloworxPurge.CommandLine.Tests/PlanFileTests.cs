using System.Text.Json.Nodes;
using FloworxPurge.CommandLine.Plans;
using FloworxPurge.CommandLine.Tests.Kit;
using FloworxPurge.Extensibility;
using FloworxPurge.Reporting;
using FloworxPurge.Tests.Kit;
using Microsoft.Data.Sqlite;

namespace FloworxPurge.CommandLine.Tests;

/// <summary>A plan is written to a file, reviewed, and run as it is or not at all.</summary>
public sealed class PlanFileTests
{
    [Fact]
    public async Task The_file_is_the_same_each_time_and_readable_and_says_what_is_deleted()
    {
        await using CommandHost host = await CommandHost.CreateAsync();

        CommandResult result = await host.RunAsync("plan", "--out", host.File("a.json"), "--exclude", "other");
        await host.RunAsync("plan", "--out", host.File("b.json"), "--exclude", "other");

        Assert.Equal((PurgeExitCode.Complete, ""), (result.Code, result.Error));
        Assert.Contains($"Wrote the plan file {host.File("a.json")}", result.Output, StringComparison.Ordinal);
        Assert.Equal(9, await host.RowsAsync());
        string text = await File.ReadAllTextAsync(host.File("a.json"));
        JsonNode plan = JsonNode.Parse(text)!;
        Assert.Equal("--exclude=other", (string?)plan["options"]![0]);
        Assert.Equal((6, (string?)plan["plan"]!["fingerprint"]), ((int)plan["rowsAtMost"]!, (string?)plan["fingerprint"]));
        Assert.Contains("\"  child       3 rows  child", text, StringComparison.Ordinal);
        Assert.Contains("DELETE FROM \\\"child\\\"", text, StringComparison.Ordinal);
        Assert.Equal(WithoutTimes(text), WithoutTimes(await File.ReadAllTextAsync(host.File("b.json"))));
    }

    [Fact]
    public async Task It_is_run_with_the_options_that_it_was_written_with()
    {
        await using CommandHost host = await CommandHost.CreateAsync();
        string file = await WriteAsync(host, "--exclude", "other");

        CommandResult result = await host.RunAsync(
            "run", file, "--confirm", "test.db", "--report", host.File("report.json"), "--backup", host.Folder.FullName);

        Assert.True(result.Code == PurgeExitCode.Complete, result.All);
        Assert.Equal(3, await host.RowsAsync());
        Assert.Contains("nothing has changed", result.Output, StringComparison.Ordinal);
        PurgeReport report = PurgeReport.FromJson(await File.ReadAllTextAsync(host.File("report.json")));
        Assert.StartsWith("--confirm test.db; plan file p.json of ", report.Details.Consent, StringComparison.Ordinal);
        Assert.Contains(
            (string)JsonNode.Parse(await File.ReadAllTextAsync(file))!["sha256"]!,
            report.Details.Consent,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_consent_nothing_is_run()
    {
        await using CommandHost host = await CommandHost.CreateAsync();
        string file = await WriteAsync(host);

        Assert.Contains("no terminal to ask on", await host.RefusedAsync(PurgeExitCode.Refused, "run", file), StringComparison.Ordinal);
        Assert.Contains(
            "\"prod\"",
            await host.RefusedAsync(PurgeExitCode.Refused, "run", file, "--confirm", "prod"),
            StringComparison.Ordinal);
        host.Configure = options => options.Environment = "Production";
        Assert.Contains(
            "give --backup DIR",
            await host.RefusedAsync(PurgeExitCode.Refused, "run", file, "--confirm", "test.db"),
            StringComparison.Ordinal);
        host.Configure = options => options.ProhibitPurge = true;
        Assert.Contains(
            "prohibits purges",
            await host.RefusedAsync(PurgeExitCode.Refused, "run", file, "--force"),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_byte_that_counts_is_noticed_wherever_it_is()
    {
        await using CommandHost host = await CommandHost.CreateAsync();
        string text = await File.ReadAllTextAsync(await WriteAsync(host, "--exclude", "other"));
        string changed = host.File("changed.json");
        int run = 0;
        for (int i = 0; i < text.Length; i += 37)
        {
            await File.WriteAllTextAsync(changed, text[..i] + (text[i] == '7' ? '8' : '7') + text[(i + 1)..]);
            if (char.IsWhiteSpace(text[i]) && text[i - 1] is not ('"' or ',' or ':' or '{' or '['))
            {
                continue;
            }

            string line = await host.RefusedAsync(PurgeExitCode.Refused, "run", changed, "--force");
            Assert.Matches("is no plan file|was changed since it was written|it has no planFileVersion|has version", line);
            run++;
        }

        Assert.True(run > 50, text);
        await File.WriteAllTextAsync(changed, text.Replace("\n", "\r\n", StringComparison.Ordinal));
        Assert.Equal(PurgeExitCode.Complete, (await host.RunAsync("run", changed, "--force")).Code);
    }

    [Theory]
    [InlineData(
        "\"planFileVersion\": 1",
        "\"planFileVersion\": 2",
        "has version 2, and this version of the command reads 1. It was written by a newer one")]
    [InlineData("\"rowsAtMost\": 9", "\"rowsAtMost\": 900", "was changed since it was written")]
    [InlineData("\"rowsAtMost\": 9", "\"rowsAtMost\": 9, \"more\": 1", "was changed since it was written")]
    [InlineData("\"rowsAtMost\": 9", "\"rowsAtMost\": 9, \"rowsAtMost\": 9", "is no plan file")]
    [InlineData("{", "[", "is no plan file")]
    public async Task What_was_changed_is_said(string from, string to, string message)
    {
        await using CommandHost host = await CommandHost.CreateAsync();
        string file = await WriteAsync(host);
        string text = await File.ReadAllTextAsync(file);
        await File.WriteAllTextAsync(file, text.Replace(from, to, StringComparison.Ordinal));

        Assert.Contains(message, await host.RefusedAsync(PurgeExitCode.Refused, "run", file, "--force"), StringComparison.Ordinal);
        Assert.Contains(message, await host.RefusedAsync(PurgeExitCode.Refused, "plan", "--compare", file), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ALTER TABLE other ADD COLUMN later TEXT", "Structure: ~ tables, columns, foreign keys or triggers")]
    [InlineData("DROP TABLE other", "To purge: - other: 3 rows; Skipped: + other: TableMissing")]
    [InlineData("CREATE TABLE added (Id INTEGER PRIMARY KEY)", "Kept: + added: Unmapped")]
    [InlineData("INSERT INTO other (Id) VALUES (77)", "Rows: ~ 10 rows to delete, and the file allows 9")]
    public async Task A_database_that_has_changed_is_refused_and_the_change_is_named(string statement, string change)
    {
        await using CommandHost host = await CommandHost.CreateAsync();
        string file = await WriteAsync(host);
        await host.Database.ExecuteUncheckedAsync(statement);

        string line = await host.RefusedAsync(PurgeExitCode.Refused, "run", file, "--confirm", "test.db");
        CommandResult compared = await host.RunAsync("plan", "--compare", file);

        Assert.StartsWith("Refused: the plan is not that of the file", line, StringComparison.Ordinal);
        Assert.Contains(change, line, StringComparison.Ordinal);
        Assert.Equal(PurgeExitCode.Refused, compared.Code);
        Assert.Contains(change, compared.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Fewer_rows_or_as_many_as_were_allowed_are_the_same_plan()
    {
        await using CommandHost host = await CommandHost.CreateAsync();
        string file = await WriteAsync(host, "--max-rows", "10");
        await host.Database.ExecuteUncheckedAsync("INSERT INTO other (Id) VALUES (77), (78); DELETE FROM child WHERE Id = 1");

        CommandResult compared = await host.RunAsync("plan", "--compare", file);
        CommandResult result = await host.RunAsync("run", file, "--force", "--json");

        Assert.True(compared.Code == PurgeExitCode.Complete, compared.All);
        Assert.Contains("~ child: 3 rows -> 2 rows", compared.Output, StringComparison.Ordinal);
        Assert.Contains($"The same plan as in {file}", compared.Output, StringComparison.Ordinal);
        Assert.True(result.Code == PurgeExitCode.Complete, result.All);
        Assert.Equal(10, PurgeReport.FromJson(result.Output).RowsDeleted);
    }

    [Fact]
    public async Task Another_database_is_refused_by_its_name()
    {
        await using CommandHost one = await CommandHost.CreateAsync();
        await using CommandHost two = await CommandHost.CreateAsync();
        string file = await WriteAsync(one);

        Assert.Contains(
            "Database: ~ server:",
            await two.RefusedAsync(PurgeExitCode.Refused, "run", file, "--force"),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_table_that_was_made_anew_is_refused()
    {
        await using CommandHost host = await CommandHost.CreateAsync(await PostgreSqlTestDatabase.CreateAsync());
        string file = await WriteAsync(host, "--exclude", "other");

        CommandResult result = await host.RunAsync("run", file, "--confirm", host.Name);
        await host.Database.ExecuteAsync("DROP TABLE child; CREATE TABLE child (\"Id\" integer PRIMARY KEY, \"parent_id\" integer)");
        CommandResult compared = await host.RunAsync("plan", "--compare", file);

        Assert.True(result.Code == PurgeExitCode.Complete, result.All);
        Assert.Equal(PurgeExitCode.Refused, compared.Code);
        Assert.Contains("Replaced by another table of the name", compared.Output, StringComparison.Ordinal);
        await host.RefusedAsync(PurgeExitCode.Refused, "run", file, "--confirm", host.Name);
    }

    [Fact]
    public async Task A_file_in_chunks_is_continued_by_the_same_command()
    {
        await using CommandHost host = await CommandHost.CreateAsync();
        string file = await WriteAsync(host, "--in-chunks", "2", "--pause", "700ms");
        Assert.Contains("--pause=700ms", await File.ReadAllTextAsync(file), StringComparison.Ordinal);
        using var stop = new CancellationTokenSource();
        Task<CommandResult> run = host.RunAsync(["run", file, "--force"], stop.Token);
        while (await host.RowsAsync() == 9 && !run.IsCompleted)
        {
            await Task.Delay(20, TestContext.Current.CancellationToken);
        }

        await stop.CancelAsync();
        CommandResult stopped = await run;
        long left = await host.RowsAsync();
        CommandResult result = await host.RunAsync("run", file, "--force");

        Assert.True(stopped.Code != PurgeExitCode.Complete, stopped.All);
        Assert.InRange(left, 1, 8);
        Assert.True(result.Code == PurgeExitCode.Complete, result.All);
        Assert.Equal(0, await host.RowsAsync());
    }

    [Fact]
    public async Task Other_options_of_the_host_are_refused()
    {
        await using CommandHost host = await CommandHost.CreateAsync();
        string file = await WriteAsync(host);
        foreach ((Action<PurgeOptions> configure, string change) in ((Action<PurgeOptions>, string)[])
            [
                (options => options.Exclude("other"), "To purge: - other: 3 rows"),
                (options => options.RequiredDatabase = "test.db", "Guards: ~ RequiredDatabase: not set -> test.db"),
                (options => options.AllowUnverified = true, "Guards: ~ AllowUnverified: False -> True"),
                (options => options.BestEffort = true, "How it is run: ~ a table that fails: rolls everything back -> keeps its rows"),
                (options => options.ArchiveTo(host.File("archive")), "How it is run: ~ archive: none -> in a folder"),
                (options => options.InChunks(5), "How it is run: ~ transactions: one -> of up to 5 selected rows"),
                (options => options.AddTarget("cache", (_, _) => Task.CompletedTask), "After the commit: + target cache: required"),
                (options => options.AddCheck("one", (_, _) => Task.FromResult(CheckReport.Compare("1", "1"))), "+ check one: required"),
            ])
        {
            host.Configure = options => options.Configure = configure;
            Assert.Contains(change, await host.RefusedAsync(PurgeExitCode.Refused, "run", file, "--force"), StringComparison.Ordinal);
            Assert.Contains(change, (await host.RunAsync("plan", "--compare", file)).Error, StringComparison.Ordinal);
        }

        host.Configure = null;
        Assert.Equal(PurgeExitCode.Complete, (await host.RunAsync("run", file, "--force")).Code);
    }

    [Fact]
    public async Task A_target_that_may_fail_now_is_refused()
    {
        await using CommandHost host = await CommandHost.CreateAsync();
        host.Configure = options => options.Configure = Target(isRequired: true);
        string file = await WriteAsync(host);
        host.Configure = options => options.Configure = Target(isRequired: false);

        Assert.Contains(
            "After the commit: ~ target cache: required -> optional",
            await host.RefusedAsync(PurgeExitCode.Refused, "run", file, "--force"),
            StringComparison.Ordinal);

        static Action<PurgeOptions> Target(bool isRequired)
            => options => options.AddTarget("cache", (_, _) => Task.CompletedTask, isRequired: isRequired);
    }

    [Fact]
    public async Task A_file_that_took_the_place_of_the_database_is_named_as_another_one()
    {
        await using CommandHost host = await CommandHost.CreateAsync();
        string file = await WriteAsync(host);
        string database = Assert.IsType<SqliteTestDatabase>(host.Database).FileName!;
        SqliteConnection.ClearAllPools();
        File.Copy(database, host.File("copy.db"));
        File.Delete(database);
        File.Move(host.File("copy.db"), database);

        Assert.Contains(
            "Database: ~ id (a database that was made anew has another)",
            await host.RefusedAsync(PurgeExitCode.Refused, "run", file, "--force"),
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("run", "--force")]
    [InlineData("run", "a.json", "b.json", "--force")]
    [InlineData("run", "a.json", "--include", "x", "--force")]
    [InlineData("run", "a.json", "--nothing", "--force")]
    [InlineData("run", "missing.json", "--force")]
    [InlineData("plan", "--force")]
    [InlineData("plan", "--compare", "missing.json")]
    [InlineData("plan", "--out")]
    [InlineData("plan", "--compare", "a.json", "--json")]
    [InlineData("--exclude", "x", "plan")]
    [InlineData("--out=x")]
    public async Task A_wrong_command_line_is_one_sentence(params string[] args)
    {
        await using CommandHost host = await CommandHost.CreateAsync();

        string line = await host.RefusedAsync(PurgeExitCode.Usage, args);

        Assert.EndsWith(".", line, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--exclude", "plan")]
    [InlineData("--exclude=plan")]
    [InlineData("--include", "plan", "--include", "other", "--exclude", "plan")]
    public async Task A_table_with_the_name_of_a_subcommand_is_a_value_behind_an_option(params string[] args)
    {
        await using CommandHost host = await CommandHost.CreateAsync(notation: "plan, other");

        CommandResult result = await host.RunAsync([.. args, "--force"]);

        Assert.True(result.Code == PurgeExitCode.Complete, result.All);
        Assert.Equal((3, 0), (await host.Database.CountAsync("plan"), await host.Database.CountAsync("other")));
    }

    [Theory]
    [InlineData("run")]
    [InlineData("plan")]
    [InlineData("restore")]
    public async Task A_reason_with_the_name_of_a_subcommand_is_a_reason(string reason)
    {
        await using CommandHost host = await CommandHost.CreateAsync();
        string report = host.File("report.json");

        CommandResult result = await host.RunAsync("--no-backup", "--reason", reason, "--report", report, "--force");

        Assert.True(result.Code == PurgeExitCode.Complete, result.All);
        Assert.Equal(reason, PurgeReport.FromJson(await File.ReadAllTextAsync(report)).Details.Reason);
        Assert.Contains(
            "--force is before run",
            await host.RefusedAsync(PurgeExitCode.Usage, "--force", "run", "p.json"),
            StringComparison.Ordinal);
        Assert.Contains(
            "write --reason=plan",
            await host.RefusedAsync(PurgeExitCode.Usage, "--reason", "a", "plan"),
            StringComparison.Ordinal);
        Assert.DoesNotContain(
            "is before",
            await host.RefusedAsync(PurgeExitCode.Usage, "--only-entities", "Some", reason, "--force"),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_option_of_plan_is_none_of_run()
    {
        await using CommandHost host = await CommandHost.CreateAsync();

        Assert.Equal(
            "--include is an option of plan: run does what its file says. Write a new file with plan --out FILE.",
            await host.RefusedAsync(PurgeExitCode.Usage, "run", "a.json", "--include", "x"));
        Assert.Equal(
            "--confirm is an option of run and of a purge: plan deletes nothing.",
            await host.RefusedAsync(PurgeExitCode.Usage, "plan", "--confirm=x"));
    }

    [Fact]
    public async Task Other_options_on_the_command_line_are_compared_too()
    {
        await using CommandHost host = await CommandHost.CreateAsync();
        string file = await WriteAsync(host);

        CommandResult result = await host.RunAsync("plan", "--compare", file, "--exclude", "child");

        Assert.Equal(PurgeExitCode.Refused, result.Code);
        foreach (string text in (string[])
            ["- child: 3 rows", "+ parent: Blocked", "+ --exclude=child", "+ child: Excluded", "- DELETE FROM \"child\""])
        {
            Assert.Contains(text, result.Output, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Order_and_cycles_are_compared()
    {
        await using CommandHost host = await CommandHost.CreateAsync(notation: "a->b, b->a?, c");
        string file = await WriteAsync(host);
        await host.Database.ExecuteUncheckedAsync("DROP TABLE c; CREATE TABLE c (Id INTEGER PRIMARY KEY, aId INTEGER REFERENCES a (Id))");

        CommandResult result = await host.RunAsync("plan", "--compare", file);

        Assert.Equal(PurgeExitCode.Refused, result.Code);
        Assert.Contains("Foreign keys", result.Output, StringComparison.Ordinal);
        Assert.Contains("~ a: level 1 -> level 2", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_token_of_the_plan_approves_its_file_for_one_run()
    {
        await using CommandHost host = await CommandHost.CreateAsync();
        host.Configure = options => options.ApprovalKey = [.. Enumerable.Range(1, 32).Select(i => (byte)i)];
        string file = host.File("p.json");
        string token = (await host.RunAsync("plan", "--out", file, "--quiet")).Output.Split('\n')
            .Single(line => line.StartsWith("--approve ", StringComparison.Ordinal))["--approve ".Length..];

        Assert.Equal(PurgeExitCode.Complete, (await host.RunAsync("run", file, "--approve", token)).Code);
        Assert.Contains(
            "other numbers of rows",
            await host.RefusedAsync(PurgeExitCode.Refused, "run", file, "--approve", token),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_option_of_a_plan_is_read_back_as_it_was_written()
    {
        await using CommandHost host = await CommandHost.CreateAsync();
        string[] options =
        [
            "--include=other", "--include=pa*", "--include=child", "--exclude=othe?", "--reset-identity", "--allow-unverified",
            "--best-effort", "--max-rows=100",
        ];
        string file = await WriteAsync(host, options);

        Assert.Equal(options, JsonNode.Parse(await File.ReadAllTextAsync(file))!["options"]!.AsArray().Select(node => (string)node!));
        CommandResult compared = await host.RunAsync("plan", "--compare", file);
        Assert.True(compared.Code == PurgeExitCode.Complete, compared.All);
    }

    [Fact]
    public async Task Transactions_and_an_archive_are_read_back_as_they_were_written()
    {
        await using CommandHost host = await CommandHost.CreateAsync();
        string[] options = ["--in-chunks=2", "--pause=3", $"--archive={host.File("archive")}"];
        string file = await WriteAsync(host, options);

        Assert.Equal(options, JsonNode.Parse(await File.ReadAllTextAsync(file))!["options"]!.AsArray().Select(node => (string)node!));
        CommandResult compared = await host.RunAsync("plan", "--compare", file);
        Assert.True(compared.Code == PurgeExitCode.Complete, compared.All);
    }

    [Fact]
    public async Task What_nobody_sees_is_written_by_its_number()
    {
        await using CommandHost host = await CommandHost.CreateAsync();
        PlanFile file = PlanFile.Read(await WriteAsync(host));

        string written = PlanFile.Write(file.Content with { Environment = "Production\u202Etxt\u200B" });

        Assert.Contains("\"Production\\u202etxt\\u200b\"", written, StringComparison.Ordinal);
        await File.WriteAllTextAsync(host.File("shown.json"), written);
        Assert.Equal("Production\u202Etxt\u200B", PlanFile.Read(host.File("shown.json")).Content.Environment);
    }

    [Fact]
    public async Task Rows_are_run_with_the_same_values_which_are_not_in_the_file()
    {
        await using CommandHost host = await RowsTests.CreateAsync();
        string file = await WriteAsync(host, "--rows", "one", "--rows-parameter", "name=Cleo");
        string text = await File.ReadAllTextAsync(file);

        Assert.DoesNotContain("Cleo", text, StringComparison.Ordinal);
        Assert.Contains("\"--rows-parameter=name=sha256:", text, StringComparison.Ordinal);
        Assert.Contains(
            "--rows one needs --rows-parameter name=VALUE",
            await host.RefusedAsync(PurgeExitCode.Usage, "run", file, "--force"),
            StringComparison.Ordinal);
        Assert.Contains(
            "was written with another value of --rows-parameter \"name\". Give the same, or write a new file.",
            await host.RefusedAsync(PurgeExitCode.Refused, "run", file, "--force", "--rows-parameter", "name=Dora"),
            StringComparison.Ordinal);
        CommandResult compared = await host.RunAsync("plan", "--compare", file, "--rows-parameter", "name=Dora");
        Assert.Equal(PurgeExitCode.Refused, compared.Code);
        Assert.Contains("Rows that are selected", compared.Output, StringComparison.Ordinal);
        Assert.Contains("values with SHA-256", compared.Output, StringComparison.Ordinal);
        CommandResult result = await host.RunAsync(
            "run", file, "--force", "--rows-parameter", "name=Cleo", "--certificate", host.File("c.html"));
        Assert.True(result.Code == PurgeExitCode.Complete, result.All);
        Assert.True(File.Exists(host.File("c.html")));
        Assert.Equal(3, await host.Database.CountAsync("person"));
    }

    [Fact]
    public async Task Another_action_on_a_reference_is_named()
    {
        await using CommandHost host = await RowsTests.CreateAsync();
        string file = await WriteAsync(host, "--rows", "test-people");
        host.Configure = options => options.Configure = purge => purge.Exclude("letter");

        CommandResult compared = await host.RunAsync("plan", "--compare", file);

        Assert.Equal(PurgeExitCode.Refused, compared.Code);
        Assert.Contains("Actions on references", compared.Output, StringComparison.Ordinal);
        Assert.Contains(
            "~ FK_letter_person_person_id: letter(person_id) -> person(id): Follow -> Block",
            compared.Output,
            StringComparison.Ordinal);
        await host.RefusedAsync(PurgeExitCode.Refused, "run", file, "--force");
    }

    private static async Task<string> WriteAsync(CommandHost host, params string[] options)
    {
        string file = host.File("p.json");
        CommandResult result = await host.RunAsync(["plan", "--out", file, .. options]);
        Assert.True(result.Code == PurgeExitCode.Complete, result.All);
        return file;
    }

    private static string WithoutTimes(string json)
        => string.Join('\n', json.Split('\n').Where(line => !line.Contains("writtenAt", StringComparison.Ordinal)
            && !line.Contains("createdAt", StringComparison.Ordinal) && !line.Contains("sha256", StringComparison.Ordinal)));
}
