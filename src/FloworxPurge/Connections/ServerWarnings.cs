using System.Data.Common;
using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using FloworxPurge.Schema;

namespace FloworxPurge.Connections;

/// <summary>
/// Collects the warnings that a server sends without an error, such as a commit that no standby has confirmed. The event of the driver
/// is found by its shape, since the core does not depend on a driver: <c>Notice</c>, whose argument has a notice with severity and text.
/// </summary>
[RequiresUnreferencedCode(TrimWarnings.Model)]
internal sealed class ServerWarnings : IDisposable
{
    private const string Warning = "WARNING";

    private readonly DbConnection _connection;
    private readonly EventInfo? _event;
    private readonly Delegate? _handler;
    private readonly List<string> _texts = [];

    private ServerWarnings(DbConnection connection)
    {
        _connection = connection;
        _event = connection.GetType().GetEvent("Notice");
        if (_event?.EventHandlerType is { } type)
        {
            // A handler of any event argument fits each handler of a class derived from it.
            _handler = Delegate.CreateDelegate(type, this, ((Action<object, EventArgs>)Add).Method, throwOnBindFailure: false);
            if (_handler is not null)
            {
                _event.AddEventHandler(connection, _handler);
            }
        }
    }

    /// <summary>Gets the warnings, each in one line without a full stop.</summary>
    public IReadOnlyList<string> Texts
    {
        get
        {
            lock (_texts)
            {
                return [.. _texts];
            }
        }
    }

    /// <summary>Starts to collect, until the result is disposed.</summary>
    public static ServerWarnings Collect(DbConnection connection) => new(connection);

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_handler is not null)
        {
            _event!.RemoveEventHandler(_connection, _handler);
        }
    }

    private void Add(object sender, EventArgs arguments)
    {
        object? notice = Read(arguments, "Notice");

        // The second name is the same in every language of the server.
        if (notice is null || (Read(notice, "InvariantSeverity") ?? Read(notice, "Severity")) is not Warning)
        {
            return;
        }

        string?[] parts = [Read(notice, "MessageText") as string, Read(notice, "Detail") as string, Read(notice, "Hint") as string];
        string text = string.Join(". ", parts.Where(part => !string.IsNullOrWhiteSpace(part)).Select(part => part!.Trim().TrimEnd('.')));
        lock (_texts)
        {
            _texts.Add(string.Join(" ", text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)).TrimEnd('.'));
        }
    }

    private static object? Read(object source, string name) => source.GetType().GetProperty(name)?.GetValue(source);
}
