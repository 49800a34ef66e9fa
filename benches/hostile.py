#!/usr/bin/env python3
"""Counts the instructions of each shape of benches/hostile.rs under callgrind, prints them as a Markdown table, and fails
when one takes more than ten times as many per byte as the typical input of its group, the first shape: a request of 32 KiB,
or the chain of an imported CA certificate, of which the hostile ones have the 2 MiB that the API allows.

What is counted is one decode, proof of possession with a verifier that accepts, and prepare, or one import with such a
verifier, or as much of that as there is before the input is refused. How it is counted, and what the figures hang on, is said in benches/instructions.py.
"""

import os
import sys
from concurrent.futures import ThreadPoolExecutor

from instructions import build, count, output

LIMIT = 10


def main():
    bench = build("hostile")
    shapes = [line.split("\t") for line in output(bench, "--list").splitlines()]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        counted = list(pool.map(lambda shape: count(bench, shape[0]), shapes))
    typical, worst = {}, {}
    print("| shape; template | bytes | outcome | instructions | per byte | of typical |")
    print("|---|---:|---|---:|---:|---:|")
    for (shape, octets, outcome, group), instructions in zip(shapes, counted):
        each = instructions / int(octets)
        ratio = each / typical.setdefault(group, each)
        worst[group] = max(worst.get(group, 0), ratio)
        print(f"| {shape} | {octets} | {outcome} | {instructions:,} | {each:.1f} | {ratio:.2f} |")
    print()
    for group, ratio in worst.items():
        print(f"The worst {group} takes {ratio:.2f} times as many instructions per byte as the typical one.")
    if max(worst.values()) > LIMIT:
        sys.exit(f"That is more than {LIMIT} times.")


if __name__ == "__main__":
    main()
