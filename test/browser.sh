#!/bin/sh
# Every page as a browser shows it: first the specimen of all parts, then the
# pages of the demonstration. Paths may be given as arguments.
# Exit 0 passed, 1 failed, 3 skipped (says why).
cd "$(dirname "$0")/.." || exit 1
command -v node >/dev/null || { echo 'node is missing: install Node 20 or later'; exit 3; }
[ -d web/ui/node_modules/playwright-core ] || { echo 'web/ui/node_modules is missing: run npm ci --prefix web/ui'; exit 3; }
[ -x "${CHROMIUM:-/usr/bin/chromium}" ] || { echo 'chromium is missing: install it or set CHROMIUM'; exit 3; }
[ -f web/dist/map.js ] || { echo 'web/dist is empty: run make web'; exit 3; }
work=$(mktemp -d) || exit 1
running=
trap '[ -n "$running" ] && kill "$running" 2>/dev/null; rm -rf "$work"' EXIT INT TERM

# up PORT COMMAND... runs a server and waits until it answers.
up() {
	port=$1; shift
	"$@" >"$work/log" 2>&1 &
	running=$!
	n=0
	until node -e "fetch('http://127.0.0.1:$port/assets/marchday.css').then(r=>process.exit(r.ok?0:1),()=>process.exit(1))"; do
		n=$((n+1))
		if [ $n -gt 120 ] || ! kill -0 "$running" 2>/dev/null; then echo "the server did not come up:"; cat "$work/log"; exit 1; fi
		sleep 0.5
	done
}
down() { kill "$running" 2>/dev/null; wait "$running" 2>/dev/null; running=; }
free() { node -e "const s=require('net').createServer().listen(0,'127.0.0.1',()=>{console.log(s.address().port);s.close()})"; }

go test -tags specimen -c -o "$work/web.test" ./web || exit 1
port=$(free)
up "$port" sh -c "cd web && exec '$work/web.test' -test.run TestSpecimenServed -test.timeout 0 -serve 127.0.0.1:$port"
node test/browser/check.mjs "http://127.0.0.1:$port" /incidents '/incidents?islands=1' /licences || exit 1
node test/browser/acts.mjs "http://127.0.0.1:$port" || exit 1
down

go build -o "$work/marchday" ./cmd/marchday || exit 1
port=$(free)
up "$port" "$work/marchday" demo --addr "127.0.0.1:$port" --data "$work/data"
[ $# -gt 0 ] || set -- $(node test/browser/paths.mjs "http://127.0.0.1:$port")
[ $# -gt 0 ] || { echo 'no page was found from the first one'; exit 1; }
node test/browser/check.mjs "http://127.0.0.1:$port" "$@" || exit 1

# A call and a review, counted step by step.
node test/browser/intake.mjs "http://127.0.0.1:$port" || exit 1

# Two officers decide with passkeys; what they did is proved offline afterwards.
node test/browser/passkeys.mjs "http://localhost:$port" >"$work/cases" || { cat "$work/cases"; exit 1; }
down
"$work/marchday" export --data "$work/data" -o "$work/bundle.tar" || exit 1
offline=$(unshare -rn true 2>/dev/null && echo 'unshare -rn') # without a network, where that may be asked for
while read -r how number; do
	$offline "$work/marchday" verify --case "$number" "$work/bundle.tar" >"$work/proof" || { cat "$work/proof"; exit 1; }
	cat "$work/proof"
	grep -q "finding at S [0-9]*: $how" "$work/proof" || { echo "case $number: no $how is proved"; exit 1; }
	[ "$(grep -c '(passkey)' "$work/proof")" -ge 2 ] || { echo "case $number: fewer than two passkeys signed"; exit 1; }
done <"$work/cases"
