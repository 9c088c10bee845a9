namespace FloworxPurge.Tests.Concurrency;

/// <summary>Triggers, rules and their functions that come, change and go while a purge runs on PostgreSQL.</summary>
internal static class PostgreSqlHiddenWork
{
    private const string Functions = """
        CREATE FUNCTION quiet() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN IF TG_OP = ''DELETE'' THEN RETURN OLD; END IF; RETURN NEW; END';
        CREATE FUNCTION wipe() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN DELETE FROM public.kept WHERE id = 301; IF TG_LEVEL = ''ROW'' THEN RETURN OLD; END IF; RETURN NULL; END';
        CREATE FUNCTION audit() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO public.log (note) VALUES (''audited''); RETURN NULL; END';
        CREATE FUNCTION swallow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
        CREATE FUNCTION refill() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO public.p VALUES (199, ''refilled''); RETURN NULL; END';

        """;

    private const string Wipe = "CREATE TRIGGER t AFTER DELETE ON p FOR EACH ROW EXECUTE FUNCTION wipe();";
    private const string Quiet = "CREATE TRIGGER t BEFORE DELETE ON p FOR EACH ROW EXECUTE FUNCTION quiet();";
    private const string Replaced =
        "CREATE OR REPLACE FUNCTION quiet() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN DELETE FROM public.kept; RETURN OLD; END'";

    public static IReadOnlyList<GapStatement> All { get; } = [.. Statements()
        .Select(statement => statement with { Setup = Functions + statement.Setup })];

    private static IEnumerable<GapStatement> Statements() =>
    [
        new("a trigger that deletes kept rows", Wipe),
        new("a statement trigger that deletes kept rows", "CREATE TRIGGER t AFTER DELETE ON p FOR EACH STATEMENT EXECUTE FUNCTION wipe()"),
        new("a trigger of the other purged table", "CREATE TRIGGER t BEFORE DELETE ON c FOR EACH ROW EXECUTE FUNCTION wipe()"),
        new(
            "a trigger of a partition",
            "CREATE TRIGGER t AFTER DELETE ON p_1 FOR EACH ROW EXECUTE FUNCTION wipe()") { IsPartitioned = true },
        new("a trigger that adds kept rows", "CREATE TRIGGER t AFTER DELETE ON p FOR EACH ROW EXECUTE FUNCTION audit()"),
        new("a trigger that swallows the delete", "CREATE TRIGGER t BEFORE DELETE ON p FOR EACH ROW EXECUTE FUNCTION swallow()"),
        new("a trigger that fills the table again", "CREATE TRIGGER t AFTER DELETE ON c FOR EACH STATEMENT EXECUTE FUNCTION refill()"),
        new(
            "a deferred trigger",
            "CREATE CONSTRAINT TRIGGER t AFTER DELETE ON p DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION wipe()"),
        new("a trigger that is enabled", "ALTER TABLE p ENABLE TRIGGER t") { Setup = Wipe + "ALTER TABLE p DISABLE TRIGGER t;" },
        new(
            "a trigger that is enabled always",
            "ALTER TABLE p ENABLE ALWAYS TRIGGER t") { Setup = Wipe + "ALTER TABLE p DISABLE TRIGGER t;" },
        new("a trigger that is disabled", "ALTER TABLE p DISABLE TRIGGER t") { Setup = Quiet },
        new("a trigger that is dropped", "DROP TRIGGER t ON p") { Setup = Quiet },
        new("a trigger that is renamed", "ALTER TRIGGER t ON p RENAME TO u") { Setup = Quiet },
        new("the checks of the keys are disabled", "ALTER TABLE c DISABLE TRIGGER ALL; ALTER TABLE p DISABLE TRIGGER ALL"),
        new("a function that is replaced", Replaced) { Setup = Quiet },
        new("a function that is replaced and used by two", Replaced)
        {
            Setup = Quiet + "CREATE TRIGGER u AFTER DELETE ON c FOR EACH ROW EXECUTE FUNCTION quiet();",
        },
        new(
            "a function called by a function that is replaced",
            "CREATE OR REPLACE FUNCTION inner_work() RETURNS void LANGUAGE plpgsql AS 'BEGIN DELETE FROM public.kept; END'")
        {
            Setup = """
                CREATE FUNCTION inner_work() RETURNS void LANGUAGE plpgsql AS 'BEGIN END';
                CREATE FUNCTION outer_work() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM public.inner_work(); RETURN OLD; END';
                CREATE TRIGGER t BEFORE DELETE ON p FOR EACH ROW EXECUTE FUNCTION outer_work();
                """,
        },
        new("a function with other settings", "ALTER FUNCTION quiet() SECURITY DEFINER")
        {
            Setup = Quiet,
            Proof = "SELECT prosecdef FROM pg_proc WHERE proname = 'quiet'",
        },
        new("a function with another name", "ALTER FUNCTION quiet() RENAME TO still") { Setup = Quiet },
        new("a rule that does nothing instead", "CREATE RULE r AS ON DELETE TO p DO INSTEAD NOTHING"),
        new("a rule that deletes kept rows", "CREATE RULE r AS ON DELETE TO p DO ALSO DELETE FROM kept"),
        new("a rule that is dropped", "DROP RULE r ON p")
        {
            Setup = "CREATE RULE r AS ON DELETE TO p DO ALSO UPDATE kept2 SET amount = amount WHERE false;",
        },
        new("a trigger for updates", "CREATE TRIGGER t BEFORE UPDATE ON p FOR EACH ROW EXECUTE FUNCTION quiet()"),
        new("a trigger of a kept table", "CREATE TRIGGER t BEFORE DELETE ON kept FOR EACH ROW EXECUTE FUNCTION quiet()"),
    ];
}
