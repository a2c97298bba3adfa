#!/usr/bin/env python3
"""Hold a GPU's own word against its catalog profile.

Measures GEMM, attention-shaped and copy timings on the NVIDIA GPU at hand, at shapes of the kernel tables that the
profile was fitted on, and prints measured, predicted and their ratio. Needs PyTorch with CUDA and nothing else; without
a GPU, or without PyTorch, it says so and does nothing (exit code 0).

    python3 bench/gpu/measure.py [--profile h200] [--catalog catalog] [--json] [--seconds 60]
"""
import argparse
import json
import math
import os
import re
import subprocess
import sys
import time

# Shapes of the tables: (m, n, k) and (batch, query heads, KV heads, head size, length).
GEMMS = [(m, n, k) for m in (1, 16, 64, 128, 512, 2048, 8192)
         for n, k in ((4096, 4096), (28672, 8192), (8192, 28672), (10240, 8192))]
PREFILLS = [(1, 32, 8, 128, n) for n in (1024, 2048, 4096, 8192, 16384)] + [(8, 64, 8, 128, n) for n in (1024, 4096)]
DECODES = [(b, 32, 8, 128, n) for b in (1, 8, 32, 128) for n in (1024, 4096, 16384) if b * n <= 1 << 20]
COPIES = [1 << s for s in (20, 24, 28, 30)]
TILE = 128


def find_gpu():
    """(torch, name, driver), or a sentence that says what is missing."""
    try:
        import torch
    except ImportError:
        return "PyTorch is not installed: nothing was measured."
    if not torch.cuda.is_available():
        return "There is no CUDA GPU here: nothing was measured."
    try:
        query = ["nvidia-smi", "--query-gpu=driver_version", "--format=csv,noheader"]
        driver = subprocess.run(query, capture_output=True, text=True, timeout=20, check=True).stdout.split()[0]
    except (OSError, subprocess.SubprocessError, IndexError):
        driver = "unknown"
    return torch, torch.cuda.get_device_name(0), driver


# The device's name as the driver gives it, most special first.
DEVICES = [("GB200", "gb200"), ("B300", "b300"), ("B200", "b200"), ("H200", "h200"), ("H800", "h800"), ("H100 PCIe", "h100-pcie"), ("H100", "h100-sxm"),
           ("A100.*80GB", "a100-80g"), ("A100", "a100-40g"), ("L40S", "l40s"), ("A10G", "a10g"), ("RTX 4090", "rtx-4090")]


def load_profile(folder, wanted, device):
    """The profile asked for, or that of the device's name; None where there is none."""
    name = wanted or next((p for pattern, p in DEVICES if re.search(pattern, device)), None)
    file = os.path.join(folder, "gpus", f"{name}.json")
    return json.load(open(file, encoding="utf-8")) if os.path.isfile(file) else None


def seconds(torch, call, budget=0.25):
    """Median time of one call, by CUDA events, after a warm-up; the L2 cache is not flushed, as in the tables."""
    for _ in range(3):
        call()
    torch.cuda.synchronize()
    times, end = [], time.monotonic() + budget
    while len(times) < 5 or (time.monotonic() < end and len(times) < 200):
        begin, stop = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
        begin.record()
        call()
        stop.record()
        torch.cuda.synchronize()
        times.append(begin.elapsed_time(stop) / 1e3)
    return sorted(times)[len(times) // 2]


def joined(compute, memory, sharpness):
    most, least = max(compute, memory), min(compute, memory)
    return most * (1 + (least / most) ** sharpness) ** (1 / sharpness) if most > 0 else 0.0


# The formulas of src/Cluster.Engine/Cost/KernelTime.cs and AttentionKernels.cs, for 16-bit operands.
def gemm_seconds(profile, m, n, k):
    c = profile["kernels"]["gemm"]["bf16"]
    padded = 16 if m <= 16 else 64 if m <= 64 else TILE if m <= TILE else math.ceil(m / c["row_tile"]) * c["row_tile"]
    columns = math.ceil(n / TILE)
    tiles = math.ceil(padded / TILE) * columns
    sms = profile["multiprocessors"]
    loss = (math.ceil(tiles / sms) * sms / tiles) ** c["wave_weight"]
    rows = m + c["padding_weight"] * (padded - m)
    compute = 2 * rows * columns * TILE * (k + c["half_k"]) / (profile["peak_flops"]["bf16"] * c["compute_efficiency"]) * loss
    compute *= 1 + c["sustained_slowdown"] * compute / (compute + c["sustained_seconds"])
    memory = (2 * (n * k + m * k) + 2 * m * n * c["output_weight"]) / (profile["hbm_bytes_per_second"] * c["memory_efficiency"])
    return joined(compute, memory, c["sharpness"]) + c["floor_seconds"] + k * c["seconds_per_k"] / (1 + k / c["split_k"])


def prefill_seconds(profile, batch, heads, kv, size, length):
    """Without the write to a paged cache, which scaled_dot_product_attention does not do."""
    c = profile["kernels"]["prefill_attention"]
    sms = profile["multiprocessors"]
    tiles = heads * math.ceil(length / TILE)
    if c["packs_query_heads"]:
        tiles = min(tiles, kv * math.ceil(length * heads / kv / TILE))
    per_key = 4 * TILE * (size + c["half_head_size"]) * sms / (profile["peak_flops"]["bf16"] * c["compute_efficiency"])
    keys = (length + 1) / 2 + c["diagonal_tiles"] * TILE
    mean = batch * tiles / sms * (c["tile_seconds"] + keys * per_key)
    longest = c["tile_seconds"] + (length + c["diagonal_tiles"] * TILE) * per_key
    return joined(mean, longest, c["balance_sharpness"]) + c["floor_seconds"]


def decode_seconds(profile, batch, heads, kv, size, length):
    c = profile["kernels"]["decode_attention"]
    sms = profile["multiprocessors"]
    tasks = batch * kv * math.ceil(heads / kv / 64)
    splits = max(1, min(sms / tasks, 32, length / TILE))
    waves = max(1, tasks / sms)
    task = c["task_seconds"] + c["task_seconds_per_head_element"] * size
    own = waves * length / splits * 2 * size * c["stream_seconds_per_element"]
    moved, hbm = batch * length * 4 * kv * size, profile["hbm_bytes_per_second"] * c["memory_efficiency"]
    cached = 1 / (1 + (moved / c["cache_bytes"]) ** 6)
    memory = moved / hbm * (1 - cached + cached / c["cache_speedup"]) + batch * heads * size * 4 / hbm
    floor = c["floor_seconds"] + task + c["split_seconds"] * math.log2(splits) + batch * c["sequence_seconds"]
    if batch > 1 and kv > 1 and heads > kv:
        floor += c["repack_seconds"]
    return joined((waves - 1) * task, (own ** 4 + memory ** 4) ** 0.25, c["sharpness"]) + floor


def copy_seconds(profile, size):
    c = profile["kernels"]["elementwise"]
    return 2 * size / (profile["hbm_bytes_per_second"] * c["memory_efficiency"]) + c["floor_seconds"]


def cases(torch, profile):
    """(operator, shape, call, predicted seconds); tensors live as long as their case."""
    def random(*shape):
        return torch.randn(*shape, dtype=torch.bfloat16, device="cuda")

    attention = torch.nn.functional.scaled_dot_product_attention
    for m, n, k in GEMMS:
        a, b = random(m, k), random(n, k)
        yield "gemm", f"{m}x{n}x{k}", lambda: torch.nn.functional.linear(a, b), gemm_seconds(profile, m, n, k)
    for batch, heads, kv, size, length in PREFILLS:
        q, x = random(batch, heads, length, size), random(batch, kv, length, size)
        yield ("attention prefill", f"b{batch} h{heads}/{kv} d{size} n{length}",
               lambda: attention(q, x, x, is_causal=True, enable_gqa=True), prefill_seconds(profile, batch, heads, kv, size, length))
    for batch, heads, kv, size, length in DECODES:
        q, x = random(batch, heads, 1, size), random(batch, kv, length, size)
        yield ("attention decode", f"b{batch} h{heads}/{kv} d{size} n{length}",
               lambda: attention(q, x, x, enable_gqa=True), decode_seconds(profile, batch, heads, kv, size, length))
    for size in COPIES:
        a = torch.empty(size, dtype=torch.uint8, device="cuda")
        b = torch.empty_like(a)
        yield "copy", f"{size >> 20} MiB", lambda: b.copy_(a), copy_seconds(profile, size)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    here = os.path.dirname(os.path.abspath(__file__))
    parser.add_argument("--catalog", default=os.path.join(here, "..", "..", "catalog"))
    parser.add_argument("--profile", help="catalog id of the GPU; default: by the device's name")
    parser.add_argument("--seconds", type=float, default=120, help="stop after so long")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    found = find_gpu()
    if isinstance(found, str):
        print(found)
        return 0
    torch, device, driver = found
    profile = load_profile(options.catalog, options.profile, device)
    if profile is None:
        print(f"No profile in the catalog for '{device}'. Choose one with --profile; `xpyd catalog list` names them.")
        return 2
    results, end = [], time.monotonic() + options.seconds
    for operator, shape, call, predicted in cases(torch, profile):
        if time.monotonic() > end:
            print(f"Stopped after {options.seconds:.0f} s; the rest was not measured.", file=sys.stderr)
            break
        measured = seconds(torch, call)
        results.append({"operator": operator, "shape": shape, "measured_us": measured * 1e6, "predicted_us": predicted * 1e6, "ratio": predicted / measured})
    report = {"device": device, "driver": driver, "torch": torch.__version__, "date": time.strftime("%Y-%m-%d"), "profile": profile["name"], "results": results}
    if options.json:
        print(json.dumps(report, indent=2))
        return 0
    print(f"{device}, driver {driver}, PyTorch {torch.__version__}, {report['date']}, against profile {profile['name']}\n")
    print("| operator | shape | measured µs | predicted µs | ratio |\n|---|---|---|---|---|")
    for r in results:
        print(f"| {r['operator']} | {r['shape']} | {r['measured_us']:.1f} | {r['predicted_us']:.1f} | {r['ratio']:.2f} |")
    for operator in dict.fromkeys(r["operator"] for r in results):
        errors = sorted(abs(r["ratio"] - 1) for r in results if r["operator"] == operator)
        print(f"\n{operator}: median error {errors[len(errors) // 2]:.0%} over {len(errors)} shapes", end="")
    print()
    return 0


if __name__ == "__main__":
    sys.exit(main())
