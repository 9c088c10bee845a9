using System.Data.Common;
using System.Net.Http.Json;
using System.Net.Sockets;
using FloworxPurge;
using FloworxPurge.Extensibility;
using FloworxPurge.Redis;
using FloworxPurge.Reporting;
using FloworxPurge.Samples;
using Quickstart;

if (!CommandLine.TryParse(args, out var options, out string[] command, out string problem))
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

    if (command.Length > 0)
    {
        return await RowsCommand.RunAsync(options, command);
    }

    await using LoopbackHttpServer app = DemoApp.Start(options);
    await using var db = new FloWorxContext(options);
    var details = new ReportDetails
    {
        Reason = "test data out before the first real client",
        NextSteps = ["Register the first client."],
        Support = [$"Health: {new Uri(app.Address, "health")}"],
        Escalation = ["A new user cannot register."],
        SignOff = ["Operator"],
    };
    var purger = new Purger(new PurgeOptions { Details = details, ResetIdentity = true }
        .AddTarget(new RedisPurgeTarget(new RedisPurgeOptions { Configuration = $"127.0.0.1:{LoopbackHttpServer.FreePort()}", KeyPattern = "floworx:*" }), isRequired: false)
        .AddRowCountCheck<AuthUser>("no accounts are left")
        .AddRowCountCheck("no sessions are left", "user_sessions")
        .AddCheck("the app is healthy", new HttpEndpointCheck(new Uri(app.Address, "health")) { ExpectedJson = { ["status"] = "healthy" } })
        .AddCheck("a new user can register", new HttpEndpointCheck(new Uri(app.Address, "api/auth/register"))
        {
            Method = HttpMethod.Post,
            Body = () => JsonContent.Create(new { email = $"test-{Guid.NewGuid():N}@example.com" }),
            ExpectedStatus = 201,
            ExpectedJson = { ["success"] = true },
        })
        .SaveReport("purge-report.html")
        .SaveReport("purge-report.md")
        .SaveReport("purge-report.txt")
        .SaveReport("purge-report.json")
        .SaveReport("purge-report.xml"));

    PurgePlan plan = await purger.PlanAsync(db);
    Console.WriteLine(plan);

    PurgeReport report = await purger.ExecuteAsync(db, plan);
    Console.WriteLine(report);

    foreach (string file in report.Files)
    {
        Console.WriteLine($"Wrote {Path.GetFullPath(file)}");
    }

    return 0;
}
catch (PurgeException exception)
{
    await Console.Error.WriteLineAsync(exception.Message);
    if (exception.Report is { } report)
    {
        await Console.Error.WriteLineAsync(report.ToString());
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
