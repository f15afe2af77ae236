#!/bin/sh
# The workshop's model can no longer be deployed: what azlab does about it.
set -eu
azlab sandbox scenario retired-model

# Who names it gets it or nothing: preflight stops before anything is written (exit code 4) and lists what can be deployed.
code=0
azlab provision --sandbox --no-input --model gpt-35-turbo || code=$?
test "$code" -eq 4

# Who names none gets the best of them, under the workshop's name, and a warning.
azlab provision --sandbox --no-input

# The day on which the workshop was written, in an empty sandbox.
azlab sandbox scenario workshop-2023 --fresh
azlab provision --sandbox --no-input --model gpt-35-turbo
azlab sandbox scenario standard
