using FloworxPurge;
using FloworxPurge.Extensibility;
using FloworxPurge.Reporting;
using FloworxPurge.Samples;
using IdentityProvider;

// The provider, in this process: 25 test users, one administrator, and a limit that is reached once.
await using var provider = new FakeIdentityProvider([new("auth0|admin", "admin@example.com"), .. FakeIdentityProvider.TestUsers(25)]);
int deletions = 0;
provider.Instead = request => request.Method == "DELETE" && ++deletions == 10
    ? new LoopbackResponse(429) { Headers = new Dictionary<string, string>(StringComparer.Ordinal) { ["Retry-After"] = "1" } }
    : null;

using var client = new HttpClient();
var target = new IdentityProviderTarget(client, provider.Address, _ => Task.FromResult(FakeIdentityProvider.Token))
{
    Keep = user => user.Email == "admin@example.com",
    PageSize = 10,
};

// A purge calls its targets by itself, after the commit: new Purger(options => options.AddTarget(target)). Here the target is called alone.
var database = new DatabaseIdentity { Provider = "none", Engine = "none", ServerVersion = "", Server = "none", Database = "none" };
var dryRun = new ExtensionContext { Contexts = [], Database = database, IsDryRun = true, TimeProvider = TimeProvider.System };

Print("at the provider", provider.Users.Count);
Show("dry run", await target.PurgeAsync(dryRun));
Print("at the provider", provider.Users.Count);
Show("run", await target.PurgeAsync(dryRun with { IsDryRun = false }));
Print("at the provider", provider.Users.Count);
Console.WriteLine($"asked {provider.Requests.Count} times, refused once, and waited as long as Retry-After said");

void Show(string what, TargetReport result)
    => Console.WriteLine($"{what,-16} {target.Name}: {result.Outcome}, before {result.ItemsBefore}, removed {result.ItemsRemoved}, after {(result.ItemsAfter is { } after ? $"{after}" : "not counted")} ({result.Reason})");

void Print(string what, int users) => Console.WriteLine($"{what,-16} {users} users");
