using System.Data.Common;

namespace FloworxPurge.Connections;

/// <summary>An SQL text with the parameters that the provider made for it.</summary>
/// <param name="Sql">The text.</param>
/// <param name="Parameters">The parameters. Clone them for each use.</param>
internal sealed record RowCommand(string Sql, IReadOnlyList<DbParameter> Parameters)
{
    /// <summary>Gets the SHA-256 of names, types and values; null without parameters.</summary>
    public string? ParametersHash { get; init; }

    /// <summary>Gets the text with literals in place of the parameters, for a script.</summary>
    public required string Script { get; init; }

    /// <summary>Adds the parameters to a command, one of several that use them.</summary>
    public void AddParametersTo(DbCommand command)
    {
        foreach (DbParameter parameter in Parameters)
        {
            // Drivers that bind a parameter to one command can clone it; the others (SQLite) let several commands have it.
            command.Parameters.Add(parameter is ICloneable cloneable ? cloneable.Clone() : parameter);
        }
    }
}
