using System.Data.Common;
using System.Diagnostics;
using System.Globalization;
using FloworxPurge.Extensibility;

namespace FloworxPurge.Connections;

/// <summary>
/// The activities of one plan or run, each inside the one that is current. A listener that throws changes nothing of the run: what it threw
/// is in <see cref="Faults"/>.
/// </summary>
internal sealed class PurgeTrace(PurgeDialect dialect)
{
    private string? _namespace;
    private (string Address, int? Port)? _server;

    /// <summary>Gets the name of the engine by the OpenTelemetry conventions.</summary>
    public string System { get; private set; } = dialect.SystemName;

    /// <summary>Gets what listeners threw.</summary>
    public List<Exception> Faults { get; } = [];

    /// <summary>Sets the database that the activities from here on name.</summary>
    public void Describe(DatabaseIdentity database, PurgeDialect dialect, DbConnection connection)
    {
        System = dialect.SystemName;
        _namespace = dialect.NamespaceOf(database);
        _server = dialect.IsServer ? ServerOf(connection.DataSource) : null;
    }

    /// <summary>Starts an activity, which ends when it is disposed.</summary>
    public PurgeSpan Start(string name, ActivityKind kind = ActivityKind.Internal, params ReadOnlySpan<(string Key, object? Value)> tags)
    {
        if (!PurgeTelemetry.Activities.HasListeners())
        {
            return new PurgeSpan(this, activity: null, parent: null);
        }

        // Sampling may depend on what an activity begins with.
        var all = new ActivityTagsCollection();
        AddDatabase(all);
        foreach ((string key, object? value) in tags)
        {
            all[key] = value;
        }

        Activity? parent = Activity.Current;
        Activity? activity = null;
        if (!Guard(() => activity = PurgeTelemetry.Activities.StartActivity(kind, tags: all, name: name)))
        {
            Activity.Current = parent;
        }

        return new PurgeSpan(this, activity, parent);
    }

    /// <summary>Does work inside an activity, which names the exception of work that fails.</summary>
    public async Task<T> RunAsync<T>(string name, Func<PurgeSpan, Task<T>> work)
    {
        using PurgeSpan span = Start(name);
        return await span.RunAsync(work).ConfigureAwait(false);
    }

    /// <summary>Does work inside an activity, which names the exception of work that fails.</summary>
    public Task RunAsync(string name, Func<PurgeSpan, Task> work)
        => RunAsync(
            name,
            async span =>
            {
                await work(span).ConfigureAwait(false);
                return true;
            });

    /// <summary>Calls listeners.</summary>
    /// <returns>Whether none threw.</returns>
    public bool Guard(Action call)
    {
        try
        {
            call();
            return true;
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            Faults.Add(e);
            return false;
        }
    }

    /// <summary>Adds the attributes of the database.</summary>
    public void AddDatabase(IDictionary<string, object?> tags)
    {
        tags["db.system.name"] = System;
        if (_namespace is not null)
        {
            tags["db.namespace"] = _namespace;
        }

        if (_server is { } server)
        {
            tags["server.address"] = server.Address;
            if (server.Port is { } port)
            {
                tags["server.port"] = port;
            }
        }
    }

    // Providers write it as tcp://host:port, as host,port, or as a host alone.
    private static (string Address, int? Port)? ServerOf(string source)
    {
        if (source.Length == 0)
        {
            return null;
        }

        if (Uri.TryCreate(source, UriKind.Absolute, out Uri? uri) && uri.Host.Length > 0)
        {
            return (uri.Host, uri.Port > 0 ? uri.Port : null);
        }

        string address = source.StartsWith("tcp:", StringComparison.OrdinalIgnoreCase) ? source["tcp:".Length..] : source;
        int comma = address.LastIndexOf(',');
        return comma > 0 && int.TryParse(address[(comma + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out int port)
            ? (address[..comma], port) : (address, null);
    }
}
