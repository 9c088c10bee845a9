using FloworxPurge.Extensibility;

namespace FloworxPurge.Engines;

/// <summary>ANSI SQL, for a provider that has no dialect of its own: what <see cref="PurgeDialect"/> does by itself.</summary>
internal class AnsiDialect : PurgeDialect
{
    public override string Name => "ANSI SQL";
}
