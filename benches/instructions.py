#!/usr/bin/env python3
"""Counts the instructions of each stage of benches/instructions.rs under callgrind, prints a table, and fails when a stage
takes over 10 % more than benches/instructions.txt says.

    benches/instructions.py             the check
    benches/instructions.py --update    writes the figures anew; look at the table before you commit them
    benches/instructions.py --only JSON checks the stages alone whose names have this text

A figure is the instructions of one call, the mean of ten after two that are not counted, its result dropped again, the
work of the allocator included. It is the same each time, but for the few stages with a hash map, whose random keys move
them by less than 0.1 %; so it shows what a stopwatch on a shared machine cannot. It is no time: a cache miss and a
division count as one instruction each. It is also not the count of a release with link-time optimisation: the profile
`instructions` of Cargo.toml has none, because that takes minutes.

What the figures hang on, and what is done about it:

- The source and Cargo.lock. That is what is measured; the build insists on the lock file and takes no RUSTFLAGS.
- The processor. Callgrind shows programs one of its own, without SHA instructions, so hashes count as software. It has
  AVX2 only where the machine has; glibc's choice among its variants of memcpy and the like is therefore pinned to plain
  SSE2, and nothing else that is counted asks for AVX2 today.
- rustc, glibc (memcpy, malloc) and valgrind. instructions.txt names those that its figures are of. With others the
  figures are compared all the same, since most hardly move and a compiler that makes a stage slower is worth knowing
  of; the difference is printed, for whoever has to tell a slower stage from a newer compiler. To tell: update on the
  commit before, with the new compiler, and compare again.
"""

import argparse
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FIGURES = ROOT / "benches/instructions.txt"
LIMIT = 1.10
# COUNTED_CALLS and the function that makes them.
CALLS = 10
COUNTED = "*counted_calls*"
# The variants of glibc's string functions that every x86-64 has.
TUNABLES = "glibc.cpu.hwcaps=" + ",".join(
    "-" + feature for feature in ["AVX", "AVX2", "AVX_Fast_Unaligned_Load", "BMI2", "ERMS", "SSE4_1", "SSE4_2", "SSSE3"]
)


def output(*command):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def build(name):
    """The path of the bench of this name."""
    command = ["cargo", "bench", "--locked", "-p", "issuance-benches", "--profile", "instructions"]
    environment = os.environ | {"RUSTFLAGS": ""}
    messages = subprocess.run(
        [*command, "--bench", name, "--no-run", "--message-format=json-render-diagnostics"],
        check=True, stdout=subprocess.PIPE, text=True, env=environment, cwd=ROOT,
    ).stdout
    artifacts = map(json.loads, messages.splitlines())
    [bench] = [a["executable"] for a in artifacts if a.get("target", {}).get("name") == name]
    return bench


def tools():
    """What the figures hang on beside the source."""
    rustc = subprocess.run(["rustc", "--version"], check=True, stdout=subprocess.PIPE, text=True, cwd=ROOT).stdout
    return {
        "rustc": rustc.removeprefix("rustc").strip(),
        "libc": " ".join(platform.libc_ver()),
        "valgrind": output("valgrind", "--version").strip().removeprefix("valgrind-"),
        "machine": platform.machine(),
    }


def count(bench, stage):
    """Instructions of one call."""
    with tempfile.TemporaryDirectory() as directory:
        out = Path(directory, "callgrind.out")
        run = subprocess.run(
            [shutil.which("valgrind"), "--tool=callgrind", f"--toggle-collect={COUNTED}", f"--callgrind-out-file={out}",
             bench, stage],
            env={"GLIBC_TUNABLES": TUNABLES}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )
        total = re.search(r"^totals: (\d+)$", out.read_text(), re.M) if out.exists() else None
        if run.returncode != 0 or total is None or int(total[1]) < CALLS:
            sys.exit(f"{stage}: nothing was counted\n{run.stdout}")
        return round(int(total[1]) / CALLS)


def read():
    """The tools and figures of the committed file."""
    facts, figures = {}, {}
    lines = FIGURES.read_text().splitlines() if FIGURES.exists() else []
    for line in lines:
        if fact := re.fullmatch(r"# (\w+): (.+)", line):
            facts[fact[1]] = fact[2]
        elif figure := re.fullmatch(r" *(\d+)  (.+)", line):
            figures[figure[2]] = int(figure[1])
    return facts, figures


def write(facts, figures):
    lines = ["# Instructions per call; written by benches/instructions.py --update."]
    lines += [f"# {name}: {value}" for name, value in facts.items()]
    lines += [f"{number:>9}  {stage}" for stage, number in figures.items()]
    FIGURES.write_text("\n".join(lines) + "\n")


def compare(committed, counted):
    """Prints the table. Returns what is wrong."""
    wrong = []
    print(f"{'stage':<58} {'committed':>10} {'now':>10} {'change':>8}")
    for stage in counted | committed:
        before, now = committed.get(stage), counted.get(stage)
        change = f"{100 * (now / before - 1):+.1f} %" if before and now else ""
        print(f"{stage:<58} {before or '-':>10} {now or '-':>10} {change:>8}")
        if now is None:
            wrong.append(f"'{stage}' is committed, but there is no such stage")
        elif before is None:
            wrong.append(f"'{stage}' has no committed figure")
        elif now > before * LIMIT:
            wrong.append(f"'{stage}' takes {change} instructions")
    return wrong


def main():
    arguments = argparse.ArgumentParser(description="Counts instructions per stage under callgrind.")
    arguments.add_argument("--update", action="store_true", help="write the figures anew")
    arguments.add_argument("--only", metavar="TEXT", default="", help="count the stages alone whose names have this text")
    given = arguments.parse_args()
    update, only = given.update, given.only
    if update and only:
        arguments.error("--update writes the figures of all stages")
    bench, facts = build("instructions"), tools()
    stages = [stage for stage in output(bench, "--list").splitlines() if only in stage]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        counted = dict(zip(stages, pool.map(lambda stage: count(bench, stage), stages)))
    committed_facts, committed = read()
    committed = {stage: figure for stage, figure in committed.items() if only in stage}
    wrong = compare(committed, counted)
    if update:
        write(facts, counted)
        return
    others = [f"{name} {facts[name]}, committed with {committed_facts.get(name, 'none')}"
              for name in facts if facts[name] != committed_facts.get(name)]
    for other in others:
        print(f"note: {other}")
    if wrong:
        print("\n".join(f"error: {what}" for what in wrong), file=sys.stderr)
        if others:
            print("The tools are not those of the figures: benches/instructions.py says how to tell.", file=sys.stderr)
        sys.exit("If that is meant, run benches/instructions.py --update and commit the figures.")


if __name__ == "__main__":
    main()
