using FloworxPurge.Tests.Servers;
using Microsoft.Playwright;

[assembly: AssemblyFixture(typeof(Chromium))]

namespace FloworxPurge.Tests.Servers;

/// <summary>
/// The browser of a test run: the distribution's Chromium, started by the first test that needs it. Nothing is downloaded.
/// </summary>
public sealed class Chromium : IAsyncDisposable
{
    private static readonly string[] Names = ["chromium", "chromium-browser", "google-chrome"];

    private static readonly string[] Arguments =
    [
        "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
    ];

    private readonly Lazy<Task<IBrowser?>> _browser;
    private IPlaywright? _playwright;

    /// <summary>Finds nothing and starts nothing yet.</summary>
    public Chromium() => _browser = new(StartAsync);

    /// <summary>
    /// A window of its own for the running test. Skips the test where there is no Chromium; fails it when <c>CI</c> is <c>true</c>.
    /// </summary>
    public static async Task<IBrowserContext> OpenAsync(BrowserNewContextOptions? options = null)
    {
        QuickRun.SkipBefore("A browser");
        Chromium fixture = await TestContext.Current.GetFixture<Chromium>()
            ?? throw new InvalidOperationException("Chromium is a fixture of this assembly, reached from within a test only.");
        if (await fixture._browser.Value is not { } browser)
        {
            // The test command looks for these first words in the results.
            string reason = $"No Chromium: none of {string.Join(", ", Names)} is on PATH.";
            if (string.Equals(Environment.GetEnvironmentVariable("CI"), "true", StringComparison.OrdinalIgnoreCase))
            {
                Assert.Fail(reason);
            }

            Assert.Skip(reason);
            return null;
        }

        return await browser.NewContextAsync(options);
    }

    /// <summary>Ends the browser, if it was started.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_browser.IsValueCreated && await _browser.Value is { } browser)
        {
            await browser.DisposeAsync();
        }

        _playwright?.Dispose();
    }

    private async Task<IBrowser?> StartAsync()
    {
        string? program = (Environment.GetEnvironmentVariable("PATH") ?? "")
            .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .SelectMany(folder => Names, Path.Combine)
            .FirstOrDefault(File.Exists);
        if (program is null)
        {
            return null;
        }

        _playwright = await Playwright.CreateAsync();
        return await _playwright.Chromium.LaunchAsync(new() { ExecutablePath = program, Args = Arguments, Headless = true });
    }
}
