using FloworxPurge.Engines;
using FloworxPurge.Extensibility;
using FloworxPurge.Tests.Kit;
using Microsoft.EntityFrameworkCore.Storage;

namespace FloworxPurge.Tests.Run;

/// <summary>
/// PostgreSQL as an engine that can break a cycle by nothing but turning foreign keys off: what enforces a key there are triggers of the
/// system, which a superuser may disable one by one. It runs what SQL Server and MySQL would, where neither answers.
/// </summary>
/// <param name="keepsKeysOff">
/// Whether keys are off for the session, beyond a rollback, as on MySQL; an advisory lock of the session stands for the setting.
/// </param>
internal sealed class TurnedOffKeys(bool keepsKeysOff) : AnsiDialect
{
    private const string Setting = "77";

    private static readonly CatalogQueries PostgreSql = new PostgreSqlDialect().Catalog;

    public override string Name => "turned-off keys";

    internal override CatalogQueries Catalog { get; } = PostgreSql with
    {
        ForeignKeys = PostgreSql.ForeignKeys.Replace(
            $"1, {PostgreSqlCatalog.KeyState}, 0",
            "1, CASE WHEN EXISTS (SELECT 1 FROM pg_catalog.pg_trigger g WHERE g.tgconstraint = k.oid AND g.tgenabled = 'D') THEN 'off' "
                + "WHEN k.convalidated THEN 'on' ELSE 'untrusted' END, 1",
            StringComparison.Ordinal),
    };

    public override bool RollbackEnablesConstraints => !keepsKeysOff;

    public override string DisableConstraints(ISqlGenerationHelper sql, IReadOnlyList<ForeignKey> keys)
        => keepsKeysOff
            ? $"SELECT pg_advisory_lock({Setting}); SET LOCAL session_replication_role = replica"
            : string.Join("; ", keys.Select(key => Switch(sql, key, "DISABLE")));

    public override string EnableConstraints(ISqlGenerationHelper sql, IReadOnlyList<ForeignKey> keys)
        => keepsKeysOff
            ? $"SELECT pg_advisory_unlock({Setting}); SET LOCAL session_replication_role = origin"
            : string.Join("; ", keys.Select(key => Switch(sql, key, "ENABLE") + Validate(sql, key)));

    /// <summary>
    /// Everything about foreign keys that a purge has to leave as it was, and whether a session has been left with its keys off.
    /// </summary>
    public static Task<string?> StateAsync(TestDatabase database) => database.ScalarAsync<string>(
        $"""
        SELECT concat(string_agg(k.conname || ':' || k.convalidated || ':' || (SELECT string_agg(g.tgenabled::text, '' ORDER BY g.tgname) FROM pg_trigger g WHERE g.tgconstraint = k.oid), ' ' ORDER BY k.conname),
               ' sessions with keys off: ', (SELECT COUNT(*) FROM pg_locks l WHERE l.locktype = 'advisory' AND l.objid = {Setting} AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())))
        FROM pg_constraint k WHERE k.contype = 'f'
        """,
        TestContext.Current.CancellationToken);

    /// <summary>Turns one key off for good, as somebody had before the purge.</summary>
    public static Task TurnOffAsync(TestDatabase database, ISqlGenerationHelper sql, ForeignKey key)
        => database.ExecuteAsync(Switch(sql, key, "DISABLE"), TestContext.Current.CancellationToken);

    private static string Switch(ISqlGenerationHelper sql, ForeignKey key, string how) => $"""
        DO $$ DECLARE g record; BEGIN
          FOR g IN SELECT t.tgname, t.tgrelid::regclass AS held FROM pg_trigger t JOIN pg_constraint k ON k.oid = t.tgconstraint
                   WHERE k.conrelid = '{sql.DelimitIdentifier(key.Dependent.Name, key.Dependent.Schema)}'::regclass AND k.conname = '{key.Name}' LOOP
            EXECUTE format('ALTER TABLE %s {how} TRIGGER %I', g.held, g.tgname);
          END LOOP;
        END $$
        """;

    private static string Validate(ISqlGenerationHelper sql, ForeignKey key)
        => key.IsTrusted
            ? $"; ALTER TABLE {sql.DelimitIdentifier(key.Dependent.Name, key.Dependent.Schema)} VALIDATE CONSTRAINT "
                + $"{sql.DelimitIdentifier(key.Name!)}"
            : string.Empty;
}
