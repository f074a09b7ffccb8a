#!/bin/sh
# Runs the long tests, all of them whatever fails, and names at the end what did. `tests/soak.sh PYTHON`, from the root.
#
# Half an hour of churn watches memory; deployments that are broken are to be named, and other coturns to be tried. None
# of those measures time, and all of them mostly wait, so they go beside each other. All the rest has the machine for itself.

python=$1
named="tests/doctor tests/browser/test_check.py tests/browser/test_check_page.py"
churn=tests/web/test_soak.py
logs=$(mktemp -d)
failed=

# Groups of their own, so that what they start ends with them.
setsid "$python" -m pytest -m slow "$churn" >"$logs/churn" 2>&1 &
churning=$!
setsid make coturns >"$logs/coturns" 2>&1 &
trying=$!
trap 'for each in $churning $trying; do kill -- "-$each" 2>/dev/null; done; rm -rf "$logs"' EXIT
trap 'exit 130' INT TERM

# shellcheck disable=SC2086  # several words
"$python" -m pytest -m slow $named || failed="$failed deployments"
wait "$trying" || failed="$failed coturns"
trying=
cat "$logs/coturns"
make pythons || failed="$failed pythons"
SEEDS=10000 node --test tests/js/simulator.test.js || failed="$failed simulator"

wait "$churning" || failed="$failed churn"
churning=
cat "$logs/churn"

ignored=$(for each in $named "$churn"; do echo "--ignore=$each"; done)
# shellcheck disable=SC2086
"$python" -m pytest -m slow $ignored || failed="$failed rest"

test -z "$failed" || { echo "failed:$failed"; exit 1; }
