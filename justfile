# The names for everyday work; each is one command that can be typed by hand.

# list them
default:
    @just --list

# what CI runs
ci:
    bash .ci/run

# format the code
fmt:
    cargo fmt --all

# warnings are errors
lint:
    cargo clippy --all-targets --features bench -- -D warnings

# all tests
test *ARGS:
    cargo test {{ARGS}}

# the pictures of docs/images, and the recording of a terminal (Chromium: bash tests/browser/install target/browser)
screenshots:
    cargo test --test browser -- --ignored screenshots recording

# the API docs, without warnings
doc:
    RUSTDOCFLAGS="-D warnings" cargo doc --no-deps --workspace --exclude azlab
    RUSTDOCFLAGS="-D warnings" cargo doc --no-deps -p azlab --lib --document-private-items

# provision the workshop's lab in the sandbox
demo:
    cargo run --release -- provision --sandbox

# measure against the bounds in docs/benchmarks.md (python3; Linux with two cores and taskset for the sandbox)
bench:
    cargo build --release --features bench --bins
    python3 benches/cost.py
    python3 benches/handout.py
    python3 benches/board.py
    python3 benches/app.py
    target/release/bench-sandbox

# commands on classes of 30 to 1,000 labs, on a simulated clock and at 60x, beside their bounds (python3)
bench-class:
    cargo build --release --bins
    python3 benches/class.py
    for labs in 30 100 490; do cargo run --release -q --example class -- --labs $labs "provision --all"; done
    cargo run --release -q --example class -- --labs 300
    cargo run --release -q --example class -- --labs 1000 --subscriptions 4

# what comes from outside, at random: so many cases of each property, others each time
fuzz CASES='10000':
    PROPTEST_RNG_SEED=$(date +%s%N) PROPTEST_CASES={{CASES}} cargo test --test it fuzz::

# the same for requests to the sandbox
fuzz-sandbox CASES='10000':
    PROPTEST_RNG_SEED=$(date +%s%N) PROPTEST_CASES={{CASES}} cargo test --release -p azlab-sandbox fuzz

# many seeds of the whole program under faults (docs/reliability.md)
simulate *ARGS:
    cargo run --release --example simulate -- {{ARGS}}

# 20,000 seeds that nobody has run: the first is drawn from the commit's hash, so that no range is tuned to
fresh-seeds SEEDS='20000':
    cargo run --release --example simulate -- --jobs 2 --seeds {{SEEDS}} --from $(printf %d 0x$(git rev-parse HEAD | cut -c1-12))

# break the product in each known way, and see that the simulation notices
mutants *NAMES:
    crates/azlab-simulation/mutants.sh {{NAMES}}

# licences, sources, advisories, duplicates (cargo install cargo-deny)
deny:
    cargo deny check
