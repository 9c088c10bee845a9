using System.Buffers.Text;
using System.Security.Cryptography;
using FloworxPurge.CommandLine.Backups;
using FloworxPurge.CommandLine.Consent;
using FloworxPurge.CommandLine.Tests.Kit;
using FloworxPurge.Reporting;
using FloworxPurge.Tests.Kit;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;

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
        Assert.Equal(
            "--approve with a token for this plan and database, good until 2026-03-04 06:06:07 UTC",
            PurgeReport.FromJson(result.Output).Details.Consent);
    }

    [Theory]
    [InlineData("DELETE FROM other WHERE Id = 1")]
    [InlineData("INSERT INTO other (Id) VALUES (77)")]
    public async Task Rows_that_come_or_go_need_another_one(string statement)
    {
        await using CommandHost host = await HostAsync();
        string token = await TokenAsync(host);
        await host.Database.ExecuteUncheckedAsync(statement);

        Assert.Contains(
            "other numbers of rows",
            await host.RefusedAsync(PurgeExitCode.Refused, "--approve", token),
            StringComparison.Ordinal);
        Assert.Equal(PurgeExitCode.Complete, (await host.RunAsync("--approve", await TokenAsync(host))).Code);
    }

    [Fact]
    public async Task It_is_good_for_one_run()
    {
        await using CommandHost host = await HostAsync();
        string token = await TokenAsync(host);
        Assert.Equal(PurgeExitCode.Complete, (await host.RunAsync("--approve", token)).Code);

        Assert.Contains(
            "it was used already",
            await host.RefusedAsync(PurgeExitCode.Refused, "--approve", token),
            StringComparison.Ordinal);
        Assert.Contains(
            "it was used already",
            await host.RefusedAsync(PurgeExitCode.Refused, "--approve", " " + token + " "),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_is_used_up_when_the_same_rows_are_there_again_or_there_were_none()
    {
        await using CommandHost host = await HostAsync();
        await host.Database.ExecuteUncheckedAsync("DELETE FROM child; DELETE FROM parent; DELETE FROM other");
        string token = await TokenAsync(host);
        Assert.Equal(PurgeExitCode.Complete, (await host.RunAsync("--approve", token)).Code);

        string line = await host.RefusedAsync(PurgeExitCode.Refused, "--approve", token);
        Assert.Contains("the token after --approve was used already: a run with it began to commit at ", line, StringComparison.Ordinal);
        Assert.Contains("and it is good for one run", line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_is_used_up_however_it_is_copied_and_the_next_one_is_good()
    {
        await using CommandHost host = await HostAsync();
        await host.Database.ExecuteUncheckedAsync("DELETE FROM child; DELETE FROM parent; DELETE FROM other");
        string token = await TokenAsync(host);
        Assert.Equal(PurgeExitCode.Complete, (await host.RunAsync("--approve", token)).Code);

        Assert.Contains(
            "was used already",
            await host.RefusedAsync(PurgeExitCode.Refused, "--approve", $" {token} "),
            StringComparison.Ordinal);
        _clock.Now += TimeSpan.FromSeconds(1);
        CommandResult next = await host.RunAsync("--approve", await TokenAsync(host));
        Assert.True(next.Code == PurgeExitCode.Complete, next.All);
    }

    [Fact]
    public async Task A_name_after_confirm_does_not_make_up_for_a_token_that_is_not_good()
    {
        await using CommandHost host = await HostAsync();

        Assert.Contains(
            "it is no approval token",
            await host.RefusedAsync(PurgeExitCode.Refused, "--confirm", "test.db", "--approve", "AAAA"),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_covers_each_part_of_the_database_s_identity_and_the_rows_of_each_table()
    {
        await using CommandHost host = await HostAsync();
        PurgePlan plan = await PlanAsync(host);
        DatabaseIdentity database = plan.Database with { Server = "one", Database = "two", DatabaseId = "three" };
        plan = plan with { Database = database };
        string token = ApprovalToken.Create(plan, _clock.Now.AddHours(1), Key);
        Assert.Null(ApprovalToken.RefusalOf(token, plan, _clock.Now, Key, out _));

        DatabaseIdentity[] others =
        [
            database with { Provider = "another" },
            database with { Server = "another" },
            database with { Database = "another" },
            database with { DatabaseId = "another" },
            database with { DatabaseId = null },
            database with { Server = "onet", Database = "wo" },
        ];
        Assert.All(others, other => Assert.StartsWith(
            "it was made for another database than",
            ApprovalToken.RefusalOf(token, plan with { Database = other }, _clock.Now, Key, out _),
            StringComparison.Ordinal));
        PlanTable first = plan.Tables[0];
        PlanTable[] tables = [first with { Rows = first.Rows + 1 }, first with { Rows = null }];
        Assert.All(tables, table => Assert.StartsWith(
            "it was made for other numbers of rows",
            ApprovalToken.RefusalOf(token, plan with { Tables = [table, .. plan.Tables.Skip(1)] }, _clock.Now, Key, out _),
            StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_the_same_key_signed_for_something_else_is_no_token()
    {
        await using CommandHost host = await HostAsync();
        PurgePlan plan = await PlanAsync(host);
        byte[] token = Base64Url.DecodeFromChars(ApprovalToken.Create(plan, _clock.Now.AddHours(1), Key));
        byte[] body = token[..^HMACSHA256.HashSizeInBytes];
        byte[] older = [1, .. body[1..]];
        byte[] signed = [.. "FloworxPurge approval\0"u8, .. older];

        Assert.StartsWith(
            "it was changed, or made with another key",
            Refusal([.. body, .. HMACSHA256.HashData(Key, body)]),
            StringComparison.Ordinal);
        Assert.StartsWith(
            "it is no approval token",
            Refusal([.. older, .. HMACSHA256.HashData(Key, signed)]),
            StringComparison.Ordinal);

        string? Refusal(byte[] bytes) => ApprovalToken.RefusalOf(Base64Url.EncodeToString(bytes), plan, _clock.Now, Key, out _);
    }

    [Fact]
    public async Task A_use_is_remembered_in_the_database_by_a_hash()
    {
        await using CommandHost host = await HostAsync();
        string token = await TokenAsync(host);
        Assert.Equal(PurgeExitCode.Complete, (await host.RunAsync("--approve", token)).Code);

        Assert.Equal(1, await host.Database.CountAsync("floworxpurge_runs"));
        string text = await host.Database.ChecksumAsync();
        Assert.DoesNotContain(token, text, StringComparison.Ordinal);
        await host.Database.ExecuteAsync("DELETE FROM floworxpurge_runs");
        Assert.Contains(
            "other numbers of rows",
            await host.RefusedAsync(PurgeExitCode.Refused, "--approve", token),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_run_that_was_rolled_back_does_not_use_it_up()
    {
        await using CommandHost host = await HostAsync();
        await host.Database.ExecuteAsync(
            "CREATE TABLE gate (IsOpen INTEGER NOT NULL); INSERT INTO gate VALUES (0); CREATE TRIGGER stop BEFORE DELETE ON parent "
                + "WHEN (SELECT IsOpen FROM gate) = 0 BEGIN SELECT RAISE(ABORT, 'not now'); END");
        string token = await TokenAsync(host);

        CommandResult failed = await host.RunAsync("--approve", token);
        await host.Database.ExecuteAsync("UPDATE gate SET IsOpen = 1");
        CommandResult result = await host.RunAsync("--approve", token);

        Assert.True(failed.Code == PurgeExitCode.Failed, failed.All);
        Assert.True(result.Code == PurgeExitCode.Complete, result.All);
        Assert.Equal(0, await host.RowsAsync());
    }

    [Fact]
    public async Task A_host_that_limits_runs_itself_accepts_none()
    {
        await using CommandHost host = await HostAsync();
        string token = await TokenAsync(host);
        host.Configure += options => options.Configure = purge => purge.RunKey = "nightly";

        Assert.Contains(
            "this host sets RunKey",
            await host.RefusedAsync(PurgeExitCode.Refused, "--approve", token),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Rows_that_arrive_after_the_consent_are_not_deleted_by_it()
    {
        await using CommandHost host = await HostAsync();
        host.Configure += options => options.Configure = purge => purge.MaxRows = 100;
        string token = await TokenAsync(host);
        host.Configure += options => options.Backup = new WritingBackup(host);

        CommandResult result = await host.RunAsync("--approve", token, "--backup", host.Folder.FullName);

        Assert.Equal(PurgeExitCode.Refused, result.Code);
        Assert.Contains("MaxRows is 9", result.All, StringComparison.Ordinal);
        Assert.Equal(10, await host.RowsAsync());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task It_is_no_good_for_a_file_that_took_the_place_of_the_database(bool isMoved)
    {
        await using CommandHost host = await HostAsync();
        string token = await TokenAsync(host);
        string file = Assert.IsType<SqliteTestDatabase>(host.Database).FileName!;
        SqliteConnection.ClearAllPools();
        string copy = host.File("copy.db");
        File.Copy(file, copy);
        File.Delete(file);
        if (isMoved)
        {
            File.Move(copy, file);
        }
        else
        {
            File.Copy(copy, file);
        }

        Assert.Contains(
            "another database than",
            await host.RefusedAsync(PurgeExitCode.Refused, "--approve", token),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_expires()
    {
        await using CommandHost host = await HostAsync();
        string token = await TokenAsync(host);
        _clock.Now += TimeSpan.FromHours(1);

        Assert.Contains(
            "it expired at 2026-03-04 06:06:07 UTC",
            await host.RefusedAsync(PurgeExitCode.Refused, "--approve", token),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_is_no_good_for_another_database()
    {
        await using CommandHost one = await HostAsync();
        await using CommandHost two = await HostAsync();

        Assert.Contains(
            "another database than \"test.db\"",
            await two.RefusedAsync(PurgeExitCode.Refused, "--approve", await TokenAsync(one)),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_is_no_good_for_another_plan()
    {
        await using CommandHost host = await HostAsync();
        string token = await TokenAsync(host);

        Assert.Contains(
            "another plan",
            await host.RefusedAsync(PurgeExitCode.Refused, "--approve", token, "--exclude", "other"),
            StringComparison.Ordinal);
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

        Assert.Contains(
            "made with another key",
            await host.RefusedAsync(PurgeExitCode.Refused, "--approve", token),
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("yes")]
    [InlineData("AAAA")]
    [InlineData("%%%%")]
    public async Task What_is_no_token_is_said_to_be_none(string text)
    {
        await using CommandHost host = await HostAsync();

        Assert.Contains(
            "it is no approval token",
            await host.RefusedAsync(PurgeExitCode.Refused, "--approve", text),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_key_none_is_made_and_none_accepted()
    {
        await using CommandHost host = await CommandHost.CreateAsync();

        Assert.DoesNotContain("--approve", (await host.RunAsync("--dry-run")).Output, StringComparison.Ordinal);
        Assert.Contains(
            "no key for approval tokens",
            await host.RefusedAsync(PurgeExitCode.Refused, "--approve", "AAAA"),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_host_that_prohibits_purges_makes_none()
    {
        await using CommandHost host = await HostAsync();
        host.Configure += options => options.ProhibitPurge = true;

        Assert.DoesNotContain("--approve", (await host.RunAsync("--dry-run")).Output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_short_key_is_refused_when_the_host_starts()
        => Assert.Contains(
            "ApprovalKey",
            Assert.Throws<ArgumentException>(() => new PurgeCommandOptions { ApprovalKey = new byte[31] }.Validate("configure")).Message,
            StringComparison.Ordinal);

    private async Task<CommandHost> HostAsync()
    {
        CommandHost host = await CommandHost.CreateAsync();
        host.Configure = options => (options.ApprovalKey, options.TimeProvider) = (Key, _clock);
        return host;
    }

    private sealed class WritingBackup(CommandHost host) : IPurgeBackup
    {
        public async Task<PurgeBackupResult> CreateAsync(PurgeBackupRequest request, CancellationToken cancellationToken = default)
        {
            await host.Database.ExecuteUncheckedAsync("INSERT INTO other (Id) VALUES (77)", cancellationToken);
            return new PurgeBackupResult { Path = "nowhere", Size = 1, Sha256 = "none", Verification = "not verified" };
        }
    }

    private static async Task<PurgePlan> PlanAsync(CommandHost host)
    {
        await using ServiceProvider services = host.CreateServices();
        return await new Purger().PlanAsync(services.GetRequiredService<ScenarioContext>());
    }

    private static async Task<string> TokenAsync(CommandHost host)
    {
        CommandResult result = await host.RunAsync("--dry-run", "--quiet");
        return result.Output.Split('\n').Single(line => line.StartsWith("--approve ", StringComparison.Ordinal))["--approve ".Length..];
    }
}
