#!/usr/bin/env bash
# Builds the command twice, from two folders of different names, by compilers that share no process, and compares all that came out, byte for byte:
# assemblies, symbols, documentation, catalog, scenarios. A compiler's hash codes differ from process to process, and with them the order in which a
# source generator may write.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
commit="$(git rev-parse HEAD)"
scratch="$(mktemp -d)"
trap 'rm -rf "$scratch"' EXIT
for copy in first the-second-one; do
    mkdir "$scratch/$copy"
    git archive "$commit" -- . ':!tests' ':!docs' ':!deploy' | tar -x -C "$scratch/$copy"
    (cd "$scratch/$copy" && CI=true dotnet build src/Cluster.Cli -c Release -v quiet -nologo -nodeReuse:false -p:UseSharedCompilation=false > log 2>&1) \
        || { cat "$scratch/$copy/log"; echo "reproducible: the build failed."; exit 1; }
    (cd "$scratch/$copy/src/Cluster.Cli/bin/Release/net10.0" && find . -type f | LC_ALL=C sort | xargs -d '\n' sha256sum) > "$scratch/$copy.sums"
done
if ! diff "$scratch/first.sums" "$scratch/the-second-one.sums"; then
    echo "reproducible: two builds of one commit differ."
    exit 1
fi
echo "reproducible: two builds of one commit are the same, byte for byte: $(wc -l < "$scratch/first.sums") files, $(grep -cE '/(Cluster\.[A-Za-z.]+|xpyd)\.dll$' "$scratch/first.sums") assemblies of ours."
