#!/usr/bin/env bash
# Measures the example service beside the library on the same cores: see benches/service.rs.
set -euo pipefail
cd "$(dirname "$0")/.."
features=(--features aws-lc-rs)
cargo build --profile bench --example acm_pca "${features[@]}"
ACM_PCA=$(realpath "${CARGO_TARGET_DIR:-target}")/release/examples/acm_pca cargo bench --bench service "${features[@]}"
