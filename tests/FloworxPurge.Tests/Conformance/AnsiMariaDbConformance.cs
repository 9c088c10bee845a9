using FloworxPurge.Tests.Faults;
using FloworxPurge.Tests.Resetting;

namespace FloworxPurge.Tests.Conformance;

// The groups in which a server differs from the file that Engine.Ansi is.
public sealed class AnsiMariaDbRunConformance() : RunConformance(Engine.AnsiMariaDb);

public sealed class AnsiMariaDbRunFailureConformance() : RunFailureConformance(Engine.AnsiMariaDb);

public sealed class AnsiMariaDbRunTransactionConformance() : RunTransactionConformance(Engine.AnsiMariaDb);

public sealed class AnsiMariaDbRunBestEffortConformance() : RunBestEffortConformance(Engine.AnsiMariaDb);

public sealed class AnsiMariaDbRunTriggerConformance() : RunTriggerConformance(Engine.AnsiMariaDb);

public sealed class AnsiMariaDbKeptDataConformance() : KeptDataConformance(Engine.AnsiMariaDb);

public sealed class AnsiMariaDbBlockedChainConformance() : BlockedChainConformance(Engine.AnsiMariaDb);

public sealed class AnsiMariaDbSessionConformance() : SessionConformance(Engine.AnsiMariaDb);

public sealed class AnsiMariaDbFailureConformance() : FailureConformance(Engine.AnsiMariaDb);

public sealed class AnsiMariaDbResetConformance() : ResetConformance(Engine.AnsiMariaDb);
