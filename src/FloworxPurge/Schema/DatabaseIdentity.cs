using System.Text.Json.Serialization;

namespace FloworxPurge;

/// <summary>Which database this is, as read from the open connection and never from configuration. Holds no credentials.</summary>
public sealed record DatabaseIdentity
{
    /// <summary>Gets the EF Core provider's name, such as <c>Npgsql.EntityFrameworkCore.PostgreSQL</c>.</summary>
    public required string Provider { get; init; }

    /// <summary>Gets the engine's name, such as <c>PostgreSQL</c>.</summary>
    public required string Engine { get; init; }

    /// <summary>Gets the server's version as it reports it.</summary>
    public required string ServerVersion { get; init; }

    /// <summary>Gets the server or file that the connection is open to.</summary>
    public required string Server { get; init; }

    /// <summary>Gets the database's name as the server reports it.</summary>
    public required string Database { get; init; }

    /// <summary>
    /// Gets what distinguishes two databases of the same name, where the engine has it (PostgreSQL: the OID and the number of the cluster;
    /// SQLite: number and creation time of the file).
    /// </summary>
    [JsonRequired]
    public string? DatabaseId { get; init; }

    /// <summary>Gets the role the connection works as, or <see langword="null"/> on an engine without roles.</summary>
    [JsonRequired]
    public string? Role { get; init; }

    /// <summary>Gets the schema of unqualified names, or <see langword="null"/> on an engine without schemas.</summary>
    [JsonRequired]
    public string? DefaultSchema { get; init; }
}
