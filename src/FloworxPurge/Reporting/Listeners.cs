
namespace FloworxPurge.Reporting;

/// <summary>
/// Tells the caller's listeners what became of a run. None of them can take the report away: what one throws becomes a note in it.
/// </summary>
internal sealed class Listeners
{
    private readonly List<PlanNote> _faults = [];

    /// <summary>Tells one of them.</summary>
    public void Tell(string who, Action tell)
    {
        try
        {
            tell();
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            Note(who, e);
        }
    }

    /// <summary>Tells one of them that takes its time.</summary>
    public async Task TellAsync(string who, Func<ValueTask> tell)
    {
        try
        {
            await tell().ConfigureAwait(false);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            Note(who, e);
        }
    }

    /// <summary>The report with a note on each that failed.</summary>
    public PurgeReport AddTo(PurgeReport report) => _faults.Count == 0 ? report : report with { Notes = [.. report.Notes, .. _faults] };

    private void Note(string who, Exception exception)
    {
        var fault = PlanNote.Warning(
            null,
            $"{who} failed after the run had ended, and may not know all of it: {exception.GetType().Name}: "
                + $"{exception.GetBaseException().Message.TrimEnd('.')}.");
        if (!_faults.Contains(fault))
        {
            _faults.Add(fault);
        }
    }
}
