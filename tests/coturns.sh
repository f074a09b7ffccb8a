#!/bin/sh
# Tests what is tested of the installed coturn against that of other suites. `tests/coturns.sh PYTHON [--if-there] SUITE ...`,
# from the root. With --if-there a suite that can't be had is told and left out: nobody asked for it by name.

python=$1
shift
if_there=
[ "$1" = --if-there ] && { if_there=yes; shift; }
# In CI nothing may be skipped.
[ "${CI:-}" = true ] && if_there=
failed=

for suite in "$@"; do
    if programs=$("$python" -m tests.turn.suites "$suite"); then
        echo "coturn of $suite: $("$programs/turnserver" --version | tail -n 1)"
        PATH=$programs:$PATH "$python" -m pytest -m 'coturn and not deploy' tests/turn tests/doctor ||
            failed="$failed $suite"
    elif [ -n "$if_there" ]; then
        echo "skipped: $suite"
    else
        failed="$failed $suite (not run)"
    fi
done

test -n "$*" || failed=" no suite is named (SUITES=)"
test -z "$failed" || { echo "failed:$failed"; exit 1; }
