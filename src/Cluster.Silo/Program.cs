using Cluster.Silo;

return await SiloHost.RunAsync(args);
