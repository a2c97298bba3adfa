using System.Numerics;
using Cluster.Engine;
using Cluster.Engine.Requests;
using Cluster.Engine.Topology;
using Cluster.Engine.Units;
using Cluster.Simulator.Events;

namespace Cluster.Simulator;

/// <summary>
/// How virtual time passes uneventful decode steps without an event for each: an instance prices the steps that will only
/// repeat the one in progress, and one event stands at the end of the last. Whatever happens to the instance before
/// that cuts the run at the step that is then in progress.
/// </summary>
public sealed partial class ClusterSimulation
{
    /// <summary>A sequence came to wait there. Where a run of steps goes on without it, there is nothing to do before that ends, unless it was turned away.</summary>
    private void Came(int index, Instance instance)
    {
        if (!instance.IsAhead || instance.HasEffects) Touch(index);
    }

    /// <summary>The instances, none of which can be reached without being brought to the present first.</summary>
    private sealed class InstanceSet
    {
        private const int ShortestRun = 4;
        private const int LongestRunOfAll = 65_536;

        private readonly ClusterSimulation _simulation;
        private readonly Instance[] _instances;
        private readonly StepEnds _ends;
        private readonly int[] _runs;
        private readonly int _longestRun;
        private readonly AheadSteps _ahead = new();
        private readonly ulong[] _evicting;
        private readonly bool _skips;
        private readonly bool _tellsEvictions;
        private readonly bool _mayEvict;
        private readonly Fetcher _fetcher;

        public InstanceSet(ClusterSimulation simulation, bool skips)
        {
            var cluster = simulation._cluster;
            _simulation = simulation;
            _skips = skips;
            _instances = new Instance[cluster.Instances.Length];
            _ends = new StepEnds(_instances.Length);
            _runs = new int[_instances.Length];
            _runs.AsSpan().Fill(ShortestRun);
            // What is priced ahead is to stay in the processor's cache until it is due.
            _longestRun = Math.Clamp(LongestRunOfAll / _instances.Length, 64, 256);
            _evicting = new ulong[(_instances.Length + 63) / 64];
            _tellsEvictions = simulation._router.UsesPrefixOverlap;
            // A router that learns with a delay needs to be told in the order of time, over all instances.
            // Likewise a store that instances share must see what they evict in that order.
            _mayEvict = (!_tellsEvictions || cluster.Router.StalenessNs == 0) && !simulation._stores.Any;
            _fetcher = new Fetcher(_instances.Length);
            for (var i = 0; i < _instances.Length; i++) _instances[i] = Make(i, cluster.Instances[i]);
        }

        public IEnumerable<Instance> All => _instances;

        /// <summary>The instance, at this moment, with no steps priced ahead.</summary>
        public Instance this[int index]
        {
            get
            {
                BringToPresent(index);
                return _instances[index];
            }
        }

        /// <summary>Takes back what the instance did ahead of this moment.</summary>
        public void BringToPresent(int index)
        {
            if (_instances[index].IsAhead) Cut(index, _instances[index]);
        }

        /// <summary>
        /// The instance at this moment, for a sequence that comes to wait there. Most find it amid a run and join the step after
        /// next: the run goes on until then, which saves an event for each.
        /// </summary>
        public Instance ForNewcomer(int index)
        {
            var instance = _instances[index];
            if (!instance.IsAhead || !instance.TryCutAfterNext(_simulation._nowNs, HasBegun(index), out var endsNs)) return this[index];
            Shorten(index);
            _ends.Set(index, endsNs);
            return instance;
        }

        /// <summary>The instance as it shows at this moment, to be looked at and not touched.</summary>
        public Instance Peek(int index)
        {
            var instance = _instances[index];
            if (instance.IsAhead) instance.CatchUp(_simulation._nowNs, _simulation._begunNs == _simulation._nowNs);
            return instance;
        }

        /// <summary>The instance is going to be looked at soon.</summary>
        public void Fetch(int index) => _fetcher.Fetch(index);

        /// <summary>When a step ends next; <see cref="Time.Never"/> while there is none.</summary>
        public long NextEndNs => _ends.NextNs;

        /// <summary>The instance whose step ends next, at that moment.</summary>
        /// <returns>Its place.</returns>
        public int TakeEnding(out Instance instance)
        {
            var index = _ends.Next;
            instance = _instances[index];
            _ends.Set(index, Time.Never);
            Fetch(_ends.Next);
            // A run that somebody came into was none that could have been longer.
            if (instance is { IsAhead: true, State.WaitingCount: 0 }) _runs[index] = Math.Min(_longestRun, _runs[index] * 2);
            return index;
        }

        /// <summary>An instance began a step: looks as far ahead as pays, and schedules the end.</summary>
        public void Began(int index)
        {
            var instance = _instances[index];
            var dueNs = _skips ? instance.LookAhead(_runs[index], _mayEvict, _ahead) : instance.StepDueNs;
            if (instance is { IsAhead: true, EvictsAhead: true }) _evicting[index >> 6] |= 1UL << (index & 63);
            _ends.Set(index, dueNs);
        }

        /// <summary>
        /// A router that knows caches by their events is about to place this request: evictions that lie behind become known, as far as
        /// they can matter. An instance that never had the prompt's beginning cannot have lost it.
        /// </summary>
        public void TellEvictions(RequestSpec request)
        {
            if (!_skips || !_tellsEvictions) return;
            var holders = _simulation._router.HoldersOfBeginning(request);
            for (var word = 0; word < _evicting.Length; word++)
            {
                for (var left = _evicting[word] & holders[word]; left != 0; left &= left - 1)
                {
                    var index = (word << 6) + BitOperations.TrailingZeroCount(left);
                    if (_instances[index].IsAhead) _instances[index].CatchUp(_simulation._nowNs, _simulation._begunNs == _simulation._nowNs);
                    else _evicting[word] &= ~(1UL << (index & 63));
                }
            }
        }

        /// <summary>All that the instance has is lost, and the step that it is in.</summary>
        public void Crash(int index)
        {
            this[index].Crash();
            _ends.Set(index, Time.Never);
        }

        /// <summary>The instance, of which nothing is left, was built anew.</summary>
        public void Replace(int index, InstanceSpec spec, double slowdown)
        {
            _instances[index] = Make(index, spec);
            _instances[index].Slowdown = slowdown;
        }

        private Instance Make(int index, InstanceSpec spec)
        {
            var instance = new Instance(spec, _tellsEvictions ? new IndexFeed(_simulation, index) : null, _simulation._gaps, store: _simulation._stores[index]);
            _fetcher.Set(index, instance.Parts);
            return instance;
        }

        private void Cut(int index, Instance instance)
        {
            var nowNs = _simulation._nowNs;
            Shorten(index);
            instance.CutAhead(nowNs, HasBegun(index));
            _ends.Set(index, instance.StepDueNs > nowNs ? instance.StepDueNs : Time.Never);
            if (instance.StepDueNs > nowNs) return;
            instance.EndStep(nowNs);
            _simulation.Touch(index);
        }

        /// <summary>Halfway through the run is where half of what was priced is thrown away.</summary>
        private void Shorten(int index) => _runs[index] = Math.Max(ShortestRun, _runs[index] / 2);

        /// <summary>Whether a step that begins at this moment has begun by now.</summary>
        private bool HasBegun(int index) => _simulation._begunNs == _simulation._nowNs || _simulation._touched.HadItsTurn(index);
    }
}
