using FloworxPurge.Tests.Conformance;
using FloworxPurge.Tests.RowScopes;

namespace FloworxPurge.Tests.Archives;

/// <summary>What an archive cannot be combined with is refused, all of it in one message.</summary>
public sealed class ArchiveOptionTests
{
    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Fact]
    public void Options_that_an_archive_cannot_be_combined_with_are_named_together()
    {
        ArgumentException exception = Assert.Throws<ArgumentException>(() => new Purger(options =>
        {
            options.ArchiveTo("archive");
            options.BestEffort = true;
            options.PurgeHistory = true;
            options.Truncate = true;
        }));

        Assert.Contains("BestEffort is true, and ArchiveTo is called", exception.Message, StringComparison.Ordinal);
        Assert.Contains("PurgeHistory is true, and ArchiveTo is called", exception.Message, StringComparison.Ordinal);
        Assert.Contains("Truncate is true, and ArchiveTo is called", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData(" ")]
    public void A_folder_without_a_name_is_refused(string? folder)
        => Assert.ThrowsAny<ArgumentException>(() => new PurgeOptions().ArchiveTo(folder!));

    [Fact]
    public async Task An_engine_whose_values_are_not_known_is_refused_when_the_plan_is_made()
    {
        await using RowScenario scenario = await RowScenario.CreateAsync(Engine.Ansi, _ => { }, "A 1!");
        using var archive = new ArchiveFiles();

        PurgeException refused = await Assert.ThrowsAsync<PurgeException>(
            () => scenario.PurgeAsync(options => options.ArchiveTo(archive.Folder)));

        Assert.Contains("ArchiveTo is not supported on ", refused.Message, StringComparison.Ordinal);
        Assert.True(archive.IsNothing);
        Assert.Equal("1", await scenario.KeysAsync("A"));
    }
}
