using System.Reflection;
using System.Runtime.CompilerServices;
using FloworxPurge.Engines;
using FloworxPurge.Extensibility;
using FloworxPurge.Redis;
using FloworxPurge.Reporting;
using FloworxPurge.Tests.Kit;
using FloworxPurge.Tests.Reporting;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace FloworxPurge.Tests.Api;

/// <summary>Every public method names the argument that must not be null.</summary>
public sealed class NullArgumentTests
{
    // Records are data; an exception takes what it gets, as all exceptions do; the base dialect answers "cannot" to whatever it is asked.
    private static readonly string[] Exempt =
    [
        "PurgeException..ctor",
        "PurgeDialect.CanonicalTypeName",
        "PurgeDialect.CountHistory",
        "PurgeDialect.DeleteSome",
        "PurgeDialect.DeleteTogether",
        "PurgeDialect.Digest",
        "PurgeDialect.DisableConstraints",
        "PurgeDialect.EnableConstraints",
        "PurgeDialect.HoldStructure",
        "PurgeDialect.IsLockTimeout",
        "PurgeDialect.Lock",
        "PurgeDialect.PurgeHistory",
        "PurgeDialect.ReadCurrent",
        "PurgeDialect.RefreshView",
        "PurgeDialect.SetLockTimeout",
        "PurgeDialect.ResetIdentity",
        "PurgeDialect.Detect",
        "PurgeDialect.Stored",
        "PurgeDialect.StorageId",
        "PurgeDialect.CountSeen",
        "PurgeDialect.ReadAll",
        "PurgeDialect.KeepsFacetsOf",
        "PurgeDialect.DefaultFacets",
        "PurgeDialect.IsReadInFull",
        "PurgeDialect.FiresOnDelete",
        "PurgeDialect.CannotBegin",
        "PurgeDialect.AdviceOn",
        "PurgeDialect.IsPurgeLock",
        "PurgeDialect.WithLockTimeout",
        "PurgeDialect.HasEnded",
        "PurgeDialect.HidesLaterCommits",
        "PurgeDialect.CreateResetAsync",
        "PurgeDialect.Truncate",
    ];

    public static TheoryData<string, string> Arguments
    {
        get
        {
            var data = new TheoryData<string, string>();
            foreach ((MethodBase method, ParameterInfo parameter) in NotNull())
            {
                data.Add(NameOf(method), parameter.Name!);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Arguments))]
    public async Task Null_is_refused_by_name(string method, string parameter)
    {
        (MethodBase info, ParameterInfo argument) = NotNull().Single(
            pair => NameOf(pair.Method) == method && pair.Parameter.Name == parameter);
        await using var database = SqliteTestDatabase.Create();
        await using var context = new ScenarioContext(
            database,
            model => model.SharedTypeEntity<Dictionary<string, object>>("a", entity => entity.IndexerProperty<int>("Id")));
        object?[] arguments = [.. info
            .GetParameters()
            .Select(other => other.Position == argument.Position ? null : Sample(other, context))];

        ArgumentNullException exception = await Assert.ThrowsAnyAsync<ArgumentNullException>(() => InvokeAsync(info, arguments));

        Assert.Equal(parameter, exception.ParamName);
    }

    [Fact]
    public async Task No_contexts_and_a_null_among_them_are_refused_by_name()
    {
        var purger = new Purger();
        PurgePlan plan = await PlanAsync();
        foreach (IReadOnlyList<DbContext> contexts in new IReadOnlyList<DbContext>[] { [], [null!] })
        {
            Assert.Equal("contexts", (await Assert.ThrowsAsync<ArgumentException>(() => purger.PlanAsync(contexts))).ParamName);
            Assert.Equal("contexts", (await Assert.ThrowsAsync<ArgumentException>(() => purger.ExecuteAsync(contexts, plan))).ParamName);
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    public void An_empty_pattern_or_path_is_refused(string text)
    {
        Assert.Equal("pattern", Assert.Throws<ArgumentException>(() => new PurgeOptions().Include(text)).ParamName);
        Assert.Equal("pattern", Assert.Throws<ArgumentException>(() => new PurgeOptions().Exclude(text)).ParamName);
        Assert.Equal("pattern", Assert.Throws<ArgumentException>(() => new PurgeOptions().AllowInserts(text)).ParamName);
        Assert.Equal("pattern", Assert.Throws<ArgumentException>(() => new ResetOptions().AllowInserts(text)).ParamName);
        Assert.Equal("path", Assert.Throws<ArgumentException>(() => PurgeReportTemplates.ForFile(text)).ParamName);
        Assert.Equal("json", Assert.Throws<ArgumentException>(() => PurgePlan.FromJson(text)).ParamName);
    }

    [Fact]
    public void What_is_exempt_exists()
        => Assert.Empty(Exempt.Except(Candidates().Select(pair => Short(pair.Method)), StringComparer.Ordinal));

    private static IEnumerable<(MethodBase Method, ParameterInfo Parameter)> NotNull()
        => Candidates().Where(pair => !Exempt.Contains(Short(pair.Method), StringComparer.Ordinal));

    private static IEnumerable<(MethodBase Method, ParameterInfo Parameter)> Candidates()
        => new[] { typeof(Purger), typeof(RedisPurgeTarget) }.SelectMany(type => PublicApiRules.Exported(type.Assembly))
            .Where(type => !type.IsInterface)
            .Select(type => type.IsGenericTypeDefinition ? type.MakeGenericType(typeof(ScenarioContext)) : type)
            .SelectMany(
                type => type.GetMembers(BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly))
            .OfType<MethodBase>()
            .Where(method => !PublicApiRules.IsOfExtensionProperty(method))
            .Where(method => !method.IsSpecialName || method is ConstructorInfo)
            .Where(method => !method.IsDefined(typeof(CompilerGeneratedAttribute)) && !IsOfRecord(method))
            .SelectMany(method => method.GetParameters().Select(parameter => (method, parameter)))
            .Where(pair =>
                !pair.parameter.ParameterType.IsValueType && new NullabilityInfoContext().Create(pair.parameter).WriteState == NullabilityState.NotNull);

    private static bool IsOfRecord(MethodBase method)
        => method is ConstructorInfo && method.DeclaringType!.GetMethod("<Clone>$") is not null;

    private static string Short(MethodBase method) => $"{method.DeclaringType!.Name}.{method.Name}";

    private static string NameOf(MethodBase method)
        => $"{Short(method)}{(method.IsGenericMethod ? "<>" : "")}({string.Join(", ", method.GetParameters().Select(parameter => parameter.ParameterType.Name))})";

    private static async Task InvokeAsync(MethodBase method, object?[] arguments)
    {
        try
        {
            method = method is MethodInfo { IsGenericMethodDefinition: true } generic
                ? generic.MakeGenericMethod([.. generic.GetGenericArguments().Select(type =>
                    type.GetGenericParameterConstraints().Contains(typeof(DbContext)) ? typeof(ScenarioContext) : typeof(SampleCheck))])
                : method;
            object? target = method is ConstructorInfo || method.IsStatic ? null : Instance(method.DeclaringType!);
            object? result = method is ConstructorInfo constructor ? constructor.Invoke(arguments) : method.Invoke(target, arguments);
            await (result as Task ?? Task.CompletedTask);
        }
        catch (TargetInvocationException exception) when (exception.InnerException is not null)
        {
            throw exception.InnerException;
        }
    }

    private static object Instance(Type type)
        => type == typeof(PurgeReport) ? SampleReports.Bare()
            : type == typeof(PurgeDialect) ? new AnsiDialect()
            : type == typeof(PurgeReportTemplate) ? PurgeReportTemplates.Text
            // It is made for something, such as a database, which no argument check needs.
            : type.GetConstructor([]) is null ? RuntimeHelpers.GetUninitializedObject(type)
            : Activator.CreateInstance(type)!;

    private static object? Sample(ParameterInfo parameter, DbContext context)
    {
        Type type = parameter.ParameterType;
        return type == typeof(string) ? "sample.txt"
            : type == typeof(Uri) ? new Uri("http://localhost/")
            : type == typeof(DbContext) ? context
            : type == typeof(IReadOnlyList<DbContext>) ? new[] { context }
            : type == typeof(PurgePlan) ? PlanAsync().GetAwaiter().GetResult()
            : type == typeof(PurgeReport) ? SampleReports.Bare()
            : type == typeof(TableName) ? new TableName(schema: null, "a")
            : type == typeof(IReadOnlyList<string>) ? new[] { "a" }
            : type == typeof(IEnumerable<string>) ? new[] { "a" }
            : type == typeof(IReadOnlyList<TableName>) ? new[] { new TableName(schema: null, "a") }
            : type == typeof(ISqlGenerationHelper) ? context.GetService<ISqlGenerationHelper>()
            : type == typeof(IPurger) ? new Purger()
            : type == typeof(IServiceCollection) ? new ServiceCollection()
            : type == typeof(OptionsBuilder<PurgeOptions>) ? new ServiceCollection().AddFloworxPurge()
            : type == typeof(PurgeReportTemplate) ? PurgeReportTemplates.Text
            : type == typeof(SqlStatement) ? SqlStatement.Of("")
            : type == typeof(RowSet) ? new RowSet { Table = new TableName(schema: null, "a") }
            : type == typeof(IReadOnlyList<RowSet>) ? new[] { new RowSet { Table = new TableName(schema: null, "a") } }
            : type.IsValueType ? Activator.CreateInstance(type)
            : null;
    }

    private static async Task<PurgePlan> PlanAsync()
    {
        await using var database = SqliteTestDatabase.CreateInMemory();
        GraphScenario graph = GraphScenario.Parse("a");
        await graph.CreateAsync(database, rows: 1);
        await using ScenarioContext context = graph.CreateContext(database);
        return await new Purger().PlanAsync(context);
    }

    private sealed class SampleCheck : IPurgeCheck, IPurgeTarget
    {
        public string Name => "sample";

        public bool SupportsDryRun => true;

        public Task<TargetReport> PurgeAsync(ExtensionContext context, CancellationToken cancellationToken = default)
            => Task.FromResult(TargetReport.Counted(0));

        public Task<CheckReport> RunAsync(ExtensionContext context, CancellationToken cancellationToken = default)
            => Task.FromResult(CheckReport.Compare("0", "0"));
    }
}
