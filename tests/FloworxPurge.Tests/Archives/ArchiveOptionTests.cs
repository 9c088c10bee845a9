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
    public void Another_folder_keeps_the_wrap_and_the_date_of_an_earlier_call()
    {
        static Stream Wrap(Stream stream) => stream;
        static Stream Other(Stream stream) => stream;
        var date = new DateOnly(2030, 1, 1);
        PurgeOptions options = new PurgeOptions().ArchiveTo("a", retainUntil: date, wrap: Wrap).ArchiveTo("b");
        PurgeOptions others = new PurgeOptions()
            .ArchiveTo("a", retainUntil: date, wrap: Wrap)
            .ArchiveTo("b", retainUntil: date.AddDays(1), wrap: Other);
        PurgeOptions schema = new PurgeOptions().ArchiveTo("a", retainUntil: date, wrap: Wrap).ArchiveTo(schema: "s");

        Assert.Equal(("b", date), (options.Archive!.Directory, options.Archive.RetainUntil));
        Assert.Equal(Wrap, options.Archive.Wrap);
        Assert.Equal(date.AddDays(1), others.Archive!.RetainUntil);
        Assert.Equal(Other, others.Archive.Wrap);
        Assert.Equal(("s", date), (schema.Archive!.Schema, schema.Archive.RetainUntil));
        Assert.Null(schema.Archive.Wrap);
    }

    [Fact]
    public void A_folder_and_a_schema_exclude_each_other_and_every_problem_is_named()
    {
        ArgumentException neither = Assert.ThrowsAny<ArgumentException>(() => new PurgeOptions().ArchiveTo(wrap: stream => stream));
        ArgumentException both = Assert.ThrowsAny<ArgumentException>(() => new PurgeOptions().ArchiveTo(" ", schema: ""));

        Assert.Contains("Neither a directory nor a schema is given.", neither.Message, StringComparison.Ordinal);
        Assert.Contains("a schema has no files", neither.Message, StringComparison.Ordinal);
        Assert.Contains("Both a directory and a schema are given.", both.Message, StringComparison.Ordinal);
        Assert.Contains("The directory is empty.", both.Message, StringComparison.Ordinal);
        Assert.Contains("The schema is empty.", both.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task SQLite_has_no_schemas_and_is_refused_when_the_plan_is_made()
    {
        await using RowScenario scenario = await RowScenario.CreateAsync(Engine.Sqlite, _ => { }, "A 1!");

        PurgeException refused = await Assert.ThrowsAsync<PurgeException>(
            () => scenario.PurgeAsync(options => options.ArchiveTo(schema: "purged")));

        Assert.Contains(
            "ArchiveTo(schema: \"purged\") is not supported on SQLite: it has no schemas",
            refused.Message,
            StringComparison.Ordinal);
        Assert.Equal("1", await scenario.KeysAsync("A"));
    }

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
