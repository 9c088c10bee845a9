using System.Globalization;

namespace FloworxPurge.Benchmarks.Rows;

/// <summary>Reads the processor time of a process on Linux, user and system.</summary>
internal static class ProcessorTime
{
    private const int TicksPerSecond = 100;

    // Behind the name of the program, which may contain anything: the state is the first field there.
    private const int UserField = 11;
    private const int SystemField = 12;
    private const int ParentField = 1;

    // Of children that have ended.
    private const int EndedUserField = 13;
    private const int EndedSystemField = 14;

    /// <summary>Determines whether the process is on this machine, so that its time can be read.</summary>
    public static bool IsKnown(int process) => File.Exists(PathOf(process));

    /// <summary>Seconds since the process was started.</summary>
    public static double Of(int process) => Seconds(FieldsOf(process), UserField, SystemField);

    /// <summary>Seconds of the parent of a process, and of all of its children: a server with its sessions.</summary>
    public static double OfServer(int session)
    {
        string server = FieldsOf(session)[ParentField];
        double seconds = Seconds(
            FieldsOf(int.Parse(server, CultureInfo.InvariantCulture)),
            UserField,
            SystemField,
            EndedUserField,
            EndedSystemField);
        foreach (string folder in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out int process))
            {
                continue;
            }

            try
            {
                string[] fields = FieldsOf(process);
                seconds += fields[ParentField] == server ? Seconds(fields, UserField, SystemField) : 0;
            }
            catch (IOException)
            {
                // It has ended meanwhile, and its parent counts it from then on.
            }
        }

        return seconds;
    }

    private static double Seconds(string[] fields, params int[] numbers)
        => (double)numbers.Sum(number => long.Parse(fields[number], CultureInfo.InvariantCulture)) / TicksPerSecond;

    private static string[] FieldsOf(int process)
    {
        string text = File.ReadAllText(PathOf(process));
        return text[(text.LastIndexOf(')') + 2)..].Split(' ');
    }

    private static string PathOf(int process) => string.Create(CultureInfo.InvariantCulture, $"/proc/{process}/stat");
}
