using FloworxPurge.Extensibility;

namespace FloworxPurge.Engines;

/// <summary>Chooses the dialect by the provider's name; a new engine adds one line here.</summary>
internal static class EngineRegistry
{
    private static readonly MySqlDialect MySql = new();

    private static readonly Dictionary<string, PurgeDialect> Known = new(StringComparer.Ordinal)
    {
        ["Microsoft.EntityFrameworkCore.Sqlite"] = new SqliteDialect(),
        ["Npgsql.EntityFrameworkCore.PostgreSQL"] = new PostgreSqlDialect(),
        ["Microsoft.EntityFrameworkCore.SqlServer"] = new SqlServerDialect(),
        ["MySql.EntityFrameworkCore"] = MySql,
        ["Pomelo.EntityFrameworkCore.MySql"] = MySql,
    };

    private static readonly AnsiDialect Ansi = new();

    public static PurgeDialect Select(string providerName)
        => Known.GetValueOrDefault(providerName, Ansi);
}
