using System.Text;

namespace FloworxPurge.Reporting;

/// <summary>Writes a file whole or not at all.</summary>
internal static class ReportFile
{
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false);

    /// <summary>Writes to a file beside <paramref name="path"/> and moves it there once it is complete.</summary>
    public static async Task WriteAsync(string path, Func<TextWriter, CancellationToken, Task> write, CancellationToken cancellationToken)
    {
        string target = Path.GetFullPath(path);
        string folder = FolderOf(target);
        string temporary = Path.Combine(folder, $".{Guid.NewGuid():N}.tmp");
        try
        {
            await WriteNewAsync(temporary, write, cancellationToken).ConfigureAwait(false);
            File.Move(temporary, target, overwrite: true);
        }
        catch (UnauthorizedAccessException exception)
        {
            TryDelete(temporary);
            throw new UnauthorizedAccessException(
                $"The report cannot be saved as \"{target}\": this process may not write there. Choose a folder that it may write to.", exception);
        }
        catch
        {
            TryDelete(temporary);
            throw;
        }
    }

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

    private static void TryDelete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // The first exception is the one that tells what went wrong.
        }
    }
}
