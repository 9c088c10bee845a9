using System.Globalization;

namespace FloworxPurge.Benchmarks.Rows;

/// <summary>What somebody would write by hand for the users of the first groups, dependents first.</summary>
internal static class RowsSql
{
    public static string DeleteUsing(int groups) => Format($"""
        DELETE FROM items USING orders, users
            WHERE items."OrderId" = orders."Id" AND orders."UserId" = users."Id" AND users."Group" < {groups};
        DELETE FROM orders USING users WHERE orders."UserId" = users."Id" AND users."Group" < {groups};
        DELETE FROM users WHERE "Group" < {groups};
        """);

    /// <summary>The form that EF's ExecuteDelete sends for the same predicate over navigations.</summary>
    public static string DeleteIn(int groups) => Format($"""
        DELETE FROM items AS i WHERE i."Id" IN (SELECT i0."Id" FROM items AS i0 INNER JOIN orders AS o ON i0."OrderId" = o."Id"
            INNER JOIN users AS u ON o."UserId" = u."Id" WHERE u."Group" < {groups});
        DELETE FROM orders AS o WHERE o."Id" IN (SELECT o0."Id" FROM orders AS o0
            INNER JOIN users AS u ON o0."UserId" = u."Id" WHERE u."Group" < {groups});
        DELETE FROM users AS u WHERE u."Group" < {groups};
        """);

    public static string DeleteUsersOnly(int groups) => Format($"""DELETE FROM users WHERE "Group" < {groups};""");

    /// <summary>For SQLite, which has no DELETE over several tables.</summary>
    public static string DeleteNested(int groups) => Format($"""
        DELETE FROM items WHERE "OrderId" IN
            (SELECT "Id" FROM orders WHERE "UserId" IN (SELECT "Id" FROM users WHERE "Group" < {groups}));
        DELETE FROM orders WHERE "UserId" IN (SELECT "Id" FROM users WHERE "Group" < {groups});
        DELETE FROM users WHERE "Group" < {groups};
        """);

    private static string Format(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
