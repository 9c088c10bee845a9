using FloworxPurge.CommandLine.Tests.Kit;
using FloworxPurge.Tests.Kit;

namespace FloworxPurge.CommandLine.Tests;

/// <summary>The script of <c>--sql</c>, run by the engine's own shell, gives the same result as the command.</summary>
public sealed class ScriptTests
{
    private const string Notation = "a->b, b->a?, c->a, d->d?, e";

    [Fact]
    public Task In_sqlite3() => AssertSameAsync(() => Task.FromResult<TestDatabase>(SqliteTestDatabase.Create()));

    [Fact]
    public Task In_psql() => AssertSameAsync(async () => await PostgreSqlTestDatabase.CreateAsync());

    [Fact]
    public async Task Without_a_file_the_script_is_the_output_and_nothing_else()
    {
        await using CommandHost host = await CommandHost.CreateAsync();

        CommandResult result = await host.RunAsync("--sql", "--exclude", "other");

        Assert.Equal((PurgeExitCode.Complete, 9), (result.Code, await host.RowsAsync()));
        Assert.StartsWith("-- Purge of test.db (SQLite)", result.Output, StringComparison.Ordinal);
        Assert.Contains("BEGIN", result.Output, StringComparison.Ordinal);
        Assert.Contains("Level 1", result.Error, StringComparison.Ordinal);
    }

    private static async Task AssertSameAsync(Func<Task<TestDatabase>> create)
    {
        await using CommandHost byShell = await CommandHost.CreateAsync(await create(), Notation);
        await using CommandHost byCommand = await CommandHost.CreateAsync(await create(), Notation);
        string[] options = ["--exclude", "e", "--reset-identity"];

        CommandResult script = await byShell.RunAsync(["--sql", byShell.File("purge.sql"), .. options]);
        var (exitCode, output, errors) = await Shell.RunScriptAsync(
            byShell.Database,
            await File.ReadAllTextAsync(byShell.File("purge.sql")));
        CommandResult command = await byCommand.RunAsync(["--confirm", byCommand.Name, .. options]);

        Assert.Equal((PurgeExitCode.Complete, PurgeExitCode.Complete), (script.Code, command.Code));
        Assert.Equal((0, ""), (exitCode, errors.Trim()));
        Assert.Equal(await byCommand.Database.ChecksumAsync(), await byShell.Database.ChecksumAsync());
        Assert.Equal(3, await byShell.Database.CountAsync("e"));
        Assert.Equal(["0|0", "1|0", "2|0", "3|0"], output.Split('\n', StringSplitOptions.RemoveEmptyEntries).TakeLast(4));
    }
}
