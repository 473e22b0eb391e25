#!/bin/sh
# Everything that this machine can prove, and at the end what it could not, by
# name. A step that lacks a tool is a skip here and a failure when CI is set.
#   sh test/all.sh          all steps
#   sh test/all.sh NAME...  only these
cd "$(dirname "$0")/.." || exit 1
passed=0 failed=0 skipped=0 report=
only=" $* "

# step NAME COMMAND... counts exit 0 as passed, 3 as skipped, all else as failed.
step() {
	name=$1; shift
	case "$only" in '  '|*" $name "*) ;; *) return ;; esac
	echo "== $name"
	out=$(mktemp)
	{ "$@" 2>&1; echo $? >"$out.rc"; } | tee "$out"
	rc=$(cat "$out.rc")
	if [ "$rc" = 3 ] && [ -n "$CI" ]; then rc=1; fi
	case $rc in
	0) passed=$((passed+1)) ;;
	3) skipped=$((skipped+1)); report="$report
skipped: $name: $(tail -n 1 "$out")" ;;
	*) failed=$((failed+1)); report="$report
FAILED: $name" ;;
	esac
	inner=$(grep -E '^ *--- SKIP' "$out" | grep -vE '/(postgres|sqlite) ' | sed 's/^ *--- SKIP: /skipped: /; s/ (.*//' | sort -u)
	[ -n "$inner" ] && report="$report
$inner"
	rm -f "$out" "$out.rc"
}

formatted() {
	bad=$(git ls-files -co --exclude-standard -- '*.go' | xargs gofmt -l)
	[ -z "$bad" ] || { echo "gofmt would change: $bad"; return 1; }
}
# gotests is quiet about what passed and names what was skipped, since a silent
# skip proves nothing.
gotests() {
	log=$(mktemp)
	go test -shuffle=on -v ./... >"$log" 2>&1; rc=$?
	if [ $rc = 0 ]; then grep -E '^(ok|FAIL)|^ *--- SKIP' "$log"; else grep -vE '^(=== |PASS$)|^ *--- PASS' "$log"; fi
	if [ -n "$CI" ] && grep -E 'is not installed|no strace here' "$log"; then rc=1; fi # CI installs what tests need
	rm -f "$log"
	return $rc
}
# module NAME tests a folder of tools that is a module of its own: an oracle with
# many dependencies, or a tool of the build.
module() { (cd "tools/$1" && test -z "$(gofmt -l .)" && go vet ./... && go test ./...); }

step gofmt    formatted
step vet      go vet ./...
step tidy     go mod tidy -diff
step go       gotests
step postgres sh test/postgres.sh
step webbuild module webbuild
step fsck     module fsck     # Tessera reads what our log wrote
step webauthn module webauthn # go-webauthn judges passkeys as truce does
step fuzz     sh test/fuzz.sh
step ui       sh test/ui.sh
step geodata  sh test/geodata.sh
step browser  sh test/browser.sh
[ -n "$report" ] && echo "$report" | sed '/^$/d'
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
