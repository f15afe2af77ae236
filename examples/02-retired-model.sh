#!/bin/sh
# Rehearse the day on which the workshop's model can no longer be deployed.
set -eu
azlab sandbox scenario retired-model

# Preflight stops before anything is written (exit code 4) and lists what can be deployed instead.
code=0
azlab provision --sandbox --no-input || code=$?
test "$code" -eq 4

# Let azlab take the best of them.
azlab provision --sandbox --no-input --model auto
azlab sandbox scenario standard
