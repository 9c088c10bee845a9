using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using ToolApplication;

if (args is ["fail", ..])
{
    throw new InvalidOperationException("the settings are missing");
}

HostApplicationBuilder builder = Host.CreateApplicationBuilder(args);
builder.Services.AddDbContext<NoteContext>(
    options => options.UseSqlite($"Data Source={builder.Configuration["Notes"] ?? "notes.db"};Pooling=False"));
using IHost host = builder.Build();
if (builder.Configuration["Seed"] is not null)
{
    using IServiceScope scope = host.Services.CreateScope();
    NoteContext notes = scope.ServiceProvider.GetRequiredService<NoteContext>();
    await notes.Database.EnsureCreatedAsync();
    notes.Add(new Author { Notes = { new Note(), new Note() } });
    await notes.SaveChangesAsync();
    return;
}

// Whoever comes here has started the application.
await Console.Out.WriteLineAsync("The application runs.");
await host.RunAsync();
