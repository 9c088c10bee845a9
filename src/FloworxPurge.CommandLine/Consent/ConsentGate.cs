using FloworxPurge.CommandLine.Arguments;
using FloworxPurge.CommandLine.Output;

namespace FloworxPurge.CommandLine.Consent;

/// <summary>How consent was given, what was overridden for it, and what it is limited to.</summary>
/// <param name="How">How it was given.</param>
/// <param name="Overrides">What was overridden for it.</param>
/// <param name="MostRows">The most rows that it is for; null for any number.</param>
/// <param name="RunKey">The key of the one run that it is for; null for any run.</param>
/// <param name="WasAsked">Whether it is the answer to a question, which said what becomes of a backup.</param>
internal sealed record GivenConsent(
    string How,
    IReadOnlyList<string> Overrides,
    long? MostRows = null,
    string? RunKey = null,
    bool WasAsked = false);

/// <summary>Asks for consent that is bound to the database: its name as read from the connection, or a token for the plan.</summary>
internal sealed class ConsentGate(CommandArguments arguments, PurgeCommandOptions options, CommandOutput output)
{
    private const string NothingWritten = "Nothing was written.";

    /// <summary>Gets whether consent can be given: it is on the command line, or there is a terminal to ask on.</summary>
    public bool CanBeGiven => arguments.Confirm is not null || arguments.Approve is not null || IsForceEnough || output.CanAsk;

    private bool IsForceEnough => arguments.Force && (!options.RunsIn.IsProduction || options.AllowForceInProduction);

    /// <summary>The consent.</summary>
    /// <exception cref="CommandStoppedException">It was not given, or for something else.</exception>
    public async Task<GivenConsent> GetAsync(PurgePlan plan, CancellationToken cancellationToken)
    {
        List<string> ways = [];
        if (arguments.Confirm is { } name)
        {
            CheckName(name, "--confirm says", plan.Database);
            ways.Add($"--confirm {plan.Database.Database}");
        }

        if (arguments.Approve is { } token)
        {
            ways.Add(CheckToken(token, plan));
        }

        if (ways.Count > 0)
        {
            // The question is not asked anyway, so --force has nothing to do.
            return new GivenConsent(
                string.Join("; ", ways),
                [],
                arguments.Approve is null ? null : plan.Tables.Sum(table => table.Rows ?? 0),
                arguments.Approve is { } used ? ApprovalToken.RunKeyOf(used) : null);
        }

        if (IsForceEnough)
        {
            return Forced();
        }

        await AskAsync(plan, cancellationToken).ConfigureAwait(false);
        return new GivenConsent("the operator typed the database's name", [], WasAsked: true);
    }

    /// <summary>The consent to a restore.</summary>
    /// <exception cref="CommandStoppedException">It was not given, or for something else.</exception>
    public async Task<GivenConsent> GetAsync(RestorePlan plan, CancellationToken cancellationToken)
    {
        if (arguments.Confirm is { } name)
        {
            CheckName(name, "--confirm says", plan.Database);
            return new GivenConsent($"--confirm {plan.Database.Database}", []);
        }

        if (IsForceEnough)
        {
            return Forced();
        }

        string rows = Words.Count(plan.Tables.Where(table => !table.IsDetached).Sum(table => table.Rows), "row");
        string force = arguments.Force ? $" --force is not enough in {options.RunsIn.Name}." : string.Empty;
        output.Line();
        output.Question(
            $"{rows} will be inserted into \"{plan.Database.Database}\" on {plan.Database.Server}. No other row is overwritten.{force}");
        CheckName(await TypedNameAsync(cancellationToken).ConfigureAwait(false), "what was typed is", plan.Database);
        return new GivenConsent("the operator typed the database's name", []);
    }

    /// <summary>Returns what to do when no question can be asked.</summary>
    /// <param name="outcome">What was not done.</param>
    /// <param name="hasToken">Whether a token can be given.</param>
    public string HowToConsent(string outcome = "Nothing was purged", bool hasToken = true)
    {
        string because = arguments.Force
            ? $"--force is not enough in {options.RunsIn.Name}, and there is no terminal to ask on"
            : "there is no terminal to ask on, and no consent was given";
        return $"{outcome}: {because}. Give --confirm with the database's "
            + $"name{(options.ApprovalKey is null || !hasToken ? string.Empty : ", or --approve with the token above")}.";
    }

    private static void CheckName(string name, string who, DatabaseIdentity database)
    {
        if (!string.Equals(name, database.Database, StringComparison.Ordinal))
        {
            throw new CommandStoppedException(
                PurgeExitCode.Refused,
                $"Refused: {who} \"{name}\", and the connection is open to database \"{database.Database}\" on "
                    + $"{database.Server}. {NothingWritten}");
        }
    }

    private string CheckToken(string token, PurgePlan plan)
    {
        if (options.ApprovalKey is not { } key)
        {
            throw new CommandStoppedException(
                PurgeExitCode.Refused,
                $"Refused: this host has no key for approval tokens, so --approve cannot be checked. Give --confirm, or set "
                    + $"{nameof(PurgeCommandOptions)}.{nameof(PurgeCommandOptions.ApprovalKey)} in the host. {NothingWritten}");
        }

        return ApprovalToken.RefusalOf(token, plan, options.TimeProvider.GetUtcNow(), [.. key], out DateTimeOffset expiresAt) is { } refusal
            ? throw TokenRefused(refusal)
            : $"--approve with a token for this plan and database, good until {Words.Time(expiresAt)}";
    }

    private static CommandStoppedException TokenRefused(string refusal)
        => new(PurgeExitCode.Refused, $"Refused: the token after --approve does not approve this purge: {refusal} {NothingWritten}");

    private static string Stays(PlanScope scope)
    {
        string changed = scope.Detached == 0 ? string.Empty
            : $"; {Words.Count(scope.Detached, "row")} of them {(scope.Detached == 1 ? "loses" : "lose")} a reference";
        string blocked = scope.BlockedRows == 0 ? string.Empty
            : $" {Words.Count(scope.BlockedRows, "row")} that {(scope.BlockedRows == 1 ? "matches is" : "match are")} blocked, and "
                + $"{(scope.BlockedRows == 1 ? "stays" : "stay")}.";
        return $" All other rows stay{changed}.{blocked}";
    }

    private async Task AskAsync(PurgePlan plan, CancellationToken cancellationToken)
    {
        string rows = Words.Count(plan.Tables.Sum(table => table.Rows ?? 0), "row");
        string stays = plan.Scope is { } scope ? Stays(scope) : string.Empty;
        string force = arguments.Force ? $" --force is not enough in {options.RunsIn.Name}." : string.Empty;
        output.Line();
        output.Question(
            $"{rows} in {Words.Count(PlanView.WithRows(plan).Count, "table")} of \"{plan.Database.Database}\" on {plan.Database.Server} "
                + $"will be deleted.{stays}{force}");
        output.Question(
            arguments.Backup is { } folder ? $"A backup will be made in \"{folder}\" first."
                : arguments.NoBackup ? "No backup will be made (--no-backup)."
                : "No backup will be made; --backup DIR makes one.");
        CheckName(await TypedNameAsync(cancellationToken).ConfigureAwait(false), "what was typed is", plan.Database);
    }

    private async Task<string> TypedNameAsync(CancellationToken cancellationToken)
    {
        output.Question("Type the database's name to continue:");
        string? answer = await output.AskAsync("> ", cancellationToken).ConfigureAwait(false);
        return string.IsNullOrWhiteSpace(answer)
            ? throw new CommandStoppedException(PurgeExitCode.Refused, $"Refused: no name was typed. {NothingWritten}")
            : answer.Trim();
    }

    private GivenConsent Forced() => new(
        "--force: no question was asked",
        options.RunsIn.IsProduction
            ? ["--force", $"{nameof(PurgeCommandOptions.AllowForceInProduction)}: the host allows --force in {options.RunsIn.Name}"]
            : ["--force"]);
}
