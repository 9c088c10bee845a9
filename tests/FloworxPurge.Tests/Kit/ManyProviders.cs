using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;

namespace FloworxPurge.Tests.Kit;

/// <summary>Options of contexts of this assembly.</summary>
internal static class ManyProviders
{
    /// <summary>
    /// EF takes more than twenty combinations of provider and options in one process for a mistake; the engines of these tests alone make
    /// as many.
    /// </summary>
    public static T AllowManyProviders<T>(this T options)
        where T : DbContextOptionsBuilder
    {
        options.ConfigureWarnings(warnings => warnings.Ignore(CoreEventId.ManyServiceProvidersCreatedWarning));
        return options;
    }
}
