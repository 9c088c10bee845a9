using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Options;
using FloworxPurge.Hosting;

namespace FloworxPurge;

public static partial class PurgeExtensions
{
    /// <summary>Checks the options of registered purgers: when the host starts, or else when the first one is resolved.</summary>
    [RequiresUnreferencedCode("It reads the names of option setters by reflection.")]
    private sealed class OptionsValidation(
        IEnumerable<PurgerRegistration> purgers,
        IEnumerable<IConfigureOptions<PurgeOptions>> setters,
        IEnumerable<IPostConfigureOptions<PurgeOptions>> lateSetters,
        IEnumerable<IOptionsChangeTokenSource<PurgeOptions>> sources) : IValidateOptions<PurgeOptions>
    {
        public ValidateOptionsResult Validate(string? name, PurgeOptions options)
        {
            List<string> problems = options.Problems();

            // Of a section that does not exist nothing is bound, and only its source of changes is left to be seen.
            if (!problems.Contains(PurgeOptions.OtherBinder)
                && sources.Any(source => string.Equals(source.Name ?? Options.DefaultName, name, StringComparison.Ordinal)))
            {
                problems.Add(PurgeOptions.OtherBinder);
            }

            problems.AddRange(WithoutPurger());
            string which = string.IsNullOrEmpty(name) ? string.Empty : $" \"{name}\"";
            return problems.Count == 0
                ? ValidateOptionsResult.Success
                : ValidateOptionsResult.Fail($"The purge options{which} are not valid: {string.Join("; ", problems)}.");
        }

        /// <summary>Returns a problem for options of a purger that is not registered: tables that they exclude would be purged.</summary>
        private IEnumerable<string> WithoutPurger()
        {
            HashSet<string> names = [.. purgers.Select(purger => purger.Name)];
            string calls = string.Join(", ", purgers.Select(purger => purger.Call).Order(StringComparer.Ordinal));
            return setters.Select(NameOf).Concat(lateSetters.Select(NameOf)).OfType<string>()
                .Where(name => !names.Contains(name))
                .Distinct(StringComparer.Ordinal)
                .Order(StringComparer.Ordinal)
                .Select(name => name.Length == 0
                    ? $"options without a name are set, and no purger has them: there are {calls}; "
                        + "set them there, or for all by ConfigureAll<PurgeOptions>"
                    : $"options named \"{name}\" are set, and no purger has them: there are {calls}");
        }

        // All that .NET makes have a name, which is null where they set all options. Others are for the options without a name, unless they
        // choose by themselves.
        private static string? NameOf(object setter) => setter switch
        {
            IConfigureOptions<PurgeOptions> and not IConfigureNamedOptions<PurgeOptions> => Options.DefaultName,
            _ when string.Equals(setter.GetType().Namespace, typeof(Options).Namespace, StringComparison.Ordinal)
                => setter.GetType().GetProperty(nameof(ConfigureNamedOptions<>.Name))?.GetValue(setter) as string,
            _ => null,
        };
    }
}
