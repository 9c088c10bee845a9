using System.Data.Common;
using System.Net.Sockets;
using FloworxPurge;
using FloworxPurge.Planning;
using FloworxPurge.Reporting;
using Quickstart;

if (!CommandLine.TryParse(args, out var options, out string problem))
{
    await Console.Error.WriteLineAsync(problem);
    return 2;
}

try
{
    if (await FloWorxDatabase.PrepareAsync(options) is string refusal)
    {
        await Console.Error.WriteLineAsync(refusal);
        return 1;
    }

    await using var db = new FloWorxContext(options);
    var purger = new Purger(purge => purge.ResetIdentity());

    PurgePlan plan = await purger.PlanAsync(db);
    Console.WriteLine(plan);

    PurgeReport report = await purger.ExecuteAsync(db, plan);
    Console.WriteLine(report);

    foreach (string file in (string[])["purge-report.md", "purge-report.json", "purge-report.txt"])
    {
        await report.SaveAsync(file);
        Console.WriteLine($"Wrote {Path.GetFullPath(file)}");
    }

    return 0;
}
catch (PurgeException exception)
{
    await Console.Error.WriteLineAsync(exception.Message);
    if (exception.Report is not null)
    {
        await Console.Error.WriteLineAsync(exception.Report.ToString());
    }

    return 1;
}
catch (Exception exception) when (exception is DbException or SocketException || exception.InnerException is DbException)
{
    string cause = (exception.InnerException as DbException ?? exception).Message.ReplaceLineEndings(" ");
    await Console.Error.WriteLineAsync($"{CommandLine.Describe(options)}: {cause}");
    return 1;
}
catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
{
    await Console.Error.WriteLineAsync($"The report could not be written: {exception.Message}");
    return 1;
}
