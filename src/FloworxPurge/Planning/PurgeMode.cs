namespace FloworxPurge;

/// <summary>Specifies the effect of a failing table on the rest of a purge.</summary>
public enum PurgeMode
{
    /// <summary>Any failure rolls everything back.</summary>
    AllOrNothing,

    /// <summary>
    /// A table that fails is rolled back alone, with the tables that it depends on; the rest continues. The verdict is then <c>Partial</c>.
    /// </summary>
    BestEffort,
}
