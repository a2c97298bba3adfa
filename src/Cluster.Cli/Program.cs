using Cluster.Cli;

return await CommandRegistry.Build().Parse(args).InvokeAsync();
