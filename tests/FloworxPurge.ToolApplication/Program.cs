using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using ToolApplication;

if (args is ["fail", ..])
{
    throw new InvalidOperationException("the settings are missing");
}

if (args is ["wait", ..])
{
    await Console.Error.WriteLineAsync("The application waits.");
    await Task.Delay(Timeout.Infinite);
}

HostApplicationBuilder builder = Host.CreateApplicationBuilder(args);
if (args is ["name", ..])
{
    throw new InvalidOperationException($"the application is {builder.Environment.ApplicationName}");
}

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
