#!/bin/sh
# Makes the secrets of docker-compose.yml in deploy/secrets, each once; what is there stays.
set -eu
folder=$(dirname "$0")/secrets
mkdir -p "$folder"
for name in qdrant_api_key grafana_password; do
    [ -s "$folder/$name" ] && continue
    # Without a line end: some readers take the file as it is.
    head -c 32 /dev/urandom | od -An -v -tx1 | tr -d ' \n' > "$folder/$name.new"
    # Compose mounts the file as it is, and containers are users of their own: they must read it.
    # Who may not is kept out by the folder.
    chmod 0444 "$folder/$name.new"
    mv "$folder/$name.new" "$folder/$name"
    echo "made $folder/$name"
done
chmod 0711 "$folder"
