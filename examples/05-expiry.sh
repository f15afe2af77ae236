#!/bin/sh
# A lab with a time to live: it expires, is given more time, and is swept when that is over. The last line is for cron.
set -eu
azlab provision --sandbox --ttl 1h
azlab extend --sandbox --ttl 4h
azlab sweep --sandbox --expired --dry-run
azlab sweep --sandbox --expired --yes
