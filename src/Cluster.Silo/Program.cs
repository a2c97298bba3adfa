// A silo of its own joins a cluster of silos, which needs Microsoft Orleans and a membership store; neither is wired here yet.
Console.Error.WriteLine(
    "Cluster.Silo does not run on its own yet: silos in separate processes need Microsoft Orleans and a membership store. "
    + "Run ./xpyd up scenarios/quickstart.yaml for a cluster in one process.");
return 78;
