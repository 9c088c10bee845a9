using System.Net.Http.Json;
using ShopApi;

namespace IntegrationTests;

/// <summary>Tests of the application through its HTTP interface.</summary>
public sealed class ShopApplicationTests(ShopApplication application) : IClassFixture<ShopApplication>, IAsyncLifetime
{
    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    #region readme-application-reset
    public async ValueTask InitializeAsync() => await application.ResetAsync();
    #endregion

    public ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return ValueTask.CompletedTask;
    }

    [Theory]
    [InlineData("ada@example.org")]
    [InlineData("grace@example.org")]
    public async Task The_first_order_has_number_1(string email)
    {
        using HttpClient client = application.CreateClient();
        using HttpResponseMessage response = await client.PostAsJsonAsync("/orders", new NewOrder(email, "AT", "Tea", 2), CancellationToken);

        Assert.Equal(1, await response.Content.ReadFromJsonAsync<int>(CancellationToken));
        Assert.Equal(1, await client.GetFromJsonAsync<int>("/orders", CancellationToken));
    }

    [Fact]
    public async Task A_test_begins_without_orders()
    {
        using HttpClient client = application.CreateClient();

        Assert.Equal(0, await client.GetFromJsonAsync<int>("/orders", CancellationToken));
    }
}
