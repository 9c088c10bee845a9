namespace FloworxPurge.Reporting;

/// <summary>What an erasure certificate states. Texts, not encoded.</summary>
internal sealed record CertificateView
{
    /// <summary>Gets whether rows were erased and the erasure is committed; otherwise the page only says what it is not.</summary>
    public required bool IsValid { get; init; }

    public required string Title { get; init; }

    /// <summary><c>good</c>, <c>mixed</c> or <c>bad</c>.</summary>
    public required string Tone { get; init; }

    /// <summary>The result in a word or two.</summary>
    public required string State { get; init; }

    public required string Statement { get; init; }

    /// <summary>Whose rows, where, when, and by whom.</summary>
    public required IReadOnlyList<FactView> Facts { get; init; }

    /// <summary>The rules that selected the rows.</summary>
    public required IReadOnlyList<string> Rules { get; init; }

    /// <summary>The tables that lost rows.</summary>
    public required IReadOnlyList<ErasedView> Erased { get; init; }

    /// <summary>What the list of tables leaves out; empty when it has all.</summary>
    public required string More { get; init; }

    public required IReadOnlyList<string> Verified { get; init; }

    /// <summary>What was not erased, and why.</summary>
    public required IReadOnlyList<string> Stays { get; init; }

    /// <summary>Where copies of the rows may be.</summary>
    public required IReadOnlyList<string> Copies { get; init; }

    public required IReadOnlyList<string> SignOff { get; init; }

    public required IReadOnlyList<FactView> Evidence { get; init; }
}

/// <summary>A table that lost rows.</summary>
internal sealed record ErasedView(string Table, string EntityTypes, string Rows, string Kept);
