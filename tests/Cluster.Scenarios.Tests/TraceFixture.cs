using Cluster.Engine.Requests;

namespace Cluster.Scenarios.Tests;

/// <summary>Scenarios that read a trace from a folder of their own.</summary>
public abstract class TraceFixture : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory();

    /// <summary>Reads a scenario on this trace with further keys of its workload.</summary>
    protected ScenarioResult Run(string trace, string keys)
    {
        File.WriteAllText(Path.Combine(_folder.FullName, "t.trace"), trace);
        var text = $"model: llama-3.1-8b\ntopology: {{ shape: 1A, gpu: h100-sxm }}\nworkload: {{ trace: t.trace{keys} }}\n";
        return ScenarioFile.Parse(text, TestCatalog.Instance, Path.Combine(_folder.FullName, "s.yaml"));
    }

    protected RequestSpec[] Requests(string trace, string keys = "") =>
        [.. ((Workload.OpenLoop)Run(trace, keys).OrThrow().Variants[0].Workload).Requests];

    public void Dispose()
    {
        _folder.Delete(recursive: true);
        GC.SuppressFinalize(this);
    }
}
