using System.Globalization;
using FloworxPurge.Extensibility;
using Microsoft.EntityFrameworkCore.Storage;

namespace FloworxPurge.Reading;

/// <summary>Specifies how two spellings of a column's type differ.</summary>
internal enum StoreTypeMatch
{
    /// <summary>The same type, or one that the engine does not report.</summary>
    Same,

    /// <summary>One type with other lengths or precisions.</summary>
    OtherFacets,

    /// <summary>Two types.</summary>
    Different,
}

/// <summary>
/// Compares types as the provider's type mapping and the dialect's aliases understand them: <c>int4</c> is <c>integer</c>,
/// <c>numeric(20)</c> is <c>numeric(20,0)</c>.
/// </summary>
internal sealed class StoreTypeComparer(IRelationalTypeMappingSource mappings, PurgeDialect dialect)
{
    /// <summary>Compares the model's type with the live one.</summary>
    public StoreTypeMatch Compare(string expected, string found)
    {
        // A generated column of SQLite may have no declared type.
        if (expected.Length == 0 || found.Length == 0 || string.Equals(expected, found, StringComparison.OrdinalIgnoreCase))
        {
            return StoreTypeMatch.Same;
        }

        StoreType left = Parse(expected);
        StoreType right = Parse(found);
        if (!HaveSameName(left, right))
        {
            return StoreTypeMatch.Different;
        }

        return !dialect.KeepsFacetsOf(left.Name) || left.Facets.SequenceEqual(right.Facets)
            ? StoreTypeMatch.Same
            : StoreTypeMatch.OtherFacets;
    }

    // A user's own type may be written with its schema on one side and without on the other.
    private bool HaveSameName(StoreType left, StoreType right)
    {
        if (string.Equals(left.Name, right.Name, StringComparison.Ordinal))
        {
            return true;
        }

        bool leftQualified = left.Name.Contains('.', StringComparison.Ordinal);
        bool rightQualified = right.Name.Contains('.', StringComparison.Ordinal);
        if (leftQualified != rightQualified && string.Equals(Unqualified(left.Name), Unqualified(right.Name), StringComparison.Ordinal))
        {
            return true;
        }

        // A dialect that reads the catalog knows its aliases. For any other the provider is asked, which maps some types
        // alike that are not one (json and jsonb, oid and xid).
        return dialect.Catalog is null
            && dialect.KeepsTypeFacets
            && mappings.FindMapping(left.Name) is { } one
            && mappings.FindMapping(right.Name) is { } other
            && one.GetType() == other.GetType()
            && one.ClrType == other.ClrType;
    }

    private static string Unqualified(string name) => name[(name.LastIndexOf('.') + 1)..];

    private StoreType Parse(string text)
    {
        // The mapping writes out what the text leaves open: decimal(10) becomes numeric(10,0). It knows arrays by their elements.
        string full = dialect.KeepsTypeFacets ? mappings.FindMapping(text)?.StoreType ?? text : text;
        string array = string.Empty;
        while (full.EndsWith("[]", StringComparison.Ordinal))
        {
            full = full[..^2];
            array += "[]";
        }

        int open = full.IndexOf('(', StringComparison.Ordinal);
        int close = open < 0 ? -1 : full.IndexOf(')', open);
        string name = close < 0 ? full : full[..open] + " " + full[(close + 1)..];
        name = string.Join(' ', name.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Replace("\"", string.Empty, StringComparison.Ordinal)
            .ToLowerInvariant();

        string canonical = dialect.CanonicalTypeName(name);
        int[] facets = close < 0
            ? []
            : [.. full[(open + 1)..close]
                .Split(',')
                .Select(part => int.TryParse(part, NumberStyles.Integer, CultureInfo.InvariantCulture, out int number) ? number : -1)];

        return new StoreType(canonical + array, facets.Length == 0 ? dialect.DefaultFacets(canonical) : facets);
    }

    private sealed record StoreType(string Name, int[] Facets);
}
