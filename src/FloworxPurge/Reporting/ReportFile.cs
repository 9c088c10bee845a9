using System.Text;

namespace FloworxPurge.Reporting;

/// <summary>A file that reports are saved to, and the template that writes it.</summary>
internal sealed record ReportDestination(string Path, IPurgeReportTemplate Template);

/// <summary>Writes files whole or not at all.</summary>
internal static class ReportFile
{
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false);

    /// <summary>Finds out whether the files could be written, by a file beside each that is gone at once.</summary>
    /// <returns>The files that cannot be written, and what is wrong with each.</returns>
    public static async Task<IReadOnlyDictionary<ReportDestination, string>> ProbeAsync(IReadOnlyList<ReportDestination> files, CancellationToken cancellationToken)
    {
        Dictionary<ReportDestination, string> problems = [];
        foreach (ReportDestination file in files)
        {
            string? temporary = null;
            try
            {
                temporary = await WriteBesideAsync(file.Path, (_, _) => Task.CompletedTask, cancellationToken).ConfigureAwait(false);
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

    /// <summary>Writes files beside their paths, and moves them there once all of them are complete.</summary>
    public static async Task WriteAsync(PurgeReport report, IReadOnlyList<ReportDestination> files, CancellationToken cancellationToken)
    {
        List<string> temporary = [];
        try
        {
            foreach (ReportDestination file in files)
            {
                temporary.Add(await WriteBesideAsync(file.Path, (writer, token) => file.Template.RenderAsync(report, writer, token), cancellationToken).ConfigureAwait(false));
            }

            for (int i = 0; i < files.Count; i++)
            {
                Move(temporary[i], files[i].Path);
            }
        }
        finally
        {
            temporary.ForEach(TryDelete);
        }
    }

    /// <summary>Writes every file that can be written: one that cannot takes no other with it, and no other says that it is there.</summary>
    /// <returns>The report as it was written, and what went wrong with the other files.</returns>
    public static async Task<(PurgeReport Saved, IReadOnlyList<Exception> Failures)> WritePossibleAsync(PurgeReport report, IReadOnlyList<ReportDestination> files, CancellationToken cancellationToken)
    {
        List<ReportDestination> possible = [.. files];
        List<Exception> failures = [];
        while (true)
        {
            PurgeReport saved = report with { Files = [.. possible.Select(file => file.Path)] };
            List<ReportDestination> failed = [];
            foreach (ReportDestination file in possible)
            {
                try
                {
                    await WriteAsync(saved, [file], cancellationToken).ConfigureAwait(false);
                }
                catch (Exception exception)
                {
                    failed.Add(file);
                    failures.Add(exception);
                }
            }

            if (failed.Count == 0)
            {
                return (saved, failures);
            }

            possible.RemoveAll(failed.Contains);
        }
    }

    /// <summary>Whether an exception says that a file cannot be written.</summary>
    public static bool IsOfTheFile(Exception exception) => exception is IOException or UnauthorizedAccessException;

    private static string FolderOf(string target)
    {
        if (Directory.Exists(target))
        {
            throw new IOException($"The report cannot be saved as \"{target}\": that is a folder. Give the name of a file.");
        }

        string? folder = Path.GetDirectoryName(target);
        return folder is not null && Directory.Exists(folder)
            ? folder
            : throw new DirectoryNotFoundException(
                $"The report cannot be saved as \"{target}\": there is no folder \"{folder}\". Create it first, or choose another.");
    }

    private static async Task<string> WriteBesideAsync(string path, Func<TextWriter, CancellationToken, Task> write, CancellationToken cancellationToken)
    {
        string target = Path.GetFullPath(path);
        string temporary = Path.Combine(FolderOf(target), $".{Guid.NewGuid():N}.tmp");
        try
        {
            await WriteNewAsync(temporary, write, cancellationToken).ConfigureAwait(false);
            return temporary;
        }
        catch (UnauthorizedAccessException exception)
        {
            TryDelete(temporary);
            throw MayNotWrite(target, exception);
        }
        catch (IOException exception)
        {
            TryDelete(temporary);
            throw new IOException($"The report cannot be saved as \"{target}\": {exception.Message}", exception);
        }
        catch
        {
            TryDelete(temporary);
            throw;
        }
    }

    private static void Move(string temporary, string path)
    {
        string target = Path.GetFullPath(path);
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
        => new($"The report cannot be saved as \"{target}\": this process may not write there. Choose a folder that it may write to.", exception);

    private static async Task WriteNewAsync(string path, Func<TextWriter, CancellationToken, Task> write, CancellationToken cancellationToken)
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
            // The first exception is the one that tells what went wrong.
        }
    }
}
