namespace FloworxPurge.Extensibility;

/// <summary>What it means for the verdict when a check or a target does not succeed.</summary>
public enum PurgeSeverity
{
    /// <summary>The verdict becomes <c>Partial</c>: the data is gone, and what was to follow is not done.</summary>
    Required,

    /// <summary>It is reported, and the verdict stays as it is.</summary>
    Optional,
}
