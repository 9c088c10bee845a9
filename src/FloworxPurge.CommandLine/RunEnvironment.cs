using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace FloworxPurge.CommandLine;

/// <summary>The environment that the command runs in. As in a .NET host, it is Production if none is set.</summary>
/// <param name="Name">The name.</param>
/// <param name="Note">A remark after the name, if it is a default.</param>
/// <param name="Override">The override to report when code of the host sets another environment than the host has.</param>
internal sealed partial record RunEnvironment(string Name, string? Note = null, string? Override = null)
{
    private static readonly string[] Variables = ["DOTNET_ENVIRONMENT", "ASPNETCORE_ENVIRONMENT"];

    /// <summary>
    /// Gets whether the environment is production: a name with <c>prod</c> in it, or with the word <c>prd</c> or <c>live</c>.
    /// </summary>
    public bool IsProduction => MeansProduction(Name);

    /// <summary>Determines the environment: what the options state, else the host's, else that of the variables, else Production.</summary>
    public static RunEnvironment Of(PurgeCommandOptions options, IServiceProvider services)
    {
        var host = services.GetService<IHostEnvironment>();
        string? ofHost = host is null ? null : Stated(host.EnvironmentName) ?? Environments.Production;
        if (Stated(options.Environment) is { } stated)
        {
            return new RunEnvironment(
                stated,
                Override: ofHost is not null && MeansProduction(ofHost) && !MeansProduction(stated)
                    ? $"{nameof(PurgeCommandOptions)}.{nameof(options.Environment)} = {stated}: the host's environment is {ofHost}"
                    : null);
        }

        if (ofHost is not null)
        {
            return new RunEnvironment(ofHost);
        }

        // Without a host it is not defined which of two variables counts, so the stricter one does.
        List<string> found = [.. Variables.Select(variable => Stated(Environment.GetEnvironmentVariable(variable))).OfType<string>()];
        return (found.Find(MeansProduction) ?? found.FirstOrDefault()) is { } name
            ? new RunEnvironment(name)
            : new RunEnvironment(
                Environments.Production,
                $"the default: there is no host, and neither {string.Join(" nor ", Variables)} is set");
    }

    private static string? Stated(string? name) => string.IsNullOrWhiteSpace(name) ? null : name.Trim();

    private static bool MeansProduction(string name) => ProductionNames().IsMatch(name);

    [GeneratedRegex(
        "prod|(?<![a-z])(prd|live)(?![a-z])",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000)]
    private static partial Regex ProductionNames();
}
