using System.Diagnostics;
using FloworxPurge.Extensibility;
using FloworxPurge.Reporting;
using FloworxPurge.Tests.Servers;

namespace FloworxPurge.Tests.Extensibility;

/// <summary>A folder is emptied of the files that a pattern names, and nothing outside of it is ever touched.</summary>
public sealed class FolderTargetTests : IDisposable
{
    private readonly DirectoryInfo _place = Directory.CreateTempSubdirectory("floworxpurge-folder-");
    private readonly string _root;
    private readonly string _outside;

    public FolderTargetTests()
    {
        _root = _place.CreateSubdirectory("uploads").FullName;
        _outside = _place.CreateSubdirectory("outside").FullName;
        File.WriteAllText(Path.Combine(_outside, "precious.log"), "keep");
    }

    public void Dispose() => _place.Delete(recursive: true);

    [Fact]
    public async Task Every_file_goes_hidden_ones_too_and_folders_stay()
    {
        Write("a.txt", "b/c.txt", ".hidden", "b/.d/e");

        Assert.Equal(TargetReport.Done(4, 4, 0), await PurgeAsync());
        Assert.Equal(["b", "b/.d"], Left());
    }

    [Fact]
    public async Task Only_files_that_match_go()
    {
        Write("a.log", "a.txt", "b/c.log", "b/d/e.log", "b/d/e.txt");

        Assert.Equal(TargetReport.Done(2, 2, 0), await PurgeAsync("b/**/*.log"));
        Assert.Equal(["a.log", "a.txt", "b", "b/d", "b/d/e.txt"], Left());
    }

    [Fact]
    public async Task A_dry_run_counts_and_deletes_nothing()
    {
        Write("a.log", "b/c.log", "d.txt");
        File.CreateSymbolicLink(Path.Combine(_root, "link.log"), Path.Combine(_outside, "precious.log"));

        Assert.Equal(
            TargetReport.Counted(2) with { Reason = "1 link was left alone" },
            await new FolderTarget(_root, "**/*.log").PurgeAsync(After.DryRun()));
        Assert.Equal(["a.log", "b", "b/c.log", "d.txt", "link.log"], Left());
    }

    [Fact]
    public async Task An_empty_folder_is_done()
        => Assert.Equal(TargetReport.Done(0, 0, 0), await PurgeAsync());

    [Fact]
    public async Task Links_to_files_and_folders_outside_are_neither_followed_nor_deleted()
    {
        Write("a.log");
        File.CreateSymbolicLink(Path.Combine(_root, "file.log"), Path.Combine(_outside, "precious.log"));
        File.CreateSymbolicLink(Path.Combine(_root, "file.txt"), Path.Combine(_outside, "precious.log"));
        Directory.CreateSymbolicLink(Path.Combine(_root, "folder"), _outside);
        Directory.CreateSymbolicLink(Path.Combine(_root, "loop"), _root);
        File.CreateSymbolicLink(Path.Combine(_root, "broken.log"), Path.Combine(_outside, "nothing"));

        Assert.Equal(TargetReport.Done(1, 1, 0, "4 links were left alone"), await PurgeAsync("**/*.log"));
        Assert.Equal("keep", await File.ReadAllTextAsync(Path.Combine(_outside, "precious.log")));
        Assert.Equal(["broken.log", "file.log", "file.txt", "folder", "loop"], Left());
    }

    [Fact]
    public async Task A_folder_that_becomes_a_link_while_files_are_deleted_is_not_followed()
    {
        Write("b/precious.log", "b/second.log");
        File.WriteAllText(Path.Combine(_outside, "second.log"), "keep");
        var target = new FolderTarget(_root)
        {
            Delete = file =>
            {
                file.Delete();
                Directory.Move(Path.Combine(_root, "b"), Path.Combine(_place.FullName, "moved"));
                Directory.CreateSymbolicLink(Path.Combine(_root, "b"), _outside);
            },
        };

        TargetReport result = await target.PurgeAsync(After.Purge());

        Assert.Equal((Outcome.Failed, 2L, 1L), (result.Outcome, result.ItemsBefore, result.ItemsRemoved));
        Assert.Contains(
            "1 file could not be deleted: \"b/second.log\" (a folder on the way became a link)",
            result.Reason,
            StringComparison.Ordinal);
        Assert.Equal(["precious.log", "second.log"], Directory.EnumerateFiles(_outside).Select(Path.GetFileName).Order());
    }

    [Fact]
    public async Task A_root_that_is_a_link_is_not_followed()
    {
        string link = Path.Combine(_place.FullName, "link");
        Directory.CreateSymbolicLink(link, _outside);

        TargetReport result = await new FolderTarget(link).PurgeAsync(After.Purge());

        Assert.Equal(
            (Outcome.Failed, $"\"{link}\" is a link, which is not followed; give the folder itself"),
            (result.Outcome, result.Reason));
        Assert.True(File.Exists(Path.Combine(_outside, "precious.log")));
    }

    [Fact]
    public async Task A_root_that_is_the_home_folder_behind_a_link_is_refused()
    {
        string link = Path.Combine(_place.FullName, "link");
        string home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile, Environment.SpecialFolderOption.DoNotVerify);
        Assert.SkipUnless(Directory.Exists(home), "This user has no home folder.");
        Directory.CreateSymbolicLink(link, Path.GetPathRoot(home)!);
        string root = Path.Join(link, home[Path.GetPathRoot(home)!.Length..]);

        TargetReport result = await new FolderTarget(root, "no-such-file-*").PurgeAsync(After.DryRun());

        Assert.Equal(Outcome.Failed, result.Outcome);
        Assert.Contains("home folder", result.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_root_that_is_missing_cannot_be_reached()
    {
        string missing = Path.Combine(_place.FullName, "missing");

        Assert.Equal(
            TargetReport.Unreachable($"there is no folder \"{missing}\""),
            await new FolderTarget(missing).PurgeAsync(After.Purge()));
    }

    [Fact]
    public async Task A_root_that_is_a_file_is_a_failure()
        => Assert.Equal(Outcome.Failed, (await new FolderTarget(Path.Combine(_outside, "precious.log")).PurgeAsync(After.Purge())).Outcome);

    [Fact]
    public async Task Odd_names_are_only_names()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "These names are not allowed here.");
        Write("-rf", "a b.txt", "*.txt", "back\\slash.txt", "line\nbreak.txt", "...", "..x", "ünï.txt", "quote\".txt", "$(x).txt");

        Assert.Equal(TargetReport.Done(10, 10, 0), await PurgeAsync());
        Assert.Empty(Left());
    }

    [Fact]
    public async Task A_name_with_a_star_is_not_a_pattern()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "These names are not allowed here.");
        Write("*.txt", "a.txt");

        Assert.Equal(TargetReport.Done(1, 1, 0), await PurgeAsync("a.*"));
        Assert.Equal(["*.txt"], Left());
    }

    [Fact]
    public async Task Names_that_are_no_text_are_still_there_and_said_so()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux has such names.");
        Write("a.txt");
        await ShellAsync("touch \"$(printf 'file\\377')\"; mkdir \"$(printf 'folder\\377')\"; touch \"$(printf 'folder\\377')/b\"");
        try
        {
            TargetReport result = await PurgeAsync();

            Assert.Equal((Outcome.Failed, 2L, 1L, 1L), (result.Outcome, result.ItemsBefore, result.ItemsRemoved, result.ItemsAfter));
            Assert.StartsWith("1 folder could not be read: \"folder", result.Reason, StringComparison.Ordinal);
            Assert.EndsWith("; 1 file is still there, or there again", result.Reason, StringComparison.Ordinal);
        }
        finally
        {
            await ShellAsync("rm -r file* folder*");
        }
    }

    [Fact]
    public async Task A_file_that_cannot_be_deleted_stops_no_other_and_the_first_ones_are_named()
    {
        Write("1", "2", "3", "4", "5", "6");
        var target = new FolderTarget(_root)
        {
            Delete = file =>
            {
                if (file.Name is "3")
                {
                    file.Delete();
                }
                else if (file.Name is "1")
                {
                    throw new IOException($"{file.FullName} is in use");
                }
                else
                {
                    throw new UnauthorizedAccessException(file.FullName);
                }
            },
        };

        Assert.Equal(
            new TargetReport
            {
                Outcome = Outcome.Failed,
                ItemsBefore = 6,
                ItemsRemoved = 1,
                ItemsAfter = 5,
                Reason = "5 files could not be deleted: \"1\" (1 is in use), \"2\" (no permission), \"4\" (no permission) and 2 more",
            },
            await target.PurgeAsync(After.Purge()));
    }

    [Fact]
    public async Task A_folder_that_cannot_be_read_or_written_is_a_failure_with_its_name()
    {
        if (OperatingSystem.IsWindows() || Environment.IsPrivilegedProcess)
        {
            Assert.Skip("Permissions do not hold this process back.");
            return;
        }

        Write("a.txt", "closed/b.txt", "fixed/c.txt");
        string closed = Path.Combine(_root, "closed");
        string fixedFolder = Path.Combine(_root, "fixed");
        File.SetUnixFileMode(closed, UnixFileMode.None);
        File.SetUnixFileMode(fixedFolder, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        try
        {
            Assert.Equal(
                new TargetReport
                {
                    Outcome = Outcome.Failed,
                    ItemsBefore = 2,
                    ItemsRemoved = 1,
                    ItemsAfter = 1,
                    Reason = "1 file could not be deleted: \"fixed/c.txt\" (no permission); 1 folder could not be read: \"closed\"",
                },
                await PurgeAsync());
        }
        finally
        {
            File.SetUnixFileMode(closed, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            File.SetUnixFileMode(fixedFolder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    [Fact]
    public async Task Files_that_others_delete_meanwhile_are_not_counted_as_removed()
    {
        Write("a", "b");
        var target = new FolderTarget(_root)
        {
            Delete = file =>
            {
                file.Delete();
                File.Delete(Path.Combine(_root, "b"));
            },
        };

        Assert.Equal(TargetReport.Done(2, 1, 0), await target.PurgeAsync(After.Purge()));
    }

    [Fact]
    public async Task Files_that_arrive_meanwhile_are_said()
    {
        Write("a");
        var target = new FolderTarget(_root)
        {
            Delete = file =>
            {
                file.Delete();
                Write("b");
            },
        };

        Assert.Equal(new TargetReport
        {
            Outcome = Outcome.Failed,
            ItemsBefore = 1,
            ItemsRemoved = 1,
            ItemsAfter = 1,
            Reason = "1 file is still there, or there again",
        }, await target.PurgeAsync(After.Purge()));
    }

    [Fact]
    public async Task Stopping_in_the_middle_reports_how_far_it_came()
    {
        Write("a", "b", "c");
        using var source = new CancellationTokenSource();
        var target = new FolderTarget(_root)
        {
            Delete = file =>
            {
                file.Delete();
                source.Cancel();
            },
        };

        TargetReport result = await target.PurgeAsync(After.Purge(), source.Token);

        Assert.Equal((Outcome.Failed, 3L, 1L), (result.Outcome, result.ItemsBefore, result.ItemsRemoved));
        Assert.Equal(["b", "c"], Left());
    }

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("/")]
    [InlineData("/tmp/..")]
    [InlineData("a\0b")]
    public void A_root_that_is_too_much_is_refused_with_what_else_is_wrong(string root)
    {
        ArgumentException exception = Assert.Throws<ArgumentException>(() => new FolderTarget(root, "../*"));

        Assert.Equal("root", exception.ParamName);
        Assert.Contains("the root ", exception.Message, StringComparison.Ordinal);
        Assert.Contains("leaves the folder by ..", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_home_folder_and_what_holds_it_are_refused()
    {
        string home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile, Environment.SpecialFolderOption.DoNotVerify);

        Assert.All(
            [home, home + "/", Path.Combine(home, "x", "..")],
            root => Assert.Throws<ArgumentException>(() => new FolderTarget(root)));
        Assert.Contains(Path.Combine(home, "x"), new FolderTarget(Path.Combine(home, "x")).Name, StringComparison.Ordinal);
    }

    private async Task ShellAsync(string command)
    {
        QuickRun.SkipBefore("A shell");
        using Process shell = Process.Start(new ProcessStartInfo("sh", ["-c", command]) { WorkingDirectory = _root })!;
        await shell.WaitForExitAsync();
        Assert.Equal(0, shell.ExitCode);
    }

    private Task<TargetReport> PurgeAsync(string glob = "**") => new FolderTarget(_root, glob).PurgeAsync(After.Purge());

    private void Write(params string[] paths)
    {
        foreach (string path in paths)
        {
            string file = Path.Combine(_root, path);
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            File.WriteAllText(file, "");
        }
    }

    private IEnumerable<string> Left()
        => Directory.EnumerateFileSystemEntries(
            _root,
            "*",
            new EnumerationOptions { AttributesToSkip = FileAttributes.None, RecurseSubdirectories = false })
            .SelectMany(entry => new DirectoryInfo(entry) is { LinkTarget: null, Exists: true } folder
                ? folder.EnumerateFileSystemInfos(
                    "*",
                    new EnumerationOptions { AttributesToSkip = FileAttributes.None, RecurseSubdirectories = true }).Select(info => info.FullName).Prepend(entry)
                : [entry])
            .Select(entry => Path.GetRelativePath(_root, entry))
            .Order(StringComparer.Ordinal);
}
