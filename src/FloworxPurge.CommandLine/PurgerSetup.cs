using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using FloworxPurge.CommandLine.Arguments;
using FloworxPurge.CommandLine.Rows;
using FloworxPurge.Reporting;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore.Migrations;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace FloworxPurge.CommandLine;

/// <summary>Makes the purger: the host's options, and the command line's on top of them.</summary>
[RequiresUnreferencedCode(TrimWarnings.Model)]
[RequiresDynamicCode(TrimWarnings.Model)]
internal sealed class PurgerSetup(
    IServiceProvider services,
    IReadOnlyList<Type> contextTypes,
    PurgeCommandOptions host,
    CommandArguments arguments,
    ChosenRows rows)
{
    /// <exception cref="CommandStoppedException">Options are not valid.</exception>
    public IPurger Create(IReadOnlyList<DbContext> contexts)
    {
        try
        {
            return (Registered() ?? new Purger()).With(options =>
            {
                host.Configure?.Invoke(options);
                rows.Apply(options);
                Apply(options, contexts);
            });
        }
        catch (Exception exception) when (exception is ArgumentException or PurgeException or OptionsValidationException)
        {
            throw new CommandStoppedException(PurgeExitCode.Usage, Words.Message(exception), exception);
        }
    }

    // Options that are registered for this purge are never ignored silently.
    private IPurger? Registered()
    {
        const string setName = $"{nameof(PurgeCommandOptions)}.{nameof(PurgeCommandOptions.PurgerName)}";
        var keyed = services as IKeyedServiceProvider;
        if (host.PurgerName is { } name)
        {
            return keyed?.GetKeyedService(typeof(IPurger), name) as IPurger ?? throw Stop(
                $"The services have no purger named \"{name}\". Register it with AddFloworxPurge(\"{name}\"), or correct {setName}.");
        }

        List<IPurger> own = keyed is null ? [] : [.. contextTypes.Select(type => OfContext(keyed, type)).OfType<IPurger>().Distinct()];
        bool hasUnowned = keyed is not null && contextTypes.Any(type => OfContext(keyed, type) is null);
        if (own.Count > 1 || (own.Count == 1 && hasUnowned && services.GetService<IPurger>() is not null))
        {
            throw Stop(
                $"Several of the contexts have purge options of their own. Register one purger for all of them with "
                    + $"AddFloworxPurge(name), and set {setName}.");
        }

        if ((own.SingleOrDefault() ?? services.GetService<IPurger>()) is { } registered)
        {
            return registered;
        }

        string first = contextTypes[0].Name;
        return keyed is null || !services.GetKeyedServices<IPurger>(KeyedService.AnyKey).Any() ? null : throw Stop(
            $"The services have purgers for other contexts or by name only, and none for {first}. Register AddFloworxPurge<{first}>, or "
                + $"set {setName}.");

        static CommandStoppedException Stop(string message) => new(PurgeExitCode.Usage, message);
    }

    private static IPurger? OfContext(IKeyedServiceProvider keyed, Type contextType)
    {
        for (Type? type = contextType; type is not null && type != typeof(DbContext); type = type.BaseType)
        {
            if (keyed.GetKeyedService(typeof(IPurger), type) is IPurger purger)
            {
                return purger;
            }
        }

        return null;
    }

    private void Apply(PurgeOptions options, IReadOnlyList<DbContext> contexts)
    {
        foreach (string pattern in arguments.Include)
        {
            options.Include(pattern);
        }

        foreach (string pattern in arguments.Exclude)
        {
            options.Exclude(pattern);
        }

        foreach (string pattern in arguments.AllowInserts)
        {
            options.AllowInserts(pattern);
        }

        if (arguments.OnlyEntities)
        {
            KeepToEntities(options, contexts);
        }

        if (arguments.ResetIdentity)
        {
            options.ResetIdentity = true;
        }

        if (arguments.Archive is { } folder)
        {
            options.ArchiveTo(folder);
        }

        if (arguments.ArchiveSchema is { } schema)
        {
            options.ArchiveTo(schema: schema);
        }

        if (arguments.InChunks is { } roots)
        {
            options.InChunks((int)Math.Min(roots, int.MaxValue), pause: arguments.Pause);
            options.AbandonUnfinished |= arguments.AbandonUnfinished;
        }

        options.BestEffort |= arguments.BestEffort;
        options.AllowUnverified |= arguments.AllowUnverified;

        if (arguments.MaxRows is { } most)
        {
            if (options.MaxRows < most)
            {
                throw new CommandStoppedException(
                    PurgeExitCode.Refused,
                    string.Create(CultureInfo.InvariantCulture, $"Refused: --max-rows is {most}, and this host allows {options.MaxRows}. "
                        + $"Nothing was written."));
            }

            options.MaxRows = most;
        }

        options.Details = options.Details with
        {
            Environment = options.Details.Environment ?? host.RunsIn.Name,
            Reason = arguments.Reason ?? options.Details.Reason,
        };
        AddReports(options);
    }

    private void KeepToEntities(PurgeOptions options, IReadOnlyList<DbContext> contexts)
    {
        foreach (DbContext context in contexts)
        {
            options.Exclude(
                RelationalOptionsExtension.Extract(context.GetService<IDbContextOptions>()).MigrationsHistoryTableName
                    ?? HistoryRepository.DefaultTableName);
        }

        options.OnBlocked = options.OnBlocked == OnBlocked.IncludeDependents ? OnBlocked.Skip : options.OnBlocked;
        List<IEntityType> known = [.. contexts.SelectMany(context => context.Model.GetEntityTypes()).Where(type => !type.HasSharedClrType)];
        List<string> unknown = [];
        foreach (string name in arguments.Entities)
        {
            List<Type> found = [.. known.Where(type => IsNamed(type, name)).Select(type => type.ClrType).Distinct()];
            if (found.Count == 0)
            {
                unknown.Add(name);
            }

            found.ForEach(type => options.Include(type));
        }

        if (unknown.Count > 0)
        {
            string[] names = [.. known.Select(type => type.ClrType.Name).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
            throw new CommandStoppedException(
                PurgeExitCode.Usage,
                $"--only-entities: the model has no entity type {string.Join(", ", unknown.Select(name => $"\"{name}\""))} with a class "
                    + $"of its own.{string.Concat(unknown.Select(name => Tables(name, known)))} "
                    + $"{(names.Length == 0 ? "None has one: choose tables by --include." : $"It has {string.Join(", ", names)}.")}");
        }
    }

    private static string Tables(string name, IEnumerable<IEntityType> known)
    {
        string[] stored = [.. known
            .Where(type => string.Equals(type.GetTableName(), name, StringComparison.OrdinalIgnoreCase))
            .Select(type => type.ClrType.Name)
            .Distinct(StringComparer.Ordinal)
            .Order(StringComparer.Ordinal)];
        return stored.Length == 0 ? string.Empty : $" \"{name}\" is the table of {string.Join(", ", stored)}.";
    }

    private static bool IsNamed(IEntityType type, string name)
        => string.Equals(type.ClrType.Name, name, StringComparison.OrdinalIgnoreCase)
            || string.Equals(type.ClrType.FullName, name, StringComparison.OrdinalIgnoreCase);

    private void AddReports(PurgeOptions options)
    {
        int templated = 0;
        PurgeReportTemplate? template = arguments.Template is { } file ? ReadTemplate(file) : null;
        foreach (string path in arguments.Reports)
        {
            if (template is not null && template.IsFor(path))
            {
                options.SaveReport(path, template);
                templated++;
            }
            else
            {
                options.SaveReport(path);
            }
        }

        if (arguments.Certificate is { } certificate)
        {
            options.SaveReport(certificate, PurgeReportTemplate.ErasureCertificate);
        }

        if (template is not null && templated == 0)
        {
            throw new CommandStoppedException(
                PurgeExitCode.Usage,
                $"--template \"{arguments.Template}\" is for files of another format than every --report. Add a report of its format, "
                    + $"or leave the template out.");
        }
    }

    private static PurgeReportTemplate ReadTemplate(string file)
    {
        try
        {
            return PurgeReportTemplate.FromFile(file);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new CommandStoppedException(PurgeExitCode.Usage, $"--template \"{file}\" cannot be read: {exception.Message}", exception);
        }
    }
}
