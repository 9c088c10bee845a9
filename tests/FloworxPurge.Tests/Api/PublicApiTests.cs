using FloworxPurge.Redis;
using FloworxPurge.Tests.Kit;

namespace FloworxPurge.Tests.Api;

/// <summary>What a release promised stays, and whatever is added for the users of the library changes a snapshot.</summary>
public sealed class PublicApiTests
{
    [Theory]
    [InlineData("public-api", typeof(Purger))]
    [InlineData("public-api.redis", typeof(RedisPurgeTarget))]
    public void Nothing_that_is_released_is_gone_or_changed(string name, Type type)
    {
        string current = PublicApi.Write(type.Assembly);

        IReadOnlyList<string> broken = PublicApiBaseline.Broken(Snapshot.Kept($"{name}.{PublicApiBaseline.Release}", current), current);
        Assert.True(broken.Count == 0, string.Join(Environment.NewLine, broken));
    }

    [Theory]
    [InlineData("public-api", typeof(Purger))]
    [InlineData("public-api.redis", typeof(RedisPurgeTarget))]
    public void What_is_added_since_the_release_is_as_approved(string name, Type type)
    {
        string current = PublicApi.Write(type.Assembly);

        Snapshot.Match($"{name}.since-{PublicApiBaseline.Release}", PublicApiBaseline.Added(Snapshot.Kept($"{name}.{PublicApiBaseline.Release}", current), current));
    }

    [Theory]
    [InlineData("a type is gone", "public sealed class Tool : IDisposable", "public sealed class Other : IDisposable")]
    [InlineData("a type is another kind", "public sealed class Tool", "public sealed record Tool")]
    [InlineData("an interface of a type is gone", "Tool : IDisposable", "Tool")]
    [InlineData("a member is gone", "        public void Dispose()\n", "")]
    [InlineData("a parameter is added", "Dispose()", "Dispose(int how = 0)")]
    [InlineData("an answer may be null", "public string Name", "public string? Name")]
    [InlineData("a member of an enumeration has another number", "Second = 1", "Second = 2")]
    [InlineData("who creates it lacks a value", "        public string Name", "        public required int Size { get; init; }\n        public string Name")]
    [InlineData("who implements it lacks a member", "        public int Id", "        public string Name { get; }\n        public int Id")]
    [InlineData("who implements it lacks another interface", "IThing : IComparable", "IThing : IComparable, IDisposable")]
    [InlineData("who derives from it lacks a member", "        public Base()", "        public abstract void Act()\n        public Base()")]
    public void A_change_that_breaks_somebody_is_told(string what, string before, string after)
        => Assert.True(PublicApiBaseline.Broken(SmallApi, Changed(before, after)).Count > 0, what);

    [Theory]
    [InlineData("        public void Dispose()", "        public void Close()\n        public void Dispose()", "namespace A: public sealed class Tool : IDisposable\n    public void Close()\n")]
    [InlineData("        public int Id", "        public virtual void Act()\n        public int Id", "namespace A: public interface IThing : IComparable\n    public virtual void Act()\n")]
    [InlineData("        Second = 1,", "        Second = 1,\n        Third = 2,", "namespace A: public enum Kind : int\n    Third = 2,\n")]
    [InlineData("Tool : IDisposable", "Tool : IDisposable, IThing", "namespace A: public sealed class Tool : IDisposable, IThing\n")]
    [InlineData("namespace B\n", "namespace B\n\n    public class New\n        public abstract void Act()\n", "namespace B: public class New\n    public abstract void Act()\n")]
    [InlineData("x", "x", "Nothing.\n")]
    public void A_change_that_breaks_nobody_is_told_as_added(string before, string after, string added)
    {
        Assert.Empty(PublicApiBaseline.Broken(SmallApi, Changed(before, after)));
        Assert.Equal(added, PublicApiBaseline.Added(SmallApi, Changed(before, after)));
    }

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

    private const string SmallApi = """
        namespace A

            public interface IThing : IComparable
                public int Id { get; }

            public enum Kind : int
                First = 0,
                Second = 1,

            public sealed class Tool : IDisposable
                public string Name { get; init; }
                public void Dispose()

        namespace B

            public abstract class Base
                public Base()

        """;

    private static string Changed(string before, string after)
    {
        Assert.True(before == after || SmallApi.Contains(before, StringComparison.Ordinal), $"There is no {before}.");
        return SmallApi.Replace(before, after, StringComparison.Ordinal);
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
