using FloworxPurge.Tests.Conformance;
using FloworxPurge.Tests.Extensibility;
using FloworxPurge.Tests.Faults;
using FloworxPurge.Tests.Resetting;
using FloworxPurge.Tests.RowScopes;
using FloworxPurge.Tests.Servers;

[assembly: AssemblyFixture(typeof(SqlServerServer))]

// Every group of the conformance suite, on the server that FLOWORXPURGE_TEST_SQLSERVER names. Nobody has run them on one yet.
namespace FloworxPurge.SqlServer.Tests;

public sealed class SqlServerAllowInsertsConformance() : AllowInsertsConformance(Engine.SqlServer);

public sealed class SqlServerBlockedChainConformance() : BlockedChainConformance(Engine.SqlServer);

public sealed class SqlServerChangedSincePlanConformance() : ChangedSincePlanConformance(Engine.SqlServer);

public sealed class SqlServerCommitFaultConformance() : CommitFaultConformance(Engine.SqlServer);

public sealed class SqlServerCompositeKeyConformance() : CompositeKeyConformance(Engine.SqlServer);

public sealed class SqlServerContextSourceConformance() : ContextSourceConformance(Engine.SqlServer);

public sealed class SqlServerDriftConformance() : DriftConformance(Engine.SqlServer);

public sealed class SqlServerDriftNoteConformance() : DriftNoteConformance(Engine.SqlServer);

public sealed class SqlServerFailureConformance() : FailureConformance(Engine.SqlServer);

public sealed class SqlServerFaultConformance() : FaultConformance(Engine.SqlServer);

public sealed class SqlServerGraphConformance() : GraphConformance(Engine.SqlServer);

public sealed class SqlServerIdentityConformance() : IdentityConformance(Engine.SqlServer);

public sealed class SqlServerInheritanceConformance() : InheritanceConformance(Engine.SqlServer);

public sealed class SqlServerKeptCycleConformance() : KeptCycleConformance(Engine.SqlServer);

public sealed class SqlServerKeptDataConformance() : KeptDataConformance(Engine.SqlServer);

public sealed class SqlServerKeyConformance() : KeyConformance(Engine.SqlServer);

public sealed class SqlServerLockOptionConformance() : LockOptionConformance(Engine.SqlServer);

public sealed class SqlServerManyToManyConformance() : ManyToManyConformance(Engine.SqlServer);

public sealed class SqlServerMembershipConformance() : MembershipConformance(Engine.SqlServer);

public sealed class SqlServerMigrationConformance() : MigrationConformance(Engine.SqlServer);

public sealed class SqlServerModelConformance() : ModelConformance(Engine.SqlServer);

public sealed class SqlServerNameConformance() : NameConformance(Engine.SqlServer);

public sealed class SqlServerNothingMatchedConformance() : NothingMatchedConformance(Engine.SqlServer);

public sealed class SqlServerNumberConformance() : NumberConformance(Engine.SqlServer);

public sealed class SqlServerRowSetConformance() : RowSetConformance(Engine.SqlServer);

public sealed class SqlServerOnBlockedConformance() : OnBlockedConformance(Engine.SqlServer);

public sealed class SqlServerOtherSessionConformance() : OtherSessionConformance(Engine.SqlServer);

public sealed class SqlServerOwnershipConformance() : OwnershipConformance(Engine.SqlServer);

public sealed class SqlServerQueryFilterConformance() : QueryFilterConformance(Engine.SqlServer);

public sealed class SqlServerResetConformance() : ResetConformance(Engine.SqlServer);

public sealed class SqlServerRunBestEffortConformance() : RunBestEffortConformance(Engine.SqlServer);

public sealed class SqlServerRunConformance() : RunConformance(Engine.SqlServer);

public sealed class SqlServerRunFailureConformance() : RunFailureConformance(Engine.SqlServer);

public sealed class SqlServerRunRetryConformance() : RunRetryConformance(Engine.SqlServer);

public sealed class SqlServerRunTransactionConformance() : RunTransactionConformance(Engine.SqlServer);

public sealed class SqlServerRunTriggerConformance() : RunTriggerConformance(Engine.SqlServer);

public sealed class SqlServerSchemaConformance() : SchemaConformance(Engine.SqlServer);

public sealed class SqlServerScriptConformance() : ScriptConformance(Engine.SqlServer);

public sealed class SqlServerSeedDataConformance() : SeedDataConformance(Engine.SqlServer);

public sealed class SqlServerSessionConformance() : SessionConformance(Engine.SqlServer);

public sealed class SqlServerSeveralContextsConformance() : SeveralContextsConformance(Engine.SqlServer);

public sealed class SqlServerSharedTableConformance() : SharedTableConformance(Engine.SqlServer);

public sealed class SqlServerSqlCheckConformance() : SqlCheckConformance(Engine.SqlServer);

public sealed class SqlServerTriggerWriteConformance() : TriggerWriteConformance(Engine.SqlServer);

public sealed class SqlServerTruncateConformance() : TruncateConformance(Engine.SqlServer);

public sealed class SqlServerUnbreakableCycleConformance() : UnbreakableCycleConformance(Engine.SqlServer);

public sealed class SqlServerViewConformance() : ViewConformance(Engine.SqlServer);

public sealed class SqlServerRowArrivalConformance() : RowArrivalConformance(Engine.SqlServer);

public sealed class SqlServerRowClosureConformance() : RowClosureConformance(Engine.SqlServer);

public sealed class SqlServerRowOrphanConformance() : RowOrphanConformance(Engine.SqlServer);

public sealed class SqlServerRowQueryConformance() : RowQueryConformance(Engine.SqlServer);

public sealed class SqlServerRowReferenceConformance() : RowReferenceConformance(Engine.SqlServer);

public sealed class SqlServerRowRootConformance() : RowRootConformance(Engine.SqlServer);

public sealed class SqlServerRowIdentityConformance() : RowIdentityConformance(Engine.SqlServer);

public sealed class SqlServerRowRunConformance() : RowRunConformance(Engine.SqlServer);

public sealed class SqlServerRowVerifyConformance() : RowVerifyConformance(Engine.SqlServer);
