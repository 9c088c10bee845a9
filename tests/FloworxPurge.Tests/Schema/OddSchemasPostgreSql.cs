namespace FloworxPurge.Tests.Schema;

/// <summary>The schemas, one for each part of PostgreSQL's DDL that real databases use.</summary>
internal static class OddSchemasPostgreSql
{
    private const string Two = "CREATE TABLE a (id int PRIMARY KEY, n int); CREATE TABLE b (id int PRIMARY KEY, a_id int REFERENCES a);";

    private static readonly string[] TwoRows = ["INSERT INTO a VALUES (1, 1), (2, 2)", "INSERT INTO b VALUES (1, 1), (2, NULL)"];

    public static IReadOnlyList<OddSchema> All { get; } =
    [
        new("an extension that overloads operators", Two, TwoRows) { Before = "CREATE EXTENSION intarray" },
        new(
            "own operators, functions and types named like the server's",
            """
            CREATE FUNCTION refuse(smallint[], smallint[]) RETURNS boolean LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''own operator'';
            END';
            CREATE OPERATOR @> (LEFTARG = smallint[], RIGHTARG = smallint[], FUNCTION = refuse);
            CREATE FUNCTION refuse(name, text) RETURNS boolean LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''own operator''; END';
            CREATE OPERATOR = (LEFTARG = name, RIGHTARG = text, FUNCTION = refuse);
            CREATE FUNCTION count(text) RETURNS bigint LANGUAGE sql AS 'SELECT 7::bigint'; CREATE TYPE regclass AS (n int);
            """ + Two,
            TwoRows),
        new(
            "keys of a type that compares without case",
            "CREATE TABLE a (id citext PRIMARY KEY); CREATE TABLE b (a_id citext REFERENCES a);",
            "INSERT INTO a VALUES ('One')",
            "INSERT INTO b VALUES ('oNE')") { Before = "CREATE EXTENSION citext" },
        new(
            "label trees with an index",
            "CREATE TABLE a (path ltree PRIMARY KEY, parent ltree REFERENCES a); CREATE INDEX ON a USING gist (path);",
            "INSERT INTO a VALUES ('Top', NULL), ('Top.Science', 'Top')") { Before = "CREATE EXTENSION ltree" },
        new(
            "keys of a domain over a domain",
            """
            CREATE DOMAIN code AS varchar(25) NOT NULL; CREATE DOMAIN phone AS code CHECK (VALUE LIKE '+%');
            CREATE TABLE a (id phone PRIMARY KEY); CREATE TABLE b (id int PRIMARY KEY, a_id phone REFERENCES a, other code);
            CREATE DOMAIN plain AS varchar(25) CHECK (VALUE <> ''); CREATE TABLE c (id plain PRIMARY KEY);
            CREATE TABLE d (c_id plain REFERENCES c, n int);
            """,
            "INSERT INTO a VALUES ('+1')",
            "INSERT INTO b VALUES (1, '+1', 'x')",
            "INSERT INTO c VALUES ('x')",
            "INSERT INTO d VALUES ('x', 1)")
        {
            // EF's scaffolder does not map a domain over a domain, and a has no other column.
            Result = "Complete, public.a Unmapped",
            Note = "found domain plain over character varying(25)",
        },
        new(
            "a domain of another schema, with an array and a range below it",
            """
            CREATE SCHEMA kinds; CREATE DOMAIN kinds."Tag" AS text COLLATE "C"; CREATE DOMAIN tags AS text[];
            CREATE DOMAIN days AS daterange;
            CREATE TABLE a (id kinds."Tag" PRIMARY KEY, t tags, d days);
            """,
            "INSERT INTO a VALUES ('x', '{a,b}', '[2026-01-01,2026-02-01)')"),
        new(
            "partitions of partitions, mapped singly",
            """
            CREATE TABLE sale (id int, region text, day int, PRIMARY KEY (id, region, day)) PARTITION BY LIST (region);
            CREATE TABLE sale_eu PARTITION OF sale FOR VALUES IN ('eu') PARTITION BY RANGE (day);
            CREATE TABLE sale_eu_1 PARTITION OF sale_eu FOR VALUES FROM (0) TO (10);
            CREATE TABLE sale_eu_rest PARTITION OF sale_eu DEFAULT;
            CREATE TABLE sale_us PARTITION OF sale FOR VALUES IN ('us');
            CREATE TABLE line (id int PRIMARY KEY, sale_id int, region text, day int, FOREIGN KEY (sale_id, region, day) REFERENCES sale);
            """,
            "INSERT INTO sale VALUES (1, 'eu', 1), (2, 'eu', 99), (3, 'us', 1)",
            "INSERT INTO line VALUES (1, 1, 'eu', 1), (2, 3, 'us', 1)"),
        new(
            "a key between two partitions",
            """
            CREATE TABLE a (id int PRIMARY KEY) PARTITION BY RANGE (id); CREATE TABLE a_1 PARTITION OF a FOR VALUES FROM (0) TO (10);
            CREATE TABLE b (id int PRIMARY KEY, a_id int) PARTITION BY RANGE (id);
            CREATE TABLE b_1 PARTITION OF b FOR VALUES FROM (0) TO (10);
            ALTER TABLE b_1 ADD CONSTRAINT between FOREIGN KEY (a_id) REFERENCES a_1;
            """,
            "INSERT INTO a VALUES (1)",
            "INSERT INTO b VALUES (1, 1)"),
        new(
            "a partition in another schema, and one that references itself",
            """
            CREATE SCHEMA archive; CREATE TABLE tree (id int PRIMARY KEY, parent int REFERENCES tree) PARTITION BY RANGE (id);
            CREATE TABLE tree_1 PARTITION OF tree FOR VALUES FROM (0) TO (10);
            CREATE TABLE archive.tree PARTITION OF tree FOR VALUES FROM (10) TO (20);
            """,
            "INSERT INTO tree VALUES (1, NULL), (2, 1), (11, 2)"),
        new(
            "inheritance, two levels, with keys of each table",
            """
            CREATE TABLE city (id int PRIMARY KEY, name text); CREATE TABLE capital (state text, PRIMARY KEY (id)) INHERITS (city);
            CREATE TABLE seat (since int) INHERITS (capital); CREATE TABLE visit (id int PRIMARY KEY, capital_id int REFERENCES capital);
            """,
            "INSERT INTO city VALUES (1, 'a')",
            "INSERT INTO capital VALUES (2, 'b', 's')",
            "INSERT INTO seat VALUES (3, 'c', 's', 1)",
            "INSERT INTO visit VALUES (1, 2)"),
        new(
            "identity in every form",
            """
            CREATE SEQUENCE shared INCREMENT BY -2 MAXVALUE 100 START 100; CREATE SEQUENCE cached CACHE 20;
            CREATE TABLE a (id int GENERATED ALWAYS AS IDENTITY (START 10 INCREMENT 5) PRIMARY KEY, n int DEFAULT nextval('shared'));
            CREATE TABLE b (id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, n int DEFAULT nextval('shared'));
            CREATE TABLE c (id smallserial PRIMARY KEY, more bigserial, free int DEFAULT nextval('cached'));
            CREATE SEQUENCE own AS int; CREATE TABLE d (id int PRIMARY KEY DEFAULT nextval('own'), x int);
            ALTER SEQUENCE own OWNED BY d.id;
            """,
            "INSERT INTO a DEFAULT VALUES",
            "INSERT INTO b DEFAULT VALUES",
            "INSERT INTO c DEFAULT VALUES",
            "INSERT INTO d (x) VALUES (1), (2)"),
        new(
            "a schema that the role may not use",
            "CREATE SCHEMA closed; CREATE TABLE closed.x (id int PRIMARY KEY); CREATE TABLE closed.y (id int REFERENCES closed.x);" + Two,
            [.. TwoRows, "INSERT INTO closed.x VALUES (1)", "INSERT INTO closed.y VALUES (1)"])
        {
            After = "REVOKE USAGE ON SCHEMA closed FROM {writer}",
            ResultOfWriter = "CompleteWithSkips, closed.x PrivilegeMissing, closed.y PrivilegeMissing",
        },
        new(
            "tables that the role may read and not write",
            "CREATE TABLE c (id int PRIMARY KEY, b_id int);" + Two + "ALTER TABLE c ADD FOREIGN KEY (b_id) REFERENCES b;",
            [.. TwoRows, "INSERT INTO c VALUES (1, 2)"])
        {
            After = "REVOKE INSERT, UPDATE, DELETE ON c FROM {writer}",
            ResultOfWriter = "NothingMatched, public.a Blocked, public.b Blocked, public.c PrivilegeMissing",
        },
        new(
            "one name in several schemas, with a decoy first on the search path",
            "CREATE SCHEMA decoy; CREATE TABLE decoy.a (id int PRIMARY KEY, n int);" + Two,
            ["INSERT INTO public.a VALUES (1, 1), (2, 2)", "INSERT INTO public.b VALUES (1, 1), (2, NULL)", "INSERT INTO decoy.a VALUES (5, 5)"])
        {
            After = "ALTER DATABASE \"{database}\" SET search_path = decoy, public",
        },
        new(
            "keys on generated columns",
            """
            CREATE TABLE a (n int, twice int GENERATED ALWAYS AS (n * 2) STORED PRIMARY KEY);
            CREATE TABLE b (n int, a_id int GENERATED ALWAYS AS (n * 2) STORED REFERENCES a);
            """,
            "INSERT INTO a (n) VALUES (1), (2)",
            "INSERT INTO b (n) VALUES (1)"),
        new(
            "partial, covering and expression indexes",
            """
            CREATE TABLE a (id int PRIMARY KEY, t text, gone boolean NOT NULL DEFAULT false);
            CREATE UNIQUE INDEX ON a (lower(t)) WHERE NOT gone;
            CREATE UNIQUE INDEX only_id ON a (id) INCLUDE (t); CREATE INDEX ON a USING brin (id); CREATE INDEX ON a USING hash (t);
            CREATE TABLE b (a_id int REFERENCES a (id)); CREATE INDEX ON b ((a_id + 1));
            """,
            "INSERT INTO a VALUES (1, 'x'), (2, 'y')",
            "INSERT INTO b VALUES (1)"),
        new(
            "views over views and materialized views over those",
            Two + """
            CREATE VIEW v AS SELECT a.id, b.a_id FROM a LEFT JOIN b ON b.a_id = a.id; CREATE VIEW w AS SELECT * FROM v;
            CREATE MATERIALIZED VIEW m AS SELECT * FROM w; CREATE MATERIALIZED VIEW mm AS SELECT id FROM m;
            CREATE VIEW x AS SELECT * FROM mm;
            """,
            TwoRows) { Note = "Materialized view public.mm shows" },
        new(
            "a table whose rows are in a file of the server",
            "CREATE TABLE gone (n int); DROP TABLE gone;" + Two,
            TwoRows)
        {
            Before = """
                CREATE EXTENSION file_fdw; CREATE SERVER files FOREIGN DATA WRAPPER file_fdw;
                CREATE FOREIGN TABLE outside (line text) SERVER files OPTIONS (program 'echo 1');
                """,
            Result = "Complete, public.outside ForeignTable",
        },
        new(
            "a table of another server, as a partition too",
            """
            CREATE VIEW far AS SELECT 11 AS id, 1 AS n; CREATE TABLE whole (id int, n int) PARTITION BY RANGE (id);
            CREATE TABLE whole_1 PARTITION OF whole FOR VALUES FROM (0) TO (10);
            """ + Two,
            [.. TwoRows, "INSERT INTO whole VALUES (1, 1)"])
        {
            Before = "CREATE EXTENSION postgres_fdw",
            After = """
                CREATE SERVER self FOREIGN DATA WRAPPER postgres_fdw OPTIONS (dbname '{database}', host 'localhost', port '{port}');
                CREATE USER MAPPING FOR PUBLIC SERVER self OPTIONS (user '{superuser}', password '{password}', password_required 'false');
                CREATE FOREIGN TABLE whole_far PARTITION OF whole FOR VALUES FROM (10) TO (20) SERVER self OPTIONS (table_name 'far');
                GRANT ALL ON whole_far TO {owner}, {writer};
                """,
            Result = "Complete, public.whole_far ForeignTable",
        },
        new(
            "rules",
            Two + """
            CREATE TABLE log (n int); CREATE RULE logged AS ON INSERT TO a DO ALSO INSERT INTO log VALUES (new.id);
            CREATE RULE also AS ON DELETE TO b DO ALSO NOTHING;
            """,
            TwoRows),
        new(
            "a rule instead of deletes",
            Two + "CREATE RULE keep AS ON DELETE TO b DO INSTEAD NOTHING;",
            TwoRows) { Result = "Failed, public.a has rows, public.b has rows", Reset = "could not be reset" },
        new(
            "a statement trigger that counts",
            Two + """
            CREATE TABLE total (n int); CREATE FUNCTION work() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM count(*) FROM a;
            RETURN NULL; END';
            CREATE TRIGGER t AFTER DELETE ON b FOR EACH STATEMENT EXECUTE FUNCTION work();
            """,
            TwoRows),
        new(
            "a statement trigger that fills a purged table",
            Two + """
            CREATE FUNCTION work() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO b VALUES (7, NULL); RETURN NULL; END';
            CREATE TRIGGER t AFTER DELETE ON b FOR EACH STATEMENT EXECUTE FUNCTION work();
            """,
            TwoRows)
        {
            Result = "Failed, public.a has rows, public.b has rows",
            Note = "statement trigger",
            Reset = "cannot be reset: there are rows again",
            ResetOfSuperuser = "",
        },
        new(
            "a deferred cycle",
            """
            CREATE TABLE a (id int PRIMARY KEY, b_id int NOT NULL); CREATE TABLE b (id int PRIMARY KEY,
            a_id int NOT NULL REFERENCES a DEFERRABLE INITIALLY DEFERRED);
            ALTER TABLE a ADD FOREIGN KEY (b_id) REFERENCES b DEFERRABLE; ALTER TABLE a ALTER CONSTRAINT a_b_id_fkey INITIALLY DEFERRED;
            """,
            "INSERT INTO a VALUES (1, 1); INSERT INTO b VALUES (1, 1)"),
        new(
            "composite keys with nulls in part",
            """
            CREATE TABLE a (x int, y int, PRIMARY KEY (x, y), UNIQUE (y, x)); CREATE TABLE b (x int, y int, FOREIGN KEY (y,
            x) REFERENCES a (y, x));
            CREATE TABLE c (x int, y int, FOREIGN KEY (x, y) REFERENCES a MATCH FULL ON DELETE SET NULL);
            CREATE TABLE d (x int DEFAULT 1, y int DEFAULT 2, FOREIGN KEY (x, y) REFERENCES a ON DELETE SET NULL (y));
            """,
            "INSERT INTO a VALUES (1, 2)",
            "INSERT INTO b VALUES (1, NULL), (NULL, 2), (7, NULL), (1, 2)",
            "INSERT INTO c VALUES (NULL, NULL), (1, 2)",
            "INSERT INTO d VALUES (1, 2)")
        {
            Version = 15,
        },
        new(
            "exclusion constraints",
            "CREATE TABLE a (room int, at tsrange, EXCLUDE USING gist (room WITH =, at WITH &&));",
            "INSERT INTO a VALUES (1, '[2026-01-01,2026-01-02)')") { Before = "CREATE EXTENSION btree_gist" },
        new(
            "unlogged tables, a typed one and one without columns",
            """
            CREATE UNLOGGED TABLE a (id serial PRIMARY KEY); CREATE UNLOGGED TABLE b (a_id int REFERENCES a);
            CREATE TYPE kind AS (id int, n text); CREATE TABLE c OF kind (PRIMARY KEY (id)); CREATE TABLE d (); CREATE TABLE e (x int);
            ALTER TABLE e DROP COLUMN x;
            """,
            "INSERT INTO a VALUES (1)",
            "INSERT INTO b VALUES (1)",
            "INSERT INTO c VALUES (1, 'x')",
            "INSERT INTO d DEFAULT VALUES",
            "INSERT INTO e DEFAULT VALUES"),
        new(
            "keys of an enum, of bytes, of an address and of a range",
            """
            CREATE TYPE mood AS ENUM ('calm', 'wild'); CREATE TABLE a (m mood PRIMARY KEY, many mood[], p point, j jsonb, x xml,
            v tsvector, b bit(3), o oid);
            CREATE TABLE b (m mood REFERENCES a, bytes bytea PRIMARY KEY); CREATE TABLE c (i inet PRIMARY KEY, r int4range UNIQUE);
            CREATE TABLE d (r int4range REFERENCES c (r), mr int4multirange, i interval);
            """,
            "INSERT INTO a VALUES ('wild', '{calm}', '(1,2)', '{}', '<a/>', 'x', B'101', 7)",
            "INSERT INTO b VALUES ('wild', '\\x00')",
            "INSERT INTO c VALUES ('::1', '[1,3)')",
            "INSERT INTO d VALUES ('[1,3)', '{[1,2)}', '1 day')")
        {
            Version = 14,
        },
        new(
            "row security that hides rows from a role",
            Two + "ALTER TABLE b ENABLE ROW LEVEL SECURITY; CREATE POLICY visible ON b USING (id < 2) WITH CHECK (true);",
            TwoRows)
        {
            ResultOfWriter = "Refused, public.a has rows, public.b has rows",
            ResetOfWriter = "Row security applies to this role and may hide rows",
        },
        new(
            "names that need quotes",
            """
            CREATE SCHEMA "My.Schema"; CREATE TABLE "My.Schema"."Order" ("Id" int PRIMARY KEY,
            "sel""ect" int REFERENCES "My.Schema"."Order");
            CREATE TABLE "table" ("group" int REFERENCES "My.Schema"."Order"); CREATE TABLE "T{0}" (id int PRIMARY KEY, "{1}" int);
            """,
            "INSERT INTO \"My.Schema\".\"Order\" VALUES (1, NULL), (2, 1)",
            "INSERT INTO \"table\" VALUES (1)",
            "INSERT INTO \"T{0}\" VALUES (1, 1)"),
        new(
            "keys that are not validated, to a unique column, and to itself with restrict",
            """
            CREATE TABLE a (id int PRIMARY KEY, code int UNIQUE, parent int REFERENCES a ON DELETE RESTRICT);
            CREATE TABLE b (code int REFERENCES a (code)); CREATE TABLE c (a_id int);
            ALTER TABLE c ADD FOREIGN KEY (a_id) REFERENCES a NOT VALID;
            """,
            "INSERT INTO a VALUES (1, 1, NULL), (2, 2, 1)",
            "INSERT INTO b VALUES (1)",
            "INSERT INTO c VALUES (1)"),
        new(
            "a key whose columns have two types",
            "CREATE TABLE a (id bigint PRIMARY KEY); CREATE TABLE b (id int PRIMARY KEY, a_id int);",
            "INSERT INTO a VALUES (1)",
            "INSERT INTO b VALUES (1, 1)") { Later = "ALTER TABLE b ADD FOREIGN KEY (a_id) REFERENCES a; CREATE INDEX ON b ((a_id + 1))" },
        new(
            "a table and a sequence that an extension owns",
            Two,
            TwoRows)
        {
            Before = "CREATE EXTENSION hstore",
            After = "CREATE TABLE ext (id int); INSERT INTO ext VALUES (1); ALTER EXTENSION hstore ADD TABLE ext",
            Result = "Complete, public.ext ExtensionOwned",
        },
        new(
            "a table of another owner",
            Two,
            [.. TwoRows, "INSERT INTO c VALUES (1, 2)"])
        {
            After = "CREATE TABLE c (id int, b_id int REFERENCES b)",
            Result = "Complete",
            ResultOfOwner = "NothingMatched, public.a Blocked, public.b Blocked, public.c PrivilegeMissing",
            ResultOfWriter = "NothingMatched, public.a Blocked, public.b Blocked, public.c PrivilegeMissing",
        },
    ];
}
