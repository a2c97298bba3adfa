using System.CommandLine;
using Cluster.Cli;

// Nothing asked: say what can be.
if (args.Length == 0) args = ["--help"];
using var interruption = new Interruption();
var parsed = CommandRegistry.For(args).Parse(args);
if (parsed.Errors.Count > 0 || UsageErrors.Misspelt(parsed).Any()) return UsageErrors.Print(parsed, args);
// Signals are ours: the library hears them only once a command awaits something, and most of what takes long here does not.
return await parsed.InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null }, interruption.Token);
