#!/usr/bin/env bash
# Prints which share of the lines the fuzz targets reach, all together, in the modules that decide what is signed.
#
#     fuzz/coverage.sh [DIRECTORY]
#
# DIRECTORY is the one that fuzz/run keeps its corpora in; without it only the seeds count. Needs the component llvm-tools of
# the nightly toolchain. Unit tests are not compiled in, and their lines not counted.
set -euo pipefail
directory=${1:+$(realpath "$1")}
cd "$(dirname "$0")/.."
triple=$(rustc +nightly -vV | sed -n 's/^host: //p')
llvm=$(rustc +nightly --print sysroot)/lib/rustlib/$triple/bin

objects=()
profiles=()
for source in fuzz/fuzz_targets/*.rs; do
    target=$(basename "$source" .rs)
    inputs=()
    for from in "fuzz/seeds/$target" "${directory:+$directory/$target/corpus}"; do
        [ ! -d "$from" ] || inputs+=("$from")
    done
    [ "$target" != csr ] || inputs+=(tests/data/csr/accepted tests/data/csr/refused)
    [ ${#inputs[@]} != 0 ] || continue
    cargo +nightly fuzz coverage "$target" "${inputs[@]}" >&2
    objects+=(-object "target/$triple/coverage/$triple/release/$target")
    profiles+=("fuzz/coverage/$target/coverage.profdata")
done
"$llvm/llvm-profdata" merge -sparse "${profiles[@]}" -o fuzz/coverage/all.profdata
"$llvm/llvm-cov" export -summary-only -instr-profile fuzz/coverage/all.profdata "${objects[@]}" |
    python3 -c '
import collections, json, pathlib, sys
root = pathlib.Path("src").resolve()
modules = collections.Counter()
covered = collections.Counter()
for file in json.load(sys.stdin)["data"][0]["files"]:
    path = pathlib.Path(file["filename"])
    if root in path.parents:
        module = path.relative_to(root).parts[0].removesuffix(".rs")
        modules[module] += file["summary"]["lines"]["count"]
        covered[module] += file["summary"]["lines"]["covered"]
print("| module | lines | reached | share |\n|---|---:|---:|---:|")
first = ["csr", "merge", "validity", "tbs", "check"]
for module in first + sorted(set(modules) - set(first)):
    share = 100 * covered[module] / max(modules[module], 1)
    print(f"| {module} | {modules[module]} | {covered[module]} | {share:.1f} % |")
'
