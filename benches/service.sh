#!/usr/bin/env bash
# Measures the example service beside the library on the same cores: see benches/service.rs.
set -euo pipefail
cd "$(dirname "$0")/.."
cargo build --profile bench -p acm-pca --features aws-lc-rs
ACM_PCA=$(realpath "${CARGO_TARGET_DIR:-target}")/release/acm-pca
export ACM_PCA
cargo bench -p issuance-benches --bench service --features aws-lc-rs
