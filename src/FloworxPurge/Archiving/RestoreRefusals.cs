namespace FloworxPurge.Archiving;

/// <summary>Collects everything that stands against a restore.</summary>
internal sealed class RestoreRefusals
{
    private readonly List<RestoreRefusal> _all = [];

    public IReadOnlyList<RestoreRefusal> All => _all;

    /// <summary>Gets whether the rest cannot be judged, or does not matter.</summary>
    public bool AreFinal => _all.Exists(refusal => refusal.Kind is RestoreRefusalKind.OtherDatabase
        or RestoreRefusalKind.NotCommitted
        or RestoreRefusalKind.AlreadyRestored
        or RestoreRefusalKind.Session);

    public void Add(RestoreRefusalKind kind, string text) => _all.Add(new RestoreRefusal { Kind = kind, Text = text });

    public void Add(RestoreRefusalKind kind, TableName table, string text)
        => _all.Add(new RestoreRefusal { Kind = kind, Table = table, Text = text });

    public void Add(RestoreRefusal refusal) => _all.Add(refusal);

    public bool Has(RestoreRefusalKind kind) => _all.Exists(refusal => refusal.Kind == kind);
}
