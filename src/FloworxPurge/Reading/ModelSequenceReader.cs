using System.Text.RegularExpressions;
using FloworxPurge.Schema;
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
    private const string DefaultHiLo = "EntityFrameworkHiLoSequence";

    /// <summary>The sequences that a default value names, and those from which blocks of numbers are reserved.</summary>
    public static IReadOnlyList<ModelSequence> Read(ITable table, bool hasSchemas)
    {
        List<ISequence> known = [.. table.Model.Sequences];
        return known.Count == 0 ? [] : [.. table.Columns
            .SelectMany(column => known
                .Where(sequence => column.DefaultValueSql is { } sql && Draws(sql, sequence.Name))
                .Select(sequence => new ModelSequence(Name(sequence.Schema, sequence.Name, hasSchemas), IsHiLo: false))
                .Concat(column.PropertyMappings.Select(mapping => mapping.Property)
                    .Where(property => Find(property, Strategy) is HiLo)
                    .Select(property => Reserved(property, known, hasSchemas))
                    .OfType<ModelSequence>()))
            .Distinct()];
    }

    // nextval('"Name"') or NEXT VALUE FOR [Name].
    private static bool Draws(string sql, string sequence)
        => Regex.IsMatch(
            sql,
            $@"next\s*val.*(?<!\w){Regex.Escape(sequence)}(?!\w)",
            RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.Singleline,
            TimeSpan.FromSeconds(1));

    private static ModelSequence? Reserved(IProperty property, List<ISequence> known, bool hasSchemas)
    {
        IModel model = property.DeclaringType.Model;
        string name = Find(property, HiLoName) ?? Find(model, HiLoName) ?? DefaultHiLo;
        string? schema = Find(property, HiLoSchema) ?? Find(model, HiLoSchema);
        ISequence? sequence = known.Find(sequence => string.Equals(sequence.Name, name, StringComparison.Ordinal)
            && (schema is null || string.Equals(sequence.Schema, schema, StringComparison.Ordinal)));
        return sequence is null ? null : new ModelSequence(Name(sequence.Schema, sequence.Name, hasSchemas), IsHiLo: true);
    }

    private static TableName Name(string? schema, string name, bool hasSchemas) => new(hasSchemas ? schema : null, name);

    private static string? Find(IAnnotatable annotatable, string suffix)
        => annotatable.GetAnnotations()
            .FirstOrDefault(annotation => annotation.Name.EndsWith(suffix, StringComparison.Ordinal))?.Value?.ToString();
}
