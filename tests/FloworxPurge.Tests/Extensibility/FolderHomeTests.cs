using FloworxPurge.Extensibility;
using FloworxPurge.Tests.Kit;

namespace FloworxPurge.Tests.Extensibility;

/// <summary>The home folder is refused by every name that it has.</summary>
[Collection(nameof(OneAtATime))]
public sealed class FolderHomeTests : IDisposable
{
    private readonly DirectoryInfo _place = Directory.CreateTempSubdirectory("floworxpurge-home-");
    private readonly string? _home = Environment.GetEnvironmentVariable("HOME");

    public void Dispose()
    {
        Environment.SetEnvironmentVariable("HOME", _home);
        _place.Delete(recursive: true);
    }

    [Fact]
    public async Task The_folder_behind_a_home_that_is_a_link_is_refused()
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        string real = _place.CreateSubdirectory("data").CreateSubdirectory("joe").FullName;
        await File.WriteAllTextAsync(Path.Combine(real, "precious.txt"), "keep", TestContext.Current.CancellationToken);
        string home = Path.Combine(_place.FullName, "joe");
        Directory.CreateSymbolicLink(home, real);
        Environment.SetEnvironmentVariable("HOME", home);

        Assert.Throws<ArgumentException>(() => new FolderTarget(home));
        Assert.Throws<ArgumentException>(() => new FolderTarget(real));
        Assert.Throws<ArgumentException>(() => new FolderTarget(Path.GetDirectoryName(real)!));
        Assert.NotNull(new FolderTarget(Path.Combine(real, "uploads")));
        Assert.True(File.Exists(Path.Combine(real, "precious.txt")));
    }
}
