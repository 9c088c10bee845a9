using System.Collections;
using System.Data.Common;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using FloworxPurge.Schema;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Storage;

namespace FloworxPurge.Connections;

/// <summary>Takes the SQL text and the parameters of a query from EF Core, without running it.</summary>
[RequiresUnreferencedCode(TrimWarnings.Model)]
internal static class RowCommandReader
{
    /// <summary>Translates a query.</summary>
    /// <exception cref="InvalidOperationException">EF Core cannot translate it.</exception>
    public static RowCommand Read(DbContext context, IQueryable query)
    {
        using DbCommand command = query.CreateDbCommand();
        List<DbParameter> parameters = [.. command.Parameters.Cast<DbParameter>()];

        // A parameter belongs to one command at a time.
        command.Parameters.Clear();
        ISqlGenerationHelper sql = context.GetService<ISqlGenerationHelper>();
        IRelationalTypeMappingSource types = context.GetService<IRelationalTypeMappingSource>();
        Dictionary<string, string> literals = parameters.ToDictionary(
            parameter => sql.GenerateParameterNamePlaceholder(parameter.ParameterName.TrimStart('@', ':', '$')),
            parameter => Literal(parameter, types, sql),
            StringComparer.Ordinal);
        return new RowCommand(command.CommandText, parameters)
        {
            ParametersHash = Hash(parameters, types, sql),
            Script = ScriptText.WithLiterals(command.CommandText, literals, sql),
        };
    }

    private static string? Hash(List<DbParameter> parameters, IRelationalTypeMappingSource types, ISqlGenerationHelper sql)
    {
        if (parameters.Count == 0)
        {
            return null;
        }

        // Lengths are part of it, so that no two lists of values read alike.
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (DbParameter parameter in parameters)
        {
            foreach (string part in (IEnumerable<string>)
                [parameter.ParameterName, parameter.DbType.ToString(), Literal(parameter, types, sql)])
            {
                byte[] bytes = Encoding.UTF8.GetBytes(part);
                hash.AppendData(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{bytes.Length}:")));
                hash.AppendData(bytes);
            }
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static string Literal(DbParameter parameter, IRelationalTypeMappingSource types, ISqlGenerationHelper sql)
        => Literal(parameter.Value, types, hasEscapes: sql.DelimitIdentifier("x")[0] == '`')
            ?? throw new PurgeException(
                $"The parameter {sql.GenerateParameterNamePlaceholder(parameter.ParameterName)} has a value of type "
                    + $"{parameter.Value!.GetType().ShortDisplayName()}, which cannot be written as text, so the plan could not say which "
                    + "rows are meant. Use a value of another type in the query.");

    /// <param name="value">The value.</param>
    /// <param name="types">The provider's types.</param>
    /// <param name="hasEscapes">Whether a backslash begins an escape in a string (MySQL, MariaDB), which not every provider knows.</param>
    private static string? Literal(object? value, IRelationalTypeMappingSource types, bool hasEscapes)
    {
        switch (value)
        {
            case null or DBNull:
                return "NULL";

            case string or char when hasEscapes:
                return PlanParameter.Of(value.ToString()!.Replace("\\", "\\\\", StringComparison.Ordinal)).ToLiteral();
        }

        // The provider's own literal first; it refuses a date without a zone where its type has one.
        if (types.FindMapping(value.GetType()) is { } mapping)
        {
            try
            {
                return mapping.GenerateSqlLiteral(value);
            }
            catch (Exception e) when (e is ArgumentException or InvalidCastException or NotSupportedException)
            {
                return Plain(value);
            }
        }

        return Plain(value)
            ?? (value is IEnumerable items
                && items.Cast<object?>().Select(item => Literal(item, types, hasEscapes)).ToList() is { } literals
                && !literals.Contains(null)
                    ? $"({string.Join(", ", literals)})"
                    : null);
    }

    private static string? Plain(object value)
    {
        try
        {
            return PlanParameter.Of(value).ToLiteral();
        }
        catch (ArgumentException)
        {
            return value is IFormattable formattable
                ? $"'{formattable.ToString(null, CultureInfo.InvariantCulture).Replace("'", "''", StringComparison.Ordinal)}'"
                : null;
        }
    }
}
