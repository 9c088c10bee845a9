using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace FloworxPurge.Tool;

/// <summary>The services of the application's host, and the contexts that only a factory or a constructor makes.</summary>
internal sealed class ApplicationServices(IServiceProvider host, IReadOnlyList<FoundContext> contexts)
    : IServiceProvider, IKeyedServiceProvider, IServiceScopeFactory
{
    public object? GetService(Type serviceType)
        => serviceType == typeof(IServiceScopeFactory) ? this : host.GetService(serviceType);

    public object? GetKeyedService(Type serviceType, object? serviceKey)
        => (host as IKeyedServiceProvider)?.GetKeyedService(serviceType, serviceKey);

    public object GetRequiredKeyedService(Type serviceType, object? serviceKey)
        => GetKeyedService(serviceType, serviceKey)
            ?? throw new InvalidOperationException($"The application has no service {serviceType} with the key \"{serviceKey}\".");

    public IServiceScope CreateScope() => new Scope(this, host.CreateScope());

    private sealed class Scope(ApplicationServices root, IServiceScope inner) : IServiceScope, IServiceProvider, IAsyncDisposable
    {
        private readonly Dictionary<Type, DbContext> _made = [];

        public IServiceProvider ServiceProvider => this;

        public object? GetService(Type serviceType)
        {
            if (root.Find(serviceType) is not { } found)
            {
                return inner.ServiceProvider.GetService(serviceType);
            }

            if (!_made.TryGetValue(serviceType, out DbContext? context))
            {
                _made.Add(serviceType, context = found.Create(inner.ServiceProvider));
            }

            return context;
        }

        public void Dispose()
        {
            foreach (DbContext context in _made.Values)
            {
                context.Dispose();
            }

            inner.Dispose();
        }

        public async ValueTask DisposeAsync()
        {
            foreach (DbContext context in _made.Values)
            {
                await context.DisposeAsync().ConfigureAwait(false);
            }

            if (inner is IAsyncDisposable disposable)
            {
                await disposable.DisposeAsync().ConfigureAwait(false);
            }
            else
            {
                inner.Dispose();
            }
        }
    }

    private FoundContext? Find(Type type) => contexts.FirstOrDefault(context => context.Type == type && !context.IsService);
}
