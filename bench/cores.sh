#!/usr/bin/env bash
# What a live instance costs: bench/cores.sh INSTANCES BATCH [SECONDS]. So many H100s that serve Llama-3.1-8B decode without pause for streams of
# another process; printed is the CPU of the serving process, user and system, from the kernel's own count.
set -euo pipefail
instances=$1 batch=$2 seconds=${3:-15} streams=$(($1 * $2))
cd "$(dirname "${BASH_SOURCE[0]}")/.."
port=$((20000 + RANDOM % 20000))
scratch="$(mktemp -d)"
./xpyd up --model llama-3.1-8b --gpu h100-sxm --topology "${instances}A" --set time.compute=modeled --port $port > "$scratch/up" 2>&1 &
server=$!
client=""
trap 'kill $client $server 2> /dev/null || true; wait 2> /dev/null || true; rm -rf "$scratch"' EXIT
metric() { curl -s "http://127.0.0.1:$port/metrics" | awk -v name="^vllm:$1[{]" '$0 ~ name { sum += $NF } END { printf "%d", sum }'; }
ticks() { awk '{ print $14 + $15 }' "/proc/$server/stat"; }
# Waits for what a command prints; two minutes at most.
await() {
    for _ in $(seq 240); do
        if [[ "$("${@:2}")" == "$1" ]]; then return; fi
        sleep 0.5
    done
    echo "cores: waited two minutes for '${*:2}' to say $1." >&2
    cat "$scratch/up" >&2
    exit 1
}
await 200 curl -s -o /dev/null -w '%{http_code}' "http://127.0.0.1:$port/health"
./xpyd load "http://127.0.0.1:$port" --concurrency $streams --isl 100 --osl 20000 --spread 0 --requests $streams > "$scratch/load" 2>&1 &
client=$!
await $streams metric num_requests_running
read -r began cpu tokens <<< "$(date +%s%N) $(ticks) $(metric generation_tokens_total)"
sleep "$seconds"
read -r ended cpu_after tokens_after <<< "$(date +%s%N) $(ticks) $(metric generation_tokens_total)"
awk -v n="$instances" -v b="$batch" -v s=$((ended - began)) -v c=$((cpu_after - cpu)) -v t=$((tokens_after - tokens)) -v hz="$(getconf CLK_TCK)" -v load="$(cut -d' ' -f1 /proc/loadavg)" '
    BEGIN { s /= 1e9; c /= hz; printf "%d instances, batch %d: %.0f steps/s each, %.2f cores, %.1f ms CPU per instance and second, %.0f instances per core (load %s)\n", n, b, t / s / n / b, c / s, 1e3 * c / s / n, n * s / c, load }'
