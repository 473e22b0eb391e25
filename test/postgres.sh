#!/bin/sh
# The suite that both engines must pass, and a record that moves there and back, on a PostgreSQL server that this script starts
# on loopback and throws away, or on the one that MARCHDAY_POSTGRES names.
# Exit 0 passed, 1 failed, 3 skipped (says why).
cd "$(dirname "$0")/.." || exit 1
if [ -z "$MARCHDAY_POSTGRES" ]; then
	bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | tail -n 1)
	[ -x "$bin/initdb" ] || { echo 'PostgreSQL is missing: install postgresql, or set MARCHDAY_POSTGRES to a URL'; exit 3; }
	work=$(mktemp -d) || exit 1
	as= # the server refuses to run as root
	if [ "$(id -u)" = 0 ]; then chown postgres "$work" && as='setpriv --reuid=postgres --regid=postgres --clear-groups'; fi
	trap '$as "$bin/pg_ctl" -D "$work/data" -m immediate stop >/dev/null 2>&1; rm -rf "$work"' EXIT INT TERM
	port=$(node -e "const s=require('net').createServer().listen(0,'127.0.0.1',()=>{console.log(s.address().port);s.close()})")
	$as "$bin/initdb" -D "$work/data" -U marchday -A trust >/dev/null || exit 1
	$as "$bin/pg_ctl" -D "$work/data" -l "$work/log" -w -o "-p $port -k $work -c listen_addresses=127.0.0.1" start >/dev/null || { cat "$work/log"; exit 1; }
	$as "$bin/createdb" -h 127.0.0.1 -p "$port" -U marchday marchday || exit 1
	export MARCHDAY_POSTGRES="postgres://marchday@127.0.0.1:$port/marchday?sslmode=disable"
fi
go test -count=1 ./record -run 'Engines|Postgres' && go test -count=1 ./cmd/marchday -run 'PostgreSQL'
