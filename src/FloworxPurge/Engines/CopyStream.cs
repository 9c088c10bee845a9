namespace FloworxPurge.Engines;

/// <summary>The stream of a driver into a COPY, which ends well only when it is completed.</summary>
/// <param name="stream">The stream for the bytes.</param>
/// <param name="complete">Ends the statement.</param>
/// <param name="cancel">Makes the statement fail.</param>
internal sealed class CopyStream(Stream stream, Func<ValueTask> complete, Func<ValueTask> cancel)
{
    public Stream Stream { get; } = stream;

    public ValueTask CompleteAsync() => complete();

    public ValueTask CancelAsync() => cancel();
}
