namespace FloworxPurge;

/// <summary>Which database this is, as read from the open connection and never from configuration. Holds no credentials.</summary>
/// <param name="Provider">The EF Core provider's name, such as <c>Npgsql.EntityFrameworkCore.PostgreSQL</c>.</param>
/// <param name="Engine">The engine's name, such as <c>PostgreSQL</c>.</param>
/// <param name="ServerVersion">The server's version as it reports it.</param>
/// <param name="Server">The server or file that the connection is open to.</param>
/// <param name="Database">The database's name as the server reports it.</param>
/// <param name="DatabaseId">What tells two databases of one name apart, where the engine has such a thing (PostgreSQL: the OID and the number of the cluster; SQLite: number and creation time of the file).</param>
/// <param name="Role">The role the connection works as, or <see langword="null"/> on an engine without roles.</param>
/// <param name="DefaultSchema">The schema of unqualified names, or <see langword="null"/> on an engine without schemas.</param>
public sealed record DatabaseIdentity(
    string Provider,
    string Engine,
    string ServerVersion,
    string Server,
    string Database,
    string? DatabaseId,
    string? Role,
    string? DefaultSchema);
