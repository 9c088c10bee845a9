using FloworxPurge.Schema;
using Scriban.Runtime;

namespace FloworxPurge.Reporting;

/// <content>Tables and foreign keys of the JSON form, which templates write as one text.</content>
internal sealed partial class ScribanReportTemplate
{
    /// <summary>The text of a table or a foreign key; <see langword="null"/> for another object.</summary>
    private static string? NameOf(ScriptObject value)
    {
        if (TableOf(value) is { } table)
        {
            return table.ToString();
        }

        return Get(value, "dependent") is ScriptObject one
            && Get(value, "principal") is ScriptObject two
            && TableOf(one) is { } dependent
            && TableOf(two) is { } principal
            ? new ForeignKey
            {
                Name = Get(value, "name") as string,
                Dependent = dependent,
                DependentColumns = ColumnsOf(value, "dependentColumns"),
                Principal = principal,
                PrincipalColumns = ColumnsOf(value, "principalColumns"),
                OnDelete = default,
                IsEnforced = true,
            }.ToString()
            : null;
    }

    private static TableName? TableOf(ScriptObject value)
        => value.Count == 2 && value.ContainsKey("schema") && Get(value, "name") is string { Length: > 0 } name
            ? new TableName(Get(value, "schema") as string, name)
            : null;

    private static string[] ColumnsOf(ScriptObject value, string name)
        => Get(value, name) is ScriptArray list ? [.. list.OfType<string>()] : [];

    private static object? Get(ScriptObject value, string name) => value.TryGetValue(name, out object? found) ? found : null;
}
