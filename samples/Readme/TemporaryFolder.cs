using Readme;

// The snippets write files by relative names, so they run one after the other, in a folder that is gone afterwards.
[assembly: AssemblyFixture(typeof(TemporaryFolder))]
[assembly: CollectionBehavior(DisableTestParallelization = true)]

namespace Readme;

public sealed class TemporaryFolder : IDisposable
{
    private readonly string _before = Environment.CurrentDirectory;
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("floworxpurge-readme-");

    public TemporaryFolder() => Environment.CurrentDirectory = _folder.FullName;

    public void Dispose()
    {
        Environment.CurrentDirectory = _before;
        _folder.Delete(recursive: true);
    }
}
