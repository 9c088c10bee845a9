namespace FloworxPurge.Engines;

/// <summary>Where a counter is, and which numbers it can give: every number that is whole increments away from a known one.</summary>
/// <param name="Last">The number that it gave last, or the one before its first where it has given none.</param>
/// <param name="Known">A number that it has given or gives next.</param>
/// <param name="Increment">The difference between two numbers; negative where it counts down.</param>
/// <param name="Least">The least number that it can give.</param>
/// <param name="Most">The greatest number that it can give.</param>
internal sealed record CounterState(long Last, long Known, long Increment, long Least, long Most)
{
    /// <summary>Gets whether it counts up.</summary>
    public bool Grows => Increment > 0;

    /// <summary>The number that it can give and that is the last one up to a number; null where the number is out of its bounds.</summary>
    public long? UpTo(long number)
    {
        Int128 beyond = ((Int128)number - Known) % Increment;
        Int128 given = number - (Grows == beyond < 0 && beyond != 0 ? beyond + Increment : beyond);
        return number >= Least && number <= Most && given >= Least && given <= Most ? (long)given : null;
    }

    /// <summary>Determines whether it comes to a number that it has not given yet.</summary>
    public bool IsAhead(long number) => Grows ? number > Last : number < Last;
}
