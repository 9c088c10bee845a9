using System.Data.Common;

namespace FloworxPurge.Tests.Kit;

/// <summary>
/// A twin in schema public of each operator of PostgreSQL, and of each function and aggregate, with the same arguments, so that it is as
/// good a match, and of the types; each of them fails when it is used. With pg_catalog at the end of the search path they are found first.
/// </summary>
internal static class HostileTwins
{
    // Types of the catalog alone; what the database's own tables are made of is there already.
    private static readonly string[] Types = [
        "text",
        "int4",
        "int8",
        "int2",
        "oid",
        "regclass",
        "xid",
        "name",
        "bool",
        "numeric",
        "record",
        "pg_snapshot",
        "xid8"];

    private const string Functions = """
        DO $twins$
        DECLARE r record;
        BEGIN
            FOR r IN
                SELECT p.oid, p.proname, p.prokind, pg_get_function_identity_arguments(p.oid) AS arguments, format_type(p.prorettype, NULL) AS result, p.proretset
                FROM pg_proc p WHERE p.pronamespace = 'pg_catalog'::regnamespace AND p.prokind IN ('f', 'a') AND p.provariadic = 0
                  AND p.proname !~ '(_in|_out|_recv|_send|send|recv|in|out|eq|ne|lt|le|gt|ge|cmp|sel|support|handler)$'
            LOOP
                BEGIN
                    IF r.prokind = 'f' THEN
                        EXECUTE format('CREATE FUNCTION public.%I(%s) RETURNS %s%s LANGUAGE plpgsql AS $f$ BEGIN RAISE EXCEPTION ''a twin of the function %s was called''; END $f$',
                            r.proname, r.arguments, CASE WHEN r.proretset THEN 'SETOF ' ELSE '' END, r.result, replace(r.proname, '''', ''));
                    END IF;
                EXCEPTION WHEN OTHERS THEN NULL;
                END;
            END LOOP;
        END $twins$;
        CREATE FUNCTION public.twin_of_an_aggregate(pg_catalog.int8) RETURNS pg_catalog.int8 LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'a twin of an aggregate was called'; END $$;
        CREATE FUNCTION public.twin_of_an_aggregate(pg_catalog.int8, pg_catalog.int8) RETURNS pg_catalog.int8 LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'a twin of an aggregate was called'; END $$;
        CREATE AGGREGATE public.count(*) (SFUNC = public.twin_of_an_aggregate, STYPE = pg_catalog.int8, INITCOND = '0');
        CREATE AGGREGATE public.count(pg_catalog.int8) (SFUNC = public.twin_of_an_aggregate, STYPE = pg_catalog.int8, INITCOND = '0');
        CREATE AGGREGATE public.sum(pg_catalog.int8) (SFUNC = public.twin_of_an_aggregate, STYPE = pg_catalog.int8, INITCOND = '0');
        """;

    private const string Operators = """
        DO $twins$
        DECLARE r record; n int := 0;
        BEGIN
            FOR r IN
                SELECT o.oprname, format_type(o.oprleft, NULL) AS l, format_type(o.oprright, NULL) AS r, format_type(o.oprresult, NULL) AS result
                FROM pg_operator o WHERE o.oprnamespace = 'pg_catalog'::regnamespace AND o.oprleft <> 0 AND o.oprright <> 0
            LOOP
                n := n + 1;
                BEGIN
                    EXECUTE format('CREATE FUNCTION public.twin_of_an_operator_%s(%s, %s) RETURNS %s LANGUAGE plpgsql AS $f$ BEGIN RAISE EXCEPTION ''a twin of the operator %s was used''; END $f$',
                        n, r.l, r.r, r.result, replace(r.oprname, '%', '%%'));
                    EXECUTE format('CREATE OPERATOR public.%s (LEFTARG = %s, RIGHTARG = %s, FUNCTION = public.twin_of_an_operator_%s)', r.oprname, r.l, r.r, n);
                EXCEPTION WHEN OTHERS THEN NULL;
                END;
            END LOOP;
        END $twins$;
        CREATE FUNCTION public.twin_of_contains(pg_catalog.int2[], pg_catalog.int2[]) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'a twin of @> was used'; END $$;
        CREATE OPERATOR public.@> (LEFTARG = pg_catalog.int2[], RIGHTARG = pg_catalog.int2[], FUNCTION = public.twin_of_contains);
        """;

    /// <summary>Makes the twins, and puts them first on the search path of every session that begins from now on.</summary>
    public static async Task CreateAsync(PostgreSqlTestDatabase database, CancellationToken cancellationToken)
    {
        await database.ExecuteAsync(Functions + Operators, cancellationToken);
        await database.ExecuteAsync(
            string.Concat(Types.Select(type => $"CREATE TYPE public.{type} AS ENUM ('a twin of the type');")),
            cancellationToken);
        await database.ExecuteAsync($"ALTER DATABASE \"{database.Name}\" SET search_path = public, pg_catalog", cancellationToken);
        await using DbConnection open = await database.OpenConnectionAsync(cancellationToken);
        Npgsql.NpgsqlConnection.ClearPool((Npgsql.NpgsqlConnection)open);
    }
}
