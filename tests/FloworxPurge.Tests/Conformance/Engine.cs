using FloworxPurge.Engines;
using FloworxPurge.Extensibility;
using FloworxPurge.Reporting;
using FloworxPurge.Tests.Kit;
using Microsoft.EntityFrameworkCore;

namespace FloworxPurge.Tests.Conformance;

/// <summary>An engine that the conformance suite runs on: where its databases come from, and what it can express.</summary>
public sealed class Engine
{
    private readonly Func<CancellationToken, Task<TestDatabase>> _create;
    private readonly PurgeDialect? _dialect;

    private Engine(string name, Func<CancellationToken, Task<TestDatabase>> create, PurgeDialect? dialect = null)
    {
        Name = name;
        _create = create;
        _dialect = dialect;
    }

    public static Engine Sqlite { get; } = new("SQLite", _ => Task.FromResult<TestDatabase>(SqliteTestDatabase.Create()))
    {
        HasSchemas = false,
        Truncates = false,
        FollowsCascadesToAnyDepth = false,
        HasLockTimeout = false,
        ChecksTypesOfKeys = false,
        NamesForeignKeys = false,
    };

    public static Engine PostgreSql { get; } = new(
        "PostgreSQL",
        async token => await PostgreSqlTestDatabase.CreateAsync(token))
    { CountsWrites = true };

    /// <summary>SQLite in the ANSI SQL dialect, read through the provider's scaffolding, as any unknown provider.</summary>
    public static Engine Ansi { get; } = new("ANSI", _ => Task.FromResult<TestDatabase>(SqliteTestDatabase.Create()), new AnsiWithoutSchemas())
    {
        HasSchemas = false,
        Truncates = false,
        FollowsCascadesToAnyDepth = false,
        BreaksNotNullCycles = false,
        DeletesRestrictedSelfReferences = false,
        ResetsIdentity = false,
        KnowsTriggers = false,
        LocksTables = false,
        HasLockTimeout = false,
        HasDialect = false,
        ChecksTypesOfKeys = false,
        NamesForeignKeys = false,
    };

    /// <summary>MariaDB, in its own dialect.</summary>
    public static Engine MariaDb { get; } = new("MariaDB", async token => await MariaDbTestDatabase.CreateAsync(token))
    {
        JoinsTypes = false,
        TriggersWriteTheirOwnTable = false,
        HasSetDefault = false,
        IntegerType = "int",
        TextType = "longtext",
        HasSchemas = false,
        Truncates = false,
    };

    /// <summary>
    /// MariaDB in the ANSI SQL dialect, read through the provider's scaffolding: a server with sessions, and a driver that does not read
    /// every value exactly. It takes part in some groups only.
    /// </summary>
    internal static Engine AnsiMariaDb { get; } = new(
        "ANSI on MariaDB",
        async token => await MariaDbTestDatabase.CreateAsync(token),
        new AnsiWithoutSchemas())
    {
        JoinsTypes = false,
        TriggersWriteTheirOwnTable = false,
        HasSetDefault = false,
        IntegerType = "int",
        TextType = "longtext",
        FollowsCascadesToAnyDepth = false,
        HasSchemas = false,
        Truncates = false,
        BreaksNotNullCycles = false,
        DeletesRestrictedSelfReferences = false,
        ResetsIdentity = false,
        KnowsTriggers = false,
        LocksTables = false,
        HasLockTimeout = false,
        HasDialect = false,
    };

    /// <summary>
    /// SQL Server, which nobody has run the suite on yet. Its classes are in a project of their own, FloworxPurge.SqlServer.Tests,
    /// so that a test run without such a server is not full of skips.
    /// </summary>
    internal static Engine SqlServer { get; } = new("SQL Server", async token => await SqlServerTestDatabase.CreateAsync(token))
    {
        DefaultSchema = "dbo",
        IntegerType = "int",
        TextType = "nvarchar(max)",

        // Error 1778: both columns of a foreign key have one type.
        JoinsTypes = false,

        // The word is no part of T-SQL, and EF Core writes NO ACTION for it.
        HasRestrict = false,

        // Error 4712: no table that another one references is truncated, not even together with it.
        TruncatesReferencedTables = false,

        // There are no deferred constraints: every statement is checked when it ends.
        RejectsCommits = false,

    };

    public string Name { get; }

    /// <summary>The dialect that it is used with, before a connection is open; <see langword="null"/> for the provider's.</summary>
    internal PurgeDialect? Dialect => _dialect;

    /// <summary>Whether there is a dialect for it.</summary>
    public bool HasDialect { get; private init; } = true;

    /// <summary>Whether the columns of a foreign key and of the key that it references must have types that go together.</summary>
    public bool ChecksTypesOfKeys { get; private init; } = true;

    /// <summary>Whether a foreign key's name is found in the live schema.</summary>
    public bool NamesForeignKeys { get; private init; } = true;

    /// <summary>Whether a foreign key may join columns of two types.</summary>
    public bool JoinsTypes { get; private init; } = true;

    /// <summary>Whether a trigger may write into the table that fires it.</summary>
    public bool TriggersWriteTheirOwnTable { get; private init; } = true;

    /// <summary>Whether SET DEFAULT is an action of its own.</summary>
    public bool HasSetDefault { get; private init; } = true;

    /// <summary>Whether RESTRICT is an action that can be written.</summary>
    public bool HasRestrict { get; private init; } = true;

    /// <summary>Whether a table that others reference can be truncated, if together with them.</summary>
    public bool TruncatesReferencedTables { get; private init; } = true;

    /// <summary>Whether the server may find only at the commit that a transaction cannot be committed.</summary>
    public bool RejectsCommits { get; private init; } = true;

    /// <summary>What the live schema calls a column of 32 bits.</summary>
    public string IntegerType { get; private init; } = "integer";

    /// <summary>What the live schema calls a text of any length.</summary>
    public string TextType { get; private init; } = "text";

    /// <summary>The schema of names without one, where there are schemas.</summary>
    public string DefaultSchema { get; private init; } = "public";

    /// <summary>Whether tables live in schemas.</summary>
    public bool HasSchemas { get; private init; } = true;

    /// <summary>Whether a cascade through the rows of a cycle may be as deep as there are rows.</summary>
    public bool FollowsCascadesToAnyDepth { get; private init; } = true;

    /// <summary>Whether there is a TRUNCATE that a rollback undoes.</summary>
    public bool Truncates { get; private init; } = true;

    /// <summary>Whether a cycle of NOT NULL foreign keys can be deleted.</summary>
    public bool BreaksNotNullCycles { get; private init; } = true;

    /// <summary>Whether a NOT NULL self reference with RESTRICT can be deleted.</summary>
    public bool DeletesRestrictedSelfReferences { get; private init; } = true;

    /// <summary>Whether identity counters can be set back.</summary>
    public bool ResetsIdentity { get; private init; } = true;

    /// <summary>Whether the server counts what a transaction writes to each table.</summary>
    public bool CountsWrites { get; private init; }

    /// <summary>Whether the live schema contains triggers.</summary>
    public bool KnowsTriggers { get; private init; } = true;

    /// <summary>Whether other writers can be kept out.</summary>
    public bool LocksTables { get; private init; } = true;

    /// <summary>Whether a session can limit how long it waits for a lock.</summary>
    public bool HasLockTimeout { get; private init; } = true;

    public Task<TestDatabase> CreateDatabaseAsync() => _create(TestContext.Current.CancellationToken);

    /// <summary>A purger for this engine.</summary>
    public Purger Purger(Action<PurgeOptions>? configure = null) => new(options =>
    {
        options.Dialect = _dialect;
        configure?.Invoke(options);
    });

    /// <summary>A resetter for this engine, whatever the database is called.</summary>
    public Task<DatabaseResetter> ResetterAsync(DbContext context, Action<ResetOptions>? configure = null) => DatabaseResetter.CreateAsync(
        context,
        options =>
        {
            options.Dialect = _dialect;
            options.AllowDatabase("main");
            configure?.Invoke(options);
        },
        TestContext.Current.CancellationToken);

    public override string ToString() => Name;

    // The base class has schemas, which these engines have not.
    private sealed class AnsiWithoutSchemas : AnsiDialect
    {
        public override bool HasSchemas => false;

        public override StringComparer Identifiers => StringComparer.OrdinalIgnoreCase;
    }
}

/// <summary>What every conformance group shares. A group is an abstract class; an engine takes part by a one-line subclass.</summary>
public abstract class ConformanceGroup(Engine engine)
{
    protected Engine Engine { get; } = engine;

    protected static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    /// <summary>The qualified name of a table in the engine's default schema.</summary>
    protected TableName Name(string table) => new(Engine.HasSchemas ? Engine.DefaultSchema : null, table);

    /// <summary>The skip of a table, which must be there.</summary>
    protected PlanTable Skip(PurgeReport report, string table) => Assert.Single(report.Skips, skip => skip.Table == Name(table));

    /// <summary>Asserts that tables hold no row.</summary>
    protected static async Task AssertEmptyAsync(TestDatabase database, params string[] tables)
    {
        foreach (string table in tables)
        {
            Assert.True(await database.CountAsync(table, cancellationToken: CancellationToken) == 0, $"{table} holds rows");
        }
    }

    /// <summary>Plans and runs in one go.</summary>
    protected async Task<PurgeReport> PurgeAsync(DbContext context, Action<PurgeOptions>? configure = null)
    {
        Purger purger = Engine.Purger(configure);
        return await purger.ExecuteAsync(context, await purger.PlanAsync(context, CancellationToken), cancellationToken: CancellationToken);
    }
}
