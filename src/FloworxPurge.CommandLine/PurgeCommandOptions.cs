using FloworxPurge.CommandLine.Backups;

namespace FloworxPurge.CommandLine;

/// <summary>What the host decides about its purge command. Nothing on the command line overrides it.</summary>
public sealed class PurgeCommandOptions
{
    /// <summary>The fewest bytes that a key of <see cref="ApprovalKey"/> has: 32.</summary>
    internal const int ShortestApprovalKey = 32;

    /// <summary>
    /// Gets or sets the command's name in the help text and in a host's own command tree. The default value is <c>purge</c>.
    /// </summary>
    public string Name { get; set; } = "purge";

    /// <summary>
    /// Gets or sets the name of the purger whose options apply, registered by <c>AddFloworxPurge(name)</c>. The default value is
    /// <see langword="null"/>, the purger that is registered for the context, else the one without a key.
    /// </summary>
    public string? PurgerName { get; set; }

    /// <summary>
    /// Sets the purge's options, on top of those of the registered <see cref="IPurger"/> and below those of the command line: filters,
    /// allowed databases, checks, targets, details. The default value is <see langword="null"/>, nothing.
    /// </summary>
    public Action<PurgeOptions>? Configure { get; set; }

    /// <summary>
    /// Sets the options of a restore, below those of the command line: allowed databases, the stream that reads files which were written
    /// through one. The default value is <see langword="null"/>, nothing.
    /// </summary>
    public Action<RestoreOptions>? ConfigureRestore { get; set; }

    /// <summary>
    /// Gets or sets the secret key of approval tokens, at least 32 random bytes, the same where tokens are made and where they are used.
    /// The default value is <see langword="null"/>: no tokens are made, and none is accepted.
    /// </summary>
    public IReadOnlyList<byte>? ApprovalKey { get; set; }

    /// <summary>
    /// Gets or sets how long an approval token is good for; more than zero, at most 30 days. The default value is 1 hour.
    /// </summary>
    public TimeSpan ApprovalLifetime { get; set; } = TimeSpan.FromHours(1);

    /// <summary>
    /// Gets or sets whether this host never purges: plans are shown, and every run is refused. The default value is
    /// <see langword="false"/>.
    /// </summary>
    public bool ProhibitPurge { get; set; }

    /// <summary>
    /// Gets or sets whether <c>--force</c> is enough in production. The default value is <see langword="false"/>: there, the database's
    /// name has to be typed or given by <c>--confirm</c>, or the plan approved by <c>--approve</c>.
    /// </summary>
    public bool AllowForceInProduction { get; set; }

    /// <summary>
    /// Gets or sets the environment's name; one with <c>prod</c> in it, or with the word <c>prd</c> or <c>live</c>, in upper or lower case,
    /// is production and demands more. The default value is <see langword="null"/>, the host's environment (its <c>IHostEnvironment</c>);
    /// without a host, what the environment variables <c>DOTNET_ENVIRONMENT</c> and <c>ASPNETCORE_ENVIRONMENT</c> say, and the stricter one
    /// where they differ; <c>Production</c> if none is set.
    /// </summary>
    public string? Environment { get; set; }

    /// <summary>
    /// Gets or sets the service that makes backups. The default value is <see langword="null"/>, the registered <see cref="IPurgeBackup"/>,
    /// else a
    /// built-in one by the context's provider: <c>VACUUM INTO</c> for SQLite, <c>pg_dump</c> for PostgreSQL.
    /// </summary>
    public IPurgeBackup? Backup { get; set; }

    /// <summary>
    /// Gets or sets the console that the command reads from and writes to. The default value is <see langword="null"/>, the process's
    /// console, and Ctrl+C
    /// stops the purge.
    /// </summary>
    public PurgeConsole? Console { get; set; }

    /// <summary>
    /// Gets or sets the clock of approval tokens and of the names of backups. The default value is <see cref="TimeProvider.System"/>.
    /// </summary>
    public TimeProvider TimeProvider { get; set; } = TimeProvider.System;

    /// <summary>The environment that was determined when the command was created.</summary>
    internal RunEnvironment RunsIn { get; set; } = new(Microsoft.Extensions.Hosting.Environments.Production);

    /// <summary>Checks every option.</summary>
    /// <exception cref="ArgumentException">Options are not valid; the message names every one.</exception>
    internal void Validate(string parameterName)
    {
        List<string> problems = [];
        if (string.IsNullOrWhiteSpace(Name) || Name.Any(char.IsWhiteSpace) || Name.StartsWith('-'))
        {
            problems.Add($"{nameof(Name)} is \"{Name}\"; give one word, such as purge");
        }

        if (ApprovalKey is { Count: < ShortestApprovalKey })
        {
            problems.Add(
                $"{nameof(ApprovalKey)} has fewer than {ShortestApprovalKey} bytes; give as many random ones, or null for no tokens");
        }

        if (ApprovalLifetime <= TimeSpan.Zero || ApprovalLifetime > TimeSpan.FromDays(30))
        {
            problems.Add($"{nameof(ApprovalLifetime)} is {ApprovalLifetime}; give more than zero, up to 30 days");
        }

        if (TimeProvider is null)
        {
            problems.Add($"{nameof(TimeProvider)} is null; give a clock, such as TimeProvider.System");
        }

        if (problems.Count > 0)
        {
            throw new ArgumentException($"The options of the purge command are not valid: {string.Join("; ", problems)}.", parameterName);
        }
    }
}
