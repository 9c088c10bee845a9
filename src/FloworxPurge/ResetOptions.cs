using System.ComponentModel;
using FloworxPurge.Extensibility;
using FloworxPurge.Hosting;
using FloworxPurge.Resetting;
using Microsoft.Extensions.Configuration;

namespace FloworxPurge;

/// <summary>
/// What <see cref="DatabaseResetter"/> empties and what it leaves alone. The defaults empty every table of the model of a database that
/// looks like a test database.
/// </summary>
public sealed class ResetOptions
{
    /// <summary>The configuration keys: the names of properties and methods.</summary>
    private static readonly OptionKeys<ResetOptions> Keys = new OptionKeys<ResetOptions>()
        .Flag(nameof(ResetOptions.ResetIdentity), (options, value) => options.ResetIdentity = value)
        .Flag(nameof(ResetOptions.PurgeHistory), (options, value) => options.PurgeHistory = value)
        .Flag(nameof(ResetOptions.ThrowOnSkips), (options, value) => options.ThrowOnSkips = value)
        .Flag(nameof(ResetOptions.RestoreSeedData), (options, value) => options.RestoreSeedData = value)
        .Choice<DriftTolerance>(nameof(ResetOptions.DriftTolerance), (options, value) => options.DriftTolerance = value)
        .Choice<OnBlocked>(nameof(ResetOptions.OnBlocked), (options, value) => options.OnBlocked = value)
        .Time(nameof(ResetOptions.LockTimeout), (options, value) => options.LockTimeout = value)
        .List(nameof(ResetOptions.Include), (options, value) => options.Include(value))
        .List(nameof(ResetOptions.Exclude), (options, value) => options.Exclude(value))
        .List(nameof(ResetOptions.AllowInserts), (options, value) => options.AllowInserts(value))
        .List(nameof(ResetOptions.AllowDatabase), (options, value) => options.AllowDatabase(value))
        .InCode(nameof(ResetOptions.ConnectionString), "ConnectionString = ...")
        .InCode(nameof(ResetOptions.Dialect), "Dialect = ...");

    private static readonly TimeSpan DefaultLockTimeout = TimeSpan.FromSeconds(10);

    private readonly PurgeOptions _purge = new();
    private readonly List<string> _allowedDatabases = [];

    /// <summary>
    /// Gets or sets whether identity counters restart at their declared seed, also those of empty tables that have moved. Sequences of
    /// the model restart where every table that uses them is emptied, except those of HiLo, of which the application keeps a block of
    /// numbers in memory. The default value is <see langword="true"/>.
    /// </summary>
    public bool ResetIdentity { get; set; } = true;

    /// <summary>
    /// Gets or sets whether each reset also deletes the rows that system-versioned (temporal) tables keep in their history, where the role
    /// may. The default value is <see langword="false"/>: histories grow, and <see cref="DatabaseResetter.Plan"/> has a warning.
    /// </summary>
    public bool PurgeHistory { get; set; }

    /// <summary>
    /// Gets or sets whether a table that would be skipped is an error: one that differs from the model, that kept rows reference, or that
    /// the role may not delete from. The default value is <see langword="true"/>: rows that stay would make the next test fail without a
    /// visible cause.
    /// </summary>
    public bool ThrowOnSkips { get; set; } = true;

    /// <inheritdoc cref="PurgeOptions.DriftTolerance"/>
    public DriftTolerance DriftTolerance { get; set; } = DriftTolerance.Standard;

    /// <inheritdoc cref="PurgeOptions.OnBlocked"/>
    public OnBlocked OnBlocked { get; set; } = OnBlocked.Skip;

    /// <summary>
    /// Gets or sets how long a reset waits for a transaction that a test has left open, from one millisecond; the exception then names the
    /// session if the engine reports it. On SQLite whole seconds, at least one, and only over the resetter's own connection or the one of a
    /// database in memory; where triggers fire or the connection is given, and on engines without such a setting, the connection's own
    /// time-out decides. The default value is 10 seconds.
    /// </summary>
    public TimeSpan LockTimeout { get; set; } = DefaultLockTimeout;

    /// <summary>
    /// Gets or sets the delegate that returns the connection string each time the resetter opens its own connection, for a server whose
    /// address changes. The default value is <see langword="null"/>, the connection of the context that the resetter is created with.
    /// </summary>
    public Func<CancellationToken, ValueTask<string>>? ConnectionString { get; set; }

    /// <inheritdoc cref="PurgeOptions.Dialect"/>
    public PurgeDialect? Dialect { get; set; }

    /// <summary>
    /// Gets or sets whether seed data is put back after each reset: rows of <c>HasData</c>, by EF's own migrations SQL, and then what
    /// <c>UseSeeding</c> and <c>UseAsyncSeeding</c> write. Excluded tables keep theirs anyway. The default value is
    /// <see langword="false"/>.
    /// </summary>
    /// <remarks>
    /// Seeding hooks run in a new context of the type that the resetter is created with: it must be possible to create one from its
    /// options,
    /// from services of the application that it came from, or without arguments. Where that context would work in another database than the
    /// one that is reset,
    /// nothing is reset, and the exception names both. Seed rows are recognized by their number alone: a report
    /// counts the rows beyond the number that was restored. They are written over a second connection, except where there is only one.
    /// </remarks>
    public bool RestoreSeedData { get; set; }

    /// <inheritdoc cref="PurgeOptions.BoundSection"/>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public IConfigurationSection? BoundSection
    {
        get => null;
        set => _purge.BoundSection = value;
    }

    /// <summary>The patterns of databases that may be reset beside those with <c>test</c> as a word of their name.</summary>
    internal IReadOnlyList<string> AllowedDatabases => _allowedDatabases;

    /// <inheritdoc cref="PurgeOptions.Include(string)"/>
    public ResetOptions Include(string pattern)
    {
        _purge.Include(pattern);
        return this;
    }

    /// <inheritdoc cref="PurgeOptions.Include{TEntity}()"/>
    public ResetOptions Include<TEntity>()
        where TEntity : class
    {
        _purge.Include<TEntity>();
        return this;
    }

    /// <inheritdoc cref="PurgeOptions.Include(Type)"/>
    public ResetOptions Include(Type entityType)
    {
        _purge.Include(entityType);
        return this;
    }

    /// <inheritdoc cref="PurgeOptions.Exclude(string)"/>
    public ResetOptions Exclude(string pattern)
    {
        _purge.Exclude(pattern);
        return this;
    }

    /// <inheritdoc cref="PurgeOptions.Exclude{TEntity}()"/>
    public ResetOptions Exclude<TEntity>()
        where TEntity : class
    {
        _purge.Exclude<TEntity>();
        return this;
    }

    /// <inheritdoc cref="PurgeOptions.Exclude(Type)"/>
    public ResetOptions Exclude(Type entityType)
    {
        _purge.Exclude(entityType);
        return this;
    }

    /// <summary>
    /// Allows triggers that a reset fires to add rows to the kept tables that the pattern names, such as audit tables. Nothing else may
    /// change there.
    /// A kept table that triggers change in another way, or that no pattern names, fails the reset.
    /// </summary>
    /// <remarks>On PostgreSQL the triggers of a superuser's reset do not fire, so that nothing is added.</remarks>
    /// <param name="pattern"><c>table</c> or <c>schema.table</c>, where <c>*</c> stands for any characters and <c>?</c> for one.</param>
    /// <returns>The same options.</returns>
    /// <exception cref="ArgumentException">The pattern is null, empty or white space.</exception>
    public ResetOptions AllowInserts(string pattern)
    {
        _purge.AllowInserts(pattern);
        return this;
    }

    /// <inheritdoc cref="PurgeOptions.AllowInserts{TEntity}()"/>
    public ResetOptions AllowInserts<TEntity>()
        where TEntity : class
    {
        _purge.AllowInserts<TEntity>();
        return this;
    }

    /// <inheritdoc cref="PurgeOptions.AllowInserts(Type)"/>
    public ResetOptions AllowInserts(Type entityType)
    {
        _purge.AllowInserts(entityType);
        return this;
    }

    /// <summary>
    /// Allows databases of a server whose name does not look like that of a test database, by the name that the server reports, compared
    /// without case.
    /// Databases with <c>test</c> as a word of their name, such as <c>app_test</c> or <c>MyAppTest1</c>, stay allowed; SQLite needs no such
    /// word.
    /// </summary>
    /// <param name="pattern">The name, where <c>*</c> stands for any characters and <c>?</c> for one.</param>
    /// <returns>The same options.</returns>
    /// <exception cref="ArgumentException">The pattern is null, empty or white space.</exception>
    public ResetOptions AllowDatabase(string pattern)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(pattern);
        _allowedDatabases.Add(pattern);
        return this;
    }

    /// <summary>
    /// Sets options from configuration: each key is the name of an option. <c>Include</c>, <c>Exclude</c>, <c>AllowInserts</c> and
    /// <c>AllowDatabase</c> take a list, which is added to what is there. What cannot be bound makes the options invalid: an unknown key, a
    /// key
    /// without a value, a value of another kind.
    /// </summary>
    /// <remarks><c>Dialect</c> and <c>ConnectionString</c> are set in code. A <c>LockTimeout</c> is written as <c>00:00:30</c>.</remarks>
    /// <param name="configuration">
    /// The section that holds the options and nothing else, such as <c>configuration.GetSection("Reset")</c>. It has to exist.
    /// </param>
    /// <returns>The same options.</returns>
    /// <exception cref="ArgumentNullException">The configuration is null.</exception>
    public ResetOptions Bind(IConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        Keys.Bind(configuration, this, _purge.BindingProblems);
        return this;
    }

    /// <summary>The options as the stages read them.</summary>
    internal ResetSettings ToSettings() => new(LockTimeout, ResetIdentity, ThrowOnSkips, [.. _allowedDatabases]);

    /// <summary>Checks every option, and returns the options of the purge that a reset uses.</summary>
    /// <exception cref="ArgumentException">Options are not valid; the message names every one.</exception>
    internal PurgeOptions ToPurge(string parameterName)
    {
        PurgeOptions purge = _purge.Snapshot();
        purge.Truncate = false;
        purge.DriftTolerance = DriftTolerance;
        purge.OnBlocked = OnBlocked;
        purge.LockTimeout = LockTimeout;
        purge.Dialect = Dialect;
        purge.ResetIdentity = ResetIdentity;
        purge.PurgeHistory = PurgeHistory;
        purge.Validate(parameterName);
        return purge;
    }
}
