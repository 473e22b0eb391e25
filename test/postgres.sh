#!/bin/sh
# The record on PostgreSQL: a cluster of its own in a temporary folder, the suite
# that both engines must pass, and a record that moves there and back.
#   sh test/postgres.sh       or with MARCHDAY_POSTGRES set, on that database
cd "$(dirname "$0")/.." || exit 1
suite() {
	go test ./record -run 'Engines|Postgres' && go test ./cmd/marchday -run 'TestARecordMoves'
}
[ -n "$MARCHDAY_POSTGRES" ] && { suite; exit $?; }
bin=$(dirname "$(command -v initdb || find /usr/lib/postgresql -name initdb 2>/dev/null | sort -V | tail -n 1)")
[ -x "$bin/initdb" ] || { echo 'PostgreSQL (15 or newer) is not here: the record on it is not proved'; exit 3; }
dir=$(mktemp -d) && chmod 755 "$dir" && mkdir "$dir/pg"
as() { "$@"; }
if [ "$(id -u)" = 0 ]; then # it refuses to run as root
	chown nobody "$dir/pg"
	as() { setpriv --reuid=nobody --regid=nogroup --clear-groups "$@"; }
fi
trap 'as "$bin/pg_ctl" -D "$dir/pg/d" -m immediate stop >/dev/null 2>&1; rm -rf "$dir"' EXIT
as "$bin/initdb" -D "$dir/pg/d" -U test -A trust -k >"$dir/log" 2>&1 || { cat "$dir/log"; exit 1; }
port=$((20000 + $$ % 20000))
as "$bin/pg_ctl" -D "$dir/pg/d" -w -o "-h 127.0.0.1 -p $port -k $dir/pg" start >"$dir/log" 2>&1 || { cat "$dir/log"; exit 1; }
export MARCHDAY_POSTGRES="postgres://test@127.0.0.1:$port/postgres?sslmode=disable"
suite
