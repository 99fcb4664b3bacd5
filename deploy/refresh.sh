#!/bin/sh
# Refreshes the corpus now and then every FLAGSTONE_REFRESH_SECONDS (a day), until it is told to
# end. A refresh that fails is told of and tried again at the next turn: what was published serves
# on. Words given are passed on to `flagstone refresh`.
set -u
every=${FLAGSTONE_REFRESH_SECONDS:-86400}
data=${FLAGSTONE_DATA:-/data}
child=

end() {
    # A killed refresh loses nothing, so it is ended at once and not waited out.
    [ -z "$child" ] || kill "$child" 2>/dev/null
    exit 0
}
trap end TERM INT

while :; do
    flagstone refresh --data "$data" --json "$@" &
    child=$!
    wait "$child"
    status=$?
    child=
    [ "$status" -eq 0 ] || echo "flagstone-refresh: status $status; next try in $every s" >&2
    sleep "$every" &
    child=$!
    wait "$child"
    child=
done
