using FloworxPurge.CommandLine.Tests.Kit;
using FloworxPurge.Tests.Kit;

namespace FloworxPurge.CommandLine.Tests;

/// <summary>--in-chunks deletes in several transactions, and a run that was stopped is continued or given up.</summary>
public sealed class ChunkTests
{
    [Fact]
    public async Task A_run_that_was_stopped_is_continued_by_the_same_command()
    {
        await using CommandHost host = await CommandHost.CreateAsync();
        await host.Database.RaiseOnDeleteAsync("other", "not now");

        CommandResult stopped = await host.RunAsync("--confirm", "test.db", "--in-chunks", "1");
        await host.Database.ExecuteAsync("DROP TRIGGER stop_other");
        CommandResult continued = await host.RunAsync("--confirm", "test.db", "--in-chunks", "1");

        Assert.Equal(PurgeExitCode.Partial, stopped.Code);
        Assert.Contains("in 1 transaction, and more for tables of more than 1 row", stopped.Output, StringComparison.Ordinal);
        Assert.Contains("not now", stopped.Error, StringComparison.Ordinal);
        Assert.True(continued.Code == PurgeExitCode.Complete, continued.All);
        Assert.Contains("9 rows deleted", continued.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_run_that_was_stopped_is_given_up_by_a_command_with_other_options_that_says_so()
    {
        await using CommandHost host = await CommandHost.CreateAsync();
        await host.Database.RaiseOnDeleteAsync("other", "not now");
        await host.RunAsync("--confirm", "test.db", "--in-chunks", "1");
        await host.Database.ExecuteAsync("DROP TRIGGER stop_other");
        string[] other = ["--confirm", "test.db", "--in-chunks", "1", "--include", "other"];

        CommandResult refused = await host.RunAsync(other);
        CommandResult begun = await host.RunAsync([.. other, "--abandon-unfinished"]);

        Assert.Equal(PurgeExitCode.Refused, refused.Code);
        Assert.Contains("a run with other options", refused.Error, StringComparison.Ordinal);
        Assert.Contains("or give --abandon-unfinished to give it up", refused.Error, StringComparison.Ordinal);
        Assert.True(begun.Code == PurgeExitCode.Complete, begun.All);
    }
}
