#!/bin/sh
# Gives coturn a renewed certificate without dropping a call, and checks that it is the one being served.
#
# certbot: install as /etc/letsencrypt/renewal-hooks/deploy/coturn. Anything else: RENEWED_LINEAGE=<folder with
# fullchain.pem and privkey.pem> conf/coturn-deploy-hook.sh
# User turnserver can't read certbot's own folders (0700): coturn would run on with its TLS port closed.
set -eu

: "${RENEWED_LINEAGE:?is not set: certbot sets it to the folder of the renewed certificate}"
folder=${COTURN_TLS_FOLDER:-/etc/coturn/tls}
conf=${COTURN_CONF:-/etc/turnserver.conf}
group=${COTURN_GROUP:-turnserver}

install -d -m 0750 -o root -g "$group" "$folder"
# Under other names first: coturn must never find half a file, nor a key that others can read.
install -m 0644 -o root -g "$group" "$RENEWED_LINEAGE/fullchain.pem" "$folder/.fullchain.pem"
install -m 0640 -o root -g "$group" "$RENEWED_LINEAGE/privkey.pem" "$folder/.privkey.pem"
mv "$folder/.fullchain.pem" "$folder/fullchain.pem"
mv "$folder/.privkey.pem" "$folder/privkey.pem"

pid=${COTURN_PID:-$(systemctl show --property=MainPID --value coturn.service)}
if [ "${pid:-0}" = 0 ]; then
    echo "coturn does not run: it reads the new certificate when it starts"
    exit 0
fi
# SIGUSR2: coturn reads certificate and key anew, and every call goes on.
kill -USR2 "$pid"

address=$(sed -n 's/^listening-ip=//p' "$conf" | head -n 1)
port=$(sed -n 's/^tls-listening-port=//p' "$conf")
case $address in *:*) address="[$address]" ;; esac
wanted=$(openssl x509 -in "$folder/fullchain.pem" -noout -fingerprint -sha256)
tries=${COTURN_TRIES:-10}
while [ "$tries" -gt 0 ]; do
    served=$(openssl s_client -connect "$address:$port" </dev/null 2>/dev/null \
        | openssl x509 -noout -fingerprint -sha256 2>/dev/null || true)
    if [ "$served" = "$wanted" ]; then
        echo "coturn serves the new certificate"
        exit 0
    fi
    tries=$((tries - 1))
    sleep 1
done
echo "coturn does not serve the new certificate on $address:$port: see journalctl -u coturn" >&2
exit 1
