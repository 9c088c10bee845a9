namespace FloworxPurge.Reporting;

/// <summary>One moment of a run.</summary>
/// <param name="At">When, by the clock of the options; UTC.</param>
/// <param name="Event">What happened, in words.</param>
public sealed record TimelineEntry(DateTimeOffset At, string Event);
