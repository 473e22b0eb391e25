// Package dossiers holds the data of regimes, one folder each, as plain files.
// There is no code here; cmd alone imports it, and intake reads it.
package dossiers

import "embed"

// FS holds the folders, such as syria-2016.
//
//go:embed syria-2016
var FS embed.FS
