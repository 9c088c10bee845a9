namespace FloworxPurge.Reporting;

/// <summary>What it means for the verdict when a check or a target does not succeed.</summary>
public enum PurgeSeverity
{
    /// <summary>The verdict becomes <c>Partial</c>: the rows are deleted, and not everything that has to follow is done.</summary>
    Required,

    /// <summary>It is reported, and the verdict does not change.</summary>
    Optional,
}
