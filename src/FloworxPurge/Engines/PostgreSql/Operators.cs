namespace FloworxPurge.Engines;

/// <summary>
/// PostgreSQL's own operators, by their full names. A schema of the search path may hold another operator of the same name and types
/// (extensions such as intarray do), and an operator that is found first wins.
/// </summary>
/// <remarks>
/// All of them bind alike, from left to right: a comparison of a sum needs brackets. IN, NULLIF, CASE x WHEN and IS DISTINCT FROM use an
/// operator of the search path as well, and are written out.
/// </remarks>
internal static class PostgreSqlOperators
{
    public const string Eq = "OPERATOR(pg_catalog.=)";

    public const string Ne = "OPERATOR(pg_catalog.<>)";

    public const string Gt = "OPERATOR(pg_catalog.>)";

    public const string Ge = "OPERATOR(pg_catalog.>=)";

    public const string Lt = "OPERATOR(pg_catalog.<)";

    public const string Plus = "OPERATOR(pg_catalog.+)";

    public const string Minus = "OPERATOR(pg_catalog.-)";

    public const string Times = "OPERATOR(pg_catalog.*)";

    public const string Divide = "OPERATOR(pg_catalog./)";

    public const string Modulo = "OPERATOR(pg_catalog.%)";

    public const string ShiftLeft = "OPERATOR(pg_catalog.<<)";

    /// <summary>The bits that both numbers have.</summary>
    public const string BitAnd = "OPERATOR(pg_catalog.&)";

    /// <summary>Joins texts or arrays.</summary>
    public const string Join = "OPERATOR(pg_catalog.||)";

    /// <summary>Whether the array on the left has all elements of the one on the right.</summary>
    public const string Contains = "OPERATOR(pg_catalog.@>)";

    /// <summary>What IN is for a list of words without quotes, commas and brackets.</summary>
    public static string IsAnyOf(params string[] words) => $"{Eq} ANY ('{{{string.Join(',', words)}}}')";
}
