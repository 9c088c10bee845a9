using System.Diagnostics;
using System.Reflection;
using System.Runtime.Loader;
using FloworxPurge.CommandLine;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace FloworxPurge.Tool;

/// <summary>
/// Runs the application until its host is built, and stops it there, as the tools of EF Core do: nothing of it is started.
/// </summary>
internal sealed class ApplicationHost : IObserver<DiagnosticListener>, IObserver<KeyValuePair<string, object?>>
{
    private const string Hosting = "Microsoft.Extensions.Hosting";
    private const int OldestHosting = 6;
    private const BindingFlags Static
        = BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DoNotWrapExceptions;

    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);
    private static readonly AsyncLocal<ApplicationHost?> Current = new();

    private readonly TaskCompletionSource<IServiceProvider> _services = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The services of the host; none where the application builds no host.</summary>
    /// <exception cref="ToolException">The application fails before, or the tool is asked to stop.</exception>
    public static async Task<IServiceProvider> FindServicesAsync(Assembly startup, string[] args, CancellationToken cancellationToken)
    {
        // A program without a host would run to its end, with everything that it does to its database.
        if (startup.EntryPoint is not { } entry || !HasHosting())
        {
            return NoServices();
        }

        // The name of the application is that of the entry assembly: its settings and user secrets depend on it.
        Assembly.SetEntryAssembly(startup);
        var host = new ApplicationHost();
        using IDisposable subscription = DiagnosticListener.AllListeners.Subscribe(host);
        var thread = new Thread(() => host.Run(entry, args)) { IsBackground = true };
        thread.Start();
        try
        {
            return await host._services.Task.WaitAsync(Limit, cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException exception)
        {
            throw new ToolException((int)PurgeExitCode.Cancelled, "Cancelled: nothing was purged.", exception);
        }
        catch (TimeoutException exception)
        {
            throw new ToolException(
                ToolException.Failed,
                FormattableString.Invariant($"The application built no host within {Limit.TotalMinutes:0} minutes. ")
                    + "Give it an IDesignTimeDbContextFactory. Nothing was purged.",
                exception);
        }
    }

    public void OnNext(DiagnosticListener value)
    {
        if (string.Equals(value.Name, Hosting, StringComparison.Ordinal))
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

    private static ServiceProvider NoServices() => new ServiceCollection().BuildServiceProvider();

    // Older ones do not say that a host was built.
    private static bool HasHosting()
    {
        try
        {
            return AssemblyLoadContext.Default.LoadFromAssemblyName(new AssemblyName(Hosting)).GetName().Version?.Major >= OldestHosting;
        }
        catch (FileNotFoundException)
        {
            return false;
        }
    }

    // A method that makes the host and nothing else comes before the program, as for the tools of EF Core.
    private static IServiceProvider? ServicesOfMethod(Type program, string[] args)
    {
        foreach (string name in (string[])["BuildWebHost", "CreateWebHostBuilder", "CreateHostBuilder"])
        {
            if (program.GetMethod(name, Static, [typeof(string[])]) is { } method)
            {
                object host = method.Invoke(null, Static, binder: null, [args], culture: null)!;
                if (host.GetType().GetMethod("Build", []) is { } build)
                {
                    host = build.Invoke(host, BindingFlags.DoNotWrapExceptions, binder: null, parameters: null, culture: null)!;
                }

                return (IServiceProvider)host.GetType().GetProperty(nameof(IHost.Services))!.GetValue(host)!;
            }
        }

        return null;
    }

    private void Run(MethodInfo entry, string[] args)
    {
        Current.Value = this;
        try
        {
            if (ServicesOfMethod(entry.DeclaringType!, args) is { } services)
            {
                _services.TrySetResult(services);
                return;
            }

            entry.Invoke(null, Static, binder: null, entry.GetParameters().Length == 0 ? [] : [args], culture: null);
            _services.TrySetResult(NoServices());
        }
        catch (HostAbortedException)
        {
            _services.TrySetResult(NoServices());
        }
        catch (Exception exception)
        {
            _services.TrySetException(new ToolException(
                ToolException.Failed,
                $"The application failed before its host was built: {exception.GetType().Name}: {exception.Message.TrimEnd('.')}. "
                    + "Nothing was purged.",
                exception));
        }
    }
}
