using System.CommandLine;
using Cluster.Cli.Output;
using Cluster.Cli.Scenarios;
using Cluster.Engine.Policies;
using Cluster.Simulator.Lessons;
using Spectre.Console;

namespace Cluster.Cli.Commands;

/// <summary><c>xpyd lessons</c>: claims about serving, each run and judged.</summary>
internal static class LessonsCommand
{
    public static Command Create()
    {
        var name = new Argument<string?>("NAME") { Description = "One lesson, or a topic; all of them without it.", Arity = ArgumentArity.ZeroOrOne };
        var json = CommonOptions.Json();
        var degree = CommonOptions.Parallel();
        var command = new Command("lessons", "Try the claims that the project was built on, and judge each.") { name, json, degree };
        command.SetAction((arguments, cancellation) => Task.FromResult(Guarded.Run(() =>
        {
            var lessons = Select(arguments.GetValue(name));
            using var progress = new ProgressLine("lessons: tried", lessons.Count);
            var results = LessonRegistry.Try(lessons, new LessonBench(CliCatalog.Load()), arguments.GetValue(degree), progress.Step, cancellation);
            if (arguments.GetValue(json)) Console.Out.WriteLine(LessonJson.Of(results).ToJsonString(CommonOptions.Indented));
            else Print(results, Terminal.Out);
        })));
        return command;
    }

    private static List<Lesson> Select(string? name)
    {
        var all = LessonRegistry.All;
        if (name is null) return [.. all];
        var chosen = all.Where(l => l.Name == name || l.Topic == name).ToList();
        if (chosen.Count > 0) return chosen;
        var near = NearestName.Question(name, all.Select(l => l.Name).Concat(all.Select(l => l.Topic))) ?? $"There are: {string.Join(", ", all.Select(l => l.Name))}.";
        throw new UsageException($"No lesson '{name}'. {near}");
    }

    private static void Print(IReadOnlyList<LessonResult> results, IAnsiConsole console)
    {
        foreach (var topic in results.GroupBy(r => r.Lesson.Topic))
        {
            console.MarkupLine($"[bold]{Markup.Escape(topic.Key)}[/]");
            foreach (var (lesson, outcome) in topic)
            {
                console.MarkupLine($"  {(outcome.Holds ? "[green]passed[/]      " : "[red]contradicted[/]")} {Markup.Escape(lesson.Name)}: {Markup.Escape(lesson.Claim)}");
                console.MarkupLine($"               [grey]{Markup.Escape(outcome.Figures)}{(outcome.Reason is null ? "" : Markup.Escape($": {outcome.Reason}"))}[/]");
            }
        }

        console.WriteLine($"{results.Count(r => r.Outcome.Holds)} passed, {results.Count(r => !r.Outcome.Holds)} contradicted.");
    }
}
