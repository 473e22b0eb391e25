#!/bin/sh
# Fuzz the decoders that meet foreign bytes. Each day three of all targets have
# their turn, five seconds each; MARCHDAY_FUZZ=1h gives every target an hour.
cd "$(dirname "$0")/.." || exit 1
all=$(git grep -E "^func Fuzz[A-Za-z]+\(" -- "*_test.go" | sed -E "s,^(.*)/[^/]+:func (Fuzz[A-Za-z]+).*,\1 \2," | sort)
n=$(echo "$all" | wc -l)
[ "$n" -ge 12 ] || { echo "$n fuzz targets, want at least 12"; exit 1; }
if [ -n "$MARCHDAY_FUZZ" ]; then
	time=$MARCHDAY_FUZZ
else
	time=5s day=$(($(date -u +%s) / 86400))
	all=$(for i in 0 1 2; do echo "$all" | sed -n "$(((day * 3 + i) % n + 1))p"; done)
fi
echo "$all" | while read -r pkg target; do
	echo "fuzz $pkg $target $time"
	go test "./$pkg" -run '^$' -fuzz "^$target\$" -fuzztime "$time" || exit 1
done
