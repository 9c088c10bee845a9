using FloworxPurge.Redis;
using FloworxPurge.Tests.Kit;

namespace FloworxPurge.Tests.Api;

/// <summary>Whatever changes for the users of the library changes this snapshot.</summary>
public sealed class PublicApiTests
{
    [Theory]
    [InlineData("public-api", typeof(Purger))]
    [InlineData("public-api.redis", typeof(RedisPurgeTarget))]
    public void The_public_surface_is_as_approved(string snapshot, Type type)
        => Snapshot.Match(snapshot, PublicApi.Write(type.Assembly));

    [Fact]
    public void The_writer_tells_signatures_apart_to_the_last_question_mark()
    {
        string text = PublicApi.Write(typeof(PublicApiTests).Assembly);

        Assert.Contains("public sealed class SampleOfApi<T> : IComparable<string>", text, StringComparison.Ordinal);
        Assert.Contains("public SampleOfApi(string? name = null, int size = 3)", text, StringComparison.Ordinal);
        Assert.Contains("public IReadOnlyList<string?>? Names { get; }", text, StringComparison.Ordinal);
        Assert.Contains("public required string Text { get; init; }", text, StringComparison.Ordinal);
        Assert.Contains("public int? Number { get; }", text, StringComparison.Ordinal);
        Assert.Contains("public static Task<T?> FindAsync<TKey>(TKey key, params string[] more) where TKey : class", text, StringComparison.Ordinal);
        Assert.Contains("public override string ToString()", text, StringComparison.Ordinal);
        Assert.DoesNotContain("NotForUsers", text, StringComparison.Ordinal);
    }
}

/// <summary>Something of everything for the writer of the public surface.</summary>
public sealed class SampleOfApi<T> : IComparable<string>
    where T : class
{
    public SampleOfApi(string? name = null, int size = 3)
    {
        Names = [name];
        Number = size;
    }

    public IReadOnlyList<string?>? Names { get; }

    public required string Text { get; init; }

    public int? Number { get; private set; }

    internal string NotForUsers => Text;

#pragma warning disable CA1000 // The writer has to show a static member of a generic type.
    public static Task<T?> FindAsync<TKey>(TKey key, params string[] more)
        where TKey : class
        => Task.FromResult<T?>(null);
#pragma warning restore CA1000

    public int CompareTo(string? other) => 0;

    public override string ToString() => Text;
}
