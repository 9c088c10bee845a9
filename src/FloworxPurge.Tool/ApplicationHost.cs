using System.Diagnostics;
using System.Reflection;
using Microsoft.Extensions.Hosting;

namespace FloworxPurge.Tool;

/// <summary>
/// Runs the application until its host is built, and stops it there, as the tools of EF Core do: nothing of it is started.
/// </summary>
internal sealed class ApplicationHost : IObserver<DiagnosticListener>, IObserver<KeyValuePair<string, object?>>
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);
    private static readonly AsyncLocal<ApplicationHost?> Current = new();

    private readonly TaskCompletionSource<IServiceProvider?> _services = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The services of the host; null where the application builds none.</summary>
    /// <exception cref="ToolException">The application fails before.</exception>
    public static async Task<IServiceProvider?> FindServicesAsync(Assembly startup, string[] args)
    {
        if (startup.EntryPoint is not { } entry)
        {
            return null;
        }

        var host = new ApplicationHost();
        using IDisposable subscription = DiagnosticListener.AllListeners.Subscribe(host);
        var thread = new Thread(() => host.Run(entry, args)) { IsBackground = true };
        thread.Start();
        try
        {
            return await host._services.Task.WaitAsync(Limit).ConfigureAwait(false);
        }
        catch (TimeoutException exception)
        {
            throw new ToolException(
                ToolException.Failed,
                FormattableString.Invariant($"The application built no host within {Limit.TotalMinutes:0} minutes. ")
                    + "Give it an IDesignTimeDbContextFactory. Nothing was written.",
                exception);
        }
    }

    public void OnNext(DiagnosticListener value)
    {
        if (string.Equals(value.Name, "Microsoft.Extensions.Hosting", StringComparison.Ordinal))
        {
            value.Subscribe(this);
        }
    }

    public void OnNext(KeyValuePair<string, object?> value)
    {
        if (Current.Value == this && string.Equals(value.Key, "HostBuilt", StringComparison.Ordinal))
        {
            _services.TrySetResult(((IHost)value.Value!).Services);
            throw new HostAbortedException();
        }
    }

    public void OnCompleted()
    {
    }

    public void OnError(Exception error)
    {
    }

    private void Run(MethodInfo entry, string[] args)
    {
        Current.Value = this;
        try
        {
            entry.Invoke(null, entry.GetParameters().Length == 0 ? [] : [args]);
            _services.TrySetResult(null);
        }
        catch (TargetInvocationException exception) when (exception.InnerException is HostAbortedException)
        {
            _services.TrySetResult(null);
        }
        catch (TargetInvocationException exception)
        {
            _services.TrySetException(new ToolException(
                ToolException.Failed,
                $"The application failed before its host was built: {exception.InnerException!.GetType().Name}: "
                    + $"{exception.InnerException.Message.TrimEnd('.')}. Nothing was written.",
                exception));
        }
    }
}
