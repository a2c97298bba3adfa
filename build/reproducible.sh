#!/usr/bin/env bash
# Builds the command twice, from two folders of different names, and compares all that is ours in what came out, byte for byte.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
scratch="$(mktemp -d)"
trap 'rm -rf "$scratch"' EXIT
for copy in first the-second-one; do
    mkdir "$scratch/$copy"
    git archive HEAD | tar -x -C "$scratch/$copy"
    (cd "$scratch/$copy" && CI=true dotnet build src/Cluster.Cli -c Release -v quiet -nologo -nodeReuse:false > log 2>&1) \
        || { cat "$scratch/$copy/log"; echo "reproducible: the build failed."; exit 1; }
    (cd "$scratch/$copy/src/Cluster.Cli/bin/Release/net10.0" && sha256sum Cluster.*.dll xpyd.dll) > "$scratch/$copy.sums"
done
if ! diff "$scratch/first.sums" "$scratch/the-second-one.sums"; then
    echo "reproducible: two builds of one commit differ."
    exit 1
fi
echo "reproducible: two builds of one commit are the same, byte for byte: $(wc -l < "$scratch/first.sums") files."
