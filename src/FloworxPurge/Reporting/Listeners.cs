
namespace FloworxPurge.Reporting;

/// <summary>
/// Notifies the caller's listeners of the result of a run. A listener that throws does not prevent the report: it gets a note.
/// </summary>
internal sealed class Listeners
{
    private readonly List<PlanNote> _faults = [];

    /// <summary>Calls a listener.</summary>
    public void Notify(string who, Action notify)
    {
        try
        {
            notify();
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            Note(who, e);
        }
    }

    /// <summary>Calls an asynchronous listener.</summary>
    public async Task NotifyAsync(string who, Func<ValueTask> notify)
    {
        try
        {
            await notify().ConfigureAwait(false);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            Note(who, e);
        }
    }

    /// <summary>Notes what listeners have thrown during the run.</summary>
    public void Add(string who, IEnumerable<Exception> exceptions)
    {
        foreach (Exception exception in exceptions)
        {
            Note(who, exception);
        }
    }

    /// <summary>The report with a note on each that failed.</summary>
    public PurgeReport AddTo(PurgeReport report) => _faults.Count == 0 ? report : report with { Notes = [.. report.Notes, .. _faults] };

    private void Note(string who, Exception exception)
    {
        var fault = PlanNote.Warning(
            null,
            $"{who} failed, and may not know all of the run: {exception.GetType().Name}: "
                + $"{exception.GetBaseException().Message.TrimEnd('.')}.");
        if (!_faults.Contains(fault))
        {
            _faults.Add(fault);
        }
    }
}
