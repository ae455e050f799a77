# Short names for the commands of this project. Nothing here is needed to build
# or test it: `.ci/run` does what `just ci` does, with Rust alone.

# list the recipes
default:
    @just --list

# everything a change must pass
ci:
    ./.ci/run

# format the sources
fmt:
    cargo fmt --all

# format check, then clippy with warnings as errors
lint:
    cargo fmt --all --check
    cargo clippy --workspace --all-targets --locked -- -D warnings

# the tests of every room; arguments go to cargo test
test *ARGS:
    cargo test --workspace --locked {{ARGS}}

# API documentation, warnings as errors
doc:
    RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --locked

# one simulation, for example: just sim --seed 7
sim *ARGS:
    cargo run --release --locked -p weft -- sim run {{ARGS}}

# many simulated seeds, for example: just hunt --seeds 0..10000
hunt *ARGS:
    cargo run --release --locked -p weft -- sim hunt {{ARGS}}

# every planted bug, found by the simulator
planted:
    cargo test --release --locked -p weft-sim --test planted -- --ignored --nocapture every

# a hundred thousand random calls on the ledger, twice
hunt-economy:
    cargo test --release --locked -p weft-ledger --test economy -- --ignored --nocapture hundred_thousand

# write the golden files anew; read the difference before you commit it
bless:
    WEFT_BLESS=1 cargo test --workspace --locked
    git diff --stat

# a local network of real processes
testnet *ARGS:
    cargo run --release --locked -p weft -- testnet up {{ARGS}}

# the consensus bench, which checks its own results
bench *ARGS:
    cargo run --release --locked -p weft -- bench consensus {{ARGS}}
