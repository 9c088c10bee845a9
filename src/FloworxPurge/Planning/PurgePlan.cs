using System.Text.Json.Serialization;
using FloworxPurge.Planning;

namespace FloworxPurge;

/// <summary>
/// Everything a purge will do, as data: made by <see cref="IPurger.PlanAsync"/>, run by <see cref="IPurger.ExecuteAsync"/>.
/// </summary>
public sealed partial record PurgePlan
{
    /// <summary>The version of the plan format that this build reads and writes: 1.</summary>
    internal const int CurrentFormatVersion = 1;

    /// <summary>Gets the version of the plan's format.</summary>
    public required int FormatVersion { get; init; }

    /// <summary>Gets when the plan was made; UTC. Not part of the fingerprint.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>Gets the database, as read from the open connection.</summary>
    public required DatabaseIdentity Database { get; init; }

    /// <summary>Gets the dialect of the statements, such as <c>PostgreSQL</c> or <c>ANSI SQL</c>.</summary>
    public required string Dialect { get; init; }

    /// <summary>
    /// Gets whether a table that fails is rolled back alone, with the tables that it depends on, while the others are purged. Otherwise any
    /// failure rolls everything back.
    /// </summary>
    public required bool BestEffort { get; init; }

    /// <summary>
    /// Gets whether tables are emptied by TRUNCATE where it does exactly what DELETE would do, as chosen when the plan was made; otherwise
    /// all are emptied by DELETE.
    /// </summary>
    public required bool Truncates { get; init; }

    /// <summary>Gets the SHA-256 of the live structure (tables, columns, foreign keys), in lower-case hexadecimal.</summary>
    [JsonInclude]
    [JsonRequired]
    internal string StructureHash { get; init; } = string.Empty;

    /// <summary>Gets the tables that will be purged, by level, then by name.</summary>
    public required IReadOnlyList<PlanTable> Tables { get; init; }

    /// <summary>Gets the tables that will be skipped, each with its reason.</summary>
    public required IReadOnlyList<PlanTable> Skips { get; init; }

    /// <summary>Gets the tables that will be kept, each with its reason.</summary>
    public required IReadOnlyList<PlanTable> Kept { get; init; }

    /// <summary>Gets the cycles among the tables, and how they are broken.</summary>
    [JsonInclude]
    [JsonRequired]
    internal IReadOnlyList<PlanCycle> Cycles { get; init; } = [];

    /// <summary>Gets the foreign keys of the live database among the tables that will be purged or skipped.</summary>
    public required IReadOnlyList<ForeignKey> ForeignKeys { get; init; }

    /// <summary>Gets the units, in order: the steps that succeed or fail together.</summary>
    public required IReadOnlyList<PlanUnit> Units { get; init; }

    /// <summary>Gets the steps of all units, in order.</summary>
    [JsonIgnore]
    public IReadOnlyList<PlanStep> Steps => [.. Units.SelectMany(unit => unit.Steps)];

    /// <summary>
    /// Gets why a run cannot verify all of its result, where that is known beforehand; <see langword="null"/> (the default) where it is
    /// not. Not part of the fingerprint.
    /// </summary>
    [JsonInclude]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    internal IReadOnlyList<string>? Unverifiable { get; init; }

    /// <summary>
    /// Gets which rows are deleted, where <c>Rows</c> of the options names rows; <see langword="null"/> (the default) for whole tables.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public PlanScope? Scope { get; init; }

    /// <summary>
    /// Gets how a run is divided into transactions; <see langword="null"/> (the default) for one transaction.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public PlanChunks? Chunks { get; init; }

    /// <summary>
    /// Gets where a run writes the rows before it deletes them; <see langword="null"/> (the default) where it does not. The fingerprint
    /// holds whether there is an archive, and not where.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public PlanArchive? Archive { get; init; }

    /// <summary>Gets what else was found.</summary>
    public required IReadOnlyList<PlanNote> Notes { get; init; }
}
