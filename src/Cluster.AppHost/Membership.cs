using Aspire.Hosting.Orleans;

namespace Cluster.AppHost;

/// <summary>Where silos of one cluster find each other.</summary>
internal static class Membership
{
    private const string Name = "clustering";

    public static IResourceBuilder<IResourceWithConnectionString> Add(IDistributedApplicationBuilder builder, OrleansService orleans, Topology topology)
    {
        if (topology.Membership == "PostgreSQL")
        {
            // The tables are the provider's own: see deploy/README.md for the scripts, which run once.
            var database = builder.AddPostgres("postgres").WithImageTag("17.6").AddDatabase(Name);
            orleans.WithClustering(new DatabaseMembership(database));
            return database;
        }

        var redis = builder.AddRedis(Name).WithImageTag("8.2");
        orleans.WithClustering(redis);
        return redis;
    }

    public static IResourceBuilder<ProjectResource> WithMembership(
        this IResourceBuilder<ProjectResource> project, OrleansService orleans, IResourceBuilder<IResourceWithConnectionString> membership) =>
        project.WithReference(orleans).WaitFor(membership);

    /// <summary>Orleans knows PostgreSQL as an ADO.NET provider; Aspire would name it after the resource's type.</summary>
    private sealed class DatabaseMembership(IResourceBuilder<IResourceWithConnectionString> database) : IProviderConfiguration
    {
        public void ConfigureResource<T>(IResourceBuilder<T> resourceBuilder, string configSectionPath)
            where T : IResourceWithEnvironment
        {
            var section = "Orleans__" + configSectionPath.Replace(":", "__", StringComparison.Ordinal);
            resourceBuilder.WithEnvironment(section + "__ProviderType", "AdoNet")
                .WithEnvironment(section + "__Invariant", "Npgsql")
                .WithEnvironment(section + "__ConnectionName", database.Resource.Name);
            resourceBuilder.WithReference(database);
        }
    }

    /// <summary>The scenario by path: of the checkout when it runs here, of the image when it is published.</summary>
    public static IResourceBuilder<ProjectResource> WithScenario(this IResourceBuilder<ProjectResource> project, IDistributedApplicationBuilder builder, Topology topology)
    {
        if (builder.ExecutionContext.IsRunMode)
            return project.WithEnvironment("Xpyd__Scenario", Path.GetFullPath(Path.Combine(builder.AppHostDirectory, "..", "..", topology.Scenario)));
        return project.WithEnvironment("Xpyd__Scenario", topology.Scenario).WithEnvironment("Xpyd__Http__Host", "0.0.0.0");
    }
}
