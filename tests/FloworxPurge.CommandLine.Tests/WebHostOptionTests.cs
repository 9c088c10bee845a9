using FloworxPurge.CommandLine.Tests.Kit;

namespace FloworxPurge.CommandLine.Tests;

/// <summary>
/// The published web host as a process, option by option: what an operator's shell sees. In a class of its own, so that it runs beside <see
/// cref="WebHostTests"/>.
/// </summary>
public sealed class WebHostOptionTests(WebApp app)
{
    [Theory]
    [InlineData(0, 35, "Nothing was run", "--dry-run")]
    [InlineData(3, 35, "no terminal to ask on")]
    [InlineData(0, 0, "2 of 2 checks passed", "--confirm", "shop.db", "--reset-identity", "--timeout", "5m", "--no-color", "--strict")]
    [InlineData(3, 35, "--confirm says \"prod\"", "--confirm", "prod")]
    [InlineData(3, 35, "this host has no key", "--approve", "AAAA")]
    [InlineData(0, 15, "20 rows deleted", "--force", "--include", "WorkItems")]
    [InlineData(0, 5, "Complete: 30 rows deleted", "--force", "--quiet", "--exclude", "AspNet*")]
    [InlineData(0, 10, "25 rows deleted", "--force", "--only-entities", "WorkItem", "Workspace")]
    [InlineData(0, 0, "35 rows deleted", "--force", "--only-entities")]
    [InlineData(0, 35, "DELETE FROM \"WorkItems\"", "--dry-run", "--verbose")]
    [InlineData(3, 35, "35 rows, and MaxRows is 34", "--force", "--max-rows", "34")]
    [InlineData(0, 0, "none", "--force", "--no-backup", "--reason", "none")]
    [InlineData(0, 35, "Rows<Account>(account => account.NormalizedEmail == email)", "--list-rows")]
    [InlineData(0, 35, "Rows<Account>(account => true): 5 rows", "--dry-run", "--rows", "users")]
    [InlineData(0, 0, "35 rows deleted", "--force", "--rows", "users")]
    [InlineData(6, 35, "no row matches", "--force", "--rows", "subject", "--rows-parameter", "email=nobody@example.com")]
    [InlineData(2, 35, "--rows subject needs --rows-parameter email=VALUE.", "--force", "--rows", "subject")]
    [InlineData(2, 35, "There is no option --frce. Did you mean --force?", "--frce")]
    [InlineData(2, 35, "--include \"WorkItem\" matches no table. Did you mean \"WorkItems\"", "--force", "--include", "WorkItem")]
    [InlineData(3, 35, "no folder", "--force", "--report", "/no/such/folder/report.md")]
    [InlineData(1, 35, "cannot be created", "--force", "--backup", "/dev/null/folder")]
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
