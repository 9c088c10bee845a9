namespace FloworxPurge.Tests.Schema;

/// <summary>A schema that real databases have and that is out of the ordinary, with rows, and what a purge of it does.</summary>
/// <param name="Name">What is odd about it.</param>
/// <param name="Tables">Its DDL, which the owner of the database runs.</param>
/// <param name="Rows">The rows, inserted by the role that purges as far as it may, else by the owner.</param>
internal sealed record OddSchema(string Name, string Tables, params string[] Rows)
{
    /// <summary>Gets the major version of the server that the schema needs.</summary>
    public int Version { get; init; }

    /// <summary>Gets what the superuser does before the tables are created, such as creating extensions.</summary>
    public string Before { get; init; } = string.Empty;

    /// <summary>
    /// Gets what the superuser does once the rights are granted; <c>{owner}</c> and <c>{writer}</c> are roles, <c>{database}</c> is the
    /// database.
    /// </summary>
    public string After { get; init; } = string.Empty;

    /// <summary>Gets what the superuser does at the end, where something outside the database was made.</summary>
    public string AtEnd { get; init; } = string.Empty;

    /// <summary>
    /// Gets the result: the verdict, the tables that were skipped, each with its reason, and the others that still have rows, each with
    /// the reason why it is kept.
    /// </summary>
    public string Result { get; init; } = "Complete";

    /// <summary>Gets the result of the owner, where it is another one.</summary>
    public string? ResultOfOwner { get; init; }

    /// <summary>Gets the result of a role that has rights on rows alone, where it is another one.</summary>
    public string? ResultOfWriter { get; init; }

    /// <summary>Gets what the superuser creates once the model is made, since EF Core's scaffolder cannot read it.</summary>
    public string Later { get; init; } = string.Empty;

    /// <summary>Gets a text of the exception of a reset; empty where a reset empties what the purge could not.</summary>
    public string? Reset { get; init; }

    /// <summary>Gets the same for the superuser, where it is another one.</summary>
    public string? ResetOfSuperuser { get; init; }

    /// <summary>Gets the same for a role that has rights on rows alone, where it is another one.</summary>
    public string? ResetOfWriter { get; init; }

    /// <summary>Gets a text that a note of the plan contains.</summary>
    public string? Note { get; init; }

    /// <summary>The result of a reset for a role; <see langword="null"/> where it leaves what the purge left.</summary>
    public string? ResetOf(OddRole role) => role switch
    {
        OddRole.Superuser => ResetOfSuperuser ?? Reset,
        OddRole.Writer => ResetOfWriter ?? Reset,
        _ => Reset,
    };

    /// <summary>The result for a role.</summary>
    public string ResultOf(OddRole role) => role switch
    {
        OddRole.Owner => ResultOfOwner ?? Result,
        OddRole.Writer => ResultOfWriter ?? Result,
        _ => Result,
    };
}

/// <summary>The role that purges.</summary>
public enum OddRole
{
    /// <summary>The superuser.</summary>
    Superuser,

    /// <summary>The owner of the database and of its tables.</summary>
    Owner,

    /// <summary>A role that may read, insert, update and delete rows.</summary>
    Writer,
}
