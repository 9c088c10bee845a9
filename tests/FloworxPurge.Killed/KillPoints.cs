namespace FloworxPurge.Killed;

/// <summary>Counts the points at which this process can be killed, and calls a delegate at one of them.</summary>
/// <param name="at">The number of the point, from 1; 0 for none.</param>
/// <param name="kill">Receives the name of the point, and does not return.</param>
/// <param name="begin">Is called when counting begins.</param>
internal sealed class KillPoints(int at, Action<string>? kill = null, Action? begin = null)
{
    private readonly List<string> _passed = [];
    private bool _isCounting;

    /// <summary>Gets the names of the points that were passed.</summary>
    public IReadOnlyList<string> Passed => _passed;

    /// <summary>Gets whether the next point is the last.</summary>
    public bool IsNext => _isCounting && _passed.Count + 1 == at;

    /// <summary>Counts from now on.</summary>
    public void Begin()
    {
        _isCounting = true;
        begin?.Invoke();
    }

    /// <summary>Passes a point.</summary>
    public void Pass(string name)
    {
        if (!_isCounting)
        {
            return;
        }

        _passed.Add(name);
        if (_passed.Count == at)
        {
            kill!(name);
        }
    }
}
