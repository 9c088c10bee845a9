using System.Globalization;
using FloworxPurge.Reporting;

namespace FloworxPurge.Extensibility;

/// <summary>Deletes the files of a folder that match a pattern; see <see cref="PurgeOptions.AddFolder"/>.</summary>
internal sealed class FolderTarget : IPurgeTarget
{
    private const int NamesShown = 3;

    private readonly string _root;
    private readonly FileGlob _glob;

    /// <summary>Creates the target.</summary>
    /// <exception cref="ArgumentException">Root or pattern are not valid; the message names every problem.</exception>
    public FolderTarget(string root, string glob = "**")
    {
        ArgumentNullException.ThrowIfNull(root);
        ArgumentNullException.ThrowIfNull(glob);
        (string? path, string? rootProblem) = FolderRoot.Check(root);
        (FileGlob? parsed, string? globProblem) = FileGlob.Parse(glob);
        if (path is null || parsed is null)
        {
            string?[] problems = [
                rootProblem,
                globProblem is null ? null : $"the pattern \"{glob}\" cannot be used: {globProblem}; give one such as **/*.log"];
            throw new ArgumentException(
                $"The folder target is not valid: {string.Join("; ", problems.OfType<string>())}.",
                rootProblem is null ? nameof(glob) : nameof(root));
        }

        _root = path;
        _glob = parsed;
        Name = $"folder {path}, files {glob}";
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public bool SupportsDryRun => true;

    /// <summary>How a file is deleted; tests put a failure here.</summary>
    internal Action<FileInfo> Delete { get; init; } = file => file.Delete();

    /// <inheritdoc/>
    public Task<TargetReport> PurgeAsync(ExtensionContext context, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(context);
        return Task.Run(() => Purge(context.IsDryRun, cancellationToken), cancellationToken);
    }

    private TargetReport Purge(bool isDryRun, CancellationToken cancellationToken)
    {
        if (Refusal() is { } refusal)
        {
            return refusal;
        }

        (long before, FolderWalk first) = Count(cancellationToken);
        if (isDryRun)
        {
            return Describe(TargetReport.Counted(before), first, []);
        }

        var walk = new FolderWalk(_root, _glob);
        List<string> left = [];
        long removed = 0;
        foreach ((FileInfo file, string path) in walk.Files())
        {
            if (cancellationToken.IsCancellationRequested)
            {
                return TargetReport.Failed("the caller asked to stop before it was done") with
                {
                    ItemsBefore = before,
                    ItemsRemoved = removed,
                };
            }

            if (TryDelete(walk, file) is not { } problem)
            {
                removed++;
            }
            else if (problem.Length > 0)
            {
                left.Add($"\"{path}\" ({problem})");
            }
        }

        (long after, FolderWalk last) = Count(CancellationToken.None);
        return Describe(TargetReport.Done(before, removed, after), last, left);
    }

    private TargetReport? Refusal()
    {
        var folder = new DirectoryInfo(_root);
        if (FolderRoot.IsLink(folder))
        {
            return TargetReport.Failed($"\"{_root}\" is a link, which is not followed; give the folder itself");
        }

        if (File.Exists(_root))
        {
            return TargetReport.Failed($"\"{_root}\" is a file; give a folder");
        }

        return !folder.Exists ? TargetReport.Unreachable($"there is no folder \"{_root}\"")
            : FolderRoot.TooMuch(FolderRoot.Resolve(_root)) is { } problem ? TargetReport.Failed(problem)
            : null;
    }

    private (long Files, FolderWalk Walk) Count(CancellationToken cancellationToken)
    {
        var walk = new FolderWalk(_root, _glob);
        long files = 0;
        foreach ((FileInfo _, string _) in walk.Files())
        {
            cancellationToken.ThrowIfCancellationRequested();
            files++;
        }

        return (files, walk);
    }

    /// <summary>Deletes a file.</summary>
    /// <returns><see langword="null"/> when it was deleted; the reason when not; empty when another process deleted it first.</returns>
    private string? TryDelete(FolderWalk walk, FileInfo file)
    {
        try
        {
            if (!walk.IsStillInside(file))
            {
                return "a folder on the way became a link";
            }

            if (!Path.Exists(file.FullName))
            {
                return string.Empty;
            }

            Delete(file);
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return e is UnauthorizedAccessException
                ? "no permission"
                : e.Message.Replace(file.FullName, file.Name, StringComparison.Ordinal);
        }
    }

    private static TargetReport Describe(TargetReport result, FolderWalk walk, List<string> left)
    {
        List<string> problems = [];
        if (left.Count > 0)
        {
            problems.Add($"{Files(left.Count)} could not be deleted: {First(left)}");
        }

        if (walk.Unreadable.Count > 0)
        {
            problems.Add(
                string.Create(CultureInfo.InvariantCulture, $"{walk.Unreadable.Count} "
                    + $"{(walk.Unreadable.Count == 1 ? "folder" : "folders")} could not be read: "
                    + $"{First([.. walk.Unreadable.Select(path => $"\"{path}\"")])}"));
        }

        if (result.ItemsAfter - left.Count is > 0 and { } more)
        {
            problems.Add($"{Files(more)} {(more == 1 ? "is" : "are")} still there, or there again");
        }

        bool isDone = problems.Count == 0;
        if (walk.Links > 0)
        {
            problems.Add(
                string.Create(CultureInfo.InvariantCulture, $"{walk.Links} {(walk.Links == 1 ? "link was" : "links were")} left alone"));
        }

        return result with
        {
            Outcome = isDone ? result.Outcome : Outcome.Failed,
            Reason = problems.Count == 0 ? null : string.Join("; ", problems),
        };
    }

    private static string Files(long count) => string.Create(CultureInfo.InvariantCulture, $"{count} {(count == 1 ? "file" : "files")}");

    private static string First(List<string> names)
        => string.Join(", ", names.Take(NamesShown))
            + (
                names.Count > NamesShown ? string.Create(CultureInfo.InvariantCulture, $" and {names.Count - NamesShown} "
                    + $"more") : string.Empty);
}
