#!/usr/bin/env bash
# Breaks the product in each of the ways in crates/azlab-simulation/mutations, one at a time, in a work tree of HEAD below target/mutants,
# and runs seeds from 0 until one notices. Prints a line a mutation as it goes: the invariant and the seed that noticed it, and what
# that took. What was noticed before, with the same code and patch, is not run again. Ends with 1 unless all are noticed.
#   crates/azlab-simulation/mutants.sh [NAME...]      those only
#   SEEDS=6000                                 how many seeds at most
#   ANEW=1                                     also what was noticed before
set -euo pipefail
cd "$(dirname "$0")/../.."
root=$PWD seeds=${SEEDS:-6000}
dir=$root/target/mutants
tree=$dir/tree results=$dir/results.tsv binary=$dir/mutants/examples/simulate
mkdir -p "$dir"
touch "$results"
exec 9> "$dir/lock"
flock -n 9 || { echo "another run is at it (target/mutants/lock)" >&2; exit 2; }
export CARGO_TARGET_DIR=$dir

git diff --quiet HEAD -- src crates examples Cargo.toml Cargo.lock \
    || echo "what is not committed is left out" >&2
# The tree stays: a new one has new times, and all of azlab would be compiled anew.
git worktree prune
[ -e "$tree/.git" ] || git worktree add --quiet --force --detach "$tree" HEAD
git -C "$tree" checkout --quiet --force --detach "$(git rev-parse HEAD)"

reset() { git -C "$tree" checkout --quiet --force . && git -C "$tree" clean --quiet --force -d; }
# Touched, for what another work tree has built there counts as fresh.
build() { (cd "$tree" && touch src/lib.rs examples/simulate.rs && cargo build --quiet --locked --profile mutants --example simulate) > "$1" 2>&1; }
began=$SECONDS
reset
build "$dir/unbroken.log" || { echo "the unbroken code does not build (target/mutants/unbroken.log)" >&2; exit 2; }
cp --force "$binary" "$dir/unbroken"
echo "built unbroken in $((SECONDS - began)) s"
code=$(git ls-tree -r HEAD -- src crates examples Cargo.toml Cargo.lock \
    | grep -v -e /mutations/ -e /mutants.sh | sha256sum | cut -c1-16)

# What a run says of a mutation; 0 if it is noticed.
verdict() {
    local text=$1 is_fine=$2 seed invariant panic
    if [ "$is_fine" = 0 ]; then
        echo "SURVIVES $seeds seeds"
        return 1
    fi
    panic=$(grep -om1 'panicked at [^ ]*' "$text" || true)
    case $panic in
        '') ;;
        'panicked at src/'*) echo "the product panics ($panic)"; return 0 ;;
        *) echo "THE HARNESS PANICS, which shows nothing ($panic)"; return 1 ;;
    esac
    seed=$(sed -nE 's/^FAILED: seed ([0-9]+).*/\1/p' "$text" | head -n 1)
    invariant=$(grep -Em1 '^  [A-Z][A-Za-z]+: ' "$text" | sed 's/^  //' || true)
    if [ -z "$seed" ] || [ -z "$invariant" ]; then
        echo "ENDS WITHOUT A WORD, which shows nothing: $(tail -n 1 "$text" | cut -c1-100)"
        return 1
    fi
    if ! "$dir/unbroken" "${family[@]}" --replay "$seed" > /dev/null 2>&1; then
        echo "SHOWS NOTHING: seed $seed fails with the unbroken code too"
        return 1
    fi
    echo "seed $seed, ${invariant:0:110}"
}

names=("$@")
if [ ${#names[@]} -eq 0 ]; then
    for patch in crates/azlab-simulation/mutations/*.patch; do names+=("$(basename "$patch" .patch)"); done
fi
for name in "${names[@]}"; do
    [ -e "crates/azlab-simulation/mutations/$name.patch" ] || { echo "there is no crates/azlab-simulation/mutations/$name.patch" >&2; exit 2; }
done
noticed=0
for name in "${names[@]}"; do
    patch=$root/crates/azlab-simulation/mutations/$name.patch text=$dir/$name.txt log=$dir/$name.log
    # What is about classes is shown to classes.
    family=()
    if [[ $name == class-* ]]; then family=(--family class); fi
    key=$code-$(sha256sum < "$patch" | cut -c1-16)
    if [ -z "${ANEW:-}" ] && earlier=$(grep -F "$key"$'\t' "$results" | tail -n 1); then
        noticed=$((noticed + 1))
        echo "$(cut -f2- <<< "$earlier") (earlier)"
        continue
    fi
    reset
    if ! git -C "$tree" apply "$patch" 2> "$log"; then
        echo "$name: DOES NOT APPLY (target/mutants/$name.log)"
        continue
    fi
    since=$SECONDS
    if ! build "$log"; then
        echo "$name: DOES NOT BUILD (target/mutants/$name.log)"
        continue
    fi
    built=$((SECONDS - since)) since=$SECONDS is_fine=0
    "$binary" "${family[@]}" --seeds "$seeds" --most-failures 1 > "$text" 2>&1 || is_fine=$?
    ran=$((SECONDS - since))
    if what=$(verdict "$text" "$is_fine"); then
        noticed=$((noticed + 1))
        printf '%s\t%s\n' "$key" "$name: $what" >> "$results"
    fi
    echo "$name: $what [built in $built s, ran $ran s]"
done
reset
echo "$noticed of ${#names[@]} mutations noticed, in $((SECONDS - began)) s"
[ "$noticed" -eq ${#names[@]} ]
