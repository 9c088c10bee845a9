using System.ComponentModel;
using FloworxPurge.Hosting;
using FloworxPurge.Reporting;
using Microsoft.Extensions.Configuration;

namespace FloworxPurge;

public sealed partial class PurgeOptions
{
    /// <summary>The problem of options that were bound by a binder that ignores unknown keys.</summary>
    internal const string OtherBinder
        = "they were bound by the configuration binder of .NET (Bind, Get, Configure<PurgeOptions>(section) or BindConfiguration), "
            + "which ignores keys that it does not know; call options.Bind(section) instead";

    /// <summary>
    /// Always <see langword="null"/>. The configuration binder of .NET sets it, and options that it has bound are not valid: it ignores
    /// keys that it does not know. The default value is <see langword="null"/>.
    /// </summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public IConfigurationSection? BoundSection
    {
        get => null;
        set => BindingProblems.Add(OtherBinder);
    }

    /// <summary>What was wrong with the configuration that was bound.</summary>
    internal List<string> BindingProblems { get; } = [];

    /// <summary>
    /// Sets options from configuration: each key is the name of an option. <c>Include</c>, <c>Exclude</c>, <c>AllowInserts</c>,
    /// <c>AllowDatabase</c>, <c>SaveReport</c> and the lists of <c>Details</c> take a list, which is added to what is there. What cannot be
    /// bound makes the options invalid: an unknown key, a key without a value, a value of another kind.
    /// </summary>
    /// <remarks>
    /// <c>ArchiveTo</c> is the folder, or has the keys <c>Directory</c> or <c>Schema</c>, and <c>RetainUntil</c>, below it.
    /// <c>InChunks</c>, <c>Dialect</c>, <c>TimeProvider</c>, checks, targets and rules for rows are set in code. A <c>LockTimeout</c> is
    /// written as <c>00:00:30</c>, and <c>Details:Custom</c> as a text that holds a JSON object.
    /// </remarks>
    /// <param name="configuration">
    /// The section that holds the options and nothing else, such as <c>configuration.GetSection("Purge")</c>. It has to exist.
    /// </param>
    /// <returns>The same options.</returns>
    /// <exception cref="ArgumentNullException">The configuration is null.</exception>
    public PurgeOptions Bind(IConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        Keys.All.Bind(configuration, this, BindingProblems);
        return this;
    }

    /// <summary>The configuration keys: the names of properties and methods.</summary>
    private static class Keys
    {
        // Before the keys that hold them: static members are initialised from top to bottom.
        private static readonly OptionKeys<PurgeOptions> Details = new OptionKeys<PurgeOptions>()
            .Text(nameof(ReportDetails.Operator), (options, value) => Change(options, details => details with { Operator = value }))
            .Text(nameof(ReportDetails.Environment), (options, value) => Change(options, details => details with { Environment = value }))
            .Text(nameof(ReportDetails.Consent), (options, value) => Change(options, details => details with { Consent = value }))
            .Text(nameof(ReportDetails.Backup), (options, value) => Change(options, details => details with { Backup = value }))
            .Text(nameof(ReportDetails.Restore), (options, value) => Change(options, details => details with { Restore = value }))
            .Text(nameof(ReportDetails.Conclusion), (options, value) => Change(options, details => details with { Conclusion = value }))
            .Text(nameof(ReportDetails.Reason), (options, value) => Change(options, details => details with { Reason = value }))
            .List(
                nameof(ReportDetails.Overrides),
                (options, value) => Change(options, details => details with { Overrides = [.. details.Overrides, value] }))
            .List(
                nameof(ReportDetails.NextSteps),
                (options, value) => Change(options, details => details with { NextSteps = [.. details.NextSteps, value] }))
            .List(
                nameof(ReportDetails.Support),
                (options, value) => Change(options, details => details with { Support = [.. details.Support, value] }))
            .List(
                nameof(ReportDetails.Escalation),
                (options, value) => Change(options, details => details with { Escalation = [.. details.Escalation, value] }))
            .List(
                nameof(ReportDetails.SignOff),
                (options, value) => Change(options, details => details with { SignOff = [.. details.SignOff, value] }))
            .List(
                nameof(ReportDetails.Checklist),
                (options, value) => Change(options, details => details with { Checklist = [.. details.Checklist, value] }))
            .List(
                nameof(ReportDetails.Security),
                (options, value) => Change(options, details => details with { Security = [.. details.Security, value] }))
            .List(
                nameof(ReportDetails.Scopes),
                (options, value) => Change(options, details => details with { Scopes = [.. details.Scopes, value] }))
            .Json(nameof(ReportDetails.Custom), (options, value) => Change(options, details => details with { Custom = value }));

        private static readonly OptionKeys<BoundArchive> ArchiveKeys = new OptionKeys<BoundArchive>()
            .Text(nameof(BoundArchive.Directory), (archive, value) => archive.Directory = value)
            .Text(nameof(BoundArchive.Schema), (archive, value) => archive.Schema = value)
            .Date(nameof(BoundArchive.RetainUntil), (archive, value) => archive.RetainUntil = value);

        /// <summary>All of them.</summary>
        public static OptionKeys<PurgeOptions> All { get; } = new OptionKeys<PurgeOptions>()
            .Choice<DriftTolerance>(nameof(PurgeOptions.DriftTolerance), (options, value) => options.DriftTolerance = value)
            .Choice<OnBlocked>(nameof(PurgeOptions.OnBlocked), (options, value) => options.OnBlocked = value)
            .Flag(nameof(PurgeOptions.BestEffort), (options, value) => options.BestEffort = value)
            .Flag(nameof(PurgeOptions.AllowUnverified), (options, value) => options.AllowUnverified = value)
            .Flag(nameof(PurgeOptions.Truncate), (options, value) => options.Truncate = value)
            .Flag(nameof(PurgeOptions.LockTables), (options, value) => options.LockTables = value)
            .Flag(nameof(PurgeOptions.RefreshMaterializedViews), (options, value) => options.RefreshMaterializedViews = value)
            .Flag(nameof(PurgeOptions.PurgeHistory), (options, value) => options.PurgeHistory = value)
            .Flag(nameof(PurgeOptions.ResetIdentity), (options, value) => options.ResetIdentity = value)
            .Flag(nameof(PurgeOptions.AbandonUnfinished), (options, value) => options.AbandonUnfinished = value)
            .Flag(nameof(PurgeOptions.RequireMatch), (options, value) => options.RequireMatch = value)
            .Time(nameof(PurgeOptions.LockTimeout), (options, value) => options.LockTimeout = value)
            .Number(nameof(PurgeOptions.MaxRows), (options, value) => options.MaxRows = value)
            .Text(nameof(PurgeOptions.RequiredDatabase), (options, value) => options.RequiredDatabase = value)
            .Text(nameof(PurgeOptions.RunKey), (options, value) => options.RunKey = value)
            .List(nameof(PurgeOptions.Include), (options, value) => options.Include(value))
            .List(nameof(PurgeOptions.Exclude), (options, value) => options.Exclude(value))
            .List(nameof(PurgeOptions.AllowInserts), (options, value) => options.AllowInserts(value))
            .List(nameof(PurgeOptions.AllowDatabase), (options, value) => options.AllowDatabase(value))
            .List(nameof(PurgeOptions.SaveReport), (options, value) => options.SaveReport(value))
            .TextOrSection(
                nameof(PurgeOptions.ArchiveTo),
                (options, value) => options.ArchiveTo(value),
                ArchiveKeys,
                (options, archive) => options.ArchiveTo(archive.Directory, archive.Schema, archive.RetainUntil))
            .Section(nameof(PurgeOptions.Details), Details)
            .InCode(nameof(PurgeOptions.InChunks), "InChunks(roots: 500)")
            .InCode(nameof(PurgeOptions.Rows), "Rows<User>(user => user.IsTest)")
            .InCode(nameof(PurgeOptions.Keep), "Keep<User>(user => user.IsAdmin)")
            .InCode(nameof(PurgeOptions.OnReference), "OnReference<Order>(order => order.ApprovedBy, ReferenceAction.Detach)")
            .InCode(nameof(PurgeOptions.Reference), "Reference<Comment, Post>(comment => comment.TargetId)")
            .InCode(nameof(PurgeOptions.RemoveOrphans), "RemoveOrphans<Address>()")
            .InCode(nameof(PurgeOptions.Dialect), "Dialect = ...")
            .InCode(nameof(PurgeOptions.TimeProvider), "TimeProvider = ...")
            .InCode(nameof(PurgeOptions.AddCheck), "AddCheck(name, check)")
            .InCode(nameof(PurgeOptions.AddRowCountCheck), "AddRowCountCheck(name, table)")
            .InCode(nameof(PurgeOptions.AddSqlCheck), "AddSqlCheck(name, sql, expected)")
            .InCode(nameof(PurgeOptions.AddTarget), "AddTarget(target)")
            .InCode(nameof(PurgeOptions.AddFolder), "AddFolder(root, glob)");

        // Details that are null are a problem of their own.
        private static void Change(PurgeOptions options, Func<ReportDetails, ReportDetails> change)
            => options.Details = options.Details is { } details ? change(details) : options.Details;
    }

    /// <summary>The keys of an archive.</summary>
    private sealed class BoundArchive
    {
        public string? Directory { get; set; }

        public string? Schema { get; set; }

        public DateOnly? RetainUntil { get; set; }
    }
}
