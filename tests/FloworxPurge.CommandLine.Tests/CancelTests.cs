using FloworxPurge.CommandLine.Tests.Kit;
using FloworxPurge.Reporting;
using FloworxPurge.Tests.Kit;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace FloworxPurge.CommandLine.Tests;

/// <summary>Whenever the command is stopped, everything is as it was.</summary>
public sealed class CancelTests
{
    [Fact]
    public async Task In_the_middle_of_the_purge_it_rolls_back_and_ends_with_130()
    {
        await using CommandHost host = await CommandHost.CreateAsync();
        using var stop = new CancellationTokenSource();
        host.ContextOptions = options => options.AddInterceptors(
            new CommandHook { After = async (command, _) => { if (CommandHook.Deletes(command)) { await stop.CancelAsync(); } } });

        CommandResult result = await host.RunAsync(["--force", "--report", host.File("a.json")], stop.Token);

        Assert.Equal((PurgeExitCode.Cancelled, 9), (result.Code, await host.RowsAsync()));
        Assert.Contains("Cancelled: the purge of test.db was rolled back.", result.Error, StringComparison.Ordinal);
        Assert.Contains("Stopping, rolling back", result.All, StringComparison.Ordinal);
        Assert.Contains("\"Cancelled\"", await File.ReadAllTextAsync(host.File("a.json")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task While_the_plan_is_made_nothing_was_deleted()
    {
        await using CommandHost host = await CommandHost.CreateAsync();
        using var stop = new CancellationTokenSource();
        host.ContextOptions = options => options.AddInterceptors(new CommandHook { Before = async (_, _) => await stop.CancelAsync() });

        CommandResult result = await host.RunAsync(["--force"], stop.Token);

        Assert.Equal((PurgeExitCode.Cancelled, 9), (result.Code, await host.RowsAsync()));
        Assert.Contains("Cancelled: nothing was deleted.", Assert.Single(result.ErrorLines), StringComparison.Ordinal);
    }

    [Fact]
    public async Task While_the_question_waits_nothing_was_deleted()
    {
        await using CommandHost host = await CommandHost.CreateAsync();
        using var stop = new CancellationTokenSource();
        host.Configure = options =>
        {
            stop.CancelAfter(TimeSpan.FromSeconds(1));
            options.Console = new PurgeConsole(
                new NobodyTypes(),
                options.Console!.Output,
                options.Console.Error)
            { IsInputRedirected = false, IsOutputRedirected = false };
        };

        CommandResult result = await host.RunAsync([], stop.Token);

        Assert.Equal((PurgeExitCode.Cancelled, 9), (result.Code, await host.RowsAsync()));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task After_the_commit_it_does_not_claim_to_roll_back(bool isTerminal)
    {
        await using CommandHost host = await CommandHost.CreateAsync();
        using var stop = new CancellationTokenSource();
        (host.Typed, host.SupportsAnsi) = (isTerminal ? "" : null, isTerminal);
        host.Services = services => services.AddFloworxPurge(options => options.AddCheck("slow", async (_, _) =>
        {
            await stop.CancelAsync();

            // The bars are drawn from time to time.
            await Task.Delay(TimeSpan.FromSeconds(isTerminal ? 1 : 0), CancellationToken.None);
            return CheckReport.Compare("done", "done");
        }));

        CommandResult result = await host.RunAsync(["--force"], stop.Token);

        Assert.Equal(0, await host.RowsAsync());
        Assert.Contains("Stopping; the purge is committed", result.All, StringComparison.Ordinal);
        Assert.DoesNotContain("rolling back", result.All, StringComparison.Ordinal);
        Assert.Equal(PurgeExitCode.Complete, result.Code);
    }

    private sealed class NobodyTypes : TextReader
    {
        public override string? ReadLine()
        {
            Thread.Sleep(TimeSpan.FromSeconds(5));
            return null;
        }
    }
}
