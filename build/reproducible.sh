#!/usr/bin/env bash
# Builds the core twice, from two folders of different names, and compares what came out, byte for byte. The core alone: Cluster.Gateway.dll
# was seen to differ between two builds of the whole command, and why is not known yet.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
scratch="$(mktemp -d)"
trap 'rm -rf "$scratch"' EXIT
for copy in first the-second-one; do
    mkdir "$scratch/$copy"
    git archive HEAD -- src/Cluster.Engine src/Cluster.Scenarios catalog build Directory.Build.props Directory.Packages.props global.json .editorconfig \
        | tar -x -C "$scratch/$copy"
    (cd "$scratch/$copy" && CI=true dotnet build src/Cluster.Scenarios -c Release -v quiet -nologo -nodeReuse:false > log 2>&1) \
        || { cat "$scratch/$copy/log"; echo "reproducible: the build failed."; exit 1; }
    (cd "$scratch/$copy/src/Cluster.Scenarios/bin/Release/net10.0" && sha256sum Cluster.*.dll) > "$scratch/$copy.sums"
done
if ! diff "$scratch/first.sums" "$scratch/the-second-one.sums"; then
    echo "reproducible: two builds of one commit differ."
    exit 1
fi
echo "reproducible: two builds of one commit are the same, byte for byte."
