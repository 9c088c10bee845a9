using Microsoft.EntityFrameworkCore;
using ShopApi;

WebApplicationBuilder builder = WebApplication.CreateBuilder(args);
builder.Logging.SetMinimumLevel(LogLevel.Warning);
builder.Services.AddDbContext<ShopContext>((services, options)
    => options.UseSqlite(services.GetRequiredService<IConfiguration>().GetConnectionString("Shop") ?? "Data Source=shop.db"));
builder.Services.AddScoped<OrderService>();

await using WebApplication app = builder.Build();
app.MapPost("/orders", async (NewOrder order, OrderService orders, CancellationToken cancellationToken)
    => Results.Ok(await orders.OrderAsync(order.Email, order.CountryCode, order.Product, order.Quantity, cancellationToken)));
app.MapGet("/orders", (ShopContext db, CancellationToken cancellationToken) => db.Orders.CountAsync(cancellationToken));
await app.RunAsync();
