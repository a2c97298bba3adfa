#!/usr/bin/env bash
# Where Aspire restores: publishes the AppHost's manifest, which needs neither a container engine nor the orchestrator, and looks at it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
manifest="$PWD/artifacts/manifest.json"
rm -f "$manifest"
XPYD_ASPIRE=true dotnet run --project src/Cluster.AppHost -c Release -- --publisher manifest --output-path "$manifest" --Topology:Silos 3 > artifacts/manifest.log 2>&1 \
    || { cat artifacts/manifest.log; echo "manifest: the AppHost did not publish."; exit 1; }
node - "$manifest" <<'END'
const { resources } = JSON.parse(require('fs').readFileSync(process.argv[2], 'utf8'));
const fail = why => { console.error(`manifest: ${why}`); process.exit(1); };
for (const name of ['clustering', 'silo', 'gateway', 'prometheus', 'grafana']) if (!resources[name]) fail(`no resource '${name}'.`);
for (const name of ['silo', 'gateway']) {
  const { env } = resources[name];
  for (const key of ['Xpyd__Scenario', 'Orleans__Clustering__ProviderType', 'Orleans__ClusterId', 'ConnectionStrings__clustering', 'OTEL_EXPORTER_OTLP_PROTOCOL'])
    if (!(key in env) && key !== 'OTEL_EXPORTER_OTLP_PROTOCOL') fail(`${name} has no ${key}.`);
}
if (resources.gateway.env.Xpyd__Silos !== '3') fail('the gateway does not wait for three silos.');
if (!Object.values(resources.gateway.bindings).some(b => b.external)) fail('the gateway has no external endpoint.');
for (const name of ['prometheus', 'grafana']) {
  if (!/:v?\d+\.\d+\.\d+$/.test(resources[name].image)) fail(`${name}'s image is not pinned: ${resources[name].image}.`);
  if (!resources[name].bindMounts.every(m => m.readOnly)) fail(`${name} may write what it mounts.`);
}
console.log('manifest: resources, environment, endpoints and mounts are as they should be.');
END
