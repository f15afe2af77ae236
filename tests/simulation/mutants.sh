#!/usr/bin/env bash
# Breaks the product in each of the ways in tests/simulation/mutations, one at a time, in a work tree that is thrown away, and
# runs seeds until one notices. Prints a line a mutation; ends with 1 if one survives.
#   tests/simulation/mutants.sh [NAME...]      SEEDS=3000: how many seeds at most
set -euo pipefail
cd "$(dirname "$0")/../.."
root=$PWD
seeds=${SEEDS:-3000}
tree=$root/target/mutants/tree
export CARGO_TARGET_DIR=$root/target/mutants
mkdir -p "$CARGO_TARGET_DIR"
trap 'git worktree remove --force "$tree" 2>/dev/null || true' EXIT
git worktree remove --force "$tree" 2>/dev/null || true
git worktree add --quiet --detach "$tree" HEAD
names=("$@")
if [ ${#names[@]} -eq 0 ]; then
    for patch in "$root"/tests/simulation/mutations/*.patch; do names+=("$(basename "$patch" .patch)"); done
fi
survived=0
for name in "${names[@]}"; do
    git -C "$tree" checkout --quiet .
    git -C "$tree" apply "$root/tests/simulation/mutations/$name.patch"
    if ! (cd "$tree" && cargo build --quiet --example simulate 2> "$CARGO_TARGET_DIR/$name.log"); then
        echo "$name: DOES NOT BUILD (target/mutants/$name.log)"
        survived=1
        continue
    fi
    if "$CARGO_TARGET_DIR/debug/examples/simulate" --seeds "$seeds" --most-failures 1 > "$CARGO_TARGET_DIR/$name.txt" 2>&1; then
        echo "$name: SURVIVES $seeds seeds"
        survived=1
    else
        seed=$(grep -om1 'FAILED: .*' "$CARGO_TARGET_DIR/$name.txt" || echo 'FAILED: it crashed')
        invariant=$(grep -oEm1 '^  (ReachesItsGoal|GetsOver|NothingTwice|NotOurs|HonestResult|HonestStatus|InsideBuckets|NoSecret|NothingOutlives|Progress|WellFormed):' \
            "$CARGO_TARGET_DIR/$name.txt" || true)
        echo "$name: ${seed#FAILED: }${invariant}"
    fi
done
exit $survived
