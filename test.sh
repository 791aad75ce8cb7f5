#!/usr/bin/env bash
# Everything that must hold before a change is merged: formatting, lints, all tests on both databases.
# Arguments go to the test runner: ./test.sh flash_sale
set -euo pipefail
cd "$(dirname "$0")"

# Incremental artifacts cost disk and help nobody who builds once.
if [ -n "${CI:-}" ]; then export CARGO_INCREMENTAL=0; fi
export CARGO_TERM_COLOR="${CARGO_TERM_COLOR:-auto}"

step() { printf '\n== %s\n' "$*"; }

step "cargo fmt --check"
cargo fmt --all -- --check

step "cargo clippy -D warnings"
cargo clippy --workspace --all-targets --locked -- -D warnings

if cargo nextest --version >/dev/null 2>&1; then
    step "cargo nextest run"
    cargo nextest run --workspace --locked "$@"
else
    step "cargo test"
    cargo test --workspace --locked -- "$@"
fi
