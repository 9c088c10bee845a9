using System.Data.Common;
using System.Diagnostics.CodeAnalysis;
using System.Reflection;

namespace FloworxPurge.Engines;

/// <summary>COPY, through which PostgreSQL itself writes and reads rows as lines of text.</summary>
/// <remarks>
/// The driver is not known here: its method is found by its name. What it returns is a reader of text over the stream of bytes, which are
/// taken as they are.
/// </remarks>
internal static class PostgreSqlArchive
{
    private const string Export = "BeginTextExportAsync";

    // Types whose values cannot be read back: the input function of each refuses all.
    private const string OnlyRead = """
        'pg_node_tree', 'pg_ndistinct', 'pg_dependencies', 'pg_mcv_list', 'pg_brin_bloom_summary', 'pg_brin_minmax_multi_summary',
        'pg_ddl_command', 'gtsvector'
        """;

    private const string Names =
        "'regclass', 'regcollation', 'regconfig', 'regdictionary', 'regnamespace', 'regoper', 'regoperator', 'regproc', 'regprocedure', "
            + "'regrole', 'regtype'";

    private const string Eq = PostgreSqlOperators.Eq;

    /// <summary>
    /// Gets the columns of every table that users made, with types that hold others: arrays, domains, composites, ranges and multiranges.
    /// </summary>
    public static string Columns { get; } = $"""
        WITH RECURSIVE parts (whole, part) AS (
            SELECT t.oid, t.oid FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON n.oid {Eq} t.typnamespace
            WHERE n.nspname {Eq} 'pg_catalog' AND t.typname::pg_catalog.text {Eq} ANY (ARRAY[{OnlyRead}, {Names}]::pg_catalog.text[])
            UNION
            SELECT t.oid, p.part FROM parts p
            JOIN pg_catalog.pg_type t ON t.typelem {Eq} p.whole OR t.typbasetype {Eq} p.whole
                OR EXISTS (
                    SELECT 1 FROM pg_catalog.pg_attribute a
                    WHERE a.attrelid {Eq} t.typrelid AND a.atttypid {Eq} p.whole
                      AND a.attnum OPERATOR(pg_catalog.>) 0 AND NOT a.attisdropped)
                OR EXISTS (
                    SELECT 1 FROM pg_catalog.pg_range r WHERE r.rngtypid {Eq} t.oid AND r.rngsubtype {Eq} p.whole)),
        bad AS (
            SELECT p.whole, t.typname FROM parts p JOIN pg_catalog.pg_type t ON t.oid {Eq} p.part
                AND t.typname::pg_catalog.text {Eq} ANY (ARRAY[{OnlyRead}]::pg_catalog.text[]))
        SELECT n.nspname::pg_catalog.text, c.relname::pg_catalog.text, a.attname::pg_catalog.text,
            pg_catalog.format_type(a.atttypid, a.atttypmod),
            (SELECT pg_catalog.concat('no value of type ', pg_catalog.min(b.typname::pg_catalog.text), ' can be written back')
             FROM bad b WHERE b.whole {Eq} a.atttypid HAVING pg_catalog.count(*) OPERATOR(pg_catalog.>) 0),
            EXISTS (SELECT 1 FROM parts p WHERE p.whole {Eq} a.atttypid)::pg_catalog.int4
        FROM pg_catalog.pg_class c
        JOIN pg_catalog.pg_namespace n ON n.oid {Eq} c.relnamespace
        JOIN pg_catalog.pg_attribute a ON a.attrelid {Eq} c.oid
            AND a.attnum OPERATOR(pg_catalog.>) 0 AND NOT a.attisdropped AND a.attgenerated {Eq} ''
        WHERE c.oid OPERATOR(pg_catalog.>) 16383
            AND c.relkind::pg_catalog.text {Eq} ANY (ARRAY['r', 'p', 'f']::pg_catalog.text[])
        ORDER BY 1, 2, a.attnum
        """;

    /// <summary>
    /// Gets the settings that decide how values are written, and values for which nothing is lost: a bytea as hexadecimal digits, a float
    /// with as many digits as it needs, times in UTC.
    /// </summary>
    public static IReadOnlyList<(string Name, string Value)> Settings { get; } =
    [
        ("DateStyle", "ISO, YMD"),
        ("IntervalStyle", "postgres"),
        ("TimeZone", "UTC"),
        ("extra_float_digits", "3"),
        ("bytea_output", "hex"),
        ("lc_monetary", "C"),
        ("xmloption", "content"),
    ];

    /// <summary>Reads settings.</summary>
    public static string Read(IReadOnlyList<string> names)
        => $"SELECT {string.Join(", ", names.Select(name => $"pg_catalog.current_setting('{name}')"))}";

    /// <summary>Changes settings in the transaction.</summary>
    public static string Write(IReadOnlyList<string> names)
        => "SELECT " + string.Join(", ", names.Select((name, i) => string.Create(
            System.Globalization.CultureInfo.InvariantCulture,
            $"pg_catalog.set_config('{name}', @p{i}, true)")));

    /// <summary>Why the driver of a connection has no COPY that is known here; null when it has.</summary>
    public static string? NoCopy(DbConnection connection)
        => Find(connection) is not null
            ? null
            : $"the connection is a {connection.GetType().FullName}, which has no method {Export}: give the context a connection of Npgsql";

    /// <summary>Begins COPY ... TO STDOUT.</summary>
    public static async Task<Stream> OpenAsync(DbConnection connection, string query, CancellationToken cancellationToken)
    {
        MethodInfo export = Find(connection) ?? throw new NotSupportedException(NoCopy(connection));
        string copy = $"COPY ({query}) TO STDOUT (FORMAT text, ENCODING 'UTF8')";
        object begun;
        try
        {
            begun = export.Invoke(connection, [copy, cancellationToken])!;
        }
        catch (TargetInvocationException e) when (e.InnerException is not null)
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(e.InnerException);
            throw;
        }

        await ((Task)begun).ConfigureAwait(false);
        return new ReaderStream((StreamReader)ResultOf((Task)begun));
    }

    // The task has a result of a type of the driver's.
    [UnconditionalSuppressMessage("Trimming", "IL2075", Justification = "The property of a task is not trimmed.")]
    private static object ResultOf(Task completed) => completed.GetType().GetProperty("Result")!.GetValue(completed)!;

    [UnconditionalSuppressMessage(
        "Trimming",
        "IL2075",
        Justification = "A method that was trimmed is not found, and the archive is refused before anything is written.")]
    private static MethodInfo? Find(DbConnection connection)
        => connection.GetType().GetMethod(Export, [typeof(string), typeof(CancellationToken)]);

    /// <summary>The bytes of a reader of text, which is disposed with them: it ends the statement.</summary>
    private sealed class ReaderStream(StreamReader reader) : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
            => reader.BaseStream.ReadAsync(buffer, cancellationToken);

        public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
            => reader.BaseStream.ReadAsync(buffer, offset, count, cancellationToken);

        public override int Read(byte[] buffer, int offset, int count) => reader.BaseStream.Read(buffer, offset, count);

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override async ValueTask DisposeAsync()
        {
            await reader.BaseStream.DisposeAsync().ConfigureAwait(false);
            reader.Dispose();
            await base.DisposeAsync().ConfigureAwait(false);
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                reader.Dispose();
            }

            base.Dispose(disposing);
        }
    }
}
