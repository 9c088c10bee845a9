using Microsoft.Extensions.Options;

namespace FloworxPurge.Hosting;

/// <summary>Checks the options of registered purgers: when the host starts, or else when the first one is resolved.</summary>
internal sealed class PurgeOptionsValidation(IEnumerable<IOptionsChangeTokenSource<PurgeOptions>> sources) : IValidateOptions<PurgeOptions>
{
    /// <summary>The problem of options that were bound by a binder that ignores unknown keys.</summary>
    public const string OtherBinder
        = "they were bound by the configuration binder of .NET (Bind, Get, Configure<PurgeOptions>(section) or BindConfiguration), which ignores keys that it does not know; call options.Bind(section) instead";

    public ValidateOptionsResult Validate(string? name, PurgeOptions options)
    {
        List<string> problems = options.Problems();

        // Of a section that does not exist nothing is bound, and only its source of changes is left to be seen.
        if (!problems.Contains(OtherBinder) && sources.Any(source => string.Equals(source.Name ?? Options.DefaultName, name, StringComparison.Ordinal)))
        {
            problems.Add(OtherBinder);
        }

        return problems.Count == 0
            ? ValidateOptionsResult.Success
            : ValidateOptionsResult.Fail($"The purge options{(string.IsNullOrEmpty(name) ? string.Empty : $" \"{name}\"")} are not valid: {string.Join("; ", problems)}.");
    }
}
