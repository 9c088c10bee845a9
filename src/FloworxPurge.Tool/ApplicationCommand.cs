using System.Diagnostics;
using System.Reflection;
using System.Runtime.Loader;
using System.Text.Json;
using FloworxPurge.CommandLine;

namespace FloworxPurge.Tool;

/// <summary>Finds the contexts of the application, and runs the command for them.</summary>
internal static class ApplicationCommand
{
    private const string KeyVariable = "FLOWORXPURGE_APPROVAL_KEY";

    public static async Task<int> RunAsync(string json)
    {
        ApplicationRequest request = JsonSerializer.Deserialize(json, ApplicationRequestJson.Default.ApplicationRequest)!;

        // What the application writes is not the result of the command.
        PurgeConsole console = ToolConsole.TakeOver();
        using var stop = new StopRequest();
        IReadOnlyList<IDisposable> signals = ToolConsole.OnStop(stop.Receive);
        Task end = StopWithAsync(request.ToolProcess, stop);
        try
        {
            Assembly startup = AssemblyLoadContext.Default.LoadFromAssemblyPath(request.StartupAssembly);
            Assembly contexts = string.Equals(request.StartupAssembly, request.ContextAssembly, StringComparison.Ordinal)
                ? startup
                : AssemblyLoadContext.Default.LoadFromAssemblyPath(request.ContextAssembly);
            string[] application = [.. request.Application];
            IServiceProvider host = await ApplicationHost.FindServicesAsync(startup, application, stop.Token).ConfigureAwait(false);
            FoundContexts found = FoundContexts.Find([.. new[] { startup, contexts }.Distinct()], host, application);
            IReadOnlyList<FoundContext> chosen = found.Choose(request.Contexts);
            byte[]? key = Key();
            var services = new ApplicationServices(host, chosen);
            return await PurgeCommand.RunAsync(
                services,
                [.. chosen.Select(context => context.Type)],
                [.. request.Command],
                options =>
                {
                    options.Name = ToolCommand.Name;
                    options.Console = console;
                    options.ApprovalKey = key;
                },
                stop.Token).ConfigureAwait(false);
        }
        catch (ToolException exception)
        {
            await ToolConsole.Error.WriteLineAsync(exception.Message).ConfigureAwait(false);
            return exception.ExitCode;
        }
        catch (Exception exception)
        {
            // Of the application: the command reports its own, and has not begun.
            await ToolConsole.Error.WriteLineAsync(
                $"The application failed: {exception.GetType().Name}: {exception.Message.TrimEnd('.')}. Nothing was purged.")
                .ConfigureAwait(false);
            return ToolException.Failed;
        }
        finally
        {
            foreach (IDisposable signal in signals)
            {
                signal.Dispose();
            }

            stop.End();
            await end.ConfigureAwait(false);
        }
    }

    // A tool that was killed cannot pass on a signal any more.
    private static async Task StopWithAsync(int toolProcess, StopRequest stop)
    {
        try
        {
            using var tool = Process.GetProcessById(toolProcess);
            await tool.WaitForExitAsync(stop.Token).ConfigureAwait(false);
            stop.Receive();
        }
        catch (ArgumentException)
        {
            // It has ended already.
            stop.Receive();
        }
        catch (OperationCanceledException)
        {
            // The process stops, or has ended.
        }
    }

    private static byte[]? Key()
    {
        if (Environment.GetEnvironmentVariable(KeyVariable) is not { Length: > 0 } text)
        {
            return null;
        }

        try
        {
            byte[] key = Convert.FromBase64String(text);
            return key.Length >= 32 ? key : throw new FormatException();
        }
        catch (FormatException)
        {
            throw new ToolException(ToolException.Usage, $"{KeyVariable} is not the Base64 of at least 32 bytes. Nothing was written.");
        }
    }
}
