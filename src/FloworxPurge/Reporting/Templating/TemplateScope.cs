namespace FloworxPurge.Reporting;

/// <summary>A block of a template that is open, or the template itself.</summary>
/// <param name="Block">The word that opened it; empty for the template.</param>
/// <param name="Shape">What names in it are looked up in.</param>
/// <param name="BlockName">What it calls its value; empty where it gives no name.</param>
/// <param name="Position">Where it begins.</param>
internal sealed record TemplateScope(string Block, TemplateShape Shape, string BlockName, int Position)
{
    /// <summary>What it calls the index or the key.</summary>
    public string IndexName { get; init; } = "";

    /// <summary>Whether the context stays that of the block outside.</summary>
    public bool KeepsPlace { get; init; }

    /// <summary>Whether what stands in it is repeated, with an index.</summary>
    public bool IsLoop { get; init; }

    /// <summary>Whether it is for a list that is empty.</summary>
    public bool IsEmptyLoop { get; init; }

    /// <summary>Whether it began with <c>^</c>.</summary>
    public bool IsInverted { get; init; }

    /// <summary>Whether an else without a condition has come.</summary>
    public bool HasElse { get; init; }
}
