using System.Diagnostics;
using System.Globalization;
using FloworxPurge.Killed;

// Engine, connection string, folder or schema, what, and the number of the point at which this process kills itself; 0 for none.
if (args.Length != 5)
{
    await Console.Error.WriteLineAsync("usage: ENGINE CONNECTION ARCHIVE CALL POINT");
    return 2;
}

if (args[3] == KillRun.Rent)
{
    // Killed by who started it.
    await KillRun.RentAsync(args[0], args[1], Print);
}

var points = new KillPoints(
    int.Parse(args[4], CultureInfo.InvariantCulture),
    name =>
    {
        Print(name);
        using Process own = Process.GetCurrentProcess();
        own.Kill();
        Thread.Sleep(Timeout.Infinite);
    },
    () => Print("begun"));
try
{
    await Task.Run(() => KillRun.RunAsync(args[0], args[1], args[2], args[3], points));
}
catch (FloworxPurge.PurgeException e)
{
    await Console.Error.WriteLineAsync(e.Message);
    return 1;
}

Print(points.Passed.Count.ToString(CultureInfo.InvariantCulture));
return 0;

static void Print(string line)
{
    Console.Out.WriteLine(line);
    Console.Out.Flush();
}
