using System.Data.Common;
using System.Diagnostics;

namespace FloworxPurge.Connections;

/// <summary>One activity of a run; nothing where nobody listens.</summary>
internal sealed class PurgeSpan(PurgeTrace trace, Activity? activity, Activity? parent) : IDisposable
{
    /// <summary>Gets the class of the error that the activity ended with, or <see langword="null"/>.</summary>
    public string? Error { get; private set; }

    /// <summary>Sets an attribute.</summary>
    public void Set(string key, object? value) => activity?.SetTag(key, value);

    /// <summary>Sets the attributes of the database, which was not known when the activity began.</summary>
    public void SetDatabase()
    {
        if (activity is null)
        {
            return;
        }

        var tags = new Dictionary<string, object?>(StringComparer.Ordinal);
        trace.AddDatabase(tags);
        foreach ((string key, object? value) in tags)
        {
            activity.SetTag(key, value);
        }
    }

    /// <summary>Marks the activity as failed.</summary>
    /// <param name="error">The class of the error, of which there are few.</param>
    /// <param name="description">What happened, in words.</param>
    public void Fail(string error, string description)
    {
        Error = error;
        activity?.SetTag("error.type", error);
        activity?.SetStatus(ActivityStatusCode.Error, description);
    }

    /// <summary>Marks the activity as failed by an exception.</summary>
    public void Fail(Exception exception)
    {
        // The server's answer says more than the exceptions that libraries put around it.
        Exception cause = exception is DbException ? exception : exception.GetBaseException();
        if (cause is DbException { SqlState.Length: > 0 } failure)
        {
            activity?.SetTag("db.response.status_code", failure.SqlState);
            Fail(failure.SqlState, cause.Message);
            return;
        }

        Fail(cause.GetType().FullName!, cause.Message);
    }

    /// <summary>Does work, and names the exception of work that fails.</summary>
    public async Task<T> RunAsync<T>(Func<PurgeSpan, Task<T>> work)
    {
        try
        {
            return await work(this).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            Fail(e);
            throw;
        }
    }

    /// <summary>Ends the activity.</summary>
    public void Dispose()
    {
        if (activity is not null && !trace.Guard(activity.Dispose))
        {
            Activity.Current = parent;
        }
    }
}
