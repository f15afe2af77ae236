#!/bin/sh
# One file that says what the lab is: write a first one, look at what holds and where it comes from, make it.
set -eu
azlab config init
azlab config show --node-count 3
azlab provision --sandbox
azlab teardown --sandbox --yes
# Editors that know the schema complete and check the file (its first line names it).
azlab config schema > azlab.schema.json
