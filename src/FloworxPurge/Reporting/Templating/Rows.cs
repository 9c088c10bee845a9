using System.Collections;
using System.Globalization;
using System.Runtime.CompilerServices;

namespace FloworxPurge.Reporting;

/// <summary>A list that templates loop over. Every round costs a step of the rendering's budget, so a loop inside a loop inside a loop ends.</summary>
[CollectionBuilder(typeof(Rows), nameof(Rows.Create))]
internal sealed class Rows<T>(T[] items) : IReadOnlyList<T>
{
    public int Count => items.Length;

    public T this[int index]
    {
        get
        {
            RenderBudget.Spend();
            return items[index];
        }
    }

    public IEnumerator<T> GetEnumerator()
    {
        foreach (T item in items)
        {
            RenderBudget.Spend();
            yield return item;
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"(a list of {Count} values)");
}

/// <summary>Makes <see cref="Rows{T}"/> of collection expressions.</summary>
internal static class Rows
{
    public static Rows<T> Create<T>(ReadOnlySpan<T> items) => new(items.ToArray());
}
