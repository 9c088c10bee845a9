using FloworxPurge;
using FloworxPurge.CommandLine;
using FloworxPurge.Extensibility;
using Microsoft.AspNetCore.Identity;
using WebHost;

(HostSettings? settings, args, string problem) = HostSettings.Read(args);
if (settings is null)
{
    await Console.Error.WriteLineAsync(problem);
    return (int)PurgeExitCode.Usage;
}

WebApplicationBuilder builder = WebApplication.CreateBuilder();
builder.WebHost.UseUrls(settings.Url.AbsoluteUri);
builder.Logging.AddFilter("Microsoft.EntityFrameworkCore", LogLevel.Warning);
if (args is ["purge", ..])
{
    // The command says what there is to say; a log beside it would say it twice.
    builder.Logging.ClearProviders();
}

builder.Services.AddDbContext<AccountsContext>(settings.UseDatabase);
builder.Services.AddDbContext<BusinessContext>(settings.UseDatabase);
builder.Services.AddIdentityCore<Account>().AddEntityFrameworkStores<AccountsContext>();
builder.Services.AddFloworxPurge(options => options.ResetIdentity = true)
    .AddCheck("health", new HttpEndpointCheck(new Uri(settings.Url, "health")) { ExpectedJson = { ["status"] = "healthy" } })
    .AddCheck("registration", new HttpEndpointCheck(new Uri(settings.Url, "api/auth/register"))
    {
        Method = HttpMethod.Post,
        ExpectedStatus = 201,
        ExpectedJson = { ["success"] = true },
        Body = () => JsonContent.Create(new RegistrationRequest($"purge-check-{Guid.NewGuid():N}@example.com", "Check-1234", Rehearsal: true)),
    });
builder.Services.AddErasure();

await using WebApplication app = builder.Build();
app.MapGet("/health", Registration.HealthAsync);
app.MapPost("/api/auth/register", Registration.RegisterAsync);

byte[]? approvalKey = settings.ApprovalKey;

#region readme-command
if (args is ["purge", ..])
{
    return await PurgeCommand.RunAsync<AccountsContext, BusinessContext>(app.Services, args[1..], options => options.ApprovalKey = approvalKey);
}
#endregion

switch (args)
{
    case ["seed", ..] when HostSettings.Number(args) is { } count:
        await using (AsyncServiceScope scope = app.Services.CreateAsyncScope())
        {
            await SampleDatabase.CreateAsync(scope.ServiceProvider);
            await SampleDatabase.SeedAsync(scope.ServiceProvider, count);
        }

        return 0;

    case []:
        await using (AsyncServiceScope scope = app.Services.CreateAsyncScope())
        {
            await SampleDatabase.CreateAsync(scope.ServiceProvider);
        }

        await app.RunAsync();
        return 0;

    default:
        await Console.Error.WriteLineAsync(HostSettings.Unknown(args));
        return (int)PurgeExitCode.Usage;
}
