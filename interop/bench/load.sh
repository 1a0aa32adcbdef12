#!/bin/sh
# Loads a sealed log with docket load, with server and load in processes of their
# own so that each one's memory is seen, then stops the server and checks every row:
#
#	bench/load.sh FOLDER [arguments of docket load]
#	REPLAY=--replay bench/load.sh /mnt/disk/try --count 1000000 --clients 256
#
# FOLDER must not exist, and is kept. The exit code is that of the load, or of fsck.
set -eu
[ $# -ge 1 ] || { echo "usage: $0 FOLDER [arguments of docket load]" >&2; exit 2; }
folder=$1
shift
[ ! -e "$folder" ] || { echo "$folder exists" >&2; exit 2; }
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
(cd "$(dirname "$0")/../.." && go build -o "$folder/docket" ./cmd/docket)
docket=$folder/docket
"$docket" serve --dev --dir "$folder/log" --listen 127.0.0.1:0 >"$folder/serve.out" 2>"$folder/serve.err" &
server=$!
trap 'kill $server 2>/dev/null || true' EXIT
until grep -q '^serving on ' "$folder/serve.out"; do
	kill -0 $server 2>/dev/null || { cat "$folder/serve.err" >&2; exit 1; }
	sleep 0.2
done
"$docket" load --dir "$folder/log" --server-pid $server "$@"
kill -TERM $server
wait $server
trap - EXIT
du -sk "$folder/log/log/store" | awk '{print "store      " $1 " KiB on the disk"}'
exec "$docket" fsck --dir "$folder/log" ${REPLAY:-}
