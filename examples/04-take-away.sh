#!/bin/sh
# Change the model of a lab, and tear the lab down: the group is deleted, its account purged, and both are looked for.
set -eu
azlab provision --sandbox
azlab deploy-model --sandbox --list
azlab deploy-model --sandbox --capacity 20
azlab teardown --sandbox --yes
azlab sandbox show
