using System.Diagnostics;
using FloworxPurge.Connections;

namespace FloworxPurge.Execution;

/// <summary>The activity of a step: a call of a database client by the OpenTelemetry conventions.</summary>
internal static class StepSpan
{
    public static PurgeSpan Start(PurgeTrace trace, PlanStep step)
    {
        string operation = Operation(step);
        string? table = step.Tables.Count == 1 ? step.Tables[0].ToString() : null;
        return trace.Start(
            table is null ? operation : $"{operation} {table}",
            ActivityKind.Client,
            ("db.operation.name", operation),
            ("db.collection.name", table),
            ("db.query.text", step.Sql),
            ("floworxpurge.step.number", step.Number),
            ("floworxpurge.step.kind", step.Kind.ToString()));
    }

    /// <summary>Returns the operation's name: of SQL where rows change, otherwise the kind of the step.</summary>
    public static string Operation(PlanStep step) => step.Kind switch
    {
        PlanStepKind.Delete or PlanStepKind.DeleteInChunks or PlanStepKind.DeleteTogether => "DELETE",
        PlanStepKind.Truncate => "TRUNCATE",
        PlanStepKind.SetNull or PlanStepKind.Detach => "UPDATE",
        var kind => kind.ToString(),
    };
}
