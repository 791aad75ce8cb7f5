# Shortcuts. Nothing here is needed: each line is a command you can type.

# What there is.
default:
    @just --list

# Start the demo at http://127.0.0.1:8080.
demo *arguments:
    cargo run -- demo {{arguments}}

# Formatting, lints and all tests.
test *filter:
    ./test.sh {{filter}}

# Only the rules, without HTTP: the fast loop.
rules *filter:
    cargo nextest run -p hitotsu-domain {{filter}}

# Write the SDL files anew after a change of the schema.
schema:
    cargo run -q -- schema shop > graphql/schema/shop.graphql
    cargo run -q -- schema staff > graphql/schema/staff.graphql

# Drive a real release server: `just load --database postgres`.
load *arguments:
    cargo bench --bench load -- {{arguments}}

# Licenses, sources and duplicates of dependencies.
deny:
    cargo deny check bans licenses sources
