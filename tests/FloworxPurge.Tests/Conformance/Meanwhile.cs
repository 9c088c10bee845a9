
namespace FloworxPurge.Tests.Conformance;

/// <summary>Does something in the middle of a purge, which waits for it.</summary>
internal sealed class Meanwhile(Func<PurgeProgress, Task> act) : IProgress<PurgeProgress>
{
    public void Report(PurgeProgress value) => act(value).GetAwaiter().GetResult();
}
