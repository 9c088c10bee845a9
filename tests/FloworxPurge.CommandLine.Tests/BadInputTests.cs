using FloworxPurge.CommandLine.Output;
using FloworxPurge.CommandLine.Tests.Kit;
using FloworxPurge.Tests.Kit;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace FloworxPurge.CommandLine.Tests;

/// <summary>Bad input: one clear line, the right exit code, nothing written, no stack trace.</summary>
public sealed class BadInputTests
{
    [Theory]
    [InlineData("There is no option --dryrun. Did you mean --dry-run?", "--dryrun")]
    [InlineData("There is no option --nonsense. --help names all of them.", "--nonsense=1")]
    [InlineData("There is no option --confrim. Did you mean --confirm", "--reason", "--confrim")]
    [InlineData("\"yes\" belongs to no option.", "--force", "yes")]
    [InlineData("--max-rows is \"many\". Give a number from 0", "--max-rows", "many")]
    [InlineData("--max-rows is \"-5\". Give a number from 0", "--max-rows", "-5")]
    [InlineData("--timeout is \"soon\". Give seconds", "--timeout", "soon")]
    [InlineData("--confirm needs a value: --confirm NAME.", "--confirm")]
    [InlineData("--confirm is given more than once", "--confirm", "a", "--confirm", "b")]
    [InlineData("--include has an empty value", "--include", " ")]
    [InlineData("--backup and --no-backup contradict each other", "--backup", "x", "--no-backup", "--reason", "y")]
    [InlineData("--no-backup needs --reason TEXT", "--no-backup")]
    [InlineData("--pause needs --in-chunks N", "--pause", "5s")]
    [InlineData("--pause is \"soon\". Give seconds, or a number with ms, s, m or h", "--in-chunks", "5", "--pause", "soon")]
    [InlineData("--abandon-unfinished needs --in-chunks N", "--abandon-unfinished")]
    [InlineData("--quiet and --verbose contradict each other", "--quiet", "--verbose")]
    [InlineData("--json and --sql both write to the output", "--json", "--sql")]
    [InlineData("--template needs --report FILE", "--template", "x.md.scriban")]
    [InlineData("The file ending \".doc\"", "--report", "x.doc")]
    [InlineData("There is a report for \"x.md\" already", "--report", "x.md", "--report", "x.md")]
    [InlineData("cannot be read", "--report", "x.md", "--template", "no-such.md.scriban")]
    [InlineData("--force is where no option is read: behind \"--\", or as the value of another option.", "--", "--force")]
    [InlineData("--force is where no option is read: behind \"--\", or as the value of another option.", "--include=--force")]
    [InlineData("-- is where no option is read", "--include=--")]
    [InlineData("no entity type \"Usr\" with a class of its own. None has one: choose tables by --include.", "--only-entities", "Usr")]
    public async Task What_the_command_line_gets_wrong_is_said_and_ends_with_2(string message, params string[] args)
    {
        await using CommandHost host = await CommandHost.CreateAsync();

        Assert.Contains(message, await host.RefusedAsync(PurgeExitCode.Usage, args), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_provider_without_scaffolding_is_refused_with_what_is_missing()
    {
        await using CommandHost host = await CommandHost.CreateAsync();
        host.Elsewhere = options => UnknownProvider.Use(options, host.Database);

        foreach (string[] args in (string[][])[["--dry-run"], ["--sql"], ["--force", "--no-backup", "--reason", "test"]])
        {
            string line = await host.RefusedAsync(PurgeExitCode.Failed, args);

            Assert.Contains("the provider has no IDatabaseModelFactory", line, StringComparison.Ordinal);
            Assert.EndsWith("Nothing was written.", line, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Everything_that_is_wrong_is_said_at_once()
    {
        await using CommandHost host = await CommandHost.CreateAsync();

        CommandResult result = await host.RunAsync("--bogus", "--max-rows", "x", "--no-backup");

        Assert.Equal((PurgeExitCode.Usage, 3), (result.Code, result.ErrorLines.Count));
    }

    [Theory]
    [InlineData("--include", "--include \"chidl\" matches no table. Did you mean \"child\"?")]
    [InlineData("--exclude", "--exclude \"chidl\" matches no table. Did you mean \"child\"?")]
    public async Task A_table_that_does_not_exist_is_named_with_suggestions(string option, string message)
    {
        await using CommandHost host = await CommandHost.CreateAsync();

        Assert.Contains(message, await host.RefusedAsync(PurgeExitCode.Usage, "--force", option, "chidl"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_template_with_unknown_names_is_refused_with_line_and_column()
    {
        await using CommandHost host = await CommandHost.CreateAsync();
        await File.WriteAllTextAsync(host.File("own.md.scriban"), "{{report.nonsense}}");

        Assert.Contains(
            "nonsense",
            await host.RefusedAsync(
                PurgeExitCode.Usage,
                "--force",
                "--report",
                host.File("a.md"),
                "--template",
                host.File("own.md.scriban")),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_report_or_script_that_cannot_be_written_is_refused_with_3_before_anything_else()
    {
        await using CommandHost host = await CommandHost.CreateAsync();
        string[] paths = [host.File("no-such-folder/a.md"), host.Folder.FullName + "/.md/", "/proc/a.md"];
        Directory.CreateDirectory(host.File(".md"));

        foreach (string path in paths)
        {
            string line = await host.RefusedAsync(PurgeExitCode.Refused, "--force", "--report", path.TrimEnd('/'));
            Assert.Contains(path.TrimEnd('/'), line, StringComparison.Ordinal);
        }

        Assert.Contains(
            "no folder",
            await host.RefusedAsync(PurgeExitCode.Refused, "--sql", host.File("no-such-folder/a.sql")),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_does_not_answer_ends_with_1()
    {
        await using CommandHost host = await CommandHost.CreateAsync();
        host.Elsewhere = options => options.UseNpgsql("Host=127.0.0.1;Port=1;Database=shop;Username=me;Password=correct-horse;Timeout=2");

        string line = await host.RefusedAsync(PurgeExitCode.Failed, "--force");

        Assert.Contains(
            "\"shop\" at \"tcp://127.0.0.1:1\" cannot be reached: Connection refused. Check that",
            line,
            StringComparison.Ordinal);
        Assert.DoesNotContain("correct-horse", line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stack_trace_is_shown_with_verbose_and_no_password_in_it()
    {
        await using CommandHost host = await CommandHost.CreateAsync();
        host.Elsewhere = options => options.UseNpgsql("Host=127.0.0.1;Port=1;Database=shop;Username=me;Password=correct-horse;Timeout=2");

        CommandResult result = await host.RunAsync("--force", "--verbose");

        Assert.Equal(PurgeExitCode.Failed, result.Code);
        Assert.Contains("   at ", result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("correct-horse", result.All, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_wrong_password_is_never_printed()
    {
        await using PostgreSqlTestDatabase database = await PostgreSqlTestDatabase.CreateAsync();
        await using CommandHost host = await CommandHost.CreateAsync();
        var wrong = new NpgsqlConnectionStringBuilder(database.ConnectionString)
        {
            Username = "nobody_of_this_name",
            Password = "wrong-password",
        };
        host.Elsewhere = options => options.UseNpgsql(wrong.ConnectionString);

        CommandResult result = await host.RunAsync("--force", "--verbose");

        Assert.Equal(PurgeExitCode.Failed, result.Code);
        Assert.Contains("cannot be reached", result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("wrong-password", result.All, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--bogus=Password=secret-word")]
    [InlineData("Host=h;Password=secret-word;Database=x")]
    [InlineData("Host=h;PWD = 'secret-word'")]
    public async Task A_password_in_the_wrong_place_of_the_command_line_is_not_repeated(string argument)
    {
        await using CommandHost host = await CommandHost.CreateAsync();

        Assert.DoesNotContain("secret-word", await host.RefusedAsync(PurgeExitCode.Usage, argument), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_password_in_an_exception_of_another_s_is_blotted_out()
    {
        await using CommandHost host = await CommandHost.CreateAsync();
        host.Elsewhere = options => options.UseNpgsql("Host=127.0.0.1;Port=1;Database=shop;Password=correct-horse;Timeout=2");
        host.Services = services => services.AddSingleton<IPurger>(
            _ => throw new InvalidOperationException("cannot log in with correct-horse"));

        CommandResult result = await host.RunAsync("--dry-run", "--verbose");

        Assert.Contains("cannot log in with ***", result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("correct-horse", result.All, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_exception_of_another_s_gives_no_orders_to_the_terminal()
    {
        await using CommandHost host = await CommandHost.CreateAsync();
        host.Services = services => services.AddSingleton<IPurger>(_ => throw new InvalidOperationException("red \u001B[31m\u202Ebut not"));

        CommandResult result = await host.RunAsync("--dry-run", "--verbose");

        Assert.Contains("red  [31m but not", result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain('\u001B', result.All);
        Assert.DoesNotContain('\u202E', result.All);
    }

    [Theory]
    [InlineData("Password")]
    [InlineData("Pwd")]
    [InlineData("PSW")]
    [InlineData("SSL Password")]
    public async Task Every_password_of_a_connection_is_blotted_out_and_the_longest_one_first(string key)
    {
        await using CommandHost host = await CommandHost.CreateAsync();
        host.Elsewhere = options => options.UseNpgsql($"Host=h;{key}=horse-and-cart;{Other(key)}=horse");
        await using ServiceProvider services = host.CreateServices();
        var scrubber = new SecretScrubber();

        scrubber.Learn(services.GetRequiredService<ScenarioContext>());

        Assert.Equal("*** and ***.", scrubber.Scrub("horse-and-cart and horse."));

        static string Other(string key) => key == "SSL Password" ? "Password" : "SSL Password";
    }

    [Fact]
    public async Task A_database_file_that_is_not_there_is_not_made()
    {
        await using CommandHost host = await CommandHost.CreateAsync();
        host.Elsewhere = options => options.UseSqlite($"Data Source={host.File("missing.db")}");

        Assert.Contains("does not exist", await host.RefusedAsync(PurgeExitCode.Failed, "--force"), StringComparison.Ordinal);
        Assert.False(File.Exists(host.File("missing.db")));
    }

    [Fact]
    public async Task A_name_in_the_database_cannot_give_orders_to_the_terminal()
    {
        await using CommandHost host = await CommandHost.CreateAsync();
        host.Model = model => model.SharedTypeEntity<Dictionary<string, object>>("evil", entity =>
        {
            entity.ToTable("evil\e[2J\nComplete: all is well");
            entity.IndexerProperty<int>("Id");
        });

        CommandResult result = await host.RunAsync("--dry-run");

        Assert.DoesNotContain('\e', result.All);
        Assert.DoesNotContain("\nComplete", result.All, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(40)]
    [InlineData(200)]
    public async Task No_line_is_wider_than_the_terminal(int width)
    {
        await using CommandHost host = await CommandHost.CreateAsync(
            notation: "a, a_table_with_a_name_that_is_longer_than_forty_columns_and_more->a, b, kept->b");
        host.Width = width;
        host.Typed = "test.db\n";
        host.SupportsAnsi = true;

        foreach (string[] args in (string[][])[["--help"], ["--dry-run", "--verbose"], ["--no-color", "--exclude", "kept", "--report", host.File("a.md")], ["--confirm", "no"]])
        {
            CommandResult result = await host.RunAsync([.. args, "--no-color"]);

            IEnumerable<string> lines = System.Text.RegularExpressions.Regex.Replace(
                result.All,
                "\e\\[[0-9;?]*[A-Za-z]",
                "",
                System.Text.RegularExpressions.RegexOptions.None,
                TimeSpan.FromSeconds(5)).Split('\n', '\r');
            Assert.All(lines, line => Assert.True(line.Length <= width, $"{line.Length}: {line}"));
        }
    }
}
