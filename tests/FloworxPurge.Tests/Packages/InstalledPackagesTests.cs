using FloworxPurge.Tests.Kit;
using FloworxPurge.Tests.Servers;

namespace FloworxPurge.Tests.Packages;

/// <summary>
/// The packages in a new project, as a newcomer takes them up: what their READMEs show is what they do. Restores, builds and runs: leave it
/// out by <c>--filter FullyQualifiedName!~InstalledPackagesTests</c>.
/// </summary>
public sealed class InstalledPackagesTests(ExampleProject project) : IClassFixture<ExampleProject>
{
    [Fact]
    public async Task The_library_purges_whole_tables_deletes_rows_and_resets_a_database()
    {
        (string folder, string[] outputs) = await project.RunAsync("library", ["library"]);

        // The filled database has one of each but three users; so has what is filled again.
        string output = outputs[0];
        Assert.Contains("Purged: 0 users, 0 orders, 0 lines, 1 countries, 1 currencies", output, StringComparison.Ordinal);
        Assert.Contains("Rows: 2 users, 1 orders, 1 lines, 2 countries, 2 currencies", output, StringComparison.Ordinal);
        Assert.Contains("Reset: 0 users, 0 orders, 0 lines, 2 countries, 0 currencies", output, StringComparison.Ordinal);
        Assert.Contains("Complete", await ReadAsync(folder, "purge-report.html"), StringComparison.Ordinal);
        Assert.Contains("<html", await ReadAsync(folder, "erased.html"), StringComparison.Ordinal);
        Assert.Contains("DELETE FROM", await ReadAsync(folder, "purge.sql"), StringComparison.Ordinal);
    }

    [Fact]
    public void The_first_example_of_the_first_page_is_that_of_the_package()
        => Assert.Equal(Page.Readme.Snippets.First(), Page.Read("src/FloworxPurge/README.md").Snippets.First());

    [Fact]
    public async Task A_host_runs_the_command()
    {
        (string folder, string[] outputs) = await project.RunAsync(
            "host",
            ["purge", "--dry-run"],
            ["purge", "plan", "--out", "purge.plan.json"],
            ["purge", "run", "purge.plan.json", "--confirm", "shop.db", "--backup", "backups", "--report", "purge.html"]);

        Assert.Contains("Lines", outputs[0], StringComparison.Ordinal);
        Assert.Contains("complete", outputs[2], StringComparison.OrdinalIgnoreCase);
        Assert.Contains("Complete", await ReadAsync(folder, "purge.html"), StringComparison.Ordinal);
        Assert.Single(Directory.GetFiles(Path.Combine(folder, "backups"), "shop.db*"));
    }

    [Fact]
    public async Task Keys_of_a_server_are_deleted_after_the_purge()
    {
        await using RedisProcess server = await RedisServer.StartAsync(new RedisStart());
        await using RedisClient first = await server.ConnectAsync();
        await using RedisClient second = await server.ConnectAsync(database: 2);
        await first.FillAsync("session:", 3);
        await second.FillAsync("report:", 2);
        await second.FillAsync("kept:", 1);

        (_, string[] outputs) = await project.RunAsync("redis", ["redis", server.Endpoint]);

        Assert.Contains("Complete: Passed, Passed, Passed", outputs[0], StringComparison.Ordinal);
        Assert.Equal(0, await first.SizeAsync());
        Assert.Equal(1, await second.SizeAsync());
    }

    private static Task<string> ReadAsync(string folder, string file)
        => File.ReadAllTextAsync(Path.Combine(folder, file), TestContext.Current.CancellationToken);
}
