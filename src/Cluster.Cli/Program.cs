using Cluster.Cli;

// Nothing asked: say what can be.
if (args.Length == 0) args = ["--help"];
return await CommandRegistry.For(args).Parse(args).InvokeAsync();
