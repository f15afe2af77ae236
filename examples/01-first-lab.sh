#!/bin/sh
# The workshop's lab in the sandbox, and once more: the second run finds everything in place and writes nothing.
set -eu
azlab provision --sandbox
azlab provision --sandbox --output json --progress none
azlab sandbox show
