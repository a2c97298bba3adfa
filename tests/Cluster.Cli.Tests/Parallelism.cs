// These tests start processes and wait for them; more of them at once than there are cores costs nothing.
[assembly: CollectionBehavior(MaxParallelThreads = 4)]
