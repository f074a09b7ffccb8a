#!/bin/sh
# Sees to the system's packages that a make target needs: need.sh COMMAND:PACKAGE ...
# As root with apt it installs what is missing; otherwise it says which command does, and goes on.
# Where Debian has servers, and a user no PATH to.
PATH=$PATH:/usr/sbin:/sbin
missing=
for pair in "$@"; do
    command -v "${pair%%:*}" >/dev/null 2>&1 || missing="$missing ${pair##*:}"
done
[ -n "$missing" ] || exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "installing:$missing"
    # shellcheck disable=SC2086
    apt-get -qq -o DPkg::Lock::Timeout=300 update &&
        DEBIAN_FRONTEND=noninteractive apt-get -qq -y -o DPkg::Lock::Timeout=300 install $missing >/dev/null && exit 0
fi
echo "missing here:$missing" >&2
echo "install with: sudo apt-get update && sudo apt-get install$missing" >&2
# In CI nothing may be skipped for want of a program.
[ "${CI:-}" != true ]
