using System.Globalization;

namespace FloworxPurge.Reporting;

/// <summary>
/// What one rendering of a template of the user's own may cost, in counts and not in time: the same template ends in the same place on
/// every machine.
/// </summary>
/// <param name="template">What errors call the template.</param>
/// <param name="isLimited">Whether anything is limited: the library's own templates are not.</param>
internal sealed class RenderBudget(string template, bool isLimited)
{
    /// <summary>The most rounds of loops and uses of sections. The built-in views take about 20 for each table.</summary>
    public const int MostSteps = 1_000_000;

    /// <summary>The most expressions and statements. A round of a loop with ten of them is a long one.</summary>
    public const int MostExpressions = 10_000_000;

    /// <summary>The most characters of output: the 10 MB beyond which no person reads a report.</summary>
    public const int MostCharacters = 10_000_000;

    /// <summary>The most characters and entries that functions and comparisons read and make.</summary>
    public const long MostWork = 100_000_000;

    private int _steps;
    private int _expressions;
    private long _characters;
    private long _work;

    /// <summary>Counts rounds of a loop or the use of a section.</summary>
    /// <exception cref="PurgeException">The budget is spent.</exception>
    public void Step()
    {
        if (++_steps > MostSteps && isLimited)
        {
            throw CutOff($"its loops run more than {MostSteps} times. Loop over less.");
        }
    }

    /// <summary>Counts an expression or a statement.</summary>
    /// <exception cref="PurgeException">The budget is spent.</exception>
    public void Expression()
    {
        if (++_expressions > MostExpressions && isLimited)
        {
            throw CutOff($"it evaluates more than {MostExpressions} expressions. Loop over less.");
        }
    }

    /// <summary>Counts characters of output.</summary>
    /// <exception cref="PurgeException">The budget is spent.</exception>
    public void Write(int characters)
    {
        Foresee(characters);
        _characters += characters;
    }

    /// <summary>Ends what is about to write more characters than are left.</summary>
    /// <exception cref="PurgeException">The budget does not suffice.</exception>
    public void Foresee(int characters)
    {
        if (_characters + characters > MostCharacters && isLimited)
        {
            throw CutOff($"it writes more than {MostCharacters} characters. Write less.");
        }
    }

    /// <summary>Counts characters and entries of lists that a function is about to read or make.</summary>
    /// <exception cref="PurgeException">The budget is spent.</exception>
    public void Work(long amount)
    {
        if ((_work += amount) > MostWork && isLimited)
        {
            throw CutOff($"its functions read and make more than {MostWork} characters and entries. Use them on less.");
        }
    }

    private PurgeException CutOff(FormattableString why)
        => new($"The template \"{template}\" was cut off: {why.ToString(CultureInfo.InvariantCulture)}");
}
