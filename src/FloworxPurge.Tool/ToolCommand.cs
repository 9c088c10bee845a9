using FloworxPurge.CommandLine;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace FloworxPurge.Tool;

/// <summary>The tool as it is called: builds the application, and runs the command in a process of it.</summary>
internal static class ToolCommand
{
    /// <summary>The name of the command.</summary>
    public const string Name = "floworx-purge";

    private const string Help = """
        floworx-purge purges the database behind an EF Core context of a project, which needs no code for it.

        Usage:
          floworx-purge COMMAND [options of the command] [options] [-- ARGUMENTS of the application]

        Commands:
          purge     shows the plan, asks for consent, makes a backup, purges, verifies, reports
          plan      shows the plan, writes it to a file, or compares it with one
          run       runs the plan of a file, or refuses
          restore   restores the archive of a purge

        Options:
          --project PATH           the project with the context; the one in the current folder otherwise
          --startup-project PATH   the application; the project otherwise
          --context NAME           the class of the context, where there is more than one; can be repeated for contexts of one database
          --configuration NAME     the configuration to build, such as Release
          --framework NAME         the target framework, where there is more than one
          --environment NAME       the environment of the application; otherwise that of the variables, else Production
          --no-build               does not build first

        floworx-purge COMMAND --help shows the options of a command.
        """;

    public static async Task<int> RunAsync(string[] args)
    {
        try
        {
            string folder = Directory.GetCurrentDirectory();
            ToolArguments arguments = ToolArguments.Read(args, folder);
            if (arguments.IsHelp)
            {
                return await HelpAsync(arguments).ConfigureAwait(false);
            }

            string project = StartupProject.Find(arguments.Project, folder, "--project");
            string startup = arguments.StartupProject is { } path
                ? StartupProject.Find(path, folder, "--startup-project")
                : project;
            StartupProject application = await StartupProject.PrepareAsync(startup, arguments, ToolConsole.Error).ConfigureAwait(false);
            string contexts = string.Equals(project, startup, StringComparison.Ordinal)
                ? application.Assembly
                : Path.Combine(Path.GetDirectoryName(application.Assembly)!, Path.GetFileNameWithoutExtension(project) + ".dll");
            return await ApplicationProcess.RunAsync(application, contexts, arguments).ConfigureAwait(false);
        }
        catch (ToolException exception)
        {
            await ToolConsole.Error.WriteLineAsync(exception.Message).ConfigureAwait(false);
            return exception.ExitCode;
        }
    }

    private static async Task<int> HelpAsync(ToolArguments arguments)
    {
        if (arguments.Verb is null)
        {
            await ToolConsole.Output.WriteLineAsync(Help).ConfigureAwait(false);
            return 0;
        }

        ServiceProvider services = new ServiceCollection().BuildServiceProvider();
        await using (services.ConfigureAwait(false))
        {
            return await PurgeCommand.RunAsync(
                services,
                [typeof(DbContext)],
                [.. arguments.Command],
                options => options.Name = Name).ConfigureAwait(false);
        }
    }
}
