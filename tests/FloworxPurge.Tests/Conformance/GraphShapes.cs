using System.Globalization;
using System.Text.RegularExpressions;

namespace FloworxPurge.Tests.Conformance;

/// <summary>
/// The shapes of foreign key graphs that every engine empties. Each cycle has a key that accepts NULL, so that no engine has an excuse.
/// </summary>
public static partial class GraphShapes
{
    private static readonly (string Name, string Notation)[] Shapes =
    [
        ("one table", "a"),
        ("unrelated tables", "a, b, c"),
        ("one relationship", "a->b"),
        ("chain of five", "a->b->c->d->e"),
        ("several relationships", "b->a, c->a?, d->b, d->c, e->a"),
        ("two foreign keys to one principal", "a->b, a->b?"),
        ("separate components", "a->b, c->d->e, f, g->g?, h<->i?"),
        ("two-table cycle", "a->b, b->a?"),
        ("self reference", "a->a?"),
        ("cycle plus ordinary edges", "a->b, b->a?, a->c, d->a, d->b, b->e"),
        ("cycle in mid-chain", "a->b->c->d->e, d->b?"),
        ("cycle at the end of a chain", "a->b->c->d, d->c?"),
        ("cycle, diamond and entries from outside", "a<->b?, b->c->d, b->d, e->a, f->b"),
        ("three interlocking cycles", "a->b->c, c->a?, c->d, d->b?, d->e, e->c?"),
        ("diamond", "a->b, a->c, b->d, c->d"),
    ];

    /// <summary>Every shape with NO ACTION, with CASCADE, and with SET NULL where it has a foreign key.</summary>
    public static TheoryData<string, string> All()
    {
        var data = new TheoryData<string, string>();
        foreach ((string name, string notation) in Shapes)
        {
            data.Add(name, notation);
            if (notation.Contains('>', StringComparison.Ordinal))
            {
                data.Add(name + ", cascade", Key().Replace(notation, "${key}${null}:cascade"));
                data.Add(name + ", set null", Key().Replace(notation, "${key}?:setnull"));
            }
        }

        return data;
    }

    /// <summary>
    /// A thousand tables: eight levels of up to two keys each to an earlier table, with a two-table cycle at every hundredth table
    /// and a self reference at every fiftieth. The same at every call.
    /// </summary>
    public static string Thousand()
    {
        const int Count = 1_000;
        const int Levels = 8;
        static string Name(int i) => string.Create(CultureInfo.InvariantCulture, $"t{i:000}");

        var edges = new List<string>();
        for (int i = 0; i < Count; i++)
        {
            edges.Add(Name(i));
            if (i % Levels != 0)
            {
                edges.Add($"{Name(i)}->{Name(i - 1)}");
                edges.Add($"{Name(i)}->{Name(i * 7 / 11)}?");
            }

            if (i % 100 == 42)
            {
                edges.Add($"{Name(i - 1)}->{Name(i)}?");
            }

            if (i % 50 == 7)
            {
                edges.Add($"{Name(i)}->{Name(i)}?");
            }
        }

        return string.Join(", ", edges);
    }

    [GeneratedRegex(
        @"(?<key>->\w+)(?<null>\??)",
        RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000)]
    private static partial Regex Key();
}
