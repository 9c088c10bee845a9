using FloworxPurge.Schema;

namespace FloworxPurge.Planning;

/// <summary>Describes what is not known of a database that was probed through its driver, and the consequences.</summary>
internal static class ProbeNotes
{
    private const string WhatToDo =
        "Set PurgeOptions.Dialect to a dialect with catalog queries, or look for such foreign keys by hand first.";

    public static IEnumerable<PlanNote> Collect(PlanRequest request)
    {
        DatabaseSchema live = request.Schema.Live;
        yield return PlanNote.Warning(
            null,
            $"The provider {live.Identity.Provider} has neither a dialect of its own nor scaffolding. The SQL dialect is "
                + $"{request.Dialect.Name}, and each table of the model is probed through the driver ({live.ProbedThrough}). "
            + "Triggers, privileges, row security, checks and indexes are not known, and types only as the driver names them; a table "
            + "that this role may not see counts as missing. The content of every kept table that is known is compared before the commit.");
        foreach (SchemaFact fact in live.Facts)
        {
            switch (fact.Kind)
            {
                case SchemaFact.TablesUnknown:
                    yield return PlanNote.Warning(
                        null,
                        $"The driver lists no tables: those that the model does not map are not known, rows of theirs that reference "
                            + $"purged tables are neither counted nor protected, and a view may pass for a table. {WhatToDo}");
                    break;
                case SchemaFact.KeysUnknown:
                    yield return PlanNote.Warning(
                        null,
                        $"The driver does not report which tables foreign keys reference: those of the model are taken as the database's. "
                            + $"One that only the database has can make the run fail and change nothing; or its ON DELETE action changes "
                            + $"rows that are kept, which the comparison before the commit notices only in tables that are known. "
                            + $"{WhatToDo}");
                    break;
                case SchemaFact.PrincipalUnknown:
                    yield return PlanNote.Warning(
                        fact.Table,
                        $"Foreign key \"{fact.Name}\" is not in the model by that name, and the driver does not report which table it "
                            + $"references. If that is a purged one that the model does not know of, exclude that one, or detach the rows "
                            + $"first.");
                    break;
                case SchemaFact.OtherDatabasesUnknown:
                    yield return PlanNote.Warning(
                        null,
                        $"Tables in other databases of the server may reference these, and are known only as far as the driver lists "
                            + $"their foreign keys. {WhatToDo}");
                    break;
                case SchemaFact.IdentitiesUnknown when request.ResetIdentity:
                    yield return PlanNote.Warning(
                        null,
                        $"The driver does not report which columns are identity columns, and {request.Dialect.Name} has no statement that "
                            + $"restarts them: their numbers are not restarted. Restart them by hand if that matters.");
                    break;
            }
        }
    }
}
