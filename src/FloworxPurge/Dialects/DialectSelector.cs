namespace FloworxPurge.Dialects;

/// <summary>Chooses the dialect by the provider's name; a new engine adds one line here.</summary>
internal static class DialectSelector
{
    private static readonly Dictionary<string, PurgeDialect> Known = new(StringComparer.Ordinal)
    {
        ["Microsoft.EntityFrameworkCore.Sqlite"] = new SqliteDialect(),
        ["Npgsql.EntityFrameworkCore.PostgreSQL"] = new PostgreSqlDialect(),
    };

    private static readonly PurgeDialect Ansi = new();

    public static PurgeDialect Select(string providerName)
        => Known.GetValueOrDefault(providerName, Ansi);
}
