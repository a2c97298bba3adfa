using System.Reflection;
using Cluster.Grains.Hosting;

namespace Cluster.Grains.Tests.Hosting;

/// <summary>What storage providers write as JSON and read back into.</summary>
public sealed class PersistedStateTests
{
    public static TheoryData<Type> States =>
    [
        .. typeof(StorageNames).Assembly.GetTypes().Where(t => t.IsAssignableTo(typeof(Grain)))
            .SelectMany(t => t.GetConstructors()).SelectMany(c => c.GetParameters())
            .Where(p => p.ParameterType.IsGenericType && p.ParameterType.GetGenericTypeDefinition() == typeof(IPersistentState<>))
            .Select(p => p.ParameterType.GetGenericArguments()[0]),
    ];

    /// <summary>A provider fills objects that are there already: one that two states share would take what belongs to either.</summary>
    [Theory]
    [MemberData(nameof(States))]
    public void New_states_share_no_object_with_one_another(Type state)
    {
        Activator.CreateInstance(state).ShouldNotBeNull("Providers make a state from nothing.");
        Check(state, []);
    }

    [Fact]
    public void Topology_faults_time_and_runs_are_kept() => States.Count.ShouldBe(4);

    private static void Check(Type type, HashSet<Type> seen)
    {
        if (type.IsArray) type = type.GetElementType()!;
        if (type.Assembly != typeof(StorageNames).Assembly || !seen.Add(type)) return;
        var hasDefault = type.GetConstructor(Type.EmptyTypes) is not null;
        var (one, other) = hasDefault ? (Activator.CreateInstance(type), Activator.CreateInstance(type)) : (null, null);
        foreach (var property in type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(p => p.CanWrite))
        {
            if (hasDefault && property.PropertyType is { IsValueType: false, IsArray: false } && property.GetValue(one) is { } value and not string)
                ReferenceEquals(value, property.GetValue(other)).ShouldBeFalse($"{type.Name}.{property.Name} begins with an object that all share.");
            Check(property.PropertyType, seen);
        }
    }
}
