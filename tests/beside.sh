#!/bin/sh
# Runs two lines of shell beside each other, and fails if either does; the second tells at the end what it printed.
# Each has a process group of its own, all of which ends when this is interrupted.
log=$(mktemp) || exit 1
failed=0 first='' second=''
end() {
	for each in $first $second; do kill -s TERM -- "-$each" 2>/dev/null; done
	wait
	rm -f "$log"
}
trap end EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

setsid sh -c "$2" >"$log" 2>&1 </dev/null &
second=$!
setsid sh -c "$1" </dev/null &
first=$!

wait "$first" || failed=1
wait "$second" || failed=1
cat "$log"
exit "$failed"
