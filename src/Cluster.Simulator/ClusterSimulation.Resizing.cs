using System.Collections.Immutable;
using Cluster.Engine;
using Cluster.Engine.Faults;
using Cluster.Simulator.Events;

namespace Cluster.Simulator;

/// <summary>Instances that are built anew on other ranks in virtual time: closed, emptied, rebuilt, open again when its model is loaded.</summary>
public sealed partial class ClusterSimulation
{
    private readonly SortedDictionary<int, InstanceResize> _resizing = [];
    private readonly List<(int Index, Instance Instance)> _retired = [];
    private readonly double[] _gpuNs;
    private readonly long[] _gpusSinceNs;

    private void Resize(InstanceResize resize)
    {
        if (!_resizing.ContainsKey(resize.Instance)) Close(resize.Instance, forget: false);
        _resizing[resize.Instance] = resize;
        if (resize.AtOnce) Lose(resize.Instance);
        Touch(resize.Instance);
    }

    /// <summary>Whoever is empty by now is rebuilt.</summary>
    private void EndResizes()
    {
        if (_resizing.Count == 0) return;
        foreach (var (index, resize) in _resizing.ToImmutableArray())
        {
            if (FlightsAt(index).Count > 0) continue;
            _resizing.Remove(index);
            Rebuild(index, resize);
        }
    }

    private void Rebuild(int index, InstanceResize resize)
    {
        var old = _instances[index];
        var reshaped = old.Spec.On(resize.To);
        var spec = reshaped.Instance ?? throw new InvalidOperationException(string.Join(' ', reshaped.Reasons));
        // Its cache goes with it.
        _instances.Crash(index);
        _router.Replace(index, spec, _nowNs);
        CountGpus(index);
        _retired.Add((index, old));
        _instances.Replace(index, spec, old.Slowdown);
        _cluster = _cluster with { Instances = _cluster.Instances.SetItem(index, spec) };
        _desk?.Replace(index, spec);
        if (spec.ModelLoadNs == 0) Open(index);
        else _events.Schedule(_nowNs + spec.ModelLoadNs, EventKind.Loaded, index);
        Log((ulong)index, (ulong)resize.To.Gpus);
    }

    private void CountGpus(int index)
    {
        _gpuNs[index] += (double)(_nowNs - _gpusSinceNs[index]) * _cluster.Instances[index].Deployment.Parallelism.Gpus;
        _gpusSinceNs[index] = _nowNs;
    }

    /// <summary>GPUs that an instance had on average ÷ those that it began with.</summary>
    private double GpuShare(int index)
    {
        if (_retired.Count == 0 || _nowNs == 0) return 1;
        CountGpus(index);
        return _gpuNs[index] / _nowNs / _begunAs.Instances[index].Deployment.Parallelism.Gpus;
    }

    /// <summary>An instance and what it was before, oldest first.</summary>
    private Instance[] Lives(int index, Instance last) => [.. _retired.Where(r => r.Index == index).Select(r => r.Instance), last];
}
