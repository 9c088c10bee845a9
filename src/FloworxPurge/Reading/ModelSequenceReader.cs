using System.Text.RegularExpressions;
using FloworxPurge.Schema;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Metadata;

namespace FloworxPurge.Reading;

/// <summary>Finds the sequences that number the rows of a table, by the model.</summary>
internal static class ModelSequenceReader
{
    // The annotations of Npgsql and of SQL Server differ by their prefix alone, and neither package is known here.
    private const string Strategy = ":ValueGenerationStrategy";
    private const string HiLoName = ":HiLoSequenceName";
    private const string HiLoSchema = ":HiLoSequenceSchema";
    private const string HiLo = "SequenceHiLo";
    private const string Part = """(?:"(?:[^"]|"")+"|\[(?:[^\]]|\]\])+\]|`(?:[^`]|``)+`|[\w$@#]+)""";
    private const string DefaultHiLo = "EntityFrameworkHiLoSequence";

    /// <summary>The sequences that a default value names, and those from which blocks of numbers are reserved.</summary>
    public static IReadOnlyList<ModelSequence> Read(ITable table, bool hasSchemas)
    {
        List<ISequence> known = [.. table.Model.Sequences];
        return known.Count == 0 ? [] : [.. table.Columns
            .SelectMany(column => known
                .Where(sequence => column.DefaultValueSql is { } sql && Called(sql, known).Contains(sequence))
                .Select(sequence => new ModelSequence(Name(sequence.Schema, sequence.Name, hasSchemas), column.Name, IsHiLo: false))
                .Concat(column.PropertyMappings.Select(mapping => mapping.Property)
                    .Where(property => Find(property, Strategy) is HiLo)
                    .Select(property => Reserved(property, column.Name, known, hasSchemas))
                    .OfType<ModelSequence>()))
            .Distinct()];
    }

    // nextval('schema."Name"') or NEXT VALUE FOR [schema].[Name]. Without a schema it is the one of the model's default schema, if any.
    private static IEnumerable<ISequence> Called(string sql, IReadOnlyList<ISequence> known)
    {
        foreach (Match match in Regex.Matches(
            sql,
            $@"next\s*val(?:ue\s+for\s+|\s*\(\s*(?<text>')?\s*)(?<part>{Part})(?:\s*\.\s*(?<part>{Part}))*",
            RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture,
            TimeSpan.FromSeconds(1)))
        {
            string[] parts = [.. match.Groups["part"].Captures.Select(part => match.Groups["text"].Success
                ? part.Value.Replace("''", "'", StringComparison.Ordinal)
                : part.Value)];
            List<ISequence> named = [.. known.Where(sequence => IsSame(parts[^1], sequence.Name))];
            List<ISequence> exact = [.. named.Where(sequence => parts.Length > 1
                ? sequence.Schema is { } schema && IsSame(parts[^2], schema)
                : sequence.Schema is null || string.Equals(sequence.Schema, sequence.Model.GetDefaultSchema(), StringComparison.Ordinal))];
            foreach (ISequence sequence in exact.Count > 0 ? exact
                : parts.Length > 1 ? named.Where(sequence => sequence.Schema is null)
                : named)
            {
                yield return sequence;
            }
        }
    }

    private static bool IsSame(string part, string name)
    {
        if (part[0] is not ('"' or '[' or '`'))
        {
            return string.Equals(part, name, StringComparison.OrdinalIgnoreCase);
        }

        string end = part[^1].ToString();
        return string.Equals(part[1..^1].Replace(end + end, end, StringComparison.Ordinal), name, StringComparison.Ordinal);
    }

    private static ModelSequence? Reserved(IProperty property, string column, List<ISequence> known, bool hasSchemas)
    {
        IModel model = property.DeclaringType.Model;
        string name = Find(property, HiLoName) ?? Find(model, HiLoName) ?? DefaultHiLo;
        string? schema = Find(property, HiLoSchema) ?? Find(model, HiLoSchema);
        ISequence? sequence = known.Find(sequence => string.Equals(sequence.Name, name, StringComparison.Ordinal)
            && (schema is null || string.Equals(sequence.Schema, schema, StringComparison.Ordinal)));
        return sequence is null ? null : new ModelSequence(Name(sequence.Schema, sequence.Name, hasSchemas), column, IsHiLo: true);
    }

    private static TableName Name(string? schema, string name, bool hasSchemas) => new(hasSchemas ? schema : null, name);

    private static string? Find(IAnnotatable annotatable, string suffix)
        => annotatable.GetAnnotations()
            .FirstOrDefault(annotation => annotation.Name.EndsWith(suffix, StringComparison.Ordinal))?.Value?.ToString();
}
