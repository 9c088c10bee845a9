using FloworxPurge;
using FloworxPurge.Extensibility;
using FloworxPurge.Samples;
using Microsoft.Extensions.DependencyInjection;

namespace Readme;

#region readme-inject
public sealed class SandboxReset(IPurger purger, ShopContext db)
{
    public async Task RunAsync(CancellationToken cancellationToken)
        => await purger.ExecuteAsync(db, await purger.PlanAsync(db, cancellationToken), cancellationToken: cancellationToken);
}
#endregion

public sealed class IntegratorStory
{
    [Fact]
    public async Task An_integrator_registers_it_and_calls_it_from_a_service()
    {
        await using ShopContext db = await (await ShopContext.CreateAsync()).WithAuditTriggerAsync();
        await using LoopbackHttpServer app = LoopbackHttpServer.Start(_ => LoopbackResponse.Json(200, new { status = "healthy" }));
        string uploads = Directory.CreateDirectory("uploads").FullName;
        await File.WriteAllTextAsync(Path.Combine(uploads, "test.pdf"), "a test");
        Uri sandbox = app.Address;
        var services = new ServiceCollection();
        services.AddSingleton(db).AddTransient<SandboxReset>();

        #region readme-register
        services.AddFloworxPurge(options => options.Exclude<Country>().Exclude("audit_*").AllowInserts("audit_*"))
            .AddCheck("health", new HttpEndpointCheck(new Uri(sandbox, "health")))
            .AddFolder(uploads);
        #endregion

        #region readme-telemetry
        services.AddOpenTelemetry()
            .WithTracing(tracing => tracing.AddSource("FloworxPurge"))
            .WithMetrics(metrics => metrics.AddMeter("FloworxPurge"));
        #endregion

        await using ServiceProvider provider = services.BuildServiceProvider();
        await provider.GetRequiredService<SandboxReset>().RunAsync(TestContext.Current.CancellationToken);

        Assert.Equal((0, 0, 3, 4), await db.CountAsync());
        Assert.Empty(Directory.GetFiles(uploads));
        Assert.Equal("/health", Assert.Single(app.Requests).Path);
    }
}
