using System.Text.RegularExpressions;
using FloworxPurge.CommandLine.Tests.Kit;
using FloworxPurge.Reporting;

namespace FloworxPurge.CommandLine.Tests;

/// <summary>The published web host in a pseudo-terminal: the question, Ctrl+C, narrow and wide windows.</summary>
public sealed class TerminalTests(WebApp app)
{
    private const int Many = 1_000_000;

    [Theory]
    [InlineData(40)]
    [InlineData(200)]
    public async Task The_right_name_purges_and_no_line_is_wider_than_the_window(int columns)
    {
        string file = await app.CopyAsync();
        await using PseudoTerminal terminal = await app.InTerminalAsync(file, columns);
        await terminal.WaitForAsync("> ", after: "to continue:");
        await terminal.TypeAsync("shop.db\n");

        PurgeExitCode code = await terminal.EndAsync();

        Assert.True(code == PurgeExitCode.Complete, terminal.Text);
        Assert.Equal(0, await WebApp.CountAsync(file));
        Assert.Contains("Verifying", terminal.Text, StringComparison.Ordinal);
        Assert.Matches("[0-9]+ rows deleted +━", terminal.Text);
        Assert.All(terminal.Text.Split('\n', '\r'), line => Assert.True(line.Length <= columns, $"{line.Length}: {line}"));
    }

    [Fact]
    public async Task The_wrong_name_is_refused_with_3()
    {
        string file = await app.CopyAsync();
        await using PseudoTerminal terminal = await app.InTerminalAsync(file, 120);
        await terminal.WaitForAsync("> ", after: "to continue:");
        await terminal.TypeAsync("yes\n");

        PurgeExitCode code = await terminal.EndAsync();

        Assert.Equal((PurgeExitCode.Refused, WebApp.Rows), (code, await WebApp.CountAsync(file)));
        Assert.Contains("what was typed is \"yes\"", terminal.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null, true)]
    [InlineData("1", false)]
    public async Task Colours_are_shown_unless_NO_COLOR_is_set(string? noColor, bool hasColours)
    {
        string file = await app.CopyAsync();
        await WebApp.ExecuteAsync(file, "DROP TABLE AspNetUserTokens");
        await using PseudoTerminal terminal = await app.InTerminalAsync(file, 80, ["--dry-run"], ("NO_COLOR", noColor));

        Assert.Equal(PurgeExitCode.Complete, await terminal.EndAsync());
        Assert.Equal(hasColours, Regex.IsMatch(terminal.Raw, "\e\\[[0-9;]*[1-9][0-9;]*m", RegexOptions.None, TimeSpan.FromSeconds(1)));
    }

    [Fact]
    public async Task Ctrl_C_at_the_question_ends_with_130()
    {
        string file = await app.CopyAsync();
        await using PseudoTerminal terminal = await app.InTerminalAsync(file, 120);
        await terminal.WaitForAsync("> ", after: "to continue:");
        await terminal.TypeAsync("\x03");

        PurgeExitCode code = await terminal.EndAsync();

        Assert.Equal((PurgeExitCode.Cancelled, WebApp.Rows), (code, await WebApp.CountAsync(file)));
        Assert.Contains("Cancelled: nothing was deleted", terminal.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ctrl_C_in_the_middle_of_a_million_rows_rolls_back_and_says_so()
    {
        string file = await app.CopyAsync();
        await WebApp.ExecuteAsync(
            file,
            $"INSERT INTO WorkItems (WorkspaceId, ParentId, Title) WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE "
                + $"i < {Many}) SELECT 1, NULL, 'test' FROM n");
        await using PseudoTerminal terminal = await app.InTerminalAsync(file, 120, ["--force", "--report", file + ".json"]);
        await terminal.WaitForAsync("rows deleted: WorkItems");
        await terminal.TypeAsync("\x03");

        PurgeExitCode code = await terminal.EndAsync();

        Assert.True(code == PurgeExitCode.Cancelled, terminal.Text);
        Assert.Equal(Many + WebApp.Rows, await WebApp.CountAsync(file));
        Assert.Contains("Stopping, rolling back", terminal.Text, StringComparison.Ordinal);
        Assert.Contains("Cancelled: the purge of shop.db was rolled back", terminal.Text, StringComparison.Ordinal);
        Assert.Equal(Reporting.PurgeVerdict.Cancelled, Reporting.PurgeReport.FromJson(await File.ReadAllTextAsync(file + ".json")).Verdict);
    }
}
