#!/bin/sh
# Runs two lines of shell beside each other, and fails if either does; the second tells at the end what it printed.
log=$(mktemp)
failed=0
sh -c "$2" >"$log" 2>&1 &
second=$!
trap 'kill "$second" 2>/dev/null; rm -f "$log"' EXIT
trap 'exit 130' INT TERM

sh -c "$1" || failed=1
wait "$second" || failed=1
cat "$log"
exit "$failed"
