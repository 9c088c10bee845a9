using System.ComponentModel;
using FloworxPurge.Hosting;
using Microsoft.Extensions.Configuration;

namespace FloworxPurge;

public sealed partial class PurgeOptions
{
    /// <summary>
    /// Always <see langword="null"/>. The configuration binder of .NET sets it, and options that it has bound are not valid: it ignores
    /// keys that it does not know. Default: <see langword="null"/>.
    /// </summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public IConfigurationSection? BoundSection
    {
        get => null;
        set => BindingProblems.Add(PurgeOptionsValidation.OtherBinder);
    }

    /// <summary>What was wrong with the configuration that was bound.</summary>
    internal List<string> BindingProblems { get; } = [];

    /// <summary>
    /// Sets options from configuration: each key is the name of an option. <c>Include</c>, <c>Exclude</c>, <c>AllowInserts</c>,
    /// <c>AllowDatabase</c>, <c>SaveReport</c> and the lists of <c>Details</c> take a list, which is added to what is there. What cannot be
    /// bound makes the options invalid: an unknown key, a key without a value, a value of another kind.
    /// </summary>
    /// <remarks>
    /// <c>Dialect</c>, <c>TimeProvider</c>, checks and targets are set in code. A <c>LockTimeout</c> is written as <c>00:00:30</c>, and
    /// <c>Details:Custom</c> as a text that holds a JSON object.
    /// </remarks>
    /// <param name="configuration">
    /// The section that holds the options and nothing else, such as <c>configuration.GetSection("Purge")</c>. It has to exist.
    /// </param>
    /// <returns>The same options.</returns>
    /// <exception cref="ArgumentNullException">The configuration is null.</exception>
    public PurgeOptions Bind(IConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        PurgeKeys.All.Bind(configuration, this, BindingProblems);
        return this;
    }
}
