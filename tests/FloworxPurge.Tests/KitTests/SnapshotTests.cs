using FloworxPurge.Tests.Kit;
using Xunit.Sdk;

namespace FloworxPurge.Tests.KitTests;

public sealed class SnapshotTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("floworxpurge-snapshots-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void A_text_is_compared_with_the_approved_file_in_the_source_tree()
        => Snapshot.Match("kit.example", "first line\nsecond line\n");

    [Fact]
    public void The_line_ending_makes_no_difference()
        => Snapshot.Match("kit.example", "first line\r\nsecond line\r\n");

    [Fact]
    public void A_difference_is_shown_with_its_line_and_the_way_to_approve_it()
    {
        Approve("one\ntwo\nthree");

        var failure = Assert.Throws<FailException>(() => Match("one\n2\nthree"));

        Assert.Contains("at line 2", failure.Message, StringComparison.Ordinal);
        Assert.Contains("approved: two", failure.Message, StringComparison.Ordinal);
        Assert.Contains("actual:   2", failure.Message, StringComparison.Ordinal);
        Assert.Contains("FLOWORXPURGE_UPDATE_SNAPSHOTS=1", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_text_that_ends_too_early_is_a_difference()
    {
        Approve("one\ntwo");

        var failure = Assert.Throws<FailException>(() => Match("one"));

        Assert.Contains("actual:   (end of the text)", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_snapshot_that_is_missing_fails_and_shows_the_text()
    {
        var failure = Assert.Throws<FailException>(() => Match("the text"));

        Assert.Contains("the text", failure.Message, StringComparison.Ordinal);
        Assert.Empty(_folder.GetFiles());
    }

    [Fact]
    public void A_rewritten_snapshot_matches_from_then_on()
    {
        Approve("old");
        Approve("new");

        Match("new");
        Assert.Throws<FailException>(() => Match("old"));
    }

    private void Approve(string text) => Snapshot.Match(_folder.FullName, "sample", text, update: true);

    private void Match(string text) => Snapshot.Match(_folder.FullName, "sample", text, update: false);
}
