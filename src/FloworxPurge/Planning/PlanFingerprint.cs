using System.Buffers;
using System.Security.Cryptography;
using System.Text.Json;
using FloworxPurge.Schema;

namespace FloworxPurge.Planning;

/// <summary>SHA-256 over canonical JSON: the same facts give the same text, byte for byte. Row counts and sentences are left out.</summary>
internal static class PlanFingerprint
{
    /// <summary>The fingerprint of a plan: target, structure, steps and every disposition.</summary>
    public static string Of(PurgePlan plan) => Hash(json =>
    {
        json.WriteNumber("formatVersion", plan.FormatVersion);
        json.WriteString("provider", plan.Database.Provider);
        json.WriteString("server", plan.Database.Server);
        json.WriteString("database", plan.Database.Database);
        json.WriteString("databaseId", plan.Database.DatabaseId);
        json.WriteString("dialect", plan.Dialect);
        json.WriteBoolean("bestEffort", plan.BestEffort);
        json.WriteBoolean("truncates", plan.Truncates);
        if (plan.Archive is not null)
        {
            json.WriteBoolean("archives", true);
        }

        if (plan.Archive?.Schema is { } schema)
        {
            json.WriteString("archiveSchema", schema);
        }

        json.WriteString("structure", plan.StructureHash);
        Array(json, "tables", plan.Tables, table =>
        {
            Values(json, table.Table.Schema, table.Table.Name, Number(table.Level), table.ObjectId);
            if (table.RowSet is { } rows)
            {
                Values(json, rows.OnlyOwnRows ? "only own rows" : "all rows", rows.Filter);
                Values(json, rows.Parameters.SelectMany(parameter => new[] { parameter.Type.ToString(), parameter.Value }));
            }
        });
        Array(json, "skips", plan.Skips, skip => Values(json, skip.Table.Schema, skip.Table.Name, skip.Reason.ToString()));
        Array(
            json,
            "kept",
            plan.Kept,
            kept =>
                Values(
                    json,
                    kept.AllowsInserts
                        ? [kept.Table.Schema, kept.Table.Name, kept.Reason.ToString(), "inserts"]
                        : [kept.Table.Schema, kept.Table.Name, kept.Reason.ToString()]));
        Array(json, "steps", plan.Steps, step => Step(json, step));
        Units(json, plan.Units);
        Scope(json, plan.Scope);
        if (plan.Chunks is { } chunks)
        {
            Array(json, "chunks", [chunks.Roots, chunks.MaxRows], json.WriteNumberValue);
        }

        Array(
            json,
            "script",
            [plan.ScriptBegin, plan.ScriptEnd, .. new[] { plan.ScriptSeparator }.OfType<string>(), .. plan.ScriptCounts],
            json.WriteStringValue);
    });

    /// <summary>
    /// The hash of what a run deletes, by its queries, references and tables: a run in several transactions may be continued by a plan with
    /// the same hash, whatever has changed in the database meanwhile.
    /// </summary>
    public static string OfTask(PurgePlan plan) => Hash(json =>
    {
        json.WriteString("database", plan.Database.Database);
        json.WriteBoolean("archives", plan.Archive is not null);
        if (plan.Archive?.Schema is { } schema)
        {
            json.WriteString("archiveSchema", schema);
        }

        if (plan.Scope is null)
        {
            Array(json, "tables", plan.Tables, table => Values(json, table.Table.Schema, table.Table.Name));
        }

        Scope(json, plan.Scope);
    });

    /// <summary>The hash of the live structure: tables, columns, foreign keys, triggers.</summary>
    public static string OfStructure(DatabaseSchema schema) => Hash(json =>
    {
        Array(json, "tables", schema.Tables, table =>
        {
            Values(
                json,
                table.CreatedAt is { } created
                    ? [table.Name.Schema, table.Name.Name, table.Kind.ToString(), created]
                    : [table.Name.Schema, table.Name.Name, table.Kind.ToString()]);
            foreach (Column column in table.Columns.Where(column => !column.IsSystem))
            {
                Values(json, column.Name, column.StoreType, column.IsNullable ? "null" : "not null");
            }
        });
        Array(
            json,
            "foreignKeys",
            schema.ForeignKeys,
            key =>
                Values(json, key.IsOff
                    ? [key.Name, key.Shape, key.OnDelete.ToString(), "off"]
                    : [key.Name, key.Shape, key.OnDelete.ToString()]));
        Array(
            json,
            "identities",
            schema.Identities,
            counter => Values(json, counter.Table.Schema, counter.Table.Name, counter.Column, counter.Sequence?.ToQuotedString()));
        Array(
            json,
            "triggers",
            schema.Objects.Where(o => o.Kind is "trigger"),
            trigger => Values(json, trigger.Table.ToQuotedString(), trigger.Name, trigger.State));
    });

    private static void Step(Utf8JsonWriter json, PlanStep step)
    {
        Values(json, Number(step.Number), Number(step.Level), step.Kind.ToString(), step.Sql);
        if (step.ScriptSql is { } script)
        {
            Values(json, script);
        }

        Values(json, step.Parameters.SelectMany(parameter => new[] { parameter.TypeName, parameter.Value }));
        Values(json, step.Tables.Select(table => table.ToQuotedString()));
        if (step.Inverse is { } inverse)
        {
            Values(json, step.OutlivesTransaction ? "session" : "transaction", inverse.Sql, step.StateSql);
            Values(json, inverse.Parameters.SelectMany(parameter => new[] { parameter.Type.ToString(), parameter.Value }));
        }

        Values(json, step.Rows.ToString(), step.RunsBeforeCounting.ToString(), step.OnlyPrepares.ToString(), Number(step.Undoes));
    }

    private static void Units(Utf8JsonWriter json, IReadOnlyList<PlanUnit> units)
        => Array(json, "units", units, unit => Values(
            json,
            [unit.HasSavepoint ? "Savepoint" : unit.RunsAfterCommit ? "AfterCommit" : "Transaction", unit.FollowsDelete.ToString(),
                .. unit.Transaction == 0 ? (string[])[] : [Number(unit.Transaction)],
                .. unit.Tables.Select(table => table.ToQuotedString()),
                .. unit.Steps.Select(step => Number(step.Number))]));

    private static void Scope(Utf8JsonWriter json, PlanScope? scope)
    {
        if (scope is null)
        {
            return;
        }

        Array(
            json,
            "queries",
            scope.Queries,
            query => Values(
                json,
                query.Keeps ? "keep" : "delete",
                query.EntityType,
                query.Table.ToQuotedString(),
                query.Sql,
                query.ParametersHash));
        Array(
            json,
            "references",
            scope.References,
            reference => Values(json, reference.ForeignKey.Name, reference.ForeignKey.Shape, reference.Action.ToString()));
        Array(json, "orphans", scope.Orphans, table => json.WriteStringValue(table.ToQuotedString()));
    }

    private static string Hash(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }

        return Convert.ToHexStringLower(SHA256.HashData(buffer.WrittenSpan));
    }

    private static void Array<T>(Utf8JsonWriter json, string name, IEnumerable<T> items, Action<T> write)
    {
        json.WriteStartArray(name);
        foreach (T item in items)
        {
            write(item);
        }

        json.WriteEndArray();
    }

    private static void Values(Utf8JsonWriter json, params IEnumerable<string?> values)
    {
        json.WriteStartArray();
        foreach (string? value in values)
        {
            json.WriteStringValue(value);
        }

        json.WriteEndArray();
    }

    private static string Number(int number) => number.ToString(System.Globalization.CultureInfo.InvariantCulture);
}
