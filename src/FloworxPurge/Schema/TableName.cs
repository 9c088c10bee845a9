namespace FloworxPurge;

/// <summary>The qualified name of a table, exactly as the database spells it.</summary>
public sealed record TableName : IComparable<TableName>
{
    /// <summary>Creates a name.</summary>
    /// <param name="schema">The schema, or <see langword="null"/> on an engine without schemas.</param>
    /// <param name="name">The table's own name.</param>
    public TableName(string? schema, string name)
    {
        Schema = schema;
        Name = name;
    }

    /// <summary>Gets the schema, or <see langword="null"/> on an engine without schemas.</summary>
    public string? Schema { get; init; }

    /// <summary>Gets the table's own name.</summary>
    public string Name { get; init; }

    /// <summary>Orders by schema, then by name, ordinally.</summary>
    /// <param name="other">The name to compare with.</param>
    /// <returns>A negative number, zero or a positive number, as for any comparison.</returns>
    public int CompareTo(TableName? other)
    {
        if (other is null)
        {
            return 1;
        }

        int bySchema = string.CompareOrdinal(Schema, other.Schema);
        return bySchema != 0 ? bySchema : string.CompareOrdinal(Name, other.Name);
    }

    /// <summary>The name as people read it: <c>public.users</c>, with double quotes round a part that needs them.</summary>
    /// <returns>The readable name; not meant to be put into SQL.</returns>
    public override string ToString()
        => Schema is null ? Readable(Name) : Readable(Schema) + "." + Readable(Name);

    /// <summary>The name for error messages: always quoted and qualified, <c>"public"."users"</c>.</summary>
    /// <returns>The quoted name; not meant to be put into SQL.</returns>
    public string ToQuotedString()
        => Schema is null ? Quoted(Name) : Quoted(Schema) + "." + Quoted(Name);

    private static string Readable(string part)
        => part.Length > 0 && part.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '$') ? part : Quoted(part);

    private static string Quoted(string part)
        => "\"" + part.Replace("\"", "\"\"", StringComparison.Ordinal) + "\"";
}
