using Microsoft.Extensions.Configuration;

namespace Cluster.Grains.Hosting.Silos;

/// <summary>Settings of Orleans by their names, since not every release that this builds on has them: where one is missing, so is what it is about.</summary>
internal static class NewerSettings
{
    public static void Set(object options, params (string Name, TimeSpan Value)[] settings) => new ConfigurationBuilder()
        .AddInMemoryCollection(settings.Select(s => KeyValuePair.Create<string, string?>(s.Name, s.Value.ToString())))
        .Build().Bind(options);
}
