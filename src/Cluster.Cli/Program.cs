using Cluster.Cli;

return await CommandRegistry.For(args).Parse(args).InvokeAsync();
