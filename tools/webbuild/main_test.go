package main

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestWithoutPackagesDistIsLeftAlone(t *testing.T) {
	root := t.TempDir()
	old := filepath.Join(root, "web", "dist", "map.js")
	if err := os.MkdirAll(filepath.Dir(old), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(old, []byte("old"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := build(root); err != nil {
		t.Fatalf("no packages: %v, want no error", err)
	}
	if body, err := os.ReadFile(old); err != nil || string(body) != "old" {
		t.Errorf("dist was touched: %q, %v", body, err)
	}
}

func TestPackageOf(t *testing.T) {
	for input, want := range map[string]string{
		"node_modules/uplot/dist/uPlot.esm.js":          "node_modules/uplot",
		"node_modules/@fontsource/noto-sans/files/x":    "node_modules/@fontsource/noto-sans",
		"node_modules/a/node_modules/@b/c/d.js":         "node_modules/a/node_modules/@b/c",
		"src/map.ts":                                    "",
		"node_modules/maplibre-gl/dist/maplibre-gl.mjs": "node_modules/maplibre-gl",
	} {
		if got, _ := packageOf(input); got != want {
			t.Errorf("%s: %q, want %q", input, got, want)
		}
	}
}

func TestModulesHaveKnownLicences(t *testing.T) {
	all, err := modules("../..")
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range all {
		if l.Licence == "" || l.Version == "" {
			t.Errorf("%s %s: its licence is none that is known: read it and add it to nameOf, or do without the module", l.Name, l.Version)
		}
	}
}

func TestNameOf(t *testing.T) {
	for text, want := range map[string]string{
		"Apache License\n      Version 2.0, January 2004":                         "Apache-2.0",
		"Permission is hereby granted, free of\ncharge, to any person":            "MIT",
		"Redistributions in binary form must reproduce ... Neither the name of X": "BSD-3-Clause",
		"GNU GENERAL PUBLIC LICENSE":                                              "",
	} {
		if got := nameOf(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// TestBundle builds from the installed packages and looks at what a page loads.
func TestBundle(t *testing.T) {
	ui, err := filepath.Abs("../../web/ui")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(ui, "node_modules", "maplibre-gl")); err != nil {
		t.Skip("web/ui/node_modules is missing: run npm ci in web/ui")
	}
	out := t.TempDir()
	meta, err := bundle(ui, out)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"map.js", "map.css", "timeline.js", "timeline.css", "keys.js", "near.js", "fonts.css", "maplibre-gl-worker.js"} {
		if _, err := os.Stat(filepath.Join(out, name)); err != nil {
			t.Errorf("the bundle lacks %s", name)
		}
	}
	if n := loaded(t, meta, out, "timeline.js") + loaded(t, meta, out, "keys.js"); n > 60_000 {
		t.Errorf("a page without a map loads %d bytes of compressed script, over 60,000", n)
	} else {
		t.Logf("script of a page without a map: %d bytes compressed; with a map: %d more, and the worker %d", n, loaded(t, meta, out, "map.js"), loaded(t, meta, out, "maplibre-gl-worker.js"))
	}
	if woff, _ := filepath.Glob(filepath.Join(out, "a", "*.woff")); len(woff) > 0 {
		t.Errorf("old font files in the bundle: %v", woff)
	}
	all, err := licences(ui, meta)
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]licence{}
	for _, l := range all {
		names[l.Name] = l
	}
	for _, want := range []string{"maplibre-gl", "uplot", "@fontsource/noto-sans", "@fontsource/noto-sans-arabic", "earcut"} {
		if names[want].Text == "" || names[want].Version == "" {
			t.Errorf("the list of licences lacks %s or its text", want)
		}
	}
	for _, no := range []string{"typescript", "playwright-core", "axe-core"} {
		if names[no].Name != "" {
			t.Errorf("%s is a tool and is not in the bundle", no)
		}
	}
}

// loaded adds the compressed sizes of a script and of every chunk it imports.
func loaded(t *testing.T, metafile, out, entry string) int {
	t.Helper()
	var meta struct {
		Outputs map[string]struct {
			Imports []struct{ Path, Kind string }
		}
	}
	if err := json.Unmarshal([]byte(metafile), &meta); err != nil {
		t.Fatal(err)
	}
	var name string
	for path := range meta.Outputs {
		if filepath.Base(path) == entry {
			name = path
		}
	}
	seen, sum := map[string]bool{}, 0
	var add func(string)
	add = func(path string) {
		if seen[path] || !strings.HasSuffix(path, ".js") {
			return
		}
		seen[path] = true
		body, err := os.ReadFile(filepath.Join(out, filepath.Base(path)))
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		_, _ = z.Write(body)
		_ = z.Close()
		sum += b.Len()
		for _, i := range meta.Outputs[path].Imports {
			if i.Kind == "import-statement" {
				add(i.Path)
			}
		}
	}
	add(name)
	return sum
}
