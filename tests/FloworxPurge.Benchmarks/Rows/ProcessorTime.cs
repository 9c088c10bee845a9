using System.Globalization;

namespace FloworxPurge.Benchmarks.Rows;

/// <summary>Reads the processor time of a process on Linux, user and system.</summary>
internal static class ProcessorTime
{
    private const int TicksPerSecond = 100;

    // Behind the name of the program, which may contain anything: the state is the first field there.
    private const int UserField = 11;
    private const int SystemField = 12;

    /// <summary>Determines whether the process is on this machine, so that its time can be read.</summary>
    public static bool IsKnown(int process) => File.Exists(PathOf(process));

    /// <summary>Seconds since the process was started.</summary>
    public static double Of(int process)
    {
        string text = File.ReadAllText(PathOf(process));
        string[] fields = text[(text.LastIndexOf(')') + 2)..].Split(' ');
        return (double)(long.Parse(fields[UserField], CultureInfo.InvariantCulture)
            + long.Parse(fields[SystemField], CultureInfo.InvariantCulture)) / TicksPerSecond;
    }

    private static string PathOf(int process) => string.Create(CultureInfo.InvariantCulture, $"/proc/{process}/stat");
}
