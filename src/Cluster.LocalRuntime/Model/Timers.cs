using System.Diagnostics.CodeAnalysis;
using Cluster.LocalRuntime.Activations;
using Orleans.Runtime;

namespace Orleans.Runtime
{
    /// <summary>When a grain timer ticks.</summary>
    public readonly struct GrainTimerCreationOptions()
    {
        [SetsRequiredMembers]
        public GrainTimerCreationOptions(TimeSpan dueTime, TimeSpan period)
            : this()
        {
            DueTime = dueTime;
            Period = period;
        }

        /// <summary>The delay before the first tick; <see cref="Timeout.InfiniteTimeSpan"/> for none until <see cref="IGrainTimer.Change"/>.</summary>
        public required TimeSpan DueTime { get; init; }

        /// <summary>From the end of one tick's callback to the next tick; <see cref="Timeout.InfiniteTimeSpan"/> for a single tick.</summary>
        public required TimeSpan Period { get; init; }

        /// <summary>Whether a tick may run while calls of the grain are suspended at an <c>await</c>.</summary>
        public bool Interleave { get; init; }

        /// <summary>Whether a tick counts as use, so that the grain is not collected as idle.</summary>
        public bool KeepAlive { get; init; }
    }

    /// <summary>A timer of one activation; it ends with it. Ticks are turns of the grain.</summary>
    public interface IGrainTimer : IDisposable
    {
        void Change(TimeSpan dueTime, TimeSpan period);
    }

    /// <summary>Keys under which a <see cref="TimeProvider"/> can be registered for one area only.</summary>
    internal static class TimeProviderNames
    {
        public const string Grains = "Orleans.Grains";
        public const string ActivationManagement = "Orleans.ActivationManagement";
    }
}

namespace Orleans
{
    public static class GrainBaseExtensions
    {
        public static void DeactivateOnIdle(this IGrainBase grain) => grain.GrainContext.Deactivate(
            new(DeactivationReasonCode.ApplicationRequested, $"{nameof(DeactivateOnIdle)} was called."));

        /// <summary>Starts a timer on the grains' <see cref="TimeProvider"/>.</summary>
        /// <param name="callback">Its token is set when the timer is disposed or the grain deactivates. A failure is logged; the timer goes on.</param>
        public static IGrainTimer RegisterGrainTimer<TState>(
            this IGrainBase grain, Func<TState, CancellationToken, Task> callback, TState state, GrainTimerCreationOptions options)
        {
            ArgumentNullException.ThrowIfNull(callback);
            return ((Activation)grain.GrainContext).StartTimer(token => callback(state, token), options);
        }

        public static IGrainTimer RegisterGrainTimer<TState>(
            this IGrainBase grain, Func<TState, Task> callback, TState state, GrainTimerCreationOptions options)
        {
            ArgumentNullException.ThrowIfNull(callback);
            return ((Activation)grain.GrainContext).StartTimer(_ => callback(state), options);
        }

        public static IGrainTimer RegisterGrainTimer(
            this IGrainBase grain, Func<CancellationToken, Task> callback, GrainTimerCreationOptions options)
        {
            ArgumentNullException.ThrowIfNull(callback);
            return ((Activation)grain.GrainContext).StartTimer(callback, options);
        }

        public static IGrainTimer RegisterGrainTimer(this IGrainBase grain, Func<Task> callback, GrainTimerCreationOptions options)
        {
            ArgumentNullException.ThrowIfNull(callback);
            return ((Activation)grain.GrainContext).StartTimer(_ => callback(), options);
        }

        public static IGrainTimer RegisterGrainTimer(this IGrainBase grain, Func<CancellationToken, Task> callback, TimeSpan dueTime, TimeSpan period)
            => RegisterGrainTimer(grain, callback, new GrainTimerCreationOptions(dueTime, period));

        public static IGrainTimer RegisterGrainTimer(this IGrainBase grain, Func<Task> callback, TimeSpan dueTime, TimeSpan period)
            => RegisterGrainTimer(grain, callback, new GrainTimerCreationOptions(dueTime, period));
    }
}
