#!/usr/bin/env bash
# How long a cold build takes beside one of rcgen with `x509-parser`: benches/compile.sh [ROUNDS]. Prints a Markdown table: seconds on
# the clock and of the processor, the medians of the rounds, and the ratio of the seconds on the clock to those of rcgen on the same
# backend. In a round each builds once from an empty directory, so that a change of the machine's speed meets all alike.
set -euo pipefail
cd "$(dirname "$0")/.."
rounds=${1:-3}
library=$PWD
rcgen=$(sed -n 's/^rcgen = { version = "\([^"]*\)".*/\1/p' benches/peers/Cargo.toml)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
export CARGO_INCREMENTAL=0
unset CARGO_TARGET_DIR

# project NAME DEPENDENCY: a library that has nothing but this dependency.
project() {
    cargo new --quiet --vcs none --lib "$scratch/$1"
    printf '%s\n' "$2" >>"$scratch/$1/Cargo.toml"
    (cd "$scratch/$1" && cargo fetch --quiet)
}

project issuance-default "issuance = { path = \"$library\" }"
project rcgen-ring "rcgen = { version = \"$rcgen\", features = [\"x509-parser\"] }"
project issuance-aws-lc-rs "issuance = { path = \"$library\", default-features = false, features = [\"aws-lc-rs\"] }"
project rcgen-aws-lc-rs "rcgen = { version = \"$rcgen\", default-features = false, features = [\"aws_lc_rs\", \"crypto\", \"pem\", \"x509-parser\"] }"

TIMEFORMAT='%R %U %S'
for ((round = 0; round < rounds; round++)); do
    for name in issuance-default rcgen-ring issuance-aws-lc-rs rcgen-aws-lc-rs; do
        rm -rf "$scratch/$name/target"
        { time (cd "$scratch/$name" && cargo build --quiet --offline); } 2>"$scratch/time"
        awk -v name="$name" 'NF == 3 { print name, $1, $2 + $3 }' "$scratch/time" >>"$scratch/times"
    done
done

median() {
    awk -v name="$1" -v column="$2" '$1 == name { print $column }' "$scratch/times" | sort -n | sed -n "$(((rounds + 1) / 2))p"
}

echo '| cold build | packages | seconds | of the processor | of rcgen'"'"'s |'
echo '|---|---:|---:|---:|---:|'
for name in issuance-default rcgen-ring issuance-aws-lc-rs rcgen-aws-lc-rs; do
    packages=$(cd "$scratch/$name" && cargo tree --offline --prefix none -e normal,build | sed 's/ (.*//' | sort -u | tail -n +2 | wc -l)
    seconds=$(median "$name" 2)
    case $name in
        *-default | *-ring) peer=rcgen-ring ;;
        *) peer=rcgen-aws-lc-rs ;;
    esac
    ratio=$(awk -v own="$seconds" -v other="$(median $peer 2)" 'BEGIN { printf "%.2f", own / other }')
    echo "| $name | $packages | $seconds | $(median "$name" 3) | $ratio |"
done
