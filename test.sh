#!/usr/bin/env bash
# Everything that must hold before a change is merged: formatting, lints, all tests on both databases.
# Arguments go to the test runner: ./test.sh flash_sale
set -euo pipefail
cd "$(dirname "$0")"

# Incremental artifacts cost disk and help nobody who builds once.
if [ -n "${CI:-}" ]; then export CARGO_INCREMENTAL=0; fi
export CARGO_TERM_COLOR="${CARGO_TERM_COLOR:-auto}"

step() { printf '\n== %s\n' "$*"; }

# Each test says which of its parts did not run, but runners keep what passing tests say to themselves.
say_what_was_skipped() {
    command -v chromium >/dev/null \
        || echo "SKIPPED: Chromium is not installed; no page and no link of a mail was opened in a browser" >&2
    [ -n "$(fc-list :lang=ja 2>/dev/null)" ] || echo "INCOMPLETE: there is no Japanese font; pages showed boxes" >&2
    command -v curl >/dev/null || echo "SKIPPED: curl is not installed; the README and the tours were not followed" >&2
}
trap say_what_was_skipped EXIT

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
