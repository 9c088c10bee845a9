using FloworxPurge.CommandLine.Tests.Kit;
using FloworxPurge.Reporting;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace FloworxPurge.CommandLine.Tests;

/// <summary>--rows deletes registered rows with what depends on them, and says before and after what stays.</summary>
public sealed class RowsTests
{
    [Fact]
    public async Task A_dry_run_shows_rules_rows_blocks_and_what_filters_hide_and_writes_nothing()
    {
        await using CommandHost host = await CreateAsync();

        CommandResult result = await host.RunAsync("--rows", "test-people", "--dry-run");

        Assert.Equal((PurgeExitCode.Complete, ""), (result.Code, result.Error));
        foreach (string text in (string[])
            [
                "Rows         test-people", "2 tables with 3 rows", "Rows: 2 rows match, and 1 of them is blocked and stays",
                "Rows<Person>(person => person.IsTest): 2 rows of person; query filters of the model hide 1 more, which stays",
                "Blocked, and left as they are", "1 row stays: ", "(key 2)", "letter(person_id) -> person(id): 2 rows are deleted too",
            ])
        {
            Assert.Contains(text, result.Output, StringComparison.Ordinal);
        }

        Assert.Equal((4, 5), (await host.Database.CountAsync("person"), await host.Database.CountAsync("letter")));
    }

    [Fact]
    public async Task The_question_says_that_all_other_rows_stay()
    {
        await using CommandHost host = await CreateAsync();
        host.Typed = "test.db\n";

        CommandResult result = await host.RunAsync("--rows", "test-people", "--quiet");

        Assert.Contains(
            "3 rows in 2 tables of \"test.db\"",
            result.Output.Replace("\n", " ", StringComparison.Ordinal),
            StringComparison.Ordinal);
        Assert.Contains(
            "will be deleted. All other rows stay. 1 row that matches is blocked, and stays.",
            result.Output.Replace("\n", " ", StringComparison.Ordinal),
            StringComparison.Ordinal);
        Assert.Equal((3, 3), (await host.Database.CountAsync("person"), await host.Database.CountAsync("letter")));
    }

    [Fact]
    public async Task Several_names_add_up_and_reports_have_hashes_in_place_of_values()
    {
        await using CommandHost host = await CreateAsync();
        string[] rows = ["--force", "--rows", "test-people", "--rows", "one", "--rows-parameter", "name=Cleo"];
        string[] args = [.. rows, "--report", host.File("rows.json"), "--certificate", host.File("c.html")];

        CommandResult result = await host.RunAsync(args);

        Assert.True(result.Code == PurgeExitCode.Complete, result.All);
        Assert.Equal((2, 2), (await host.Database.CountAsync("person"), await host.Database.CountAsync("letter")));
        string json = await File.ReadAllTextAsync(host.File("rows.json"));
        PurgeReport report = PurgeReport.FromJson(json);
        Assert.Equal(2, report.Details.Scopes.Count);
        Assert.StartsWith("one (name = sha256:", report.Details.Scopes[1], StringComparison.Ordinal);
        Assert.DoesNotContain("Cleo", json + await File.ReadAllTextAsync(host.File("c.html")) + result.All, StringComparison.Ordinal);
        Assert.Equal((3, 1), (report.Scope!.Matched, report.Scope.BlockedRows));
        Assert.Contains("erased in part", await File.ReadAllTextAsync(host.File("c.html")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Rows_that_are_all_blocked_end_with_6_and_say_so()
    {
        await using CommandHost host = await CreateAsync();
        await host.RunAsync("--force", "--rows", "test-people");

        CommandResult result = await host.RunAsync("--force", "--rows", "test-people");

        Assert.Equal(PurgeExitCode.NothingMatched, result.Code);
        Assert.Contains("Rows: 1 row matches, and it is blocked and stays", result.Output, StringComparison.Ordinal);
        Assert.Contains("the row that Rows<Person>(person => person.IsTest) names is blocked.", result.All, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nothing_that_matches_ends_with_6()
    {
        await using CommandHost host = await CreateAsync();

        CommandResult result = await host.RunAsync("--force", "--rows", "one", "--rows-parameter", "name=Nobody");

        Assert.Equal(PurgeExitCode.NothingMatched, result.Code);
        Assert.Contains("no row matches Rows<Person>(person => person.Name == values[\"name\"])", result.All, StringComparison.Ordinal);
        Assert.Equal(4, await host.Database.CountAsync("person"));
    }

    [Fact]
    public async Task An_approval_is_for_the_value_that_it_was_made_with()
    {
        await using CommandHost host = await CreateAsync();
        host.Configure = options => options.ApprovalKey = [.. Enumerable.Range(1, 32).Select(i => (byte)i)];
        CommandResult dryRun = await host.RunAsync("--dry-run", "--quiet", "--rows", "one", "--rows-parameter", "name=Cleo");
        string token = dryRun.Output.Split('\n')
            .Single(line => line.StartsWith("--approve ", StringComparison.Ordinal))["--approve ".Length..];

        Assert.Contains(
            "another plan",
            await host.RefusedAsync(PurgeExitCode.Refused, "--approve", token, "--rows", "one", "--rows-parameter", "name=Ann"),
            StringComparison.Ordinal);
        Assert.Contains("another plan", await host.RefusedAsync(PurgeExitCode.Refused, "--approve", token), StringComparison.Ordinal);
        Assert.Equal(
            PurgeExitCode.Complete,
            (await host.RunAsync("--approve", token, "--rows", "one", "--rows-parameter", "name=Cleo")).Code);
        Assert.Equal(3, await host.Database.CountAsync("person"));
    }

    // Ann is a test person with two letters, Bob one whose contract blocks, Cleo none with one letter, and Dora a deleted test person.
    internal static async Task<CommandHost> CreateAsync()
    {
        CommandHost host = await CommandHost.CreateAsync();
        await host.Database.ExecuteAsync(
            """
            CREATE TABLE person (id INTEGER PRIMARY KEY, name TEXT NOT NULL, is_test INTEGER NOT NULL, is_deleted INTEGER NOT NULL);
            CREATE TABLE letter (id INTEGER PRIMARY KEY, person_id INTEGER NOT NULL REFERENCES person (id) ON DELETE CASCADE);
            CREATE TABLE contract (id INTEGER PRIMARY KEY, person_id INTEGER NOT NULL REFERENCES person (id));
            INSERT INTO person VALUES (1, 'Ann', 1, 0), (2, 'Bob', 1, 0), (3, 'Cleo', 0, 0), (4, 'Dora', 1, 1);
            INSERT INTO letter VALUES (1, 1), (2, 1), (3, 2), (4, 3), (5, 4);
            INSERT INTO contract VALUES (1, 2);
            """);
        host.Model = model =>
        {
            model.Entity<Person>(person =>
            {
                person.ToTable("person").Property(row => row.Id).HasColumnName("id");
                person.Property(row => row.Name).HasColumnName("name");
                person.Property(row => row.IsTest).HasColumnName("is_test");
                person.Property(row => row.IsDeleted).HasColumnName("is_deleted");
                person.HasQueryFilter(row => !row.IsDeleted);
            });
            model.Entity<Letter>(letter =>
            {
                letter.ToTable("letter").Property(row => row.Id).HasColumnName("id");
                letter.Property(row => row.PersonId).HasColumnName("person_id");
                letter.HasOne<Person>().WithMany().HasForeignKey(row => row.PersonId).OnDelete(DeleteBehavior.Cascade);
            });
            model.Entity<Contract>(contract =>
            {
                contract.ToTable("contract").Property(row => row.Id).HasColumnName("id");
                contract.Property(row => row.PersonId).HasColumnName("person_id");
                contract.HasOne<Person>().WithMany().HasForeignKey(row => row.PersonId).OnDelete(DeleteBehavior.Restrict);
            });
        };
        host.Services = services => services
            .AddRows("test-people", options => options.Rows<Person>(person => person.IsTest))
            .AddRows("one", ["name"], (options, values) => options.Rows<Person>(person => person.Name == values["name"]));
        return host;
    }

    private sealed class Person
    {
        public int Id { get; set; }

        public required string Name { get; set; }

        public bool IsTest { get; set; }

        public bool IsDeleted { get; set; }
    }

    private sealed class Letter
    {
        public int Id { get; set; }

        public int PersonId { get; set; }
    }

    private sealed class Contract
    {
        public int Id { get; set; }

        public int PersonId { get; set; }
    }
}
