namespace FloworxPurge.Tests.Kit;

/// <summary>Tests that change what the whole process shares.</summary>
[CollectionDefinition(nameof(OneAtATime), DisableParallelization = true)]
public sealed class OneAtATime;
