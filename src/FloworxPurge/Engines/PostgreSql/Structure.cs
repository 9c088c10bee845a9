namespace FloworxPurge.Engines;

/// <summary>One text that changes with the structure of a PostgreSQL database.</summary>
/// <remarks>
/// Every change of a catalog row writes the row anew, with a number of its transaction that is greater than all before: the number of rows
/// together with the sum of these numbers never comes back. What VACUUM and ANALYZE write is written in place and does not count.
/// </remarks>
internal static class PostgreSqlStructure
{
    /// <summary>Gets the query: what users made, the roles' memberships, and what the session's role may do.</summary>
    public static string State { get; } = $"""
        SELECT pg_catalog.concat_ws(' ', {string.Join(", ", Catalogs())},
            (SELECT pg_catalog.concat(r.rolsuper, r.rolbypassrls) FROM pg_catalog.pg_roles r WHERE r.rolname OPERATOR(pg_catalog.=) current_user))
        """;

    private static IEnumerable<string> Catalogs()
    {
        (string Catalog, string? Number)[] catalogs =
        [
            ("pg_class", "oid"), (
                "pg_attribute",
                "attrelid"), ("pg_attrdef", "oid"), ("pg_constraint", "oid"), ("pg_index", "indexrelid"), ("pg_trigger", "oid"),
            ("pg_rewrite", "oid"), ("pg_inherits", "inhrelid"), ("pg_policy", "oid"), ("pg_namespace", null), ("pg_auth_members", null),
        ];

        // What users make has greater numbers.
        const string OfUsers = "OPERATOR(pg_catalog.>) 16383";
        return catalogs.Select(catalog =>
            $"(SELECT pg_catalog.concat(pg_catalog.count(*), '/', pg_catalog.sum(x.xmin::pg_catalog.text::pg_catalog.int8)) FROM "
                + $"pg_catalog.{catalog.Catalog} x"
                + (catalog.Number is null ? ")" : $" WHERE x.{catalog.Number} {OfUsers})"));
    }
}
