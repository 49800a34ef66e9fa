#!/usr/bin/env python3
"""Counts the instructions of each shape of benches/hostile.rs under callgrind, prints them as a Markdown table, and fails
when one takes more than ten times as many an octet as the typical request of 32 KiB, the first shape.

What is counted is one decode, proof of possession with a verifier that accepts, and prepare, or as much of that as there
is before the request is refused. How it is counted, and what the figures hang on, is said in benches/instructions.py.
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
    typical = counted[0] / int(shapes[0][1])
    worst = 0
    print("| shape; template | octets | outcome | instructions | an octet | of typical |")
    print("|---|---:|---|---:|---:|---:|")
    for (shape, octets, outcome), instructions in zip(shapes, counted):
        each = instructions / int(octets)
        worst = max(worst, each / typical)
        print(f"| {shape} | {octets} | {outcome} | {instructions:,} | {each:.1f} | {each / typical:.2f} |")
    print(f"\nThe worst takes {worst:.2f} times as many instructions an octet as the typical request.")
    if worst > LIMIT:
        sys.exit(f"That is more than {LIMIT} times.")


if __name__ == "__main__":
    main()
