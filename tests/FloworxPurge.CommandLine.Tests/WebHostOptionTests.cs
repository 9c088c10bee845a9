using FloworxPurge.CommandLine.Tests.Kit;

namespace FloworxPurge.CommandLine.Tests;

/// <summary>
/// The published web host as a process, option by option: what an operator's shell sees. In a class of its own, so that it runs beside <see
/// cref="WebHostTests"/>.
/// </summary>
public sealed class WebHostOptionTests(WebApp app)
{
    [Theory]
    [InlineData(0, 30, "Nothing was run", "--dry-run")]
    [InlineData(3, 30, "no terminal to ask on")]
    [InlineData(0, 0, "2 of 2 checks passed", "--confirm", "shop.db", "--reset-identity", "--timeout", "5m", "--no-color", "--strict")]
    [InlineData(3, 30, "--confirm says \"prod\"", "--confirm", "prod")]
    [InlineData(3, 30, "this host has no key", "--approve", "AAAA")]
    [InlineData(0, 10, "20 rows deleted", "--force", "--include", "WorkItems")]
    [InlineData(0, 5, "Complete: 25 rows deleted", "--force", "--quiet", "--exclude", "AspNet*")]
    [InlineData(0, 5, "25 rows deleted", "--force", "--only-entities", "WorkItem", "Workspace")]
    [InlineData(0, 0, "30 rows deleted", "--force", "--only-entities")]
    [InlineData(0, 30, "DELETE FROM \"WorkItems\"", "--dry-run", "--verbose")]
    [InlineData(3, 30, "30 rows, and MaxRows is 29", "--force", "--max-rows", "29")]
    [InlineData(0, 0, "none", "--force", "--no-backup", "--reason", "none")]
    [InlineData(2, 30, "There is no option --frce. Did you mean --force?", "--frce")]
    [InlineData(2, 30, "--include \"WorkItem\" matches no table. Did you mean \"WorkItems\"", "--force", "--include", "WorkItem")]
    [InlineData(3, 30, "no folder", "--force", "--report", "/no/such/folder/report.md")]
    [InlineData(1, 30, "cannot be created", "--force", "--backup", "/dev/null/folder")]
    public async Task An_option_does_what_it_says_and_ends_with_its_code(int code, int rowsLeft, string says, params string[] args)
    {
        string file = await app.CopyAsync();

        CommandResult result = await app.PurgeAsync(file, says == "none" ? [.. args, "--report", file + ".md"] : args);

        Assert.True(code == (int)result.Code, $"{result.Code}: {result.All}");
        Assert.Contains(says, says == "none" ? await File.ReadAllTextAsync(file + ".md") : result.All, StringComparison.Ordinal);
        Assert.Equal(rowsLeft, await WebApp.CountAsync(file));
        Assert.DoesNotContain("   at ", result.All, StringComparison.Ordinal);
    }
}
