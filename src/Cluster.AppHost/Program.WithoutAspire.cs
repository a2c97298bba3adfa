// Compiled where the Aspire packages do not restore. 78 is EX_CONFIG: the host lacks something, the program is fine.
Console.Error.WriteLine(
    "Cluster.AppHost was built without the Aspire packages, which could not be restored here. "
    + "Run ./xpyd up scenarios/quickstart.yaml for the same cluster in one process, "
    + "or ./xpyd doctor where the packages can be restored, and build again.");
return 78;
