using FloworxPurge.Extensibility;

namespace FloworxPurge.Tests.Extensibility;

/// <summary>Which files a pattern names.</summary>
public sealed class FileGlobTests
{
    [Theory]
    [InlineData("**", "a", true)]
    [InlineData("**", "a/b/c.txt", true)]
    [InlineData("**", ".hidden/.file", true)]
    [InlineData("*", "a.txt", true)]
    [InlineData("*", "a/b.txt", false)]
    [InlineData("*.log", "a.log", true)]
    [InlineData("*.log", "a.log.gz", false)]
    [InlineData("*.log", ".log", true)]
    [InlineData("?.log", "a.log", true)]
    [InlineData("?.log", "ab.log", false)]
    [InlineData("**/*.log", "a.log", true)]
    [InlineData("**/*.log", "x/y/a.log", true)]
    [InlineData("logs/**", "logs/a", true)]
    [InlineData("logs/**", "logs/x/y/a", true)]
    [InlineData("logs/**", "logs", false)]
    [InlineData("logs/**", "other/logs/a", false)]
    [InlineData("a/**/z", "a/z", true)]
    [InlineData("a/**/z", "a/b/c/z", true)]
    [InlineData("a/**/z", "b/a/z", false)]
    [InlineData("a/*/z", "a/b/z", true)]
    [InlineData("a/*/z", "a/b/c/z", false)]
    [InlineData("a\\*.txt", "a/b.txt", true)]
    [InlineData("**/**/**/x", "x", true)]
    [InlineData("[a].txt", "[a].txt", true)]
    [InlineData("[a].txt", "a.txt", false)]
    [InlineData("{a,b}", "a", false)]
    [InlineData("a b.txt", "a b.txt", true)]
    public void A_pattern_matches(string pattern, string path, bool matches)
        => Assert.Equal(matches, FileGlob.Parse(pattern).Glob!.Matches(path.Split('/')));

    [Fact]
    public void Any_folders_over_and_over_stay_quick()
    {
        FileGlob glob = FileGlob.Parse(string.Join('/', Enumerable.Repeat("**/a", 40)) + "/z").Glob!;

        Assert.False(glob.Matches([.. Enumerable.Repeat("a", 200)]));
    }

    [Theory]
    [InlineData("", "is empty")]
    [InlineData("..", "leaves the folder")]
    [InlineData("../x", "leaves the folder")]
    [InlineData("a/../../x", "leaves the folder")]
    [InlineData("a\\..\\x", "leaves the folder")]
    [InlineData("/etc/*", "is absolute")]
    [InlineData("\\x", "is absolute")]
    [InlineData("\\\\server\\share", "is absolute")]
    [InlineData("C:\\x", "is absolute")]
    [InlineData("c:x", "is absolute")]
    [InlineData("a//b", "empty or .")]
    [InlineData("a/", "empty or .")]
    [InlineData("./a", "empty or .")]
    [InlineData("a**/b", "not alone")]
    [InlineData("a\0b", "NUL")]
    public void A_pattern_that_could_leave_the_root_or_means_nothing_is_refused(string pattern, string problem)
        => Assert.Contains(problem, FileGlob.Parse(pattern).Problem!, StringComparison.Ordinal);
}
