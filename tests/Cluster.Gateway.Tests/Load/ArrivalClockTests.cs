using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Cluster.Load.Client.Wires;

namespace Cluster.Gateway.Tests.Load;

public sealed class ArrivalClockTests
{
    [Fact]
    public void Bytes_are_noted_when_they_reached_the_host_however_late_they_are_read()
    {
        if (!OperatingSystem.IsLinux())
        {
            Assert.Skip("The kernel's stamps are Linux's.");
            return;
        }

        using var listener = new Socket(SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(1);
        using var sender = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        sender.Connect(listener.LocalEndPoint!);
        using var receiver = listener.Accept();
        var clock = ArrivalClock.Of((int)receiver.Handle);

        // The system begins to stamp a moment after it was first asked to.
        var isStamped = false;
        for (var attempt = 0; attempt < 100 && !isStamped; attempt++) isStamped = IsStamped();
        isStamped.ShouldBeTrue();

        sender.Shutdown(SocketShutdown.Send);
        SpinWait.SpinUntil(() => receiver.Poll(0, SelectMode.SelectRead));
        clock.Receive((int)receiver.Handle, new byte[4], out _).ShouldBe(0);

        bool IsStamped()
        {
            var before = Stopwatch.GetTimestamp();
            sender.Send("data"u8);
            var sent = Stopwatch.GetTimestamp();
            // On loopback a packet has arrived when it has been sent; whoever reads it later finds the same time.
            SpinWait.SpinUntil(() => Stopwatch.GetElapsedTime(sent).TotalMilliseconds > 5);
            var buffer = new byte[16];
            clock.Receive((int)receiver.Handle, buffer, out var arrivedTicks).ShouldBe(4);
            buffer.AsSpan(0, 4).SequenceEqual("data"u8).ShouldBeTrue();
            var slackTicks = Stopwatch.Frequency / 1000;
            return before - slackTicks <= arrivedTicks && arrivedTicks <= sent + slackTicks;
        }
    }
}
