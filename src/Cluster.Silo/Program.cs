using Cluster.Hosting;
using Cluster.Silo;

return HealthProbe.IsAsked(args) ? await HealthProbe.RunAsync(args) : await SiloHost.RunAsync(args);
