using FloworxPurge.Engines;
using FloworxPurge.Extensibility;
using FloworxPurge.Planning;
using FloworxPurge.Schema;
using Microsoft.Extensions.Logging;

namespace FloworxPurge.Tests.Planning;

/// <summary>
/// What a plan says about a trigger names the option that lets it add rows, with the table where its definition gives it away.
/// </summary>
public sealed class TriggerAdviceTests
{
    private const string General = "If it is meant to add rows to a kept table, such as an audit table, name that table with AllowInserts.";

    [Theory]
    [InlineData("CREATE TRIGGER t AFTER DELETE ON a BEGIN INSERT INTO audit_log VALUES (OLD.id); END", "audit_log")]
    [InlineData("AFTER DELETE insert into Audit_Log values (1)", "audit_log")]
    [InlineData("BEGIN INSERT OR REPLACE INTO \"audit_log\"(x) SELECT 1; END", "audit_log")]
    [InlineData("BEGIN REPLACE INTO `audit_log` VALUES (1); END", "audit_log")]
    [InlineData("AS INSERT [audit_log] SELECT * FROM deleted", "audit_log")]
    [InlineData("BEGIN DELETE FROM audit_log; END", null)]
    [InlineData("BEGIN INSERT INTO audit_logs VALUES (1); END", null)]
    [InlineData("BEGIN INSERT INTO other.audit_log VALUES (1); END", null)]
    [InlineData("EXECUTE FUNCTION audit()", null)]
    public void A_kept_table_that_the_definition_inserts_into_is_named(string definition, string? pattern)
        => Assert.EndsWith(
            pattern is null ? General : $"It seems to add rows to a kept table. If it is meant to, set AllowInserts(\"{pattern}\").",
            Note(new SqliteDialect(), "a", definition, ["audit_log"]),
            StringComparison.Ordinal);

    [Theory]
    [InlineData("EXECUTE FUNCTION table_log() O", "public.a_log", "public.a_log")]
    [InlineData("EXECUTE FUNCTION table_log('3', 'journal') O", "public.journal", "public.journal")]
    [InlineData("EXECUTE FUNCTION versioning('sys_period', 'public.a_old', 'true') O", "public.a_old", "public.a_old")]
    [InlineData("EXECUTE FUNCTION versioning('sys_period', 'history.a', 'true') O", "history.a", "history.a")]
    [InlineData("EXECUTE FUNCTION periods.write_history('system_time') O", "public.a_history", "public.a_history")]
    [InlineData("EXECUTE FUNCTION audit.if_modified_func('true') O", "audit.logged_actions", "audit.logged_actions")]
    [InlineData("EXECUTE FUNCTION audit.insert_update_delete_trigger() O", "audit.record_version", "audit.record_version")]
    [InlineData("EXECUTE PROCEDURE pgq.logutriga('queue') O", "pgq.event_1_0", "pgq.event_*")]
    [InlineData("EXECUTE FUNCTION \"pgmemento\".\"log_delete\"() O", "pgmemento.row_log", "pgmemento.*_log")]
    public void Known_log_tables_of_extensions_are_named_with_their_pattern(string definition, string kept, string pattern)
    {
        Assert.Contains(
            $"set AllowInserts(\"{pattern}\").",
            Note(new PostgreSqlDialect(), "public.a", definition, [kept]),
            StringComparison.Ordinal);
        Assert.EndsWith(General, Note(new PostgreSqlDialect(), "public.a", definition, ["public.unrelated"]), StringComparison.Ordinal);
    }

    [Fact]
    public void A_table_that_may_grow_already_is_said_to_do_so()
        => Assert.EndsWith(
            "It may add rows to audit_log, as AllowInserts says.",
            Note(new SqliteDialect(), "a", "INSERT INTO audit_log VALUES (1)", ["audit_log"], "audit_log"),
            StringComparison.Ordinal);

    private static string Note(PurgeDialect dialect, string table, string definition, string[] kept, params string[] growing)
    {
        PlanRequest request = Facts.Request("a", dialect);
        TableDisposition purged = Facts.Disposition("a") with { Name = Facts.Name(table), Live = Facts.Live(table) };
        request = request with
        {
            Schema = request.Schema with
            {
                Live = request.Schema.Live with
                {
                    Objects = [new SchemaObject("trigger", purged.Name, "t", definition, FiresOnDelete: true)],
                },
            },
            Dispositions = [
                purged,
                .. kept.Select(name => Facts.Disposition("k", PlanReason.Unmapped) with { Name = Facts.Name(name), Live = Facts.Live(name) })],
            AllowedInserts = growing.Select(Facts.Name).ToHashSet(),
        };
        return Assert.Single(
            PurgePlanner.Plan(request).Notes,
            note => note.Grade == LogLevel.Warning && note.Text.StartsWith("Trigger \"t\"", StringComparison.Ordinal)).Text;
    }
}
