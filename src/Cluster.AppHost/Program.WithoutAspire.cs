// Compiled where the Aspire packages do not restore. 78 is EX_CONFIG: the host lacks something, the program is fine.
Console.Error.WriteLine(
    "Cluster.AppHost was built without the Aspire packages: they did not restore, or nothing has looked for them yet. "
    + "Run ./xpyd up scenarios/quickstart.yaml for the same cluster without Aspire, "
    + "or docker compose -f deploy/compose.yaml up for it with Prometheus and Grafana; "
    + "./xpyd doctor looks for the packages, here and now.");
return 78;
