using System.Text;

namespace FloworxPurge.Reporting;

/// <summary>A file that reports are saved to, and the template that writes it.</summary>
internal sealed record ReportDestination(string Path, PurgeReportTemplate Template)
{
    /// <summary>The whole path: the current folder may be another one by the time that the file is written.</summary>
    public string FullPath { get; } = System.IO.Path.GetFullPath(Path);
}

/// <summary>Writes files whole or not at all.</summary>
internal static class ReportFile
{
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false);

    /// <summary>Checks that the files can be written, by a temporary file beside each.</summary>
    /// <returns>The files that cannot be written, and what is wrong with each.</returns>
    public static async Task<IReadOnlyDictionary<ReportDestination, string>> ProbeAsync(
        IReadOnlyList<ReportDestination> files,
        CancellationToken cancellationToken)
    {
        Dictionary<ReportDestination, string> problems = [];
        foreach (ReportDestination file in files)
        {
            string? temporary = null;
            try
            {
                temporary = await WriteBesideAsync(file.FullPath, (_, _) => Task.CompletedTask, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception exception) when (IsOfTheFile(exception))
            {
                problems.Add(file, exception.Message);
            }
            finally
            {
                TryDelete(temporary);
            }
        }

        return problems;
    }

    /// <summary>Writes a file beside its path, and moves it there once it is complete.</summary>
    public static Task WriteAsync(PurgeReport report, ReportDestination file, CancellationToken cancellationToken)
        => WriteAsync(file.FullPath, (writer, token) => file.Template.RenderAsync(report, writer, token), cancellationToken);

    /// <summary>The same, of a text.</summary>
    public static Task WriteAsync(string text, string path, CancellationToken cancellationToken)
        => WriteAsync(Path.GetFullPath(path), (writer, token) => writer.WriteAsync(text.AsMemory(), token), cancellationToken);

    private static async Task WriteAsync(
        string path,
        Func<TextWriter, CancellationToken, Task> write,
        CancellationToken cancellationToken)
    {
        string? temporary = null;
        try
        {
            temporary = await WriteBesideAsync(path, write, cancellationToken).ConfigureAwait(false);
            Move(temporary, path);
        }
        finally
        {
            TryDelete(temporary);
        }
    }

    /// <summary>Writes every file that can be written; one that cannot be written does not prevent the others.</summary>
    /// <returns>The report as it was written, which names the files that were, and what is wrong with each of the others.</returns>
    public static async Task<(PurgeReport Saved, IReadOnlyList<Exception> Faults)> SaveAsync(
        PurgeReport report,
        IReadOnlyList<ReportDestination> files)
    {
        List<ReportDestination> left = [.. files];
        List<Exception> faults = [];
        while (true)
        {
            PurgeReport saved = report with { Files = [.. left.Select(file => file.Path)] };
            if (await TryWriteAsync(saved, left).ConfigureAwait(false) is not var (file, fault))
            {
                return (saved, faults);
            }

            // The others are written anew, since none may name a file that there is not.
            left.Remove(file);
            faults.Add(fault);
        }
    }

    private static async Task<(ReportDestination File, Exception Fault)?> TryWriteAsync(PurgeReport report, List<ReportDestination> files)
    {
        List<string> temporary = [];
        int current = 0;
        try
        {
            for (; current < files.Count; current++)
            {
                temporary.Add(await RenderBesideAsync(report, files[current], CancellationToken.None).ConfigureAwait(false));
            }

            for (current = 0; current < files.Count; current++)
            {
                Move(temporary[current], files[current].FullPath);
            }

            return null;
        }
        catch (Exception exception)
        {
            ReportDestination file = files[current];
            return (
                file,
                IsOfTheFile(exception) ? exception : new IOException($"The report cannot be saved as \"{file.FullPath}\": "
                    + $"{exception.GetType().Name}: {exception.Message}", exception));
        }
        finally
        {
            temporary.ForEach(TryDelete);
        }
    }

    private static Task<string> RenderBesideAsync(PurgeReport report, ReportDestination file, CancellationToken cancellationToken)
        => WriteBesideAsync(file.FullPath, (writer, token) => file.Template.RenderAsync(report, writer, token), cancellationToken);

    /// <summary>Determines whether an exception means that a file cannot be written.</summary>
    public static bool IsOfTheFile(Exception exception) => exception is IOException or UnauthorizedAccessException;

    private static string FolderOf(string target)
    {
        if (Directory.Exists(target))
        {
            throw new IOException($"The report cannot be saved as \"{target}\": that is a folder. Give the name of a file.");
        }

        // Some systems would replace a read-only file, and others fail only when the new file is moved there.
        if (File.Exists(target) && File.GetAttributes(target).HasFlag(FileAttributes.ReadOnly))
        {
            throw new UnauthorizedAccessException(
                $"The report cannot be saved as \"{target}\": that file is read-only. Choose another, or allow writing to it.");
        }

        string? folder = Path.GetDirectoryName(target);
        if (!OperatingSystem.IsWindows() && folder is "/dev")
        {
            throw new IOException(
                $"The report cannot be saved as \"{target}\": that would take the place of a device. Give the name of a file elsewhere.");
        }

        return folder is not null && Directory.Exists(folder)
            ? folder
            : throw new DirectoryNotFoundException(
                $"The report cannot be saved as \"{target}\": there is no folder \"{folder}\". Create it first, or choose another.");
    }

    private static async Task<string> WriteBesideAsync(
        string target,
        Func<TextWriter, CancellationToken, Task> write,
        CancellationToken cancellationToken)
    {
        string temporary = Path.Combine(FolderOf(target), TemporaryName(Path.GetFileName(target)));
        try
        {
            await WriteNewAsync(temporary, write, cancellationToken).ConfigureAwait(false);
            return temporary;
        }
        catch (Exception exception)
        {
            TryDelete(temporary);
            if (exception is UnauthorizedAccessException)
            {
                throw MayNotWrite(target, exception);
            }

            if (exception is IOException)
            {
                throw new IOException(
                    $"The report cannot be saved as \"{target}\": {exception.Message.Replace(temporary, target, StringComparison.Ordinal)}",
                    exception);
            }

            throw;
        }
    }

    // As long as the final name, so that a name too long for the file system fails here.
    private static string TemporaryName(string name)
    {
        int length = OperatingSystem.IsWindows() ? name.Length : Utf8.GetByteCount(name);
        return $".{Guid.NewGuid():N}.tmp".PadRight(length, '~');
    }

    private static void Move(string temporary, string target)
    {
        try
        {
            File.Move(temporary, target, overwrite: true);
        }
        catch (UnauthorizedAccessException exception)
        {
            throw MayNotWrite(target, exception);
        }
    }

    private static UnauthorizedAccessException MayNotWrite(string target, Exception exception)
        => new(
            $"The report cannot be saved as \"{target}\": this process may not write there. Choose a folder that it may write to.",
            exception);

    private static async Task WriteNewAsync(
        string path,
        Func<TextWriter, CancellationToken, Task> write,
        CancellationToken cancellationToken)
    {
        var stream = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 4096, useAsync: true);
        await using (stream.ConfigureAwait(false))
        {
            var writer = new StreamWriter(stream, Utf8) { NewLine = "\n" };
            await using (writer.ConfigureAwait(false))
            {
                await write(writer, cancellationToken).ConfigureAwait(false);
                cancellationToken.ThrowIfCancellationRequested();
                await writer.FlushAsync(cancellationToken).ConfigureAwait(false);
                stream.Flush(flushToDisk: true);
            }
        }
    }

    private static void TryDelete(string? path)
    {
        try
        {
            if (path is not null)
            {
                File.Delete(path);
            }
        }
        catch (Exception exception) when (IsOfTheFile(exception))
        {
            // The first exception is the one that has the cause.
        }
    }
}
