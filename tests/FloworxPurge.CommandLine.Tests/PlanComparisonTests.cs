using FloworxPurge.CommandLine.Tests.Kit;
using FloworxPurge.Tests.Kit;

namespace FloworxPurge.CommandLine.Tests;

/// <summary>How the plan of now is said to differ from that of a file, where little else tells.</summary>
public sealed class PlanComparisonTests
{
    [Fact]
    public async Task The_statement_that_empties_tables_is_compared()
    {
        await using CommandHost host = await CommandHost.CreateAsync(await PostgreSqlTestDatabase.CreateAsync());
        string file = await WriteAsync(host);
        host.Configure = options => options.Configure = purge => purge.Truncate = true;

        CommandResult result = await host.RunAsync("plan", "--compare", file);

        Assert.Equal(PurgeExitCode.Refused, result.Code);
        Assert.Contains("~ statement: DELETE -> TRUNCATE", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_archive_in_another_folder_is_another_plan()
    {
        await using CommandHost host = await CommandHost.CreateAsync();
        host.Configure = options => options.Configure = purge => purge.ArchiveTo(host.File("one"));
        string file = await WriteAsync(host);
        CommandResult same = await host.RunAsync("plan", "--compare", file);
        host.Configure = options => options.Configure = purge => purge.ArchiveTo(host.File("two"));

        CommandResult other = await host.RunAsync("plan", "--compare", file);

        Assert.True(same.Code == PurgeExitCode.Complete, same.All);
        Assert.True(other.Code == PurgeExitCode.Refused, other.All);
        Assert.Contains($"~ folder of the archive: {host.File("one")} -> {host.File("two")}", other.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Statements_that_are_the_same_in_another_order_are_said_to_be()
    {
        await using CommandHost host = await CommandHost.CreateAsync(notation: "a, b");
        string file = await WriteAsync(host);
        await host.Database.ExecuteUncheckedAsync("DROP TABLE b; CREATE TABLE b (Id INTEGER PRIMARY KEY, aId INTEGER REFERENCES a (Id))");

        CommandResult result = await host.RunAsync("plan", "--compare", file);

        Assert.Equal(PurgeExitCode.Refused, result.Code);
        Assert.Contains("~ in another order: DELETE FROM \"b\"", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_option_that_is_given_twice_now_is_said_to_be_there_once_more()
    {
        await using CommandHost host = await CommandHost.CreateAsync();
        string file = await WriteAsync(host, "--exclude", "other");

        CommandResult result = await host.RunAsync("plan", "--compare", file, "--exclude", "other", "--exclude", "other");

        Assert.Contains("+ --exclude=other, 1 time", result.Output, StringComparison.Ordinal);
    }

    private static async Task<string> WriteAsync(CommandHost host, params string[] options)
    {
        string file = host.File("p.json");
        CommandResult result = await host.RunAsync(["plan", "--out", file, .. options]);
        Assert.True(result.Code == PurgeExitCode.Complete, result.All);
        return file;
    }
}
