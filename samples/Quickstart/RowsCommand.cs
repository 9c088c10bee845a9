using FloworxPurge;
using FloworxPurge.CommandLine;
using FloworxPurge.Reporting;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace Quickstart;

/// <summary>The purge command, with the rows that this sample registers: <c>--rows test-users</c>.</summary>
internal static class RowsCommand
{
    public static async Task<int> RunAsync(DbContextOptions<FloWorxContext> options, string[] args)
    {
        var services = new ServiceCollection();
        services.AddScoped(_ => new FloWorxContext(options));

        #region readme-quickstart-rows
        services.AddRows("test-users", rows => rows
            .Rows<AuthUser>(account => account.Email.StartsWith("test-"))

            // These foreign keys are Restrict or NoAction in the model: they would block.
            .OnReference<BusinessProfile>(profile => profile.OwnerId, ReferenceAction.Follow)
            .OnReference<EmailProcessing>(processing => processing.EmailId, ReferenceAction.Follow)
            .OnReference<PerformanceMetric>(metric => metric.WorkflowExecutionId, ReferenceAction.Follow));
        #endregion

        await using ServiceProvider provider = services.BuildServiceProvider();
        return await PurgeCommand.RunAsync<FloWorxContext>(provider, args, command =>
        {
            command.Environment = "Development";
            command.Configure = purge => purge
                .SaveReport("rows-report.html")
                .SaveReport("rows-certificate.html", PurgeReportTemplate.ErasureCertificate);
        });
    }
}
