using System.Globalization;

namespace FloworxPurge.Reporting;

/// <summary>What one rendering of a template of the user's own may cost. Rendering is synchronous, so the budget belongs to the thread.</summary>
internal sealed class RenderBudget : IDisposable
{
    /// <summary>The most rounds of loops and uses of sections. The built-in views take about 20 for each table.</summary>
    public const int MostSteps = 1_000_000;

    /// <summary>The most characters of output: the 10 MB beyond which no person reads a report.</summary>
    public const int MostCharacters = 10_000_000;

    [ThreadStatic]
    private static RenderBudget? current;

    private readonly string _template;
    private readonly RenderBudget? _outer = current;
    private int _steps;
    private long _characters;

    private RenderBudget(string template) => _template = template;

    /// <summary>Limits what is rendered on this thread until the budget is disposed.</summary>
    public static RenderBudget Begin(string template) => current = new RenderBudget(template);

    /// <summary>Counts a round of a loop or the use of a section.</summary>
    /// <exception cref="PurgeException">The budget is spent.</exception>
    public static void Spend()
    {
        if (current is { } budget && ++budget._steps > MostSteps)
        {
            throw new PurgeException(string.Create(CultureInfo.InvariantCulture, $"The template \"{budget._template}\" was cut off: its loops run more than {MostSteps} times. Loop over less."));
        }
    }

    /// <summary>Counts characters of output.</summary>
    /// <exception cref="PurgeException">The budget is spent.</exception>
    public static void Spend(int characters)
    {
        if (current is { } budget && (budget._characters += characters) > MostCharacters)
        {
            throw new PurgeException(string.Create(CultureInfo.InvariantCulture, $"The template \"{budget._template}\" was cut off: it writes more than {MostCharacters} characters. Write less."));
        }
    }

    public void Dispose() => current = _outer;
}
