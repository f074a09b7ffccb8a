#!/bin/sh
# Runs the light tests by other Pythons than the one of `make test`. `tests/pythons.sh OURS [--if-there] PYTHON ...`, from the
# root. With --if-there one that isn't there, or is too old, is told and left out: nobody asked for it by name.

ours=$1
shift
if_there=
[ "$1" = --if-there ] && { if_there=yes; shift; }
# In CI nothing may be skipped.
[ "${CI:-}" = true ] && if_there=
# One without venv, as Debian's is by itself, isn't to be had either.
release='import ensurepip, sys; sys.version_info >= (3, 11) and print(sys.version.split()[0])'
known=$("$ours" -c "$release")
failed=

for python in "$@"; do
    number=$("$python" -c "$release" 2>/dev/null)
    if [ -z "$number" ]; then
        if [ -n "$if_there" ]; then echo "skipped: $python"; else failed="$failed $python (not run)"; fi
        continue
    fi
    case " $known " in *" $number "*) continue ;; esac
    known="$known $number"
    echo "Python $number: $python"
    home=build/pythons/$number
    # Whole or not at all, as in the Makefile.
    if [ ! -e "$home/test.done" ] || [ setup.cfg -nt "$home/test.done" ]; then
        rm -rf "$home"
        "$python" -m venv "$home" &&
            PYTHONWARNINGS=ignore "$home/bin/python" -m pip install --quiet --disable-pip-version-check --editable '.[test]' &&
            touch "$home/test.done"
    fi
    "$home/bin/python" -m pytest -p no:cacheprovider -n 2 -m "$LIGHT" || failed="$failed $number"
done

test -n "$*" || failed=" no Python is named (PYTHONS=)"
test -z "$failed" || { echo "failed:$failed"; exit 1; }
