using System.Data.Common;
using FloworxPurge.Extensibility;

namespace FloworxPurge.Resetting;

/// <summary>
/// Test databases in files of one folder, copied from a template. A file beside the folder is locked as long as the owner lives.
/// </summary>
internal sealed class FileTestDatabases : TestDatabaseStore
{
    private const string LockEnding = ".lock";

    private readonly FileStream _lock;
    private readonly string _folder;
    private readonly SemaphoreSlim _gate = new(1, 1);
    private readonly List<TestDatabasePlace> _places = [];
    private string? _template;

    private FileTestDatabases(
        string owner,
        DbProviderFactory factory,
        string connectionString,
        PurgeDialect dialect,
        string folder,
        FileStream lockFile)
        : base(owner, factory, connectionString, dialect)
    {
        _folder = folder;
        _lock = lockFile;
    }

    /// <summary>Drops what killed owners have left in the folder of a file, and makes a folder there.</summary>
    public static FileTestDatabases Open(
        string owner,
        DbProviderFactory factory,
        string connectionString,
        PurgeDialect dialect,
        string file)
    {
        string root = Path.GetDirectoryName(file) is { Length: > 0 } given ? Path.GetFullPath(given) : Path.GetTempPath();
        try
        {
            // The lock is there before the folder, so that a folder without a lock is nobody's.
            string folder = Path.Combine(root, TestDatabaseMark.Start + owner);
            FileStream lockFile = Lock(folder + LockEnding, FileMode.CreateNew);
            var store = new FileTestDatabases(owner, factory, connectionString, dialect, folder, lockFile);
            Directory.CreateDirectory(folder);
            store.DeleteLeft(root);
            return store;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new PurgeException(
                $"No folder for test databases can be made in \"{root}\": {e.Message.TrimEnd('.')}. Name a file in a folder that may be "
                    + $"written to in the connection string.",
                e);
        }
    }

    public override async Task<TestDatabasePlace> CreateAsync(
        Func<string, CancellationToken, Task> prepare,
        CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (_template is null)
            {
                // What an attempt that failed has left is not the template.
                string template = FileOf(NameOf(Template));
                TestDatabasePlace prepared = PlaceOf(template);
                Rest(prepared);
                Delete(template);
                await prepare(prepared.ConnectionString, cancellationToken).ConfigureAwait(false);
                Rest(prepared);
                _template = template;
            }

            string file = FileOf(NextName());

            // The log of what was written and not copied into the file yet is a part of the database.
            foreach (string part in Parts(_template).Where(File.Exists))
            {
                File.Copy(part, file + part[_template.Length..]);
            }

            TestDatabasePlace place = PlaceOf(file);
            _places.Add(place);
            return place;
        }
        finally
        {
            _gate.Release();
        }
    }

    public override void Rest(TestDatabasePlace database)
    {
        using DbConnection connection = Factory.CreateConnection()!;
        connection.ConnectionString = database.ConnectionString;
        Dialect.ClearPool(connection);
    }

    public override Task DropAsync(TestDatabasePlace database, CancellationToken cancellationToken)
    {
        Rest(database);
        Delete(database.Name);
        return Task.CompletedTask;
    }

    public override async ValueTask DisposeAsync()
    {
        // Nobody copies the template any more.
        await _gate.WaitAsync().ConfigureAwait(false);
        _places.ForEach(Rest);
        if (Directory.Exists(_folder))
        {
            Directory.Delete(_folder, recursive: true);
        }

        string name = _lock.Name;
        await _lock.DisposeAsync().ConfigureAwait(false);
        File.Delete(name);
        _gate.Release();
    }

    private static FileStream Lock(string path, FileMode mode) => new(path, mode, FileAccess.ReadWrite, FileShare.None);

    private static string[] Parts(string file) => [file, file + "-wal", file + "-journal"];

    private static void Delete(string file)
    {
        foreach (string part in Parts(file).Append(file + "-shm"))
        {
            File.Delete(part);
        }
    }

    private string FileOf(string name) => Path.Combine(_folder, name + ".db");

    private TestDatabasePlace PlaceOf(string file) => new(file, ConnectionStringOf(builder => Dialect.LeadTo(builder, file)));

    // The lock of a process that was killed is released by the system.
    private void DeleteLeft(string root)
    {
        if (!LocksWork())
        {
            Left.Add($"Files cannot be locked in \"{root}\", so test databases of processes that were killed are not deleted there.");
            return;
        }

        foreach (string path in Directory.EnumerateFiles(root, TestDatabaseMark.Start + "*" + LockEnding))
        {
            string folder = path[..^LockEnding.Length];
            if (string.Equals(folder, _folder, StringComparison.Ordinal)
                || !TestDatabaseMark.TryFindOwner(Path.GetFileName(folder) + "_" + Template, out _))
            {
                continue;
            }

            try
            {
                using FileStream lockFile = Lock(path, FileMode.Open);
                if (Directory.Exists(folder))
                {
                    Directory.Delete(folder, recursive: true);
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // Its owner lives, or another process deletes it.
                continue;
            }

            File.Delete(path);
        }
    }

    private bool LocksWork()
    {
        try
        {
            using FileStream second = Lock(_lock.Name, FileMode.Open);
            return false;
        }
        catch (IOException)
        {
            return true;
        }
    }
}
