#!/bin/sh
# Three labs at once, tagged to expire, with a log of everything that happened.
set -eu
azlab provision --sandbox --lab anna ben carla --ttl 8h --owner "Platform team" --events events.jsonl
grep -c '"event":"resource_finished"' events.jsonl
