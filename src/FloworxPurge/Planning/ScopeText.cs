using System.Globalization;

namespace FloworxPurge.Planning;

/// <summary>Describes selected rows in words, for plans, for reports and, compiled into it, for the command line.</summary>
internal static class ScopeText
{
    /// <summary>How many rows match, and how many of them are not deleted.</summary>
    public static string Matched(PlanScope scope)
    {
        string matched = $"{Quantity.Of(scope.Matched, "row")} {(scope.Matched == 1 ? "matches" : "match")}";
        string stay = scope.BlockedRows == 1 ? "is blocked and stays" : "are blocked and stay";
        string which = scope.BlockedRows < scope.Matched ? $"{Number(scope.BlockedRows)} of them"
            : scope.Matched == 1 ? "it" : "all of them";
        return scope.BlockedRows == 0 ? matched : $"{matched}, and {which} {stay}";
    }

    /// <summary>A query with its rows.</summary>
    public static string Of(ScopeQuery query)
    {
        string rows = $"{query.Text}: {(query.Keeps ? "keeps " : string.Empty)}{Quantity.Of(query.Rows, "row")} of {query.Table}";
        return query.Hidden is > 0 and var hidden
            ? $"{rows}; query filters of the model hide {Number(hidden)} more, which {(hidden == 1 ? "stays" : "stay")}"
            : rows;
    }

    /// <summary>A reference with what happens to the rows that have it.</summary>
    public static string Of(ScopeReference reference) => $"{reference.ForeignKey}: {Effect(reference)}; {reference.Reason}";

    /// <summary>What happens to the rows that have a reference, with their number.</summary>
    public static string Effect(ScopeReference reference)
    {
        string rows = reference.Rows is { } number ? Quantity.Of(number, "row") : "rows, not counted,";
        bool isOne = reference.Rows == 1;
        return reference.Action switch
        {
            ReferenceAction.Follow => $"{rows} {(isOne ? "is" : "are")} deleted too",
            ReferenceAction.Detach => $"{rows} {(isOne ? "stays and loses" : "stay and lose")} the reference",
            _ => $"{rows} {(isOne ? "blocks" : "block")}",
        };
    }

    /// <summary>Why matching rows are not deleted, with the keys of some of them.</summary>
    public static string Of(ScopeBlock block)
        => $"{Quantity.Of(block.Rows, "row")} {(block.Rows == 1 ? "stays" : "stay")}: {block.Reason.TrimEnd('.')}{Examples(block)}.";

    /// <summary>The keys of some of the rows; empty when none is known.</summary>
    public static string Examples(ScopeBlock block)
        => block.Examples.Count == 0 ? string.Empty
            : $" ({(block.Examples.Count == 1 ? "key" : "keys")} {string.Join(", ", block.Examples)}"
                + $"{(block.Rows > block.Examples.Count ? ", ..." : string.Empty)})";

    /// <summary>The references that any row has, or of which it is not known.</summary>
    public static IReadOnlyList<ScopeReference> Used(PlanScope scope) => [.. scope.References.Where(reference => reference.Rows != 0)];

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);
}
