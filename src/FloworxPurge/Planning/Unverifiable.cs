using System.Globalization;
using FloworxPurge.Schema;

namespace FloworxPurge.Planning;

/// <summary>What a run cannot verify, as far as the facts show it before the run.</summary>
internal static class Unverifiable
{
    private const int MostNames = 5;

    /// <summary>Finds the reasons, each with what to do, as parts of one sentence; <see langword="null"/> when there is none.</summary>
    public static IReadOnlyList<string>? Find(DatabaseSchema live, Dictionary<TableName, TableDisposition> purged)
    {
        List<string> reasons = [];
        List<TableName> hidden = [.. purged.Values
            .Where(disposition => disposition.Live is { HidesRows: true })
            .Select(disposition => disposition.Name)
            .Order()];
        if (hidden.Count > 0)
        {
            reasons.Add(
                $"row security may hide rows of {Names(hidden)} from this role (purge as the owner of the tables, or as a role that "
                    + $"bypasses row security, or exclude the tables)");
        }

        reasons.AddRange(live.Facts
            .Where(fact => fact.Kind is SchemaFact.HiddenCatalog && purged.Count > 0)
            .Select(fact =>
                $"foreign keys that this role may not see may delete or change rows of other tables ({fact.Name}"
                    + $"{(fact.Detail is null ? string.Empty : $"; {fact.Detail}")})"));
        return reasons.Count == 0 ? null : reasons;
    }

    /// <summary>Some names of tables, and the number of the others.</summary>
    public static string Names(IReadOnlyList<TableName> tables)
        => string.Join(", ", tables.Take(MostNames).Select(table => table.ToQuotedString()))
            + (tables.Count > MostNames
                ? string.Create(CultureInfo.InvariantCulture, $" and {Quantity.Of(tables.Count - MostNames, "more table")}")
                : string.Empty);
}
