#!/bin/sh
# The container's way in: secrets of its own at the first start, kept in the volume; then the command that is asked for.
#   entry COMMAND ...     any of meshvoice's
#   entry render FOLDER   writes what Caddy and coturn read, into FOLDER/caddy and FOLDER/relay
set -eu
settings=/var/lib/meshvoice/meshvoice.env
test -e "$settings" || meshvoice --env-file "$settings" secrets

# Whole or not at all: a reader that starts meanwhile must not see half of it.
render() {
    file=$1
    shift
    meshvoice --env-file "$settings" "$@" >"$file.new"
    mv "$file.new" "$file"
}

if [ "${1:-}" = render ]; then
    render "$2/caddy/Caddyfile" proxy-conf caddy
    # It holds the relay's secret.
    umask 077
    render "$2/relay/turnserver.conf" coturn-conf --log stdout
    exit
fi
exec meshvoice --env-file "$settings" "$@"
