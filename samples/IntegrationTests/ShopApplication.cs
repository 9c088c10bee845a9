using FloworxPurge;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using ShopApi;

namespace IntegrationTests;

#region readme-web-application-factory
/// <summary>The application in this process, with a database of its own; tests call <see cref="ResetAsync"/> before they begin.</summary>
public sealed class ShopApplication : WebApplicationFactory<Program>, IAsyncLifetime
{
    private readonly string _file = Path.Combine(Path.GetTempPath(), $"shop-{Guid.NewGuid():N}.db");
    private DatabaseResetter? _resetter;

    public async ValueTask InitializeAsync()
    {
        await using AsyncServiceScope scope = Services.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<ShopContext>();
        await db.Database.EnsureCreatedAsync();          // or MigrateAsync()
        _resetter = await DatabaseResetter.CreateAsync(db, options => options.Exclude<Country>());
    }

    public Task<LeakReport> ResetAsync() => _resetter!.ResetAsync();

    protected override void ConfigureWebHost(IWebHostBuilder builder)
        => builder.UseSetting("ConnectionStrings:Shop", $"Data Source={_file};Pooling=false");

    public override async ValueTask DisposeAsync()
    {
        if (_resetter is not null)
        {
            await _resetter.DisposeAsync();
        }

        await base.DisposeAsync();
        File.Delete(_file);
    }
}
#endregion
