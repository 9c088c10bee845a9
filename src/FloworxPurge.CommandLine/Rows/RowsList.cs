using FloworxPurge.CommandLine.Arguments;
using FloworxPurge.CommandLine.Output;
using FloworxPurge.Hosting;

namespace FloworxPurge.CommandLine.Rows;

/// <summary>Lists the rows that a host has registered, with the calls that select them.</summary>
internal sealed class RowsList(CommandOutput output, CommandArguments arguments)
{
    public void Show(IReadOnlyList<NamedRows<PurgeOptions>> registered)
    {
        if (registered.Count == 0)
        {
            output.Always("This host has registered no rows. services.AddRows(\"name\", ...) does it.");
            return;
        }

        foreach (NamedRows<PurgeOptions> rows in registered.OrderBy(rows => rows.Name, StringComparer.Ordinal))
        {
            output.Always(rows.Name, Tone.Heading);
            foreach (string parameter in rows.Parameters)
            {
                output.Line($"--rows-parameter {parameter}=VALUE", indent: 2);
            }

            foreach (string call in Calls(rows))
            {
                output.Line(call, indent: 2);
            }
        }
    }

    private IReadOnlyList<string> Calls(NamedRows<PurgeOptions> rows)
    {
        try
        {
            return rows.Describe(Values(rows));
        }
        catch (Exception exception)
        {
            return rows.Parameters.Count == 0
                ? [$"It cannot be used: {Words.Sentence(exception)}"]
                : [$"Give values of its parameters to see what it selects: {Words.Sentence(exception)}"];
        }
    }

    // Empty where none is given: most rules compare a value and do not look into it.
    private Dictionary<string, string> Values(NamedRows<PurgeOptions> rows)
        => rows.Parameters.ToDictionary(
            name => name,
            name => arguments.RowsParameters.GetValueOrDefault(name, string.Empty),
            StringComparer.Ordinal);
}
