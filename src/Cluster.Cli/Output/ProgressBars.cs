using System.Globalization;
using Cluster.Load;
using Spectre.Console;

namespace Cluster.Cli.Output;

/// <summary>Progress on standard error, and only where somebody looks at it.</summary>
internal static class ProgressBars
{
    /// <summary>Shows a live run: requests done of those expected, tokens so far.</summary>
    public static async Task<T> LiveAsync<T>(string title, int requests, double seconds, Func<Action<LoadProgress>?, Task<T>> run)
    {
        if (Console.IsErrorRedirected)
        {
            await Console.Error.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{title}: {requests} requests, about {seconds:F0} emulated seconds"));
            return await run(null);
        }

        return await Terminal.Error.Progress()
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn())
            .StartAsync(async context =>
            {
                var bar = context.AddTask(Markup.Escape(title), maxValue: Math.Max(1, requests));
                return await run(progress =>
                {
                    bar.Value = progress.Completed + progress.Failed;
                    bar.Description = Markup.Escape(string.Create(CultureInfo.InvariantCulture, $"{title}: {progress.InFlight} in flight, {progress.OutputTokens:N0} tokens"));
                });
            });
    }
}
