using FloworxPurge.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace FloworxPurge;

/// <content>Rows that a host registers under a name.</content>
public static partial class PurgeExtensions
{
    /// <summary>
    /// Registers rows under a name, for the operator's command: <c>purge --rows test-users</c> deletes them and what depends on them,
    /// instead of whole tables.
    /// </summary>
    /// <param name="services">The services.</param>
    /// <param name="name">
    /// The name that the operator types: one word that does not begin with a hyphen. Names are compared ordinally.
    /// </param>
    /// <param name="configure">
    /// Selects the rows with <c>Rows</c> at least once, and may set any other option. It is called for each run that names the rows.
    /// </param>
    /// <returns>The same services.</returns>
    /// <exception cref="ArgumentNullException">The services or the action is null.</exception>
    /// <exception cref="ArgumentException">The name is not valid, or it is registered already.</exception>
    public static IServiceCollection AddRows(this IServiceCollection services, string name, Action<PurgeOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(configure);
        return AddRows(services, name, [], (options, _) => configure(options));
    }

    /// <summary>
    /// Registers rows under a name, with parameters whose values the operator gives:
    /// <c>purge --rows subject --rows-parameter email=jane@example.com</c>. A value is never a part of an SQL text.
    /// </summary>
    /// <param name="services">The services.</param>
    /// <param name="name">
    /// The name that the operator types: one word that does not begin with a hyphen. Names are compared ordinally.
    /// </param>
    /// <param name="parameters">The names of the parameters, each one word without an equals sign. All of them must be given.</param>
    /// <param name="configure">
    /// Selects the rows with <c>Rows</c> at least once, from the values by the names of the parameters:
    /// <c>(options, values) =&gt; options.Rows&lt;User&gt;(user =&gt; user.Email == values["email"])</c>.
    /// </param>
    /// <returns>The same services.</returns>
    /// <exception cref="ArgumentNullException">The services, the parameters or the action is null.</exception>
    /// <exception cref="ArgumentException">
    /// The name or a parameter is not valid, or the name is registered already; the message names every problem.
    /// </exception>
    public static IServiceCollection AddRows(
        this IServiceCollection services,
        string name,
        IReadOnlyList<string> parameters,
        Action<PurgeOptions, IReadOnlyDictionary<string, string>> configure)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(parameters);
        ArgumentNullException.ThrowIfNull(configure);
        string[] problems = [.. RowsProblems(services, name, parameters)];
        if (problems.Length > 0)
        {
            throw new ArgumentException($"AddRows: {string.Join("; ", problems)}.", nameof(name));
        }

        // A name that selects nothing would purge whole tables.
        void Select(PurgeOptions options, IReadOnlyDictionary<string, string> values)
        {
            int before = options.RowRules.Rows.Count(rule => !rule.Keeps);
            configure(options, values);
            if (options.RowRules.Rows.Count(rule => !rule.Keeps) == before)
            {
                throw new InvalidOperationException(
                    $"The rows \"{name}\" select nothing, and whole tables would be purged. Call Rows in AddRows(\"{name}\", ...).");
            }
        }

        new NamedRows<PurgeOptions>(name, [.. parameters], Select, values => Calls(options => Select(options, values))).AddTo(services);
        return services;
    }

    private static IEnumerable<string> RowsProblems(IServiceCollection services, string name, IReadOnlyList<string> parameters)
    {
        if (!IsWord(name) || name[0] == '-')
        {
            yield return $"the name is \"{name}\"; give one word that does not begin with a hyphen, such as test-users";
        }

        if (NamedRows<PurgeOptions>.IsRegistered(services, name))
        {
            yield return $"rows named \"{name}\" are registered already; choose another name, or register them once";
        }

        foreach (string? parameter in parameters.Where(parameter => !IsWord(parameter) || parameter.Contains('=')))
        {
            yield return $"a parameter is \"{parameter}\"; give one word without an equals sign, such as email";
        }

        foreach (string twice in parameters.GroupBy(parameter => parameter, StringComparer.Ordinal)
            .Where(same => same.Count() > 1)
            .Select(same => same.Key))
        {
            yield return $"the parameter \"{twice}\" is named twice; name it once";
        }
    }

    private static bool IsWord(string? text)
        => !string.IsNullOrEmpty(text) && !text.Any(c => char.IsWhiteSpace(c) || char.IsControl(c));

    private static IReadOnlyList<string> Calls(Action<PurgeOptions> configure)
    {
        var options = new PurgeOptions();
        configure(options);
        return options.RowRules.Calls;
    }
}
