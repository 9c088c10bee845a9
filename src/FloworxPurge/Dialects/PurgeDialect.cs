namespace FloworxPurge.Dialects;

/// <summary>Placeholder while the contract is agreed.</summary>
public class PurgeDialect
{
}
