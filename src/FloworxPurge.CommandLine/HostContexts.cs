using System.Diagnostics.CodeAnalysis;
using FloworxPurge.CommandLine.Output;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace FloworxPurge.CommandLine;

/// <summary>The contexts of the host.</summary>
[RequiresUnreferencedCode(TrimWarnings.Model)]
[RequiresDynamicCode(TrimWarnings.Model)]
internal static class HostContexts
{
    /// <summary>Gets the contexts from the host's services.</summary>
    /// <exception cref="CommandStoppedException">One of them is not registered, or cannot be used.</exception>
    public static List<DbContext> Create(
        IServiceProvider scoped,
        IReadOnlyList<Type> contextTypes,
        CommandOutput output,
        TimeSpan? timeout)
    {
        List<DbContext> contexts = [];
        foreach (Type type in contextTypes)
        {
            if (scoped.GetService(type) is DbContext context)
            {
                contexts.Add(context);
                continue;
            }

            throw new CommandStoppedException(
                PurgeExitCode.Failed,
                $"{type.Name} is not among the host's services, so there is no database to purge. Register it with AddDbContext or "
                    + $"AddDbContextFactory.");
        }

        foreach (DbContext context in contexts)
        {
            Learn(context, output);
            if (timeout is { } time && context.Database.IsRelational())
            {
                context.Database.SetCommandTimeout(time);
            }
        }

        return contexts;
    }

    private static void Learn(DbContext context, CommandOutput output)
    {
        try
        {
            output.Secrets.Learn(context);
        }
        catch (InvalidOperationException exception)
        {
            // It has no provider, or its options do not fit each other.
            throw new CommandStoppedException(
                PurgeExitCode.Failed,
                $"{context.GetType().Name} cannot be used: {Words.Sentence(exception)} Nothing was purged.",
                exception);
        }
    }
}
