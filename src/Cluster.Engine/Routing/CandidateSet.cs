using System.Numerics;
using Cluster.Engine.Topology;
using Cluster.Engine.Units;

namespace Cluster.Engine.Routing;

/// <summary>
/// The open instances of one role and model, as one router replica sees them while it decides. A policy may look at all of
/// them, or, where it ranks by load, at those alone that matter: <see cref="Near"/> and the least loaded.
/// </summary>
public sealed class CandidateSet
{
    private readonly RouterView _view;
    private readonly PromptMatches _matches;
    private readonly IRoutingPolicy _policy;
    private readonly int[] _instances;
    private readonly LatencyPredictor _predictor;
    private readonly int[] _places;
    private readonly ulong[] _members;
    private readonly ulong[] _changed;
    private readonly ulong[] _apart;
    private readonly LoadOrder? _order;
    private readonly bool _inOrder;
    private readonly double[] _costs;
    private Candidate[] _looked = new Candidate[4];
    private int _blockSize;

    /// <param name="instances">Of the candidates, ascending; places in the cluster's list.</param>
    internal CandidateSet(RouterView view, PromptMatches matches, IRoutingPolicy policy, int[] instances, int clusterSize, InstanceRole role, LatencyPredictor predictor)
    {
        (_view, _matches, _policy, _instances, _predictor) = (view, matches, policy, instances, predictor);
        _members = new ulong[(clusterSize + 63) / 64];
        _changed = new ulong[_members.Length];
        _apart = new ulong[_members.Length];
        _places = new int[clusterSize];
        for (var i = 0; i < instances.Length; i++)
        {
            _places[instances[i]] = i;
            _members[instances[i] >> 6] |= 1UL << (instances[i] & 63);
        }

        _members.CopyTo(_changed, 0);
        _inOrder = policy.RanksAlike || (policy.RanksPromptsAlike && role != InstanceRole.Decode && Array.TrueForAll(instances, i => predictor.AreAlike(instances[0], i)));
        _order = (policy.RanksByLoad || _inOrder) && instances.Length > 0 ? new LoadOrder(instances.Length) : null;
        _costs = new double[instances.Length + 1];
    }

    /// <summary>Candidates looked at so far, over all decisions: what a decision costs, whatever the host.</summary>
    public long LookedAt { get; private set; }

    public int Count => _instances.Length;

    /// <summary>The candidate at this place, in the order of the cluster's instances.</summary>
    public Candidate this[int place]
    {
        get
        {
            LookedAt++;
            return Look(_instances[place]);
        }
    }

    /// <summary>Every candidate, in the order of the cluster's instances. Valid until the next look.</summary>
    public ReadOnlySpan<Candidate> All
    {
        get
        {
            Reserve(Count);
            LookedAt += Count;
            for (var i = 0; i < Count; i++) _looked[i] = Look(_instances[i]);
            return _looked.AsSpan(0, Count);
        }
    }

    /// <summary>Those that have any block of the prompt, cached or in use, in the order of the cluster's instances. Valid until the next look.</summary>
    public ReadOnlySpan<Candidate> Near
    {
        get
        {
            var count = LookAtNear();
            return _looked.AsSpan(0, count);
        }
    }

    /// <summary>The greatest rank of any candidate; for policies that rank by load.</summary>
    public double GreatestRank => Order.Greatest;

    /// <summary>The least rank of any candidate; for policies that rank by load.</summary>
    public double LeastRank => Order.Least;

    /// <summary>The instance of the least rank, ties at random; for policies that rank by load.</summary>
    public int Least(RandomStream random)
    {
        LookedAt++;
        return _instances[Order.TieAt(Choice.Tie(Order.Ties, random))];
    }

    /// <summary>The price of every candidate; the policy's own <see cref="IRoutingPolicy.Price"/>.</summary>
    public ReadOnlySpan<double> Prices(in RoutingQuery query)
    {
        var costs = _costs.AsSpan(0, Count);
        _policy.Price(in query, All, costs);
        return costs;
    }

    /// <summary>The candidate that is this instance.</summary>
    public Candidate Of(int instance) => this[_places[instance]];

    /// <inheritdoc cref="CheapestOfAll(in RoutingQuery, RandomStream, out double)"/>
    public int CheapestOfAll(in RoutingQuery query, RandomStream random) => CheapestOfAll(in query, random, out _);

    /// <summary>
    /// The instance of the lowest price, ties at random; looks at every candidate, unless the policy has an order for those that have
    /// nothing of the prompt: then at those that have something and at the first of the others. The choice is the same.
    /// </summary>
    public int CheapestOfAll(in RoutingQuery query, RandomStream random, out double price)
    {
        if (_inOrder && Count > 0) return CheapestInOrder(Order, in query, random, out price);
        var costs = Prices(in query);
        var place = Choice.Lowest(costs, random);
        price = costs[place];
        return _instances[place];
    }

    private int CheapestInOrder(LoadOrder order, in RoutingQuery query, RandomStream random, out double price)
    {
        var near = LookAtNear();
        // The order is to be that of the others, for as long as this takes.
        for (var i = 0; i < near; i++) order.Set(_places[_looked[i].Instance], double.PositiveInfinity);
        var rest = Math.Min(1, Count - near);
        LookedAt += rest;
        if (rest > 0) _looked[near] = Bare(_instances[order.TieAt(0)]);
        var costs = _costs.AsSpan(0, near + rest);
        _policy.Price(in query, _looked.AsSpan(0, near + rest), costs);
        price = costs[0];
        foreach (var cost in costs) price = Math.Min(price, cost);
        var far = rest > 0 && costs[near] == price ? order.Ties : 0;
        var place = TieInPlace(order, costs[..near], price, far, Choice.Tie(far + costs[..near].Count(price), random));
        for (var i = 0; i < near; i++) order.Set(_places[_looked[i].Instance], RankOf(in _looked[i]));
        return _instances[place];
    }

    /// <summary>Of candidates that tie, near ones and others, the one that so many precede in the order of the cluster's instances.</summary>
    private int TieInPlace(LoadOrder order, ReadOnlySpan<double> near, double price, int far, int tie)
    {
        var passed = 0;
        for (var i = 0; i < near.Length; i++)
        {
            if (near[i] != price) continue;
            var place = _places[_looked[i].Instance];
            var before = passed + (far == 0 ? 0 : order.TiesBefore(place));
            if (tie < before) break;
            if (tie == before) return place;
            passed++;
        }

        return order.TieAt(tie - passed);
    }

    /// <summary>
    /// The same for policies that rank by load: whoever has nothing of the prompt is the dearer the higher its rank, and whoever
    /// has something is no dearer than without. So those near and one of the least rank are all that need be looked at.
    /// </summary>
    public int Cheapest(in RoutingQuery query, RandomStream random)
    {
        var order = Order;
        var near = Near.Length;
        LookedAt++;
        _looked[near] = Bare(_instances[order.TieAt(0)]);
        var costs = _costs.AsSpan(0, near + 1);
        _policy.Price(in query, _looked.AsSpan(0, near + 1), costs);

        // The order counts those near by what they would cost without.
        var (least, ties, rest) = (costs[near], order.Ties, costs[near]);
        for (var i = 0; i < near; i++)
        {
            if (costs[i] < least) (least, ties) = (costs[i], 1);
            else if (costs[i] == least && (least < rest || !IsCounted(i))) ties++;
        }

        var tie = Choice.Tie(ties, random);
        if (least == rest)
        {
            if (tie < order.Ties) return _instances[order.TieAt(tie)];
            tie -= order.Ties;
        }

        for (var i = 0; ; i++)
            if (costs[i] == least && (least < rest || !IsCounted(i)) && tie-- == 0) return _looked[i].Instance;
    }

    /// <summary>What is believed of this instance has changed.</summary>
    internal void Changed(int instance) => _changed[instance >> 6] |= _members[instance >> 6] & (1UL << (instance & 63));

    /// <summary>A decision begins: ranks follow what has changed since the last.</summary>
    internal void Begin(int blockSize)
    {
        _blockSize = blockSize;
        if (_order is null) return;
        for (var word = 0; word < _changed.Length; word++)
        {
            for (var left = _changed[word]; left != 0; left &= left - 1)
            {
                var instance = (word << 6) + BitOperations.TrailingZeroCount(left);
                var bare = Bare(instance);
                _order.Set(_places[instance], RankOf(in bare));
                var bit = 1UL << (instance & 63);
                if (_policy.StandsApart(in bare)) _apart[word] |= bit;
                else _apart[word] &= ~bit;
            }

            _changed[word] = 0;
        }
    }

    /// <summary>Fills <see cref="_looked"/> with those that have something of the prompt or stand apart; one more place stays free: see <see cref="Cheapest"/>.</summary>
    private int LookAtNear()
    {
        var count = 0;
        for (var word = 0; word < _members.Length; word++)
        {
            for (var left = (_members[word] & _matches.Holders(word)) | _apart[word]; left != 0; left &= left - 1)
            {
                Reserve(count + 2);
                _looked[count++] = Look((word << 6) + BitOperations.TrailingZeroCount(left));
            }
        }

        LookedAt += count;
        return count;
    }

    private double RankOf(in Candidate candidate) => _policy.StandsApart(in candidate) ? double.PositiveInfinity : _policy.Rank(in candidate, _predictor);

    private LoadOrder Order => _order ?? throw new InvalidOperationException($"{_policy.GetType().Name} does not rank by load.");

    private bool IsCounted(int near) => Order[_places[_looked[near].Instance]] == Order.Least;

    private Candidate Look(int instance) =>
        _view.Candidate(instance, _matches.Overlap[instance] / _blockSize, _matches.Host[instance] / _blockSize, _matches.Device[instance] / _blockSize, _blockSize, _matches.Shared[instance]);

    private Candidate Bare(int instance) => _view.Candidate(instance, 0, 0, 0, _blockSize, 0);

    private void Reserve(int count)
    {
        if (_looked.Length < count) Array.Resize(ref _looked, Math.Max(count, 2 * _looked.Length));
    }
}

/// <summary>What the instances have of the prompt at hand.</summary>
internal sealed class PromptMatches(int instances)
{
    /// <summary>Leading tokens in the prefix cache.</summary>
    public PrefixMatches Overlap { get; } = new(instances);

    /// <summary>Of these, tokens in host memory or HBM.</summary>
    public PrefixMatches Host { get; } = new(instances);

    /// <summary>Of those, tokens in HBM.</summary>
    public PrefixMatches Device { get; } = new(instances);

    /// <summary>Leading blocks among those of requests under way there.</summary>
    public PrefixMatches Shared { get; } = new(instances);

    public ulong Holders(int word) => Overlap.Holders[word] | Shared.Holders[word];

    public void Clear()
    {
        Overlap.Clear();
        Host.Clear();
        Device.Clear();
        Shared.Clear();
    }
}
