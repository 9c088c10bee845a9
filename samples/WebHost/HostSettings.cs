using System.Globalization;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace WebHost;

/// <summary>Where the sample's database is and where it listens: from its own arguments, else from environment variables.</summary>
internal sealed record HostSettings(Action<DbContextOptionsBuilder> UseDatabase, Uri Url, byte[]? ApprovalKey)
{
    private const string Usage = "Usage: WebHost [seed [N] | purge [options]] [--sqlite FILE | --postgres \"<connection string>\"] [--url http://127.0.0.1:5080]";

    /// <summary>Takes the sample's own options out of the arguments.</summary>
    /// <returns>The settings and the other arguments, or what is wrong.</returns>
    public static (HostSettings? Settings, string[] Others, string Problem) Read(string[] args)
    {
        var own = new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["--sqlite"] = Environment.GetEnvironmentVariable("WEBHOST_SQLITE"),
            ["--postgres"] = Environment.GetEnvironmentVariable("WEBHOST_POSTGRES"),
            ["--url"] = Environment.GetEnvironmentVariable("WEBHOST_URL"),
        };
        List<string> rest = [];
        for (int i = 0; i < args.Length; i++)
        {
            if (!own.ContainsKey(args[i]))
            {
                rest.Add(args[i]);
                continue;
            }

            if (i + 1 == args.Length || args[i + 1].StartsWith('-'))
            {
                return (null, [], $"{args[i]} needs a value. {Usage}");
            }

            own[args[i]] = args[++i];
        }

        if (!Uri.TryCreate(own["--url"] ?? "http://127.0.0.1:5080", UriKind.Absolute, out Uri? url) || url.Scheme is not ("http" or "https"))
        {
            return (null, [], $"--url needs an address with http or https. {Usage}");
        }

        byte[]? approvalKey = null;
        if (Environment.GetEnvironmentVariable("PURGE_APPROVAL_KEY") is { Length: > 0 } key)
        {
            approvalKey = new byte[key.Length];
            if (!Convert.TryFromBase64String(key, approvalKey, out int length))
            {
                // It is a secret, so it is not shown.
                return (null, [], "The environment variable PURGE_APPROVAL_KEY is not in Base64; a key is made by: openssl rand -base64 32");
            }

            Array.Resize(ref approvalKey, length);
        }

        if (own["--postgres"] is not { Length: > 0 } connectionString)
        {
            string file = own["--sqlite"] is { Length: > 0 } given ? given : Path.Combine(AppContext.BaseDirectory, "webhost.db");
            return (new(options => options.UseSqlite(new SqliteConnectionStringBuilder { DataSource = file }.ConnectionString), url, approvalKey), [.. rest], "");
        }

        try
        {
            string checkedString = new NpgsqlConnectionStringBuilder(connectionString).ConnectionString;
            return (new(options => options.UseNpgsql(checkedString), url, approvalKey), [.. rest], "");
        }
        catch (Exception exception) when (exception is ArgumentException or FormatException)
        {
            // It may hold a password, so it is not shown.
            return (null, [], $"The value after --postgres is no connection string such as Host=localhost;Database=test;Username=me. {Usage}");
        }
    }

    /// <summary>The number of accounts that <c>seed</c> makes.</summary>
    public static int? Number(string[] rest)
        => rest.Length == 1 ? 20
            : rest.Length == 2 && int.TryParse(rest[1], NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number
            : null;

    /// <summary>What is said of arguments that nobody knows.</summary>
    public static string Unknown(string[] rest)
        => rest is ["seed", var number] ? $"\"{number}\" is no number of accounts to seed. {Usage}" : $"Unknown argument \"{rest[0].Split('=')[0]}\". {Usage}";
}
