#!/bin/sh
# The islands: types, and their tests bundled for a Node that reads no TypeScript.
# Exit 0 passed, 1 failed, 3 skipped (says why).
cd "$(dirname "$0")/.." || exit 1
command -v node >/dev/null || { echo 'node is missing: install Node 20 or later'; exit 3; }
[ -d web/ui/node_modules/typescript ] || { echo 'web/ui/node_modules is missing: run npm ci --prefix web/ui'; exit 3; }
out=$(mktemp -d) || exit 1
trap 'rm -rf "$out"' EXIT
node web/ui/node_modules/typescript/bin/tsc --noEmit -p web/ui || exit 1
(cd tools/webbuild && go run . -root ../.. -tests "$out") || exit 1
node --test --test-reporter=spec "$out"/*.mjs || exit 1
