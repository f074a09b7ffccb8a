#!/bin/sh
# Gives coturn a renewed certificate without dropping a call, and checks that it is the one being served.
#
# certbot: certbot certonly --standalone -d turn.example.org --deploy-hook /etc/coturn/deploy-hook (in certbot's folder
# of hooks for all certificates it would give coturn those of other names, too). Anything else:
#   RENEWED_LINEAGE=<folder with fullchain.pem and privkey.pem> /etc/coturn/deploy-hook
# User turnserver can't read certbot's own folders (0700): coturn would run on with its TLS port closed.
set -eu

: "${RENEWED_LINEAGE:?is not set: certbot sets it to the folder of the renewed certificate}"
folder=${COTURN_TLS_FOLDER:-/etc/coturn/tls}
conf=${COTURN_CONF:-/etc/turnserver.conf}
group=${COTURN_GROUP:-turnserver}
what="the certificate"

install -d -m 0750 -o root -g "$group" "$folder"
if ! cmp -s "$RENEWED_LINEAGE/fullchain.pem" "$folder/fullchain.pem" ||
    ! cmp -s "$RENEWED_LINEAGE/privkey.pem" "$folder/privkey.pem"; then
    what="the new certificate"
    # Under other names first: coturn must never find half a file, nor a key that others can read.
    install -m 0644 -o root -g "$group" "$RENEWED_LINEAGE/fullchain.pem" "$folder/.fullchain.pem"
    install -m 0640 -o root -g "$group" "$RENEWED_LINEAGE/privkey.pem" "$folder/.privkey.pem"
    mv "$folder/.fullchain.pem" "$folder/fullchain.pem"
    mv "$folder/.privkey.pem" "$folder/privkey.pem"
fi

pid=${COTURN_PID:-$(systemctl show --property=MainPID --value coturn.service)}
port=
[ "${pid:-0}" = 0 ] || port=$(sed -n 's/^tls-listening-port=//p' "$conf")
if [ -z "$port" ]; then
    echo "coturn serves no TLS now: it reads $what when it starts"
    exit 0
fi

address=$(sed -n 's/^listening-ip=//p' "$conf" | head -n 1)
case $address in *:*) address="[$address]" ;; esac
wanted=$(openssl x509 -in "$folder/fullchain.pem" -noout -fingerprint -sha256)
served() {
    openssl s_client -connect "$address:$port" </dev/null 2>/dev/null |
        openssl x509 -noout -fingerprint -sha256 2>/dev/null || true
}

# SIGUSR2: coturn reads certificate and key anew, and every call goes on.
[ "$(served)" = "$wanted" ] || kill -USR2 "$pid"
tries=${COTURN_TRIES:-10}
while [ "$tries" -gt 0 ]; do
    if [ "$(served)" = "$wanted" ]; then
        echo "coturn serves $what"
        exit 0
    fi
    tries=$((tries - 1))
    sleep 1
done
echo "coturn does not serve $what on $address:$port: see journalctl -u coturn" >&2
exit 1
