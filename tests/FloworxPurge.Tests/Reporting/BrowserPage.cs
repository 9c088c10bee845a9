using System.Collections.Concurrent;
using FloworxPurge.Reporting;
using FloworxPurge.Tests.Servers;
using Microsoft.Playwright;

namespace FloworxPurge.Tests.Reporting;

/// <summary>
/// A report's HTML, saved to a file and opened in Chromium as a person opens it, with everything that the browser says about it.
/// </summary>
internal sealed class BrowserPage : IAsyncDisposable
{
    private readonly IBrowserContext _window;
    private readonly DirectoryInfo _folder;
    private readonly ConcurrentQueue<string> _complaints = [];
    private readonly ConcurrentQueue<string> _requests = [];

    private BrowserPage(IBrowserContext window, IPage page, DirectoryInfo folder) => (_window, Page, _folder) = (window, page, folder);

    public IPage Page { get; }

    /// <summary>Errors and warnings on the console, scripts that failed, and dialogs.</summary>
    public IReadOnlyList<string> Complaints => [.. _complaints];

    /// <summary>What was asked for beside the document itself.</summary>
    public IReadOnlyList<string> Requests => [.. _requests];

    public static Task<BrowserPage> OpenAsync(PurgeReport report, ColorScheme scheme = ColorScheme.Light, int width = 1280)
        => OpenAsync(report.ToHtml(), scheme, width);

    public static async Task<BrowserPage> OpenAsync(string html, ColorScheme scheme = ColorScheme.Light, int width = 1280)
    {
        IBrowserContext window = await Chromium.OpenAsync(
            new() { ColorScheme = scheme, ViewportSize = new() { Width = width, Height = 900 } });
        DirectoryInfo folder = Directory.CreateTempSubdirectory("purge-browser-");
        string file = Path.Combine(folder.FullName, "report.html");
        await File.WriteAllTextAsync(file, html);
        var opened = new BrowserPage(window, await window.NewPageAsync(), folder);
        await opened.GoToAsync(new Uri(file));
        return opened;
    }

    /// <summary>What a script of <see cref="PageAudit"/> finds wrong, a line each.</summary>
    public Task<string[]> AuditAsync(string script) => Page.EvaluateAsync<string[]>(script);

    public async ValueTask DisposeAsync()
    {
        await _window.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    private async Task GoToAsync(Uri address)
    {
        Page.Console += (_, message) =>
        {
            if (message.Type is "error" or "warning")
            {
                _complaints.Enqueue(message.Text);
            }
        };
        Page.PageError += (_, error) => _complaints.Enqueue(error);
        Page.Dialog += async (_, dialog) =>
        {
            _complaints.Enqueue("dialog: " + dialog.Message);
            await dialog.DismissAsync();
        };
        Page.Request += (_, request) =>
        {
            if (request.Url != address.AbsoluteUri)
            {
                _requests.Enqueue(request.Url);
            }
        };
        await Page.GotoAsync(address.AbsoluteUri, new() { WaitUntil = WaitUntilState.Load });

        // What a script begins once the page is there has begun when it was painted and the turn of every waiting task has come.
        await Page.EvaluateAsync("() => new Promise(done => requestAnimationFrame(() => setTimeout(done, 20)))");
    }
}
