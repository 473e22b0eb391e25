package web

import "embed"

// files holds everything a page is made of. The bundle in dist is built from
// npm packages and may be absent: then pages work without their islands.
//
//go:embed templates static catalogue all:dist
var files embed.FS
