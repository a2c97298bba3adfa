using Cluster.Engine.Topology;
using Cluster.Engine.Transfer;
using Cluster.Engine.Units;
using Cluster.Testing;

namespace Cluster.Engine.Tests.Transfer;

public sealed class HandOverDeskTests
{
    private const int Prompt = 1600;
    private readonly List<DeskEffect> _effects = [];

    [Fact]
    public void KV_arrives_once_both_sides_have_spoken_whoever_speaks_first()
    {
        foreach (var prefillFirst in new[] { true, false })
        {
            var desk = Desk();
            if (prefillFirst) desk.PrefillEnded(7, 0, 1, Prompt, 0);
            desk.Reserved(7, 0, 1, Prompt, Prompt, 0);
            if (!prefillFirst) desk.PrefillEnded(7, 0, 1, Prompt, 0);
            var effect = RunToEnd(desk).ShouldHaveSingleItem();
            (effect.Kind, effect.RequestId, effect.Source, effect.Destination).ShouldBe((DeskEffectKind.Arrived, 7, 0, 1));
            effect.Bytes.ShouldBe(Prompt * 131_072);
            desk.Open.ShouldBe(0);
        }
    }

    [Fact]
    public void Layers_that_left_while_the_prompt_was_computed_are_not_exposed()
    {
        long ExposedNs(bool overlap)
        {
            var desk = Desk(new TransferSpec { LayerwiseOverlap = overlap });
            desk.Computing(1, 0, 1, Prompt, 0, Prompt, 0);
            desk.Reserved(1, 0, 1, Prompt, Prompt, 0);
            desk.PrefillEnded(1, 0, 1, Prompt, 80 * Time.Millisecond);
            return RunToEnd(desk).Single().ExposedNs;
        }

        // Three of four layers leave at once and are there before the prompt is.
        ExposedNs(overlap: true).ShouldBeLessThan(ExposedNs(overlap: false) / 2);
    }

    [Fact]
    public void KV_that_nobody_pulls_expires_and_news_of_it_that_come_late_open_nothing()
    {
        var desk = Desk(new TransferSpec { ExpiryNs = Time.Second });
        desk.PrefillEnded(1, 0, 1, Prompt, 0);
        RunToEnd(desk).Single().Kind.ShouldBe(DeskEffectKind.Expired);
        desk.Reserved(1, 0, 1, Prompt, Prompt, 2 * Time.Second);
        desk.Open.ShouldBe(0);
    }

    [Fact]
    public void A_cancelled_hand_over_says_nothing_more()
    {
        var desk = Desk();
        desk.PrefillEnded(1, 0, 1, Prompt, 0);
        desk.Reserved(1, 0, 1, Prompt, Prompt, 0);
        desk.Cancel(1, Time.Millisecond);
        desk.PrefillEnded(1, 0, 1, Prompt, 2 * Time.Millisecond);
        RunToEnd(desk).ShouldBeEmpty();
        (desk.Open, desk.Fabric.Active).ShouldBe((0, 0));
    }

    [Fact]
    public void Over_a_cut_link_copies_fail_at_once_and_hand_overs_wait_for_their_expiry()
    {
        var desk = Desk(new TransferSpec { ExpiryNs = Time.Second });
        desk.Copy(1, 0, 1, 160, 0);
        desk.PrefillEnded(2, 0, 1, Prompt, 0);
        desk.Reserved(2, 0, 1, Prompt, Prompt, 0);
        desk.Degrade(0, 0, 1);
        desk.Copy(3, 0, 1, 160, 2);
        RunToEnd(desk).Select(e => (e.Kind, e.RequestId)).ShouldBe(
            [(DeskEffectKind.CopyFailed, 1), (DeskEffectKind.CopyFailed, 3), (DeskEffectKind.Expired, 2)]);
    }

    [Fact]
    public void With_a_lost_instance_goes_all_that_was_under_way_from_and_to_it()
    {
        var desk = Desk();
        desk.Copy(1, 0, 1, 160, 0);
        desk.PrefillEnded(2, 0, 1, Prompt, 0);
        desk.Reserved(2, 0, 1, Prompt, Prompt, 0);
        desk.PrefillEnded(3, 2, 1, Prompt, 0);
        desk.Reserved(3, 2, 1, Prompt, Prompt, 0);
        desk.Lost(0, 1);
        // The copy's destination is alive and computes without it; request 2 is placed anew by its gateway.
        RunToEnd(desk).Select(e => (e.Kind, e.RequestId)).ShouldBe([(DeskEffectKind.CopyFailed, 1), (DeskEffectKind.Arrived, 3)]);
        desk.Open.ShouldBe(0);
    }

    private static HandOverDesk Desk(TransferSpec? transfer = null) => new(
        Clusters.Link, transfer ?? new TransferSpec(),
        [Clusters.Instance("prefill-0", InstanceRole.Prefill), Clusters.Instance("decode-0", InstanceRole.Decode), Clusters.Instance("prefill-1", InstanceRole.Prefill)]);

    private List<DeskEffect> RunToEnd(HandOverDesk desk)
    {
        _effects.Clear();
        while (desk.NextEventNs != Time.Never) desk.Advance(desk.NextEventNs);
        _effects.AddRange(desk.Effects);
        desk.ClearEffects();
        return _effects;
    }
}
