namespace FloworxPurge.Extensibility;

/// <summary>A check or a target whose properties are validated with the options, before anything is purged.</summary>
internal interface IValidated
{
    /// <summary>What is wrong and what to give instead, one text for each problem.</summary>
    IEnumerable<string> Problems();
}
