using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using FloworxPurge.CommandLine.Tests.Kit;
using FloworxPurge.Tests.Kit;

namespace FloworxPurge.CommandLine.Tests;

/// <summary>Plan files that are damaged, made up or used in another way than they were written for.</summary>
public sealed class PlanFileAttackTests
{
    private static readonly byte[] Key = [.. Enumerable.Range(1, 32).Select(i => (byte)i)];

    [Fact]
    public async Task Each_bit_that_is_another_one_is_refused()
    {
        await using CommandHost host = await CommandHost.CreateAsync(notation: "child->parent");
        byte[] bytes = await File.ReadAllBytesAsync(await WriteAsync(host), TestContext.Current.CancellationToken);
        string changed = host.File("changed.json");
        for (int i = 0; i < bytes.Length; i += 5)
        {
            byte[] copy = [.. bytes];
            copy[i] ^= (byte)(1 << (i % 8));
            await File.WriteAllBytesAsync(changed, copy, TestContext.Current.CancellationToken);
            CommandResult result = await host.RunAsync("run", changed, "--force");

            Assert.True(result.Code == PurgeExitCode.Refused, $"byte {i}: {result.All}");
            Assert.Matches(
                "is no plan file|was changed since it was written|it has no planFileVersion|has version|is not UTF-8",
                Assert.Single(result.ErrorLines));
        }

        Assert.Equal(6, await host.RowsAsync());
    }

    [Theory]
    [InlineData("review", "[\"Nothing is deleted.\"]", "says another review than its plan has")]
    [InlineData("review", "[null]", "has an empty entry in a list")]
    [InlineData("options", "[null]", "has an empty entry in a list")]
    [InlineData("options", "[\"--exclude=other\"]", "To purge: - other: 3 rows")]
    [InlineData("options", "[\"--confirm=test.db\"]", "has options that cannot be read")]
    [InlineData("guards", "[null]", "has an empty entry in a list")]
    [InlineData("guards", "[]", "Guards: + RequiredDatabase")]
    [InlineData("rowsAtMost", "900", "says another maximum of rows than its options and its plan have")]
    [InlineData("fingerprint", "\"00\"", "says another fingerprint than its plan has")]
    [InlineData("plan", "{}", "cannot be run")]
    [InlineData("plan", "null", "cannot be run")]
    public async Task A_hash_that_was_made_anew_hides_nothing(string property, string value, string message)
    {
        await using CommandHost host = await CommandHost.CreateAsync();
        string file = await WriteAsync(host);
        JsonObject content = JsonNode.Parse(await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken))!.AsObject();
        content[property] = JsonNode.Parse(value);
        content.Remove("sha256");
        content["sha256"] = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(content.ToJsonString())));
        await File.WriteAllTextAsync(file, content.ToJsonString(), TestContext.Current.CancellationToken);

        Assert.Contains(message, await host.RefusedAsync(PurgeExitCode.Refused, "run", file, "--force"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_property_that_is_there_twice_is_refused()
    {
        await using CommandHost host = await CommandHost.CreateAsync();
        string file = await WriteAsync(host);
        string text = await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(file, $"{{ \"options\": [], {text.TrimStart()[1..]}", TestContext.Current.CancellationToken);

        string refused = await host.RefusedAsync(PurgeExitCode.Refused, "run", file, "--force");

        Assert.Contains("is no plan file", refused, StringComparison.Ordinal);
        Assert.Equal(9, await host.RowsAsync());
    }

    [Fact]
    public async Task An_option_that_names_a_file_of_options_is_only_a_text()
    {
        await using CommandHost host = await CommandHost.CreateAsync();
        string file = await WriteAsync(host);
        await File.WriteAllTextAsync(host.File("more.rsp"), "--exclude=other", TestContext.Current.CancellationToken);
        JsonObject content = JsonNode.Parse(await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken))!.AsObject();
        content["options"] = new JsonArray($"@{host.File("more.rsp")}");
        content.Remove("sha256");
        content["sha256"] = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(content.ToJsonString())));
        await File.WriteAllTextAsync(file, content.ToJsonString(), TestContext.Current.CancellationToken);

        Assert.Contains(
            "has options that cannot be read",
            await host.RefusedAsync(PurgeExitCode.Refused, "run", file, "--force"),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_no_file_with_a_plan_is_refused()
    {
        await using CommandHost host = await CommandHost.CreateAsync();
        string empty = host.File("empty.json");
        await File.WriteAllTextAsync(empty, "", TestContext.Current.CancellationToken);
        string garbled = host.File("garbled.json");
        await File.WriteAllBytesAsync(garbled, [(byte)'{', 0xC3, 0x28, (byte)'}'], TestContext.Current.CancellationToken);
        string large = host.File("large.json");
        await using (FileStream stream = File.Create(large))
        {
            stream.SetLength(65 * 1024 * 1024);
        }

        foreach ((string path, PurgeExitCode code, string message) in ((string, PurgeExitCode, string)[])
            [
                (empty, PurgeExitCode.Refused, "is no plan file"),
                (garbled, PurgeExitCode.Refused, "is not UTF-8"),
                (large, PurgeExitCode.Refused, "is larger than 64 MB"),
                (host.Folder.FullName, PurgeExitCode.Usage, "cannot be read: It is a folder."),
                (OperatingSystem.IsLinux() ? "/dev/zero" : large, PurgeExitCode.Refused, "is larger than 64 MB"),
            ])
        {
            Assert.Contains(message, await host.RefusedAsync(code, "run", path, "--force"), StringComparison.Ordinal);
            Assert.Contains(message, await host.RefusedAsync(code, "plan", "--compare", path), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Of_two_runs_with_one_token_at_the_same_time_one_is_refused()
    {
        await using CommandHost host = await CommandHost.CreateAsync(await PostgreSqlTestDatabase.CreateAsync());
        host.Configure = options => options.ApprovalKey = Key;

        // Without rows only the token tells the two apart.
        await host.Database.ExecuteAsync("DELETE FROM child; DELETE FROM parent; DELETE FROM other");
        string file = host.File("p.json");
        string token = (await host.RunAsync("plan", "--out", file, "--quiet")).Output.Split('\n')
            .Single(line => line.StartsWith("--approve ", StringComparison.Ordinal))["--approve ".Length..];

        CommandResult[] results = await Task.WhenAll(
            Enumerable.Range(0, 4).Select(_ => Task.Run(() => host.RunAsync("run", file, "--approve", token))));

        Assert.Single(results, result => result.Code == PurgeExitCode.Complete);
        Assert.All(
            results.Where(result => result.Code != PurgeExitCode.Complete),
            result => Assert.True(result.Code == PurgeExitCode.Refused, result.All));
        Assert.Equal(1, await host.Database.CountAsync("floworxpurge_runs"));
    }

    [Fact]
    public async Task The_maximum_of_rows_is_that_of_all_transactions_of_a_continued_run()
    {
        await using CommandHost host = await CommandHost.CreateAsync();
        string file = await WriteAsync(host, "--in-chunks", "1", "--pause", "1s");
        using var stop = new CancellationTokenSource();
        Task<CommandResult> run = host.RunAsync(["run", file, "--force"], stop.Token);
        while (await host.RowsAsync() == 9 && !run.IsCompleted)
        {
            await Task.Delay(20, TestContext.Current.CancellationToken);
        }

        await stop.CancelAsync();
        await run;
        long left = await host.RowsAsync();
        await host.Database.ExecuteUncheckedAsync("INSERT INTO other (Id) VALUES (77)");

        CommandResult result = await host.RunAsync("run", file, "--force");

        // As many rows are there as the file allows, and one of them is too many after those that are gone.
        Assert.Equal(8, left);
        Assert.True(result.Code is PurgeExitCode.Refused or PurgeExitCode.Partial, result.All);
        Assert.True(await host.RowsAsync() > 0, result.All);
    }

    private static async Task<string> WriteAsync(CommandHost host, params string[] options)
    {
        string file = host.File("p.json");
        CommandResult result = await host.RunAsync(["plan", "--out", file, .. options]);
        Assert.True(result.Code == PurgeExitCode.Complete, result.All);
        return file;
    }
}
