using FloworxPurge.CommandLine.Tests.Kit;
using FloworxPurge.Reporting;

namespace FloworxPurge.CommandLine.Tests;

/// <summary>A token approves one plan for one database for a while, and nothing else.</summary>
public sealed class ApprovalTests
{
    private static readonly byte[] Key = [.. Enumerable.Range(1, 32).Select(i => (byte)i)];

    private readonly ManualClock _clock = new();

    [Fact]
    public async Task A_dry_run_prints_a_token_that_approves_its_plan()
    {
        await using CommandHost host = await HostAsync();

        string token = await TokenAsync(host);
        CommandResult result = await host.RunAsync("--approve", token, "--json");

        Assert.Equal(PurgeExitCode.Complete, result.Code);
        Assert.Equal(0, await host.RowsAsync());
        Assert.Equal("--approve with a token for this plan and database, good until 2026-03-04 06:06:07 UTC", PurgeReport.FromJson(result.Output).Details.Consent);
    }

    [Fact]
    public async Task Rows_that_come_and_go_leave_it_good()
    {
        await using CommandHost host = await HostAsync();
        string token = await TokenAsync(host);
        await host.Database.ExecuteUncheckedAsync("DELETE FROM other WHERE Id = 1");

        Assert.Equal(PurgeExitCode.Complete, (await host.RunAsync("--approve", token)).Code);
    }

    [Fact]
    public async Task It_expires()
    {
        await using CommandHost host = await HostAsync();
        string token = await TokenAsync(host);
        _clock.Now += TimeSpan.FromHours(1);

        Assert.Contains("it expired at 2026-03-04 06:06:07 UTC", await host.RefusedAsync(PurgeExitCode.Refused, "--approve", token), StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_is_no_good_for_another_database()
    {
        await using CommandHost one = await HostAsync();
        await using CommandHost two = await HostAsync();

        Assert.Contains("another database than \"test.db\"", await two.RefusedAsync(PurgeExitCode.Refused, "--approve", await TokenAsync(one)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_is_no_good_for_another_plan()
    {
        await using CommandHost host = await HostAsync();
        string token = await TokenAsync(host);

        Assert.Contains("another plan", await host.RefusedAsync(PurgeExitCode.Refused, "--approve", token, "--exclude", "other"), StringComparison.Ordinal);
        await host.Database.ExecuteAsync("ALTER TABLE other ADD COLUMN later TEXT");
        Assert.Contains("another plan", await host.RefusedAsync(PurgeExitCode.Refused, "--approve", token), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_change_of_any_character_is_noticed()
    {
        await using CommandHost host = await HostAsync();
        string token = await TokenAsync(host);
        for (int i = 0; i < token.Length; i += 7)
        {
            string changed = token[..i] + (token[i] == 'A' ? 'B' : 'A') + token[(i + 1)..];
            string line = await host.RefusedAsync(PurgeExitCode.Refused, "--approve", changed);
            Assert.Matches("it was changed, or made with another key|no approval token", line);
        }
    }

    [Fact]
    public async Task Another_key_makes_other_tokens()
    {
        await using CommandHost host = await HostAsync();
        string token = await TokenAsync(host);
        host.Configure += options => options.ApprovalKey = [.. Key.Reverse()];

        Assert.Contains("made with another key", await host.RefusedAsync(PurgeExitCode.Refused, "--approve", token), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("yes")]
    [InlineData("AAAA")]
    [InlineData("%%%%")]
    public async Task What_is_no_token_is_said_to_be_none(string text)
    {
        await using CommandHost host = await HostAsync();

        Assert.Contains("it is no approval token", await host.RefusedAsync(PurgeExitCode.Refused, "--approve", text), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_key_none_is_made_and_none_accepted()
    {
        await using CommandHost host = await CommandHost.CreateAsync();

        Assert.DoesNotContain("--approve", (await host.RunAsync("--dry-run")).Output, StringComparison.Ordinal);
        Assert.Contains("no key for approval tokens", await host.RefusedAsync(PurgeExitCode.Refused, "--approve", "AAAA"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_short_key_is_refused_when_the_host_starts()
        => Assert.Contains("ApprovalKey", Assert.Throws<ArgumentException>(() => new PurgeCommandOptions { ApprovalKey = new byte[31] }.Validate("configure")).Message, StringComparison.Ordinal);

    private async Task<CommandHost> HostAsync()
    {
        CommandHost host = await CommandHost.CreateAsync();
        host.Configure = options => (options.ApprovalKey, options.TimeProvider) = (Key, _clock);
        return host;
    }

    private static async Task<string> TokenAsync(CommandHost host)
    {
        CommandResult result = await host.RunAsync("--dry-run", "--quiet");
        return result.Output.Split('\n').Single(line => line.StartsWith("--approve ", StringComparison.Ordinal))["--approve ".Length..];
    }
}
