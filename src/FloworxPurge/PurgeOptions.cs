using FloworxPurge.Extensibility;
using FloworxPurge.Planning;
using FloworxPurge.Reporting;

namespace FloworxPurge;

/// <summary>What a purge does, and to what. The defaults purge every table of the model and keep everything else.</summary>
public sealed partial class PurgeOptions
{
    private readonly List<FilterRule> _rules = [];
    private readonly List<FilterRule> _insertRules = [];
    private readonly List<string> _allowedDatabases = [];
    private readonly List<CheckRegistration> _checks = [];
    private readonly List<TargetRegistration> _targets = [];
    private readonly List<ReportDestination> _reports = [];

    /// <summary>
    /// Gets or sets whether a table that fails is rolled back alone, with the tables that it depends on, while the others are purged; the
    /// verdict is then <see cref="PurgeVerdict.Partial"/>. The default value is <see langword="false"/>: any failure rolls everything back.
    /// </summary>
    public bool BestEffort { get; set; }

    /// <summary>
    /// Gets or sets whether a run is committed although a part of its result could not be verified; the verdict is then
    /// <see cref="PurgeVerdict.Partial"/>. The default value is <see langword="false"/>: such a run is rolled back, and refused before
    /// anything is written where the plan foresees it.
    /// </summary>
    /// <remarks>
    /// The plan foresees rows that row security may hide from the role, and foreign keys of other databases that the role may not see
    /// (MySQL, MariaDB). Only a run shows the rest: a kept table that triggers may change and that the role or the driver cannot read in
    /// full, a server that does not count what triggers write, triggers that defer work to the commit again and again, a full-text index
    /// that the engine cannot check. What the caller's transaction leaves unknown, such as its snapshot, is not meant: its commit is the
    /// caller's. Nor is what only a look after the commit shows, nor the value of a sequence, which no rollback sets back. With
    /// <see cref="BestEffort"/> the run is committed, too.
    /// </remarks>
    public bool AllowUnverified { get; set; }

    /// <summary>
    /// Gets or sets whether tables are emptied by TRUNCATE, which is never sent with CASCADE, and only where it does exactly what DELETE
    /// would do. <see langword="true"/>: wherever that is so, and DELETE for the other tables. <see langword="false"/>: never, always
    /// DELETE. The default value is <see langword="null"/>: where that is so and the tables are large.
    /// </summary>
    public bool? Truncate { get; set; }

    /// <summary>
    /// Gets or sets how much the live schema may differ from the model. The default value is <see cref="DriftTolerance.Standard"/>.
    /// </summary>
    public DriftTolerance DriftTolerance { get; set; } = DriftTolerance.Standard;

    /// <summary>
    /// Gets or sets what is done with a table that kept rows reference. The default value is <see cref="OnBlocked.Skip"/>.
    /// </summary>
    public OnBlocked OnBlocked { get; set; } = OnBlocked.Skip;

    /// <summary>
    /// Gets or sets whether other sessions are kept from writing to the purged tables until the end; they may read. The default value is
    /// <see langword="false"/>: rows that arrive before their table is emptied are deleted with it and reported, rows that arrive after
    /// that make the verification fail, and rows that are there after the commit make the result unknown.
    /// </summary>
    public bool LockTables { get; set; }

    /// <summary>
    /// Gets or sets how long a statement waits for another session's lock, in whole milliseconds from 1. The default value is
    /// <see langword="null"/>, the server's own setting. SQLite has no such setting: there the connection string's <c>Default Timeout</c>
    /// decides.
    /// </summary>
    public TimeSpan? LockTimeout { get; set; }

    /// <summary>
    /// Gets or sets the most rows a run may find in the tables to be purged, and delete there. More is refused before anything is written;
    /// more because rows arrived meanwhile is rolled back. The default value is <see langword="null"/>, any number.
    /// </summary>
    public long? MaxRows { get; set; }

    /// <summary>
    /// Gets or sets the one database that may be purged, by the name that the server reports; any other is refused. The default value is
    /// <see langword="null"/>, any.
    /// </summary>
    public string? RequiredDatabase { get; set; }

    /// <summary>
    /// Gets or sets a key that is good for one run, such as the id of an approval or of a job: a run is refused where the database
    /// remembers that another one with this key was committed. The default value is <see langword="null"/>, any number of runs.
    /// </summary>
    /// <remarks>
    /// The first 36 hexadecimal digits of its SHA-256 are written to the table <c>floworxpurge_runs</c> of the database, which is created
    /// where it is missing, in the transaction that deletes. A run that is rolled back does not use the key up. With <see cref="InChunks"/>
    /// the first committed transaction does. A database that is restored from a backup remembers what the backup holds. PostgreSQL, SQLite
    /// and MariaDB have it; on other engines the run is refused.
    /// </remarks>
    public string? RunKey { get; set; }

    /// <summary>
    /// Gets or sets whether materialized views that show rows of purged tables are refreshed at the end. The default value is
    /// <see langword="false"/>.
    /// </summary>
    public bool RefreshMaterializedViews { get; set; }

    /// <summary>
    /// Gets or sets whether the rows that system-versioned (temporal) tables had are deleted with the table's rows (SQL Server, MariaDB).
    /// The default value is <see langword="false"/>: the history keeps the deleted rows, and the plan has a note.
    /// </summary>
    public bool PurgeHistory { get; set; }

    /// <summary>
    /// Gets or sets whether identity counters of purged tables restart at their declared seed, and with them the sequences of the model
    /// (<c>HasSequence</c>, <c>UseSequence</c>, <c>UseHiLo</c>, the keys of a TPC hierarchy) where every table that uses one is emptied.
    /// What is not restarted, such as a counter that the role may not restart, is a warning of the plan. The default value is
    /// <see langword="false"/>.
    /// </summary>
    /// <remarks>
    /// An application that is running keeps a block of numbers of a HiLo sequence in memory: restart it after the purge, or it uses numbers
    /// that are used already.
    /// </remarks>
    public bool ResetIdentity { get; set; }

    /// <summary>Gets or sets the SQL dialect. The default value is <see langword="null"/>, chosen by the context's provider.</summary>
    public PurgeDialect? Dialect { get; set; }

    /// <summary>Gets or sets the clock of plans and reports. The default value is <see cref="TimeProvider.System"/>.</summary>
    public TimeProvider TimeProvider { get; set; } = TimeProvider.System;

    /// <summary>
    /// Gets or sets what the caller adds to reports: operator, reason, next steps, data for templates. The default is empty.
    /// </summary>
    public ReportDetails Details { get; set; } = new();

    /// <summary>The filters so far, in the order of the calls.</summary>
    internal IReadOnlyList<FilterRule> Rules => _rules;

    /// <summary>What names the kept tables to which triggers may add rows, in the order of the calls.</summary>
    internal IReadOnlyList<FilterRule> InsertRules => _insertRules;

    /// <summary>The names of databases that may be purged; none means any.</summary>
    internal IReadOnlyList<string> AllowedDatabases => _allowedDatabases;

    /// <summary>The acceptance criteria, in the order of the calls.</summary>
    internal IReadOnlyList<CheckRegistration> Checks => _checks;

    /// <summary>The places outside the database, in the order of the calls.</summary>
    internal IReadOnlyList<TargetRegistration> Targets => _targets;

    /// <summary>The files that reports are saved to, in the order of the calls.</summary>
    internal IReadOnlyList<ReportDestination> Reports => _reports;

    /// <summary>The options that loosen what a purge does by default to protect data, by name.</summary>
    internal IEnumerable<string> Overrides()
    {
        if (BestEffort)
        {
            yield return $"{nameof(BestEffort)} = true: tables that fail do not undo the others";
        }

        if (AllowUnverified)
        {
            yield return $"{nameof(AllowUnverified)} = true: a result that could not be verified is committed";
        }

        if (DriftTolerance == DriftTolerance.Lenient)
        {
            yield return $"{nameof(DriftTolerance)} = {DriftTolerance}: tables that differ from the model are purged";
        }

        if (OnBlocked == OnBlocked.IncludeDependents)
        {
            yield return $"{nameof(OnBlocked)} = {OnBlocked}: tables that reference purged tables are purged, too";
        }

        foreach (string call in _insertRules.Select(rule => rule.Call(nameof(AllowInserts))).Distinct(StringComparer.Ordinal))
        {
            yield return $"{call}: triggers may add rows to these kept tables";
        }
    }

    /// <summary>
    /// Purges only the tables that an include names. A pattern without wildcards also asks for a table that is kept by default:
    /// one excluded from migrations, owned by an extension, or the migrations history.
    /// </summary>
    /// <param name="pattern"><c>table</c> or <c>schema.table</c>, where <c>*</c> stands for any characters and <c>?</c> for one.</param>
    /// <returns>The same options.</returns>
    /// <exception cref="ArgumentException">The pattern is null, empty or white space.</exception>
    public PurgeOptions Include(string pattern)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(pattern);
        _rules.Add(new FilterRule(IsExclude: false, pattern, EntityType: null));
        return this;
    }

    /// <summary>Purges only the tables that an include names: here, all tables that store <typeparamref name="TEntity"/>.</summary>
    /// <remarks>
    /// These are the tables of the type, its base and derived types, the fragments of a split entity, the tables of what it owns, and the
    /// join tables of many-to-many relationships that no other type maps; a join table that two types map is meant when both are named. A
    /// pattern names tables alone, but must not name a part of a split entity.
    /// </remarks>
    /// <typeparam name="TEntity">An entity type of the model.</typeparam>
    /// <returns>The same options.</returns>
    public PurgeOptions Include<TEntity>()
        where TEntity : class
    {
        _rules.Add(new FilterRule(IsExclude: false, Pattern: null, typeof(TEntity)));
        return this;
    }

    /// <summary>Purges only the tables that an include names: here, all tables that store an entity type.</summary>
    /// <remarks>The tables are those of <see cref="Include{TEntity}()"/>.</remarks>
    /// <param name="entityType">The class of an entity type of the model.</param>
    /// <returns>The same options.</returns>
    /// <exception cref="ArgumentNullException">The type is null.</exception>
    public PurgeOptions Include(Type entityType)
    {
        ArgumentNullException.ThrowIfNull(entityType);
        _rules.Add(new FilterRule(IsExclude: false, Pattern: null, entityType));
        return this;
    }

    /// <summary>Keeps the tables that the pattern names. An exclude beats any include.</summary>
    /// <param name="pattern"><c>table</c> or <c>schema.table</c>, where <c>*</c> stands for any characters and <c>?</c> for one.</param>
    /// <returns>The same options.</returns>
    /// <exception cref="ArgumentException">The pattern is null, empty or white space.</exception>
    public PurgeOptions Exclude(string pattern)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(pattern);
        _rules.Add(new FilterRule(IsExclude: true, pattern, EntityType: null));
        return this;
    }

    /// <summary>
    /// Keeps all tables that store <typeparamref name="TEntity"/>, so that what EF loads stays whole. An exclude beats any include.
    /// </summary>
    /// <remarks>The tables are those of <see cref="Include{TEntity}()"/>.</remarks>
    /// <typeparam name="TEntity">An entity type of the model.</typeparam>
    /// <returns>The same options.</returns>
    public PurgeOptions Exclude<TEntity>()
        where TEntity : class
    {
        _rules.Add(new FilterRule(IsExclude: true, Pattern: null, typeof(TEntity)));
        return this;
    }

    /// <summary>Keeps all tables that store an entity type, so that what EF loads stays whole. An exclude beats any include.</summary>
    /// <remarks>The tables are those of <see cref="Include{TEntity}()"/>.</remarks>
    /// <param name="entityType">The class of an entity type of the model.</param>
    /// <returns>The same options.</returns>
    /// <exception cref="ArgumentNullException">The type is null.</exception>
    public PurgeOptions Exclude(Type entityType)
    {
        ArgumentNullException.ThrowIfNull(entityType);
        _rules.Add(new FilterRule(IsExclude: true, Pattern: null, entityType));
        return this;
    }

    /// <summary>
    /// Allows triggers that the purge fires to add rows to the kept tables that the pattern names, such as audit tables. Nothing else may
    /// change there: a row that is changed or deleted still fails the run. Without it, a kept table to which a trigger adds rows fails the
    /// run.
    /// </summary>
    /// <remarks>
    /// It keeps no table: a table of the model is kept by <see cref="Exclude(string)"/>, one outside the model anyway. A pattern that names
    /// no kept table makes no plan; a skipped table stays as it is, even if the pattern names it. Partitions take part with the table that
    /// they are part of.
    /// </remarks>
    /// <param name="pattern"><c>table</c> or <c>schema.table</c>, where <c>*</c> stands for any characters and <c>?</c> for one.</param>
    /// <returns>The same options.</returns>
    /// <exception cref="ArgumentException">The pattern is null, empty or white space.</exception>
    public PurgeOptions AllowInserts(string pattern)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(pattern);
        _insertRules.Add(new FilterRule(IsExclude: false, pattern, EntityType: null));
        return this;
    }

    /// <summary>
    /// Allows triggers that the purge fires to add rows to the kept tables that store <typeparamref name="TEntity"/>, as for <see
    /// cref="Exclude{TEntity}()"/>. Nothing else may change there.
    /// </summary>
    /// <typeparam name="TEntity">An entity type of the model, whose tables are kept.</typeparam>
    /// <returns>The same options.</returns>
    public PurgeOptions AllowInserts<TEntity>()
        where TEntity : class
    {
        _insertRules.Add(new FilterRule(IsExclude: false, Pattern: null, typeof(TEntity)));
        return this;
    }

    /// <summary>
    /// Allows triggers that the purge fires to add rows to the kept tables that store an entity type, as for <see cref="Exclude(Type)"/>.
    /// Nothing else may change there.
    /// </summary>
    /// <param name="entityType">The class of an entity type of the model, whose tables are kept.</param>
    /// <returns>The same options.</returns>
    /// <exception cref="ArgumentNullException">The type is null.</exception>
    public PurgeOptions AllowInserts(Type entityType)
    {
        ArgumentNullException.ThrowIfNull(entityType);
        _insertRules.Add(new FilterRule(IsExclude: false, Pattern: null, entityType));
        return this;
    }

    /// <summary>
    /// Allows databases by name, compared without case with the name that the server reports. Once one is allowed, every other is refused.
    /// </summary>
    /// <param name="pattern">The name, where <c>*</c> stands for any characters and <c>?</c> for one.</param>
    /// <returns>The same options.</returns>
    /// <exception cref="ArgumentException">The pattern is null, empty or white space.</exception>
    public PurgeOptions AllowDatabase(string pattern)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(pattern);
        _allowedDatabases.Add(pattern);
        return this;
    }

    /// <summary>Adds an acceptance criterion, measured after the commit and after the targets.</summary>
    /// <param name="name">What it is called in the report, such as <c>health</c>.</param>
    /// <param name="check">The check.</param>
    /// <param name="isRequired">
    /// Whether the verdict is <see cref="PurgeVerdict.Partial"/> when it fails or cannot be measured. The default value is
    /// <see langword="true"/>; otherwise it is only reported.
    /// </param>
    /// <returns>The same options.</returns>
    /// <exception cref="ArgumentException">The name is null, empty or white space, or another check has it.</exception>
    /// <exception cref="ArgumentNullException">The check is null.</exception>
    public PurgeOptions AddCheck(string name, IPurgeCheck check, bool isRequired = true)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(check);
        if (_checks.Exists(other => string.Equals(other.Name, name, StringComparison.Ordinal)))
        {
            throw new ArgumentException($"There is a check named \"{name}\" already. Give each check a name of its own.", nameof(name));
        }

        _checks.Add(new CheckRegistration(name, check, isRequired));
        return this;
    }

    /// <summary>Adds a place outside the database that is emptied after the commit.</summary>
    /// <param name="target">The target.</param>
    /// <param name="isRequired">
    /// Whether a failure makes the verdict <see cref="PurgeVerdict.Partial"/>. An optional target that cannot be reached is skipped. The
    /// default value is <see langword="true"/>.
    /// </param>
    /// <returns>The same options.</returns>
    /// <exception cref="ArgumentNullException">The target is null.</exception>
    /// <exception cref="ArgumentException">The target has no name.</exception>
    public PurgeOptions AddTarget(IPurgeTarget target, bool isRequired = true)
    {
        ArgumentNullException.ThrowIfNull(target);
        string name = target.Name;
        if (string.IsNullOrWhiteSpace(name))
        {
            throw new ArgumentException($"The target {target.GetType().Name} has no name. A report needs one.", nameof(target));
        }

        _targets.Add(new TargetRegistration(name, target, isRequired));
        return this;
    }

    /// <summary>
    /// Saves the report of every run and dry run, however it ends. That the file can be written is found out before the purge starts; a run
    /// is refused otherwise.
    /// </summary>
    /// <param name="path">
    /// The file; one that exists is replaced, and only once the new one is complete. A relative path counts from the current folder of now.
    /// </param>
    /// <param name="template">
    /// The template, or <see langword="null"/> (the default) for the format that the ending names: <c>.html</c>, <c>.md</c>, <c>.txt</c>,
    /// <c>.json</c>, <c>.xml</c> (JUnit).
    /// </param>
    /// <returns>The same options.</returns>
    /// <exception cref="ArgumentException">
    /// The path is null, empty or white space, is given already, or its ending names no known format and there is no template.
    /// </exception>
    /// <exception cref="PurgeException">The template is not valid; the message names every mistake with line and column.</exception>
    public PurgeOptions SaveReport(string path, PurgeReportTemplate? template = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        template ??= PurgeReportTemplates.ForFile(path);
        var destination = new ReportDestination(path, template);
        if (_reports.Exists(other => string.Equals(other.FullPath, destination.FullPath, StringComparison.Ordinal)))
        {
            throw new ArgumentException($"There is a report for \"{path}\" already. Give each its own file.", nameof(path));
        }

        template.Validate();
        _reports.Add(destination);
        return this;
    }

    /// <summary>The options as planning and execution read them.</summary>
    internal PurgeSettings ToSettings() => new()
    {
        Rules = [.. _rules],
        InsertRules = [.. _insertRules],
        BestEffort = BestEffort,
        AllowUnverified = AllowUnverified,
        DriftTolerance = DriftTolerance,
        OnBlocked = OnBlocked,
        LockTables = LockTables,
        LockTimeout = LockTimeout,
        ResetIdentity = ResetIdentity,
        RefreshMaterializedViews = RefreshMaterializedViews,
        PurgeHistory = PurgeHistory,
        MaxRows = MaxRows,
        RequiredDatabase = RequiredDatabase,
        RunKey = RunKey,
        AllowedDatabases = [.. _allowedDatabases],
        RowRules = RowRules,
        RequireMatch = RequireMatch,
        Chunks = Chunks,
        AbandonUnfinished = AbandonUnfinished,
        Archive = Archive,
        TimeProvider = TimeProvider,
    };

    /// <summary>A copy that later changes to this object do not reach.</summary>
    internal PurgeOptions Snapshot()
    {
        var copy = new PurgeOptions
        {
            BestEffort = BestEffort,
            AllowUnverified = AllowUnverified,
            Truncate = Truncate,
            DriftTolerance = DriftTolerance,
            ResetIdentity = ResetIdentity,
            OnBlocked = OnBlocked,
            LockTables = LockTables,
            LockTimeout = LockTimeout,
            MaxRows = MaxRows,
            RequiredDatabase = RequiredDatabase,
            RunKey = RunKey,
            RefreshMaterializedViews = RefreshMaterializedViews,
            PurgeHistory = PurgeHistory,
            RequireMatch = RequireMatch,
            RowRules = RowRules,
            Chunks = Chunks,
            AbandonUnfinished = AbandonUnfinished,
            ChunkCondition = ChunkCondition,
            Archive = Archive,
            Dialect = Dialect,
            Details = Details?.Snapshot()!,
            TimeProvider = TimeProvider,
        };
        copy._rules.AddRange(_rules);
        copy._insertRules.AddRange(_insertRules);
        copy._allowedDatabases.AddRange(_allowedDatabases);
        copy._checks.AddRange(_checks);
        copy._targets.AddRange(_targets);
        copy._reports.AddRange(_reports);
        copy.BindingProblems.AddRange(BindingProblems);
        return copy;
    }
}
