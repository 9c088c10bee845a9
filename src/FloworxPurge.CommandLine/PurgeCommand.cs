using System.CommandLine;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using FloworxPurge.CommandLine.Arguments;
using FloworxPurge.CommandLine.Output;
using Microsoft.EntityFrameworkCore;

namespace FloworxPurge.CommandLine;

/// <summary>
/// The operator's command: shows target and plan, asks for consent, makes a backup, purges, verifies, reports. It never exits the process.
/// </summary>
/// <remarks>Exit codes are those of <see cref="PurgeExitCode"/>.</remarks>
[RequiresUnreferencedCode(TrimWarnings.Model)]
[RequiresDynamicCode(TrimWarnings.Model)]
public static class PurgeCommand
{
    /// <summary>Runs the command for the database of one context.</summary>
    /// <typeparam name="TContext">The context; registered as a service, or as an <see cref="IDbContextFactory{TContext}"/>.</typeparam>
    /// <param name="services">
    /// The host's services. The options of a registered <see cref="IPurger"/>, its checks and targets among them, apply.
    /// </param>
    /// <param name="args">The arguments after the command's name.</param>
    /// <param name="configure">Sets what the host decides, or <see langword="null"/> for the defaults.</param>
    /// <param name="cancellationToken">Stops the purge, and everything is rolled back; once it is committed, stops what follows.</param>
    /// <returns>The exit code: a number of <see cref="PurgeExitCode"/>.</returns>
    /// <exception cref="ArgumentNullException">Services or arguments are null.</exception>
    /// <exception cref="ArgumentException">Options of the host are not valid; the message names every one.</exception>
    public static Task<int> RunAsync<TContext>(
        IServiceProvider services,
        string[] args,
        Action<PurgeCommandOptions>? configure = null,
        CancellationToken cancellationToken = default)
        where TContext : DbContext
        => RunAsync(services, [typeof(TContext)], args, configure, cancellationToken);

    /// <summary>Runs the command for two contexts that share one database.</summary>
    /// <typeparam name="TFirst">The context whose connection is used.</typeparam>
    /// <typeparam name="TSecond">Another context of the same database.</typeparam>
    /// <param name="services">The host's services.</param>
    /// <param name="args">The arguments after the command's name.</param>
    /// <param name="configure">Sets what the host decides, or <see langword="null"/> for the defaults.</param>
    /// <param name="cancellationToken">Stops the purge, and everything is rolled back; once it is committed, stops what follows.</param>
    /// <returns>The exit code: a number of <see cref="PurgeExitCode"/>.</returns>
    /// <exception cref="ArgumentNullException">Services or arguments are null.</exception>
    /// <exception cref="ArgumentException">Options of the host are not valid; the message names every one.</exception>
    public static Task<int> RunAsync<TFirst, TSecond>(
        IServiceProvider services,
        string[] args,
        Action<PurgeCommandOptions>? configure = null,
        CancellationToken cancellationToken = default)
        where TFirst : DbContext
        where TSecond : DbContext
        => RunAsync(services, [typeof(TFirst), typeof(TSecond)], args, configure, cancellationToken);

    /// <summary>Runs the command for any number of contexts that share one database.</summary>
    /// <param name="services">The host's services.</param>
    /// <param name="contextTypes">The contexts' types; the first one's connection is used.</param>
    /// <param name="args">The arguments after the command's name.</param>
    /// <param name="configure">Sets what the host decides, or <see langword="null"/> for the defaults.</param>
    /// <param name="cancellationToken">Stops the purge, and everything is rolled back; once it is committed, stops what follows.</param>
    /// <returns>The exit code: a number of <see cref="PurgeExitCode"/>.</returns>
    /// <exception cref="ArgumentNullException">Services, types or arguments are null.</exception>
    /// <exception cref="ArgumentException">There is no type, or one is no context; or options of the host are not valid.</exception>
    public static async Task<int> RunAsync(
        IServiceProvider services,
        IReadOnlyList<Type> contextTypes,
        string[] args,
        Action<PurgeCommandOptions>? configure = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(args);
        PurgeCommandOptions options = Configured(services, contextTypes, configure);
        PurgeConsole console = options.Console ?? PurgeConsole.OfProcess();
        Command command = Create(services, contextTypes, options, console);
        var invocation = new InvocationConfiguration
        {
            Output = console.Output,
            Error = console.Error,
            EnableDefaultExceptionHandler = false,

            // However long a rollback takes: it is waited for.
            ProcessTerminationTimeout = null,
        };

        // An argument that begins with @ is no file to read more arguments from.
        ParseResult parsed = command.Parse(
            ValuesNamedLikeVerbs.Attach(args),
            new ParserConfiguration { ResponseFileTokenReplacer = null, EnablePosixBundling = false });
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using PosixSignalRegistration? interrupt = options.Console is null ? StopOn(PosixSignal.SIGINT, stop) : null;
        using PosixSignalRegistration? terminate = options.Console is null ? StopOn(PosixSignal.SIGTERM, stop) : null;
        return await parsed.InvokeAsync(invocation, stop.Token).ConfigureAwait(false);
    }

    /// <summary>The command for the database of one context, to be added to a host's own command tree.</summary>
    /// <typeparam name="TContext">The context.</typeparam>
    /// <param name="services">The host's services.</param>
    /// <param name="configure">Sets what the host decides, or <see langword="null"/> for the defaults.</param>
    /// <returns>The command; it returns the exit code.</returns>
    /// <remarks>
    /// Set <see cref="InvocationConfiguration.ProcessTerminationTimeout"/> to <see langword="null"/>, so that Ctrl+C waits for the
    /// rollback.
    /// </remarks>
    /// <exception cref="ArgumentNullException">The services are null.</exception>
    /// <exception cref="ArgumentException">Options of the host are not valid; the message names every one.</exception>
    public static Command Create<TContext>(IServiceProvider services, Action<PurgeCommandOptions>? configure = null)
        where TContext : DbContext
        => Create(services, [typeof(TContext)], configure);

    /// <summary>The command for any number of contexts that share one database, to be added to a host's own command tree.</summary>
    /// <param name="services">The host's services.</param>
    /// <param name="contextTypes">The contexts' types; the first one's connection is used.</param>
    /// <param name="configure">Sets what the host decides, or <see langword="null"/> for the defaults.</param>
    /// <returns>The command; it returns the exit code.</returns>
    /// <remarks>
    /// Set <see cref="InvocationConfiguration.ProcessTerminationTimeout"/> to <see langword="null"/>, so that Ctrl+C waits for the
    /// rollback.
    /// </remarks>
    /// <exception cref="ArgumentNullException">Services or types are null.</exception>
    /// <exception cref="ArgumentException">There is no type, or one is no context; or options of the host are not valid.</exception>
    public static Command Create(IServiceProvider services, IReadOnlyList<Type> contextTypes, Action<PurgeCommandOptions>? configure = null)
    {
        PurgeCommandOptions options = Configured(services, contextTypes, configure);
        return Create(services, contextTypes, options, options.Console ?? PurgeConsole.OfProcess());
    }

    private static Command Create(
        IServiceProvider services,
        IReadOnlyList<Type> contextTypes,
        PurgeCommandOptions options,
        PurgeConsole console)
    {
        var syntax = new CommandSyntax();
        Command command = Create(services, contextTypes, options, console, syntax, parent: null);
        command.Add(Create(services, contextTypes, options, console, new CommandSyntax(CommandVerb.Plan), syntax));
        command.Add(Create(services, contextTypes, options, console, new CommandSyntax(CommandVerb.Run), syntax));
        command.Add(CreateRestore(services, contextTypes, options, console, syntax));
        return command;
    }

    private static Command Create(
        IServiceProvider services,
        IReadOnlyList<Type> contextTypes,
        PurgeCommandOptions options,
        PurgeConsole console,
        CommandSyntax syntax,
        CommandSyntax? parent)
    {
        Command command = syntax.CreateCommand(options.Name, console);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var reader = new ArgumentReader(syntax, parsed, parent);
            CommandArguments arguments = reader.Read();
            var output = new CommandOutput(console, arguments);
            if (reader.Problems.Count > 0)
            {
                foreach (string problem in reader.Problems)
                {
                    output.Error(problem);
                }

                return (int)PurgeExitCode.Usage;
            }

            return (int)await new CommandRun(services, contextTypes, options, arguments, output)
                .RunAsync(cancellationToken)
                .ConfigureAwait(false);
        });
        return command;
    }

    private static Command CreateRestore(
        IServiceProvider services,
        IReadOnlyList<Type> contextTypes,
        PurgeCommandOptions options,
        PurgeConsole console,
        CommandSyntax purge)
    {
        var syntax = new RestoreSyntax();
        Command command = syntax.CreateCommand(options.Name, console);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var reader = new RestoreReader(syntax, purge, parsed);
            RestoreArguments arguments = reader.Read();
            var output = new CommandOutput(console, arguments.Common);
            if (reader.Problems.Count > 0)
            {
                foreach (string problem in reader.Problems)
                {
                    output.Error(problem);
                }

                return (int)PurgeExitCode.Usage;
            }

            return (int)await new RestoreRun(services, contextTypes, options, arguments, output)
                .RunAsync(cancellationToken)
                .ConfigureAwait(false);
        });
        return command;
    }

    private static PurgeCommandOptions Configured(
        IServiceProvider services,
        IReadOnlyList<Type> contextTypes,
        Action<PurgeCommandOptions>? configure)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(contextTypes);
        if (contextTypes.Count == 0 || contextTypes.Any(type => type is null || !type.IsAssignableTo(typeof(DbContext))))
        {
            throw new ArgumentException("Give the type of at least one DbContext, and nothing else among them.", nameof(contextTypes));
        }

        var options = new PurgeCommandOptions();
        configure?.Invoke(options);
        options.Validate(nameof(configure));
        options.RunsIn = RunEnvironment.Of(options, services);
        return options;
    }

    private static PosixSignalRegistration StopOn(PosixSignal signal, CancellationTokenSource stop)
        => PosixSignalRegistration.Create(signal, context =>
        {
            // The first one rolls back; whoever sends a second does not want to wait for it, and the database does it then.
            if (!stop.IsCancellationRequested)
            {
                context.Cancel = true;
                stop.Cancel();
            }
        });
}
